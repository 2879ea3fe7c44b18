"""Registration of the charge point by the clauses: boot, heartbeat, connections."""

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import MessageTrigger

from tests.conformance.clauses import booted, change, clause, run, setting, settle, statuses, told
from tests.cp.logic.said import boot_conf, names, remote_start, trigger
from tests.cp.logic.world import World


def told_at_boot(world: World, status: str, interval: int) -> None:
    world.link_up()
    world.connect()
    world.answer(boot_conf(status, interval))


@clause("S4.2 E3.22 TC_001 cold boot", connectors=2)
def test_a_boot_is_followed_by_the_status_of_0_and_of_each_connector(world: World) -> None:
    world.registered()
    assert names(world.asked) == ["BootNotification", *["StatusNotification"] * 3]
    assert [item.connector_id for item in told(world, call.StatusNotification)] == [0, 1, 2]
    assert statuses(world, connector=0) == ["Available"]


@clause("S4.2 TC_002 Pending")
def test_pending_it_answers_but_tells_only_what_is_triggered(world: World) -> None:
    told_at_boot(world, "Pending", 90)
    settle(world)
    assert setting(world, "NumberOfConnectors") == "1"
    assert world.status(remote_start(connector_id=1)) == "Rejected"
    assert world.status(trigger(MessageTrigger.status_notification, 1)) == "Accepted"
    assert names(world.asked) == ["BootNotification", "StatusNotification"]
    world.answer()
    run(world, 89)
    assert len(world.asked) == 2
    run(world, 1)
    assert names(world.asked[2:]) == ["BootNotification", *["StatusNotification"] * 2]


@clause("S4.2 Pending, a boot is triggered")
def test_pending_a_triggered_boot_comes_before_the_interval_is_over(world: World) -> None:
    told_at_boot(world, "Pending", 900)
    assert world.status(trigger(MessageTrigger.boot_notification)) == "Accepted"
    assert names(world.answer_all())[0] == "BootNotification"


@clause("S4.2.1 Rejected")
def test_rejected_it_neither_tells_nor_answers_until_the_interval_is_over(world: World) -> None:
    told_at_boot(world, "Rejected", 60)
    settle(world)
    world.ask(call.GetConfiguration())
    run(world, 59)
    assert world.answers == {}
    assert names(world.asked) == ["BootNotification"]
    run(world, 1)
    assert names(world.asked)[:2] == ["BootNotification"] * 2


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
@clause("S4.2 an interval of 0")
def test_without_an_interval_it_waits_as_long_as_it_likes_but_not_for_nothing(
    world: World, status: str
) -> None:
    told_at_boot(world, status, 0)
    world.advance(1)
    assert names(world.asked) == ["BootNotification"]
    world.advance(300)
    assert names(world.asked) == ["BootNotification"] * 2


@clause("S4.2 the interval is that of the heartbeat")
def test_the_interval_of_an_accepted_boot_becomes_heartbeat_interval(world: World) -> None:
    told_at_boot(world, "Accepted", 120)
    settle(world)
    assert setting(world, "HeartbeatInterval") == "120"
    run(world, 119)
    assert told(world, call.Heartbeat) == []
    run(world, 1)
    assert len(told(world, call.Heartbeat)) == 1


@clause("S5.3 S9.1.10 HeartbeatInterval")
def test_a_changed_heartbeat_interval_is_in_force_at_once(world: World) -> None:
    booted(world)
    assert change(world, "HeartbeatInterval", "30") == "Accepted"
    run(world, 91)
    assert len(told(world, call.Heartbeat)) == 3


@clause("S4.6 Heartbeat in a gap")
def test_a_connection_is_never_silent_for_longer_than_the_interval(world: World) -> None:
    booted(world)
    run(world, 3600)
    assert len(told(world, call.Heartbeat)) == 12  # 300 s, as BootNotification.conf said


@clause("J5.4 a connection without a boot")
def test_a_new_connection_of_the_same_life_brings_no_boot_notification(world: World) -> None:
    booted(world).disconnect()
    run(world, 50)
    world.connect()
    settle(world)
    assert world.asked == []
