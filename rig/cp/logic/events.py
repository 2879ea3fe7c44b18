"""What happens to a charge point, at its connectors or at the central system; what it does then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ocpp.v16.enums import ChargePointErrorCode, Reason

from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Burst, Message
from rig.cp.logic.kept import Fetch, Keep
from rig.cp.logic.saved import QueuedRequest
from rig.ocppj.logic.exchange import (
    Answer,
    Answered,
    Ask,
    Asked,
    Connected,
    Disconnected,
    Failed,
    Note,
    Refuse,
)


@dataclass(frozen=True, slots=True)
class Plugged:
    """A car was plugged in."""


@dataclass(frozen=True, slots=True)
class Unplugged:
    """The car was unplugged."""


@dataclass(frozen=True, slots=True)
class Swiped:
    """An id tag was presented."""

    id_tag: str


@dataclass(frozen=True, slots=True)
class Raised:
    """The connector has an error from now on, `NoError` for none (7.6)."""

    code: ChargePointErrorCode
    info: str | None = None


BusEvent = Sent | NotSent | Late | LinkUp | LinkDown
CarEvent = Plugged | Unplugged | Swiped | Raised


class At(NamedTuple):
    """Something happened at a connector. A command was sent by somebody else."""

    connector: int
    event: Message | Burst | BusEvent | CarEvent


@dataclass(frozen=True, slots=True)
class Shutdown:
    """This process, or this life of it, is about to end."""

    reason: Reason = Reason.other


@dataclass(frozen=True, slots=True)
class DiskFailed:
    """From now on nothing can be kept."""

    why: str


@dataclass(frozen=True, slots=True)
class DiskWorks:
    """All is kept again."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """Some of what was kept is damaged, and was set aside."""

    what: str


class Fetched(NamedTuple):
    """The next requests of the queue, in order.

    Without those that are damaged; `found` counts them too. `last` is the number of the last one.
    """

    requests: Sequence[QueuedRequest]
    found: int
    last: int


CsmsEvent = Connected | Disconnected | Asked | Answered | Failed
Event = At | CsmsEvent | DiskFailed | DiskWorks | Damaged | Fetched | Shutdown


class Send(NamedTuple):
    """Send a message on the bus of a connector; what becomes of it comes back under this key."""

    connector: int
    key: int
    message: Message


@dataclass(frozen=True, slots=True)
class Restart:
    """Begin a new life: end this one as on the way out, then start again (5.14)."""

    reason: Reason


Output = Answer | Refuse | Ask | Note | Keep[Any, Any] | Fetch | Send | Restart
# Called once, when the bus has carried all of an order (None), or with why it has not.
Then = Callable[[str | None, float], list[Output]]


def rejected(what: str, why: str) -> Note:
    """What the log says of an order that came to nothing."""
    return Note(f"{what} Rejected: {why}", is_warning=True)


def answering(unique_id: str, carried: Any, not_carried: Any) -> Then:
    """Answer once the Stop is on the bus, or is not, and why."""

    def then(why: str | None, now: float) -> list[Output]:
        if why is None:
            return [Answer(unique_id, carried)]
        return [Answer(unique_id, not_carried), rejected(type(not_carried).__name__, why)]

    return then


def resumed(why: str | None, now: float) -> list[Output]:
    """A Start for a car that is back. The Stop that a failed one leaves ends the transaction."""
    return [Note(f"the transaction does not go on: {why}", is_warning=True)] if why else []
