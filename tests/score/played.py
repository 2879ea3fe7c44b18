"""Sessions of the generator for the tests, and what of them the tests look at.

Times in s from the begin of the session, currents in A.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from rig.bus.logic.messages import Current, Message, SetLimit
from rig.detect.events import Connection, OnBus, Said
from rig.ocppj.logic.framing import Call
from rig.score.logic.judged import Label
from rig.score.logic.session import Session, session
from rig.score.logic.world import BEGINS
from rig.score.sessions import formats

PLAIN, OURS = 1, 2  # seeds, one of each charge point


@cache
def played(kind: str, seed: int) -> Session:
    """Played once for all tests."""
    return session(kind, seed, formats())


def label_of(kind: str, seed: int) -> Label:
    (label,) = played(kind, seed).labels
    return label


def on_bus(kind: str, seed: int) -> list[tuple[float, Any]]:
    """What was heard on the bus."""
    return [
        (at - BEGINS, event.event.what)
        for at, event in played(kind, seed).events
        if isinstance(event, OnBus) and hasattr(event.event, "what")
    ]


def sent(kind: str, seed: int, of: type[Message]) -> list[tuple[float, Any]]:
    """The messages of a kind on the bus."""
    return [(at, what) for at, what in on_bus(kind, seed) if isinstance(what, of)]


def currents(kind: str, seed: int) -> list[tuple[float, float]]:
    return [(at, what.current) for at, what in sent(kind, seed, Current)]


def limits(kind: str, seed: int) -> list[tuple[float, float]]:
    return [(at, what.limit) for at, what in sent(kind, seed, SetLimit)]


def said(kind: str, seed: int, end: str) -> list[tuple[float, Any]]:
    """The OCPP messages that an end told of."""
    return [
        (at - BEGINS, event.message)
        for at, event in played(kind, seed).events
        if isinstance(event, Said) and event.end == end
    ]


def calls(kind: str, seed: int, action: str, end: str = "csms") -> list[tuple[float, Any]]:
    """The payloads of the CALLs of an action."""
    return [
        (at, message.payload)
        for at, message in said(kind, seed, end)
        if isinstance(message, Call) and message.action == action
    ]


def changes(kind: str, seed: int) -> list[tuple[float, str]]:
    """What became of connections at the central system."""
    return [
        (at - BEGINS, event.change)
        for at, event in played(kind, seed).events
        if isinstance(event, Connection) and event.end == "csms"
    ]


def inside(label: Label, found: list[tuple[float, Any]]) -> list[Any]:
    return [what for at, what in found if label.start <= at < label.end]


def outside(label: Label, found: list[tuple[float, Any]]) -> list[Any]:
    return [what for at, what in found if not label.start <= at < label.end]


def where(found: list[tuple[float, Any]], wanted: Callable[[Any], bool]) -> list[tuple[float, Any]]:
    return [(at, what) for at, what in found if wanted(what)]
