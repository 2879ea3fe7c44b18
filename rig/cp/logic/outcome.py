"""What a connector returns besides frames, notes and answers: it is told on, or decided upon."""

from dataclasses import dataclass
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import RemoteStartStopStatus, UnlockStatus

from rig.cp.logic.actuator import Transmit
from rig.cp.logic.charging_profile import Profile
from rig.cp.logic.kept import Keep
from rig.cp.logic.transaction import StartOrder
from rig.ocppj.logic.exchange import Answer, Note


@dataclass(frozen=True, slots=True)
class Record:
    """Tell the central system this for certain. `transaction` is our number of the one it is of."""

    request: Any
    transaction: int | None


@dataclass(frozen=True, slots=True)
class Live:
    """Tell the central system this if it comes to it before the next value does."""

    request: call.MeterValues
    transaction: int | None


@dataclass(frozen=True, slots=True)
class Limited:
    """The charger was told a limit for `tag`, or was not (`why`)."""

    tag: Any
    why: str | None


@dataclass(frozen=True, slots=True)
class Starting:
    """A transaction is about to begin: it goes on when the others left it room under the cap."""


@dataclass(frozen=True, slots=True)
class Began:
    """A transaction began, with this profile."""

    profile: Profile | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The transaction ended."""


Told = Answer | Note | Record | Live | Limited | Starting | Began | Ended | Keep
Outcome = Told | Transmit


def answer_to(order: StartOrder, status: RemoteStartStopStatus) -> list[Outcome]:
    """Answer the RemoteStartTransaction of an order, if it waits for an answer."""
    if order.unique_id is None:
        return []
    return [Answer(order.unique_id, call_result.RemoteStartTransaction(status))]


def opposite(answer: Answer) -> Answer:
    """What is answered instead of this, where the bus did not carry what it tells."""
    if isinstance(answer.response, call_result.UnlockConnector):
        return Answer(answer.unique_id, call_result.UnlockConnector(UnlockStatus.unlock_failed))
    response = call_result.RemoteStopTransaction(RemoteStartStopStatus.rejected)
    return Answer(answer.unique_id, response)


def rejected(what: str, why: str) -> Note:
    """What the log says of an order that came to nothing."""
    return Note(f"{what} Rejected: {why}", is_warning=True)
