"""What comes all the time is not looked through as closely, and nothing is missed for that."""

from typing import Any

import pytest
from ocpp.v16 import call

from rig.bus.logic.messages import Current, SetLimit, Stop
from rig.ocppj.logic.moments import timestamp
from rig.role.logic.supply import Supply
from tests.cp.logic.said import profile, remote_start, start_conf
from tests.cp.logic.world import NOON, World

EACH = 0.01  # s between two Currents


def stepped(start: float, *limits: float) -> dict[str, Any]:
    """From `start` on (s since 1970) one limit after the other, an hour each."""
    steps = profile(0)
    steps["charging_profile_kind"] = "Absolute"
    steps["charging_schedule"] |= {
        "start_schedule": timestamp(start),
        "charging_schedule_period": [
            {"start_period": 3600 * hour, "limit": limit} for hour, limit in enumerate(limits)
        ],
    }
    return steps


def told(world: World) -> list[float]:
    """The limits (A) that the charger was told."""
    return [message.limit for message in world.on_bus if isinstance(message, SetLimit)]


def reporting(world: World, seconds: float) -> None:
    """The charger reports at 100 Hz; the central system answers each."""
    for _ in range(round(seconds / EACH)):
        world.advance(EACH)
        world.feed(Current(10))
        world.echo_all()
        world.answer_all()


def charging(limits: dict[str, Any]) -> World:
    world = World().registered()
    assert world.status(call.SetChargingProfile(1, limits)) == "Accepted"
    assert world.status(remote_start()) == "Accepted"
    world.answer_all()
    return world


def test_a_limit_changes_on_the_dot_however_often_the_charger_reports() -> None:
    world = charging(stepped(NOON - 3595, 16, 8))  # the second one begins 5 s after noon
    reporting(world, 4.9)
    assert told(world)[-1] == 16
    reporting(world, 0.2)
    (at,) = [at for at, _, message in world.carried if message == SetLimit(8)]
    assert at == pytest.approx(5.0, abs=1e-6)


def test_a_clock_that_is_set_is_noticed_within_a_second() -> None:
    world = charging(stepped(NOON, 16, 8))
    reporting(world, 3)
    world.clock += 3600
    reporting(world, 1.0 + EACH)
    assert told(world)[-1] == 8


def test_a_charger_that_falls_silent_is_reported_after_its_last_current() -> None:
    world = charging(profile(16))
    reporting(world, 3)
    silent_at = world.now + 2.5
    world.advance(2.49)
    assert world.outstanding is None
    world.advance(0.02)
    silent = world.answer()
    assert silent.info == "no Current from the charger"
    assert silent.timestamp == timestamp(NOON + silent_at)


def test_a_current_after_a_silence_ends_it_at_once() -> None:
    world = charging(profile(16))
    reporting(world, 1)
    world.advance(3)
    world.answer_all()
    world.feed(Current(10))
    statuses = [one for one in world.answer_all() if type(one).__name__ == "StatusNotification"]
    told = [(str(one.status), str(one.error_code), one.info) for one in statuses]
    assert told == [("SuspendedEVSE", "NoError", "the charger was silent")]
    assert world.transmitted[-2:] == [SetLimit(16), Stop()]


def test_a_charger_that_was_silent_is_told_its_limit_again_at_its_first_current() -> None:
    """It may have restarted meanwhile."""
    world = charging(profile(16))
    reporting(world, 1)
    world.advance(3)
    before = len(told(world))
    for _ in range(2):
        world.feed(Current(10))
        world.echo_all()
    assert told(world)[before:] == [16]


def test_a_tag_that_is_refused_gets_what_it_may_and_no_more() -> None:
    """10 A * 230 V * 3 = 6.9 kW: 10 Wh, MaxEnergyOnInvalidId, after 5.217 s."""
    world = World(
        supply=Supply(230, 3), StopTransactionOnInvalidId="false", MaxEnergyOnInvalidId="10"
    ).registered()
    world.ask(remote_start())
    world.echo_all()
    world.answer(start_conf(4, "Blocked"))
    reporting(world, 7)  # the first Current comes after 0.01 s
    (at,) = [at for at, _, message in world.carried if message == SetLimit(0)]
    assert at == pytest.approx(5.23, abs=1e-6)
