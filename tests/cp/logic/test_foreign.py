"""Other senders on the bus of a connector: their commands, and a second charger."""

from typing import Any

from ocpp.v16 import call
from ocpp.v16.enums import Reason

from rig.bus.logic.messages import SetLimit, Start, Stop
from tests.cp.logic.rigged import Rigged, notes, statuses, the_stop


def foreign(rig: Rigged, *commands: Start | Stop | SetLimit) -> list[Any]:
    return [outcome for command in commands for outcome in rig.event(command)]


def passes(rig: Rigged, seconds: int, current: float = 0) -> list[str]:
    """So many seconds pass, in which the charger reports this current; the warnings."""
    warned: list[str] = []
    for _ in range(seconds):
        warned += notes(rig.wait(1.0))
        warned += notes(rig.measured(current))
    return warned


def told(rig: Rigged) -> tuple[str, str, str | None]:
    status, code, info = rig.connector.condition.told()
    return str(status), str(code), info


def test_a_limit_by_another_sender_is_logged_told_and_put_right_at_once() -> None:
    rig = Rigged().limited(16).charging()
    outcomes = foreign(rig, SetLimit(60))
    assert notes(outcomes) == [
        "SetLimit limit=60 A by another sender on the bus: a second charge point?"
    ]
    assert rig.flying == [SetLimit(16)]
    assert told(rig) == ("Charging", "OtherError", "SetLimit limit=60 A by another sender")


def test_it_is_a_security_event_too() -> None:
    rig = Rigged().limited(16).charging()
    (event,) = [item.request for item in foreign(rig, SetLimit(60)) if hasattr(item, "request")]
    assert isinstance(event, call.SecurityEventNotification)
    assert (event.type, event.tech_info) == (
        "ForeignCommand",
        "connector 1: SetLimit limit=60 A by another sender",
    )


def test_our_own_limit_by_another_sender_need_not_be_put_right() -> None:
    rig = Rigged().limited(16).charging()
    foreign(rig, SetLimit(16))
    assert rig.flying == []


def test_two_that_fight_over_the_limit_are_named_and_not_fought_for_ever() -> None:
    rig = Rigged().limited(16).charging()
    lines: list[str] = []
    rig.sent.clear()
    for _ in range(40):
        lines += notes(foreign(rig, SetLimit(60)))
        rig.echo()
    assert len(lines) == 5  # then one a minute
    assert rig.sent == [SetLimit(16)] * 5
    passes(rig, 59)
    assert rig.sent == [SetLimit(16)] * 5
    passes(rig, 1)
    rig.echo()
    passes(rig, 10)
    assert rig.sent == [SetLimit(16)] * 6
    assert notes(foreign(rig, SetLimit(60))) == [
        "SetLimit limit=60 A by another sender on the bus: a second charge point?"
        " (35 more are not told)"
    ]


def test_after_a_minute_the_status_says_no_more_of_it() -> None:
    rig = Rigged().limited(16).charging()
    foreign(rig, SetLimit(60))
    rig.echo()
    passes(rig, 59, 16)
    assert told(rig)[1] == "OtherError"
    passes(rig, 1, 16)
    assert told(rig) == ("Charging", "NoError", None)


def test_a_limit_by_another_sender_is_put_right_before_the_next_start_as_well() -> None:
    rig = Rigged().limited(16).charging()
    rig.remote_stop()
    rig.echo()
    foreign(rig, SetLimit(60))
    rig.in_flight.clear()  # what puts it right is lost on the way
    rig.start()
    assert rig.flying == [SetLimit(16)]
    rig.echo(1)
    assert rig.flying == [Start()]


def test_a_stop_by_another_sender_suspends_what_runs_and_a_remote_stop_ends_it() -> None:
    rig = Rigged().limited(16).charging()
    foreign(rig, Stop())
    assert rig.flying == []
    assert told(rig)[0] == "SuspendedEVSE"
    passes(rig, 60)
    assert told(rig) == ("SuspendedEVSE", "NoError", "Stop by another sender")
    rig.remote_stop()
    assert rig.flying == [Stop()]
    assert the_stop(rig.echo()).reason == Reason.remote


def test_a_stop_by_another_sender_while_the_car_is_gone_holds_nothing_back() -> None:
    rig = Rigged(StopTransactionOnEVSideDisconnect="false").limited(16).charging()
    rig.unplug()
    rig.echo()
    foreign(rig, Stop())
    rig.plug()
    assert rig.flying == [Start()]


def test_it_ends_by_itself_where_nobody_ends_it() -> None:
    rig = Rigged().limited(16).charging()
    foreign(rig, Stop())
    assert passes(rig, 299) == []
    assert passes(rig, 1) == ["no energy for too long: the transaction ends"]
    assert the_stop(rig.echo()).reason == Reason.other
    assert passes(rig, 1000) == []


def test_a_start_by_another_sender_is_stopped_where_nothing_runs() -> None:
    rig = Rigged().up()
    foreign(rig, Start())
    assert rig.flying == [Stop()]


def test_it_is_stopped_too_where_a_stop_by_another_sender_suspended_what_runs() -> None:
    rig = Rigged().limited(16).charging()
    foreign(rig, Stop(), Start())
    assert rig.flying == [Stop()]
    rig.echo()
    assert told(rig)[0] == "SuspendedEVSE"


def test_one_that_comes_before_our_own_start_is_stopped_and_nothing_begins() -> None:
    """The limit is on its way: would the bus not carry it, nobody else would stop the charger."""
    rig = Rigged().up()
    rig.start()
    foreign(rig, Start())
    assert rig.flying == [SetLimit(32), Stop()]
    outcomes = rig.echo()
    assert statuses(outcomes) == ["Rejected"]
    assert "RemoteStartTransaction Rejected: a Stop came before its Start" in notes(outcomes)
    assert rig.sent[-1] == Stop()


def test_a_start_by_another_sender_changes_nothing_where_the_charger_runs() -> None:
    rig = Rigged().limited(16).charging()
    assert notes(foreign(rig, Start())) == [
        "Start by another sender on the bus: a second charge point?"
    ]
    assert (rig.flying, told(rig)[0]) == ([], "Charging")


def test_a_stop_by_another_sender_changes_nothing_where_nothing_runs() -> None:
    rig = Rigged().up()
    foreign(rig, Stop())
    assert (rig.flying, told(rig)[0]) == ([], "Preparing")


def test_a_second_charger_in_step_with_the_first_is_named_though_only_the_newest_is_told() -> None:
    rig = Rigged().limited(32).charging()
    for _ in range(5):  # two each second: ten reports show it
        rig.now += 1.0
        rig.measured(16, 32)
    assert told(rig) == ("Charging", "OtherError", "two senders of Current: a second charger?")
    assert rig.connector.charger.current == 32
