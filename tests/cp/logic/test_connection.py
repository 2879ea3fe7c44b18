"""What hangs on the connection to the central system (4.2, 4.6, 5.11; OCPP-J 1.6, 5.4)."""

from collections.abc import Callable
from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import MessageTrigger

from rig.bus.logic.messages import Current, Start, Stop
from rig.cp.logic.events import Plugged, Send, Swiped, Unplugged
from rig.ocppj.logic.exchange import Answered, Failed, Note
from tests.cp.logic.said import boot_conf, names, remote_start, shown, trigger
from tests.cp.logic.world import CSMS_TIMEOUT, World, flat

BOOT = trigger(MessageTrigger.boot_notification)


@pytest.mark.parametrize(
    ("interval", "key"),
    [(17, "17"), (1, "1"), (0, "300")],  # 4.2: of the central system, or as it is configured
)
def test_the_interval_of_the_boot_is_that_of_the_heartbeats(interval: int, key: str) -> None:
    world = World(MeterValuesEveryCurrent="false").booting()
    world.answer(boot_conf("Accepted", interval))
    world.answer_all()
    assert world.disk["configuration"].get("HeartbeatInterval", "300") == key
    world.advance(float(key) - 0.1)
    assert world.outstanding is None
    world.advance(0.1)
    assert names([world.outstanding]) == ["Heartbeat"]


def test_an_interval_that_the_key_cannot_have_is_not_taken() -> None:
    world = World().booting()
    world.answer(boot_conf("Accepted", 10**9))
    assert "HeartbeatInterval" not in world.disk["configuration"]


def test_what_was_refused_before_a_boot_goes_out_again_right_after_it() -> None:
    """A central system that lost its memory refuses all until it knows who boots (JE 3.10)."""
    world = World().registered()
    world.ask(remote_start())
    world.echo_all()
    world.fail()  # StartTransaction
    world.answer_all()
    world.ask(BOOT)
    world.answer(boot_conf("Accepted"))
    assert "StartTransaction" in names(world.answer_all())


def test_other_traffic_replaces_a_heartbeat() -> None:
    world = World().registered()
    world.feed(Current(5))  # MeterValues that are not answered
    world.advance(300)
    assert names([world.outstanding]) == ["MeterValues"]
    world.answer_all()
    world.advance(300)
    assert names([world.outstanding]) == ["Heartbeat"]


# the boot is not accepted any more


def second_boot(world: World, status: str) -> None:
    """A triggered BootNotification gets this answer."""
    world.ask(BOOT)
    world.answer(boot_conf(status, 60))


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_no_status_is_told_or_gathered_until_it_is_accepted_again(status: str) -> None:
    world = World(MeterValuesEveryCurrent="false").registered()
    second_boot(world, status)
    for _ in range(3):
        world.feed(Unplugged())
        world.echo_all()
        world.feed(Plugged())
    assert world.outstanding is None
    assert f"BootNotification: {status}" in world.notes
    world.asked.clear()
    world.advance(60)
    world.answer_all()
    assert shown(world.asked) == ["Preparing"]


def test_a_tag_that_waits_for_authorize_is_decided_here_when_that_cannot_be_sent() -> None:
    world = World(AllowOfflineTxForUnknownId="true").registered()
    world.feed(Current(5))  # MeterValues are outstanding
    world.feed(Swiped("RIG"))
    world.ask(BOOT)  # waits for its turn, before Authorize
    world.answer()
    assert names([world.outstanding]) == ["BootNotification"]
    world.answer(boot_conf("Pending", 60))
    world.echo_all()
    assert world.transmitted[-1] == Start()


def test_the_next_boot_waits_for_its_interval_and_for_a_connection() -> None:
    world = World().booting()
    world.answer(boot_conf("Pending", 60))
    world.disconnect()
    world.connect()
    world.feed(Unplugged())
    assert world.outstanding is None
    world.disconnect()
    world.advance(60)  # World asserts that nothing is asked on no connection
    world.connect()
    assert names([world.outstanding]) == ["BootNotification"]


# without it


def test_the_end_of_a_connection_that_never_was_puts_nothing_off() -> None:
    world = World()
    world.link_up()
    world.echo_all()
    world.advance(CSMS_TIMEOUT - 1)
    world.disconnect()
    world.advance(1)
    assert world.on_bus == [Stop(), Stop()]


def test_who_waits_for_authorize_is_decided_here_when_it_is_lost() -> None:
    world = World(AllowOfflineTxForUnknownId="true").registered()
    world.feed(Swiped("RIG"))
    assert names([world.outstanding]) == ["Authorize"]
    world.disconnect()
    world.echo_all()
    assert world.transmitted[-1] == Start()


def test_without_a_connection_for_too_long_all_chargers_stop() -> None:
    world = World(connectors=2).registered()
    world.status(remote_start(connector_id=2))
    world.answer_all()
    world.disconnect()
    before = len(world.carried)
    world.advance(CSMS_TIMEOUT)
    assert [(number, message) for _, number, message in world.carried[before:]] == [
        (1, Stop()),
        (2, Stop()),
    ]
    assert f"no CSMS for {CSMS_TIMEOUT:g} s: Stop" in world.notes
    world.connect()
    stops = [one for one in world.answer_all() if isinstance(one, call.StopTransaction)]
    assert [one.reason for one in stops] == ["Other"]


def test_the_time_counts_from_the_last_connection_and_once() -> None:
    world = World().registered()
    world.advance(1000)
    world.disconnect()
    world.advance(CSMS_TIMEOUT - 0.1)
    world.disconnect()  # it was none
    world.advance(0.1)
    assert world.on_bus == [Stop(), Stop()]
    world.advance(10 * CSMS_TIMEOUT)
    assert world.on_bus == [Stop(), Stop()]


def test_a_connection_on_which_nothing_was_heard_does_not_put_the_stop_off() -> None:
    world = World().charging()
    world.disconnect()
    for _ in range(3):
        world.advance(CSMS_TIMEOUT / 4)
        world.connect()
        world.disconnect()
    world.advance(CSMS_TIMEOUT / 4 - 0.1)
    assert world.last_command == Start()
    world.advance(0.1)
    assert world.on_bus[-1:] == [Stop()]


def test_no_stop_comes_while_a_connection_is_open_but_at_its_end_if_nothing_was_heard() -> None:
    world = World().charging()
    world.disconnect()
    world.advance(CSMS_TIMEOUT - 1)
    world.connect()
    world.advance(CSMS_TIMEOUT)
    assert world.on_bus[-1:] == [Start()]
    world.disconnect()
    world.advance(0)
    assert world.on_bus[-1:] == [Stop()]


@pytest.mark.parametrize("is_answer", [True, False])
def test_an_answer_that_failed_is_one_but_none_in_time_is_not(is_answer: bool) -> None:
    world = World().charging()
    world.disconnect()
    world.advance(CSMS_TIMEOUT - 1)
    world.connect()
    world.feed(Current(5))  # MeterValues
    request, world.outstanding = world.outstanding, None
    world.feed(Failed(request, "", in_time=is_answer))
    world.disconnect()
    world.advance(1)
    assert world.last_command == (Start() if is_answer else Stop())


@pytest.mark.parametrize("says", [World.answer_all, lambda world: world.ask(BOOT)])
def test_what_the_central_system_says_puts_the_stop_off(says: Callable[[World], Any]) -> None:
    world = World().charging()
    world.disconnect()
    world.advance(CSMS_TIMEOUT - 1)
    world.connect()
    world.feed(Current(5))  # MeterValues
    says(world)
    world.disconnect()
    world.advance(CSMS_TIMEOUT - 0.1)
    assert world.last_command == Start()
    world.advance(0.1)
    assert world.on_bus[-1:] == [Stop()]


def test_what_keeps_it_from_the_central_system_is_a_warning() -> None:
    world = World().booting()
    pending = Answered(world.outstanding, boot_conf("Pending"))
    assert Note("BootNotification: Pending", is_warning=True) in flat(
        world.point.receive(pending, 0.0)
    )
    gone = Note("no CSMS for 60 s: Stop", is_warning=True)
    assert gone in flat(World().point.tick(CSMS_TIMEOUT))


def test_a_stop_of_this_process_puts_no_stop_of_the_charger_off() -> None:
    """The central system is gone for as long, whoever stood still."""
    world = World().charging()
    world.disconnect()
    world.now += 3600.0
    outputs = flat(world.point.tick(world.now))
    assert Note(f"no CSMS for {CSMS_TIMEOUT:g} s: Stop", is_warning=True) in outputs
    assert [each.message for each in outputs if isinstance(each, Send)] == [Stop()]
