"""Reset, availability, lock and power of the charge point by the clauses."""

from ocpp.v16 import call
from ocpp.v16.enums import Reason, ResetType

from rig.bus.logic.messages import Stop
from rig.cp.logic.events import Plugged, Shutdown, Unplugged
from tests.conformance.clauses import (
    availability,
    begin,
    booted,
    clause,
    forget,
    only,
    rows,
    run,
    settle,
    statuses,
    told,
)
from tests.cp.logic.said import names
from tests.cp.logic.world import World

# reset (5.14)

RESETS = {"TC_013 hard": ResetType.hard, "TC_014 soft": ResetType.soft}
REASONS = {"TC_015 hard": ResetType.hard, "TC_016 soft": ResetType.soft}


def restart(world: World) -> None:
    """What the process does for a Reset that it answered: end as told, and begin again."""
    (reason,) = world.restarts
    world.feed(Shutdown(reason))
    settle(world)
    world.disconnect()
    world.die()
    world.registered()


@rows("kind", {f"S5.14 {name}": kind for name, kind in RESETS.items()})
def test_a_reset_is_answered_and_then_the_charge_point_boots(world: World, kind: ResetType) -> None:
    assert booted(world).status(call.Reset(kind)) == "Accepted"
    restart(world)
    assert names(world.asked)[0] == "BootNotification"
    assert told(world, call.StopTransaction) == []


@rows("kind", {f"S5.14 {name} with a transaction": kind for name, kind in REASONS.items()})
def test_a_reset_ends_the_transaction_first(world: World, kind: ResetType) -> None:
    assert forget(world.charging()).status(call.Reset(kind)) == "Accepted"
    restart(world)
    stop = only(world, call.StopTransaction)
    assert (stop.transaction_id, str(stop.reason)) == (4, f"{kind.value}Reset")
    order = names(world.asked)
    assert order.index("StopTransaction") < order.index("BootNotification")


@clause("S5.14 no answer to StopTransaction")
def test_a_stop_that_is_not_answered_before_the_reset_is_told_after_it(world: World) -> None:
    assert forget(world.charging()).status(call.Reset(ResetType.soft)) == "Accepted"
    (reason,) = world.restarts
    world.feed(Shutdown(reason))
    world.echo_all()
    first = world.ids[-1]
    world.disconnect()
    world.die()
    world.registered()
    stops = [item for item in world.asked if isinstance(item, call.StopTransaction)]
    assert [stop.reason for stop in stops] == ["SoftReset"] * 2
    assert world.ids[world.asked.index(stops[1])] == first


# availability (5.2)


@clause("S5.2 inoperative and operative")
def test_an_idle_connector_is_unavailable_at_once_and_available_again(world: World) -> None:
    assert booted(world).status(availability(1, "Inoperative")) == "Accepted"
    assert world.status(availability(1, "Inoperative")) == "Accepted"  # already so
    settle(world)
    assert statuses(world) == ["Unavailable"]
    begin(world)
    assert told(world, call.StartTransaction) == []
    assert world.status(availability(1, "Operative")) == "Accepted"
    settle(world)
    assert statuses(world) == ["Unavailable", "Available"]


@clause("S5.2 scheduled")
def test_while_a_transaction_runs_it_is_scheduled(world: World) -> None:
    assert forget(world.charging()).status(availability(1, "Inoperative")) == "Scheduled"
    settle(world)
    assert statuses(world) == []
    assert world.status(call.RemoteStopTransaction(4)) == "Accepted"
    settle(world)
    assert statuses(world)[-1] == "Unavailable"


@clause("S5.2 connector 0", connectors=2)
def test_connector_0_means_all_of_them(world: World) -> None:
    assert booted(world).status(availability(0, "Inoperative")) == "Accepted"
    settle(world)
    assert [statuses(world, connector=number) for number in range(3)] == [["Unavailable"]] * 3


@clause("S5.2 connector 0 while one charges", connectors=2)
def test_of_all_connectors_only_the_one_that_charges_waits_for_its_transaction(
    world: World,
) -> None:
    world.registered()
    begin(world, connector=1)
    world.feed(Unplugged(), 2)
    settle(world)
    assert forget(world).status(availability(0, "Inoperative")) == "Scheduled"
    settle(world)
    assert statuses(world, connector=2) == ["Unavailable"]
    assert statuses(world, connector=1) == []
    begin(world, connector=1)
    assert statuses(world, connector=1)[-1] == "Unavailable"


@clause("S5.2 an unknown connector")
def test_the_availability_of_what_is_not_there_is_rejected(world: World) -> None:
    assert booted(world).status(availability(7, "Inoperative")) == "Rejected"


@clause("S5.2 TC_034 unavailable over a power loss")
def test_unavailable_outlasts_a_power_loss(world: World) -> None:
    assert booted(world).status(availability(0, "Inoperative")) == "Accepted"
    settle(world)
    forget(world).die()
    world.registered()
    assert statuses(world, connector=0) == statuses(world) == ["Unavailable"]


# unlock (5.18)


@clause("S5.18 TC_017_1 unlock")
def test_a_connector_is_unlocked(world: World) -> None:
    assert booted(world).status(call.UnlockConnector(1)) == "Unlocked"


@clause("S5.18 TC_018_1 unlock with a transaction")
def test_before_it_is_unlocked_the_transaction_is_ended(world: World) -> None:
    assert forget(world.charging()).status(call.UnlockConnector(1)) == "Unlocked"
    settle(world)
    assert world.last_command == Stop()
    assert only(world, call.StopTransaction).reason == "UnlockCommand"


@clause("S5.18 TC_030 unlock fails")
def test_a_cable_that_may_still_carry_current_is_not_unlocked(world: World) -> None:
    unique_id = world.charging().ask(call.UnlockConnector(1))
    world.lose()
    assert world.answers[unique_id].status == "UnlockFailed"


@rows("connector", {"S5.18 E3.87 TC_031 unknown connector": 2, "E3.87 connector 0": 0})
def test_what_is_no_connector_has_no_lock(world: World, connector: int) -> None:
    assert booted(world).status(call.UnlockConnector(connector)) == "NotSupported"


# power (5.14, 7.36)


@clause("S7.36 TC_032_1 power goes, in time to stop")
def test_with_time_to_stop_the_transaction_is_told_to_have_ended_by_power_loss(
    world: World,
) -> None:
    forget(world.charging()).feed(Shutdown(Reason.power_loss))
    settle(world)
    assert world.last_command == Stop()
    assert only(world, call.StopTransaction).reason == "PowerLoss"


@clause("S7.36 TC_032_2 power goes, and that is told afterwards")
def test_without_time_to_stop_it_is_told_after_the_boot(world: World) -> None:
    forget(world.charging()).die()
    world.registered()
    settle(world)
    stop = only(world, call.StopTransaction)
    assert (stop.transaction_id, stop.reason) == (4, "PowerLoss")
    assert names(world.asked)[0] == "BootNotification"
    assert world.on_bus[0] == Stop()
    run(world, 60)
    world.feed(Unplugged())
    world.feed(Plugged())
    settle(world)
    assert told(world, call.StartTransaction) == []
