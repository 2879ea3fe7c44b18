"""Room for one more transaction under the cap: the sum of the limits on the buses never exceeds it.

Source: OCPP 1.6 edition 2, 3.13: ChargePointMaxProfile caps all connectors together.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call

from rig.bus.logic.link import LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Message, SetLimit, Start, Stop
from tests.cp.logic.said import profile, remote_start
from tests.cp.logic.world import World

CAP = profile(32, "ChargePointMaxProfile") | {"charging_profile_id": 1}


def capped(connectors: int = 2, cap: dict[str, Any] = CAP) -> World:
    """Connector 1 charges under a cap of 32 A; the frames so far are forgotten."""
    world = World(connectors=connectors).registered()
    assert world.status(call.SetChargingProfile(0, cap)) == "Accepted"
    assert world.status(remote_start(connector_id=1)) == "Accepted"
    world.answer_all()
    world.carried.clear()
    return world


def flying(world: World) -> list[tuple[int, Message]]:
    return [(sent.connector, sent.message) for sent in world.in_flight]


def carried(world: World) -> list[tuple[int, Message]]:
    return [(connector, message) for _, connector, message in world.carried]


def test_the_others_are_told_their_shares_before_one_starts() -> None:
    world = capped()
    world.ask(remote_start(connector_id=2))
    assert flying(world) == [(1, SetLimit(16)), (2, SetLimit(16))]
    world.in_flight.reverse()
    world.echo()
    assert flying(world) == [(1, SetLimit(16))]
    world.echo()
    assert flying(world) == [(2, Start())]


def test_who_has_less_than_its_share_for_certain_need_not_be_told() -> None:
    world = capped()
    low = profile(10) | {"charging_profile_id": 2}
    assert world.status(call.SetChargingProfile(1, low)) == "Accepted"
    world.ask(remote_start(connector_id=2))
    assert flying(world) == [(2, SetLimit(16))]


def test_without_a_cap_the_others_are_left_alone() -> None:
    world = World(connectors=2).registered()
    world.status(remote_start(connector_id=1))
    world.ask(remote_start(connector_id=2))
    assert flying(world) == [(2, SetLimit(32))]  # that of the bench, then Start


def test_without_a_cap_the_link_of_another_does_not_matter() -> None:
    world = World(connectors=2).registered()
    world.status(call.SetChargingProfile(1, profile(16)))
    world.status(remote_start(connector_id=1))
    world.feed(LinkDown("down"), 1)
    world.feed(LinkUp(), 1)
    world.ask(remote_start(connector_id=2))
    assert flying(world) == [(1, SetLimit(16)), (2, SetLimit(32))]  # 16 A again: it was away


def test_who_does_not_charge_need_not_be_told() -> None:
    world = World(connectors=2).registered()
    world.status(call.SetChargingProfile(0, CAP))
    world.feed(LinkDown("down"), 2)
    world.feed(LinkUp(), 2)
    world.ask(remote_start(connector_id=1))
    assert flying(world) == [(2, SetLimit(32)), (1, Start())]  # 32 A again, since it was away


def test_where_another_cannot_be_told_nothing_starts_and_it_gets_its_limit_back() -> None:
    world = capped()
    unique_id = world.ask(remote_start(connector_id=2))
    world.lose()
    assert world.answers[unique_id].status == "Rejected"
    assert any("connector 1 could not be told to leave room" in note for note in world.notes)
    world.echo_all()
    world.advance(1.0)
    assert carried(world)[-2:] == [(2, SetLimit(32)), (1, SetLimit(32))]  # 16 may have come
    assert Start() not in [message for _, message in carried(world)]


def test_the_link_of_another_that_is_down_keeps_it_from_starting() -> None:
    """The charger there may run on with all of the cap."""
    world = capped()
    world.feed(LinkDown("down"), 1)
    unique_id = world.ask(remote_start(connector_id=2))
    world.feed(NotSent(world.in_flight.pop(0).key, "the link is down"), 1)
    assert world.answers[unique_id].status == "Rejected"
    assert (2, Start()) not in carried(world)


def test_of_three_all_others_must_be_told() -> None:
    world = capped(3)
    assert world.status(remote_start(connector_id=2)) == "Accepted"
    world.ask(remote_start(connector_id=3))
    own = world.in_flight.pop()
    assert flying(world) == [(1, SetLimit(10)), (2, SetLimit(10))]  # 32 A / 3
    world.feed(Sent(own.key), 3)
    world.echo()
    assert flying(world) == [(2, SetLimit(10))]
    world.echo()
    assert flying(world) == [(3, Start())]


def test_of_three_one_that_cannot_be_told_is_enough() -> None:
    world = capped(3)
    world.status(remote_start(connector_id=2))
    unique_id = world.ask(remote_start(connector_id=3))
    world.lose()
    assert world.answers[unique_id].status == "Rejected"
    world.echo_all()
    assert (3, Start()) not in carried(world)


def test_a_transaction_that_ends_gives_its_share_to_the_others() -> None:
    world = capped()
    world.status(remote_start(connector_id=2))
    world.answer_all()
    world.carried.clear()
    assert world.status(call.RemoteStopTransaction(4)) == "Accepted"
    assert carried(world)[0][1] == Stop()
    assert carried(world)[1] in [(1, SetLimit(32)), (2, SetLimit(32))]


@given(st.lists(st.sampled_from(["start 1", "start 2", "start 3", "stop", "echo", "echo"])))
def test_the_sum_of_what_runs_stays_under_the_cap_in_any_order(steps: list[str]) -> None:
    world = World(connectors=3).registered()
    world.status(call.SetChargingProfile(0, CAP))
    running: dict[int, bool] = {}
    limits = {1: 32.0, 2: 32.0, 3: 32.0}
    for step in [*steps, "all"]:
        word, _, number = step.partition(" ")
        if word == "start":
            world.ask(remote_start(connector_id=int(number)))
        elif word == "stop":
            world.ask(call.RemoteStopTransaction(4))
        for _ in range(len(world.in_flight) if word == "all" else word == "echo"):
            if world.in_flight:
                world.echo()
                _, connector, message = world.carried[-1]
                if isinstance(message, SetLimit):
                    limits[connector] = message.limit
                else:
                    running[connector] = message == Start()
                assert sum(limits[one] for one, runs in running.items() if runs) <= 32
        world.answer_all()


@pytest.mark.parametrize("late", [False, True])
def test_a_stop_meanwhile_prevents_the_start_when_there_is_room(late: bool) -> None:
    world = capped()
    unique_id = world.ask(remote_start(connector_id=2))
    world.ask(call.UnlockConnector(2))
    if late:
        world.in_flight.reverse()
    while world.in_flight:
        sent = world.in_flight.pop(0)
        world.feed(Sent(sent.key), sent.connector)
        assert sent.message != Start()
    assert world.answers[unique_id].status == "Rejected"
