"""What the table of clauses is written with: its ids, and a charge point in its world.

S is OCPP 1.6 edition 2, E its errata sheet 2025-04, J is OCPP-J 1.6, JE its errata; TC is a case
of the OCPP compliance testing tool for the charge point (`_CS`).
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import AvailabilityType, ChargePointStatus

from rig.bus.logic.messages import Message, SetLimit, Start, Stop
from rig.cp.logic.events import Swiped, Unplugged
from rig.role.logic.supply import Supply
from tests.cp.logic.said import good_answer
from tests.cp.logic.world import World

T = TypeVar("T")
SUPPLY = Supply(voltage=230, phases=3)  # 16 A are 11040 W
Replies = dict[type[Any], Any]  # the answer to a kind of request, or what gives it for a request

# S 4.9, second table: from a row's status to these, and no others.
FOLLOWERS = {
    "Available": "Preparing Charging SuspendedEV SuspendedEVSE Reserved Unavailable Faulted",
    "Preparing": "Available Charging SuspendedEV SuspendedEVSE Finishing Faulted",
    "Charging": "Available SuspendedEV SuspendedEVSE Finishing Unavailable Faulted",
    "SuspendedEV": "Available Charging SuspendedEVSE Finishing Unavailable Faulted",
    "SuspendedEVSE": "Available Charging SuspendedEV Finishing Unavailable Faulted",
    "Finishing": "Available Preparing Unavailable Faulted",
    "Reserved": "Available Preparing Unavailable Faulted",
    "Unavailable": "Available Preparing Charging SuspendedEV SuspendedEVSE Faulted",
    "Faulted": " ".join(ChargePointStatus),
}


def clause(name: str, **charge_point: Any) -> pytest.MarkDecorator:
    """The clause that a test is about, and what the charge point of its world is like."""
    return pytest.mark.parametrize("world", [charge_point], indirect=True, ids=[name])


def rows(names: str | Sequence[str], table: dict[str, Any]) -> pytest.MarkDecorator:
    """A test for each row of a table, whose key is the clause."""
    return pytest.mark.parametrize(names, list(table.values()), ids=list(table))


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Not connected yet; its statuses must have followed each other by the table."""
    world = World(**getattr(request, "param", {}))
    yield world
    if world.lives == 1 and not world.absences:
        for number in range(world.settings.connectors + 1):
            check_followers(statuses(world, connector=number))


def check_followers(told: list[str]) -> None:
    for before, after in itertools.pairwise(told):
        assert after == before or after in FOLLOWERS[before].split(), f"{before} -> {after}"


def settle(world: World, replies: Replies | None = None) -> None:
    """The bus carries and the central system answers everything."""
    world.echo_all()
    while world.outstanding is not None:
        kind = type(world.outstanding)
        reply = (replies or {}).get(kind, good_answer)
        world.answer(reply(world.outstanding) if callable(reply) else reply)
        world.echo_all()


def run(world: World, seconds: float, replies: Replies | None = None) -> None:
    """Time passes; the bus carries and the central system answers everything meanwhile."""
    end = world.now + seconds
    settle(world, replies)
    while world.now < end:
        step = max(0.0, min(world.point.wake_at, end) - world.now)
        world.advance(step)
        settle(world, replies)


def booted(world: World) -> World:
    """Registered, with no car at any connector; what was told so far is forgotten."""
    world.registered()
    for number in range(1, world.settings.connectors + 1):
        world.feed(Unplugged(), number)
    settle(world)
    return forget(world)


def forget(world: World) -> World:
    """Forget what was told and carried so far."""
    world.asked.clear()
    world.ids.clear()
    world.asked_at.clear()
    world.on_bus.clear()
    world.carried.clear()
    return world


def begin(
    world: World, tag: str = "RIG", connector: int = 1, replies: Replies | None = None
) -> None:
    """A tag is presented at a connector."""
    world.feed(Swiped(tag), connector)
    settle(world, replies)


def told(world: World, kind: type[T]) -> list[T]:
    """The requests of a kind that the charge point made."""
    return [request for request in world.asked if isinstance(request, kind)]


def session(world: World) -> list[Any]:
    """All that was told, StatusNotifications aside."""
    return [item for item in world.asked if not isinstance(item, call.StatusNotification)]


def only(world: World, kind: type[T]) -> T:
    """The one request of a kind that it made."""
    (request,) = told(world, kind)
    return request


def statuses(world: World, connector: int = 1) -> list[str]:
    """The statuses of a connector that were told, in order."""
    notifications = told(world, call.StatusNotification)
    return [str(item.status) for item in notifications if item.connector_id == connector]


def commands(world: World) -> list[Message]:
    """The Starts and Stops that the bus carried."""
    return [message for message in world.on_bus if isinstance(message, Start | Stop)]


def limits(world: World, connector: int = 1) -> list[float]:
    """The limits (A) that the charger of a connector was told, in order."""
    return [
        message.limit
        for _, number, message in world.carried
        if number == connector and isinstance(message, SetLimit)
    ]


def reply(world: World, request: Any) -> Any:
    """Ask the charge point; its answer, or the code of its CALLERROR."""
    unique_id = world.ask(request)
    world.echo_all()
    return world.answers[unique_id]


def setting(world: World, key: str) -> str:
    """The value of a configuration key, as GetConfiguration tells it."""
    (known,) = reply(world, call.GetConfiguration([key])).configuration_key
    return str(known.value)


def change(world: World, key: str, value: str) -> str:
    """ChangeConfiguration; the status."""
    return world.status(call.ChangeConfiguration(key, value))


def availability(connector: int, kind: str) -> call.ChangeAvailability:
    return call.ChangeAvailability(connector, AvailabilityType(kind))


def cases(ids: list[str]) -> set[str]:
    """The TC numbers in ids: `004_1` of `S4.8 TC_004_1 identification first`."""
    return {number for name in ids for number in re.findall(r"TC_(\d{3}(?:_\d)?)", name)}
