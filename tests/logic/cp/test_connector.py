"""One connector: what reaches the bus, what is answered, what is told."""

from typing import Any

import pytest
from cantools.database.can import Database
from ocpp.v16 import call, call_result
from ocpp.v16.enums import Reason

from rig.logic.cp.actuator import Transmit
from rig.logic.cp.connector import Connector, Output, Tell
from rig.logic.cp.profiles import Supply
from rig.logic.cp.smart_charging import Policy
from rig.logic.exchange import Answer, Note
from rig.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.logic.messages import Codec, Current, Message, SetLimit, Start, Stop
from tests.processes import ROOT

DBC = ROOT / "dbc" / "ev_charging.dbc"
NOON = 1769860800.0  # 2026-01-31T12:00:00Z
TX, DEFAULT, MAX = "TxProfile", "TxDefaultProfile", "ChargePointMaxProfile"


def raw(limit: float, purpose: str = DEFAULT, **schedule: Any) -> dict[str, Any]:
    periods = [{"start_period": 0, "limit": limit}]
    return {
        "charging_profile_id": 7,
        "stack_level": 0,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Relative",
        "charging_schedule": {
            "charging_rate_unit": "A",
            "charging_schedule_period": periods,
        }
        | schedule,
    }


class Rig:
    """A connector on a bus that echoes when it is told to."""

    def __init__(self, policy: Policy = "strict", supply: Supply | None = None) -> None:
        database = Database()
        database.add_dbc_file(str(DBC), encoding="cp1252")
        self.connector = Connector(
            1, Codec(database), lambda now: NOON + now, policy=policy, supply=supply
        )
        self.now = 0.0
        self.in_flight: list[Transmit] = []

    def took(self, outputs: list[Output]) -> list[Output]:
        """The outputs less the frames, which are in flight now."""
        self.in_flight += [output for output in outputs if isinstance(output, Transmit)]
        return [output for output in outputs if not isinstance(output, Transmit)]

    def up(self) -> "Rig":
        """The link is up and the Stop that is owed from before is carried."""
        self.took(self.connector.bus(LinkUp(), self.now))
        self.echo()
        return self

    def echo(self) -> list[Output]:
        """Every frame in flight, and what follows from it, is seen on the bus."""
        outputs: list[Output] = []
        while self.in_flight:
            sent = self.in_flight.pop(0)
            outputs += self.took(self.connector.bus(Sent(sent.key), self.now))
        return outputs

    def see(self, message: Message) -> list[Output]:
        """The oldest frame in flight, which is this one, is seen on the bus."""
        sent = self.in_flight.pop(0)
        assert sent.message == message
        return self.took(self.connector.bus(Sent(sent.key), self.now))

    def lose(self) -> tuple[int, list[Output]]:
        """The oldest frame in flight is given up; its key, and the outputs."""
        lost = self.in_flight.pop(0)
        return lost.key, self.took(self.connector.bus(NotSent(lost.key, "no echo"), self.now))

    def wait(self, seconds: float) -> list[Output]:
        """Time passes; what is due is done."""
        self.now += seconds
        due = self.connector.wake_at <= self.now
        return self.took(self.connector.tick(self.now)) if due else []

    @property
    def flying(self) -> list[Message]:
        return [item.message for item in self.in_flight]

    def start(self, **fields: Any) -> list[Output]:
        request = call.RemoteStartTransaction(id_tag="RIG", **fields)
        return self.took(self.connector.remote_start("start", request, self.now))

    def remote_stop(self) -> list[Output]:
        return self.took(self.connector.remote_stop("stop", self.now))

    def profile(self, profile: dict[str, Any], connector: int = 1) -> list[Output]:
        request = call.SetChargingProfile(connector, profile)
        return self.took(self.connector.set_profile("profile", request, self.now))

    def charging(self, transaction_id: int = 4) -> "Rig":
        """A transaction runs and the central system has named it."""
        self.up().start()
        self.echo()
        self.name(transaction_id, "Accepted")
        return self

    def name(self, transaction_id: int, status: str) -> list[Output]:
        assert self.connector.transaction
        response: Any = call_result.StartTransaction(transaction_id, {"status": status})  # type: ignore[arg-type]
        stand_in = self.connector.transaction.stand_in
        return self.took(self.connector.named(stand_in, response, self.now))


def statuses(outputs: list[Output]) -> list[str]:
    """The statuses of the answers, in order."""
    return [str(output.response.status) for output in outputs if isinstance(output, Answer)]


def told(outputs: list[Output]) -> list[Any]:
    return [output.request for output in outputs if isinstance(output, Tell)]


def test_the_first_thing_on_the_bus_is_a_stop() -> None:
    """What ran before may have died while charging."""
    rig = Rig()
    assert not rig.connector.is_stopped
    rig.took(rig.connector.bus(LinkUp(), 0.0))
    assert rig.flying == [Stop()]
    rig.echo()
    assert rig.connector.is_stopped


# RemoteStartTransaction (5.11)


def test_a_remote_start_is_accepted_when_its_frame_was_seen_and_not_before() -> None:
    rig = Rig().up()
    assert rig.start() == []
    assert rig.flying == [Start()]
    assert statuses(rig.echo()) == ["Accepted"]


def test_a_started_transaction_is_told_with_tag_and_time() -> None:
    rig = Rig().up()
    rig.wait(0.5)
    rig.start()
    (request,) = told(rig.echo())
    assert request == call.StartTransaction(
        connector_id=1, id_tag="RIG", meter_start=0, timestamp="2026-01-31T12:00:00.500Z"
    )


def test_a_remote_start_whose_frame_is_not_seen_is_rejected_and_leaves_a_stop_owed() -> None:
    rig = Rig().up()
    rig.start()
    _, outputs = rig.lose()
    assert statuses(outputs) == ["Rejected"]
    assert told(outputs) == []
    rig.wait(0.5)
    assert rig.flying == [Stop()]


def test_a_start_that_went_out_late_is_stopped_at_once() -> None:
    rig = Rig().up()
    rig.start()
    key, _ = rig.lose()
    assert rig.took(rig.connector.bus(Late(key), rig.now)) == []
    assert rig.flying == [Stop()]


def test_a_remote_start_is_rejected_while_the_link_is_down() -> None:
    rig = Rig()
    assert statuses(rig.start()) == ["Rejected"]
    assert rig.flying == []


def test_a_remote_start_is_rejected_while_a_stop_is_owed() -> None:
    rig = Rig()
    rig.took(rig.connector.bus(LinkUp(), 0.0))
    rig.lose()
    assert statuses(rig.start()) == ["Rejected"]
    assert rig.flying == []


def test_a_second_remote_start_is_rejected_while_the_first_one_starts_or_runs() -> None:
    rig = Rig().up()
    rig.start()
    assert statuses(rig.start()) == ["Rejected"]
    rig.echo()
    assert statuses(rig.start()) == ["Rejected"]
    assert rig.flying == []


def test_a_remote_start_is_rejected_without_a_car() -> None:
    rig = Rig().up()
    rig.took(rig.connector.unplugged(rig.now))
    rig.echo()
    assert statuses(rig.start()) == ["Rejected"]


def test_a_profile_in_a_remote_start_reaches_the_bus_before_the_start() -> None:
    rig = Rig().up()
    rig.start(charging_profile=raw(20, TX))
    assert rig.flying == [SetLimit(20)]
    outputs = rig.took(rig.connector.bus(Sent(rig.in_flight.pop().key), rig.now))
    assert outputs == []
    assert rig.flying == [Start()]
    assert statuses(rig.echo()) == ["Accepted"]


def test_a_remote_start_with_a_bad_profile_is_rejected_with_nothing_on_the_bus() -> None:
    rig = Rig().up()
    assert statuses(rig.start(charging_profile=raw(70000, TX))) == ["Rejected"]
    assert rig.flying == []


def test_a_stop_between_the_limit_and_the_start_of_a_remote_start_prevents_the_start() -> None:
    rig = Rig().up()
    rig.start(charging_profile=raw(20, TX))
    rig.took(rig.connector.unplugged(rig.now))
    assert rig.flying == [SetLimit(20), Stop()]
    outputs = rig.took(rig.connector.bus(Sent(rig.in_flight.pop(0).key), rig.now))
    assert statuses(outputs) == ["Rejected"]
    assert rig.flying == [Stop()]
    assert told(rig.echo()) == []


# the end of a transaction


def test_a_remote_stop_is_accepted_when_its_frame_was_seen_and_not_before() -> None:
    rig = Rig().charging()
    assert rig.remote_stop() == []
    assert rig.flying == [Stop()]
    outputs = rig.echo()
    assert statuses(outputs) == ["Accepted"]
    (request,) = told(outputs)
    assert (request.transaction_id, request.reason) == (-1, Reason.remote)


def test_a_remote_stop_whose_frame_is_not_seen_is_rejected_and_tried_again() -> None:
    rig = Rig().charging()
    rig.remote_stop()
    assert statuses(rig.lose()[1]) == ["Rejected"]
    rig.wait(0.5)
    assert rig.flying == [Stop()]
    (request,) = told(rig.echo())
    assert request.reason == Reason.remote


@pytest.mark.parametrize("losses", [1, 2, 5])
def test_a_stop_is_tried_until_it_is_seen(losses: int) -> None:
    rig = Rig().charging()
    rig.took(rig.connector.stop(Reason.other, rig.now))
    for _ in range(losses):
        rig.lose()
        rig.wait(0.5)
    assert rig.flying == [Stop()]
    assert len(told(rig.echo())) == 1
    assert rig.connector.is_stopped


def test_a_transaction_ends_once_however_often_a_stop_is_seen() -> None:
    rig = Rig().charging()
    rig.took(rig.connector.stop(Reason.other, rig.now))
    rig.took(rig.connector.unplugged(rig.now))
    assert rig.flying == [Stop(), Stop()]
    assert len(told(rig.echo())) == 1
    assert rig.connector.transaction is None


def test_a_stop_that_was_late_ends_the_transaction_too() -> None:
    rig = Rig().charging()
    rig.remote_stop()
    key, _ = rig.lose()
    assert len(told(rig.took(rig.connector.bus(Late(key), rig.now)))) == 1
    assert rig.connector.is_stopped


def test_an_unplugged_car_stops_the_charger_with_its_reason() -> None:
    rig = Rig().charging()
    rig.took(rig.connector.unplugged(rig.now))
    assert rig.flying == [Stop()]
    (request,) = told(rig.echo())
    assert request.reason == Reason.ev_disconnected


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_a_tag_that_is_not_accepted_stops_the_charger(status: str) -> None:
    rig = Rig().up()
    rig.start()
    rig.echo()
    rig.name(4, status)
    assert rig.flying == [Stop()]
    (request,) = told(rig.echo())
    assert (request.transaction_id, request.reason) == (-1, Reason.de_authorized)


def test_a_link_that_comes_back_pays_the_stop_and_never_a_start() -> None:
    rig = Rig().charging()
    rig.remote_stop()
    rig.lose()
    rig.took(rig.connector.bus(LinkDown("down"), rig.now))
    assert rig.wait(5.0) == []
    assert rig.flying == []
    rig.took(rig.connector.bus(LinkUp(), rig.now))
    assert rig.flying == [Stop()]


# limits (5.16)


def test_a_profile_is_accepted_when_its_limit_was_seen_and_not_before() -> None:
    rig = Rig().up()
    assert rig.profile(raw(16)) == []
    assert rig.flying == [SetLimit(16)]
    assert statuses(rig.echo()) == ["Accepted"]


def test_a_profile_whose_limit_is_not_seen_is_rejected_and_forgotten() -> None:
    rig = Rig().up()
    rig.profile(raw(16))
    rig.echo()
    rig.profile(raw(32))
    assert statuses(rig.lose()[1]) == ["Rejected"]
    rig.wait(0.5)
    assert rig.flying == [SetLimit(16)]  # 32 may still go out: the limit in force goes after it


def test_a_limit_is_carried_rounded_down() -> None:
    rig = Rig().up()
    rig.profile(raw(16.9))
    assert rig.flying == [SetLimit(16)]


def test_what_reaches_the_bus_is_the_limit_in_force_not_the_one_that_arrived() -> None:
    rig = Rig().up()
    rig.profile(raw(10, MAX) | {"charging_profile_id": 1}, connector=0)
    rig.echo()
    rig.profile(raw(32))
    assert rig.flying == [SetLimit(10)]


def test_a_profile_that_says_nothing_now_is_accepted_with_nothing_on_the_bus() -> None:
    rig = Rig().up()
    later = raw(16) | {"valid_from": "2026-02-01T00:00:00Z"}
    assert statuses(rig.profile(later)) == ["Accepted"]
    assert rig.flying == []


def test_a_rejected_profile_leaves_the_bus_alone() -> None:
    rig = Rig().up()
    outputs = rig.profile(raw(70000))
    assert statuses(outputs) == ["Rejected"]
    assert any(isinstance(output, Note) and output.is_warning for output in outputs)
    assert rig.flying == []


def test_a_limit_in_watts_needs_a_supply() -> None:
    watts = raw(11040, charging_rate_unit="W")
    assert statuses(Rig().up().profile(watts)) == ["Rejected"]
    rig = Rig(supply=Supply(230, 3)).up()
    rig.profile(watts)
    assert rig.flying == [SetLimit(16)]  # 11040 W / (230 V * 3)


def test_a_limit_of_0_during_a_transaction_is_suspended_evse() -> None:
    rig = Rig().charging()
    rig.profile(raw(0, TX))
    rig.echo()
    assert rig.connector.condition.status == "SuspendedEVSE"


def test_the_limit_in_force_is_sent_again_after_the_link_was_down() -> None:
    rig = Rig().up()
    rig.profile(raw(16))
    rig.echo()
    rig.took(rig.connector.bus(LinkDown("down"), rig.now))
    rig.took(rig.connector.bus(LinkUp(), rig.now))
    assert rig.flying == [SetLimit(16)]


def test_seed_takes_a_tx_profile_in_advance_and_logs_the_clause() -> None:
    rig = Rig(policy="seed").up()
    (note,) = rig.profile(raw(100, TX))
    assert isinstance(note, Note)
    assert "3.13.1" in note.text
    assert statuses(rig.echo()) == ["Accepted"]


def test_the_tx_profile_ends_with_its_transaction() -> None:
    rig = Rig().charging()
    rig.profile(raw(10, TX))
    rig.echo()
    rig.remote_stop()
    rig.echo()
    rig.profile(raw(32) | {"charging_profile_id": 1})
    assert rig.flying == [SetLimit(32)]


# the current


def test_when_a_tx_profile_ends_the_default_limit_is_in_force_again_and_told() -> None:
    """3.13.3: the TxProfile overruled it; without it the next car would get 32 A."""
    rig = Rig().up()
    rig.profile(raw(16))
    rig.echo()
    rig.start()
    rig.echo()
    rig.profile(raw(32, TX) | {"charging_profile_id": 8})
    rig.echo()
    rig.remote_stop()
    assert rig.flying == [Stop()]
    rig.see(Stop())
    assert rig.flying == [SetLimit(16.0)]


def test_a_limit_of_a_remote_start_that_failed_is_taken_back() -> None:
    rig = Rig().up()
    rig.profile(raw(16))
    rig.echo()
    rig.start(charging_profile=raw(32, TX) | {"charging_profile_id": 8})
    rig.see(SetLimit(32.0))
    assert rig.flying == [Start()]
    rig.lose()
    assert SetLimit(16.0) in rig.flying


def test_a_current_is_told_with_the_transaction_while_one_runs() -> None:
    rig = Rig().up()
    (idle,) = told(rig.took(rig.connector.measured(Current(0), rig.now)))
    assert idle.transaction_id is None
    rig.start()
    rig.echo()
    (running,) = told(rig.took(rig.connector.measured(Current(20), rig.now)))
    assert running.transaction_id == -1  # the stand-in, which the Outbox replaces


def test_a_charger_that_falls_silent_is_an_error_until_it_reports_again() -> None:
    """GenMsgCycleTime of Current is 1 s; silent after 2.5 of them."""
    rig = Rig().up()
    rig.took(rig.connector.measured(Current(20), rig.now))
    assert rig.wait(2.4) == []
    assert len(rig.wait(0.2)) == 1
    assert rig.connector.condition.silent
    assert rig.connector.current is None
    rig.took(rig.connector.measured(Current(20), rig.now))
    assert not rig.connector.condition.silent


def test_a_current_from_before_the_link_was_down_is_not_trusted() -> None:
    rig = Rig().up()
    rig.took(rig.connector.measured(Current(20), rig.now))
    rig.took(rig.connector.bus(LinkDown("down"), rig.now))
    assert rig.connector.current is None


def test_the_energy_register_is_told_at_start_and_stop() -> None:
    """20 A * 230 V * 3 for 3600 s = 13800 Wh."""
    rig = Rig(supply=Supply(230, 3)).charging()
    rig.took(rig.connector.measured(Current(20), rig.now))
    rig.now += 3600
    rig.took(rig.connector.measured(Current(20), rig.now))
    rig.remote_stop()
    (request,) = told(rig.echo())
    assert request.meter_stop == 13800
