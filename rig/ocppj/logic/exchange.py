"""What the OCPP side of a machine sees and does.

Requests and responses are the typed classes of `ocpp.v16.call` and `ocpp.v16.call_result`.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Connected:
    """The WebSocket is open."""


class Disconnected(NamedTuple):
    """The WebSocket is gone; what was outstanding will not be answered."""

    why: str


class Asked(NamedTuple):
    """The peer's CALL, valid by its schema; to be answered with Answer or Refuse."""

    unique_id: str
    request: Any


class Answered(NamedTuple):
    """The peer's response to our request."""

    request: Any
    response: Any


class Failed(NamedTuple):
    """Our request got a CALLERROR, which has a code, an invalid response, or none in time."""

    request: Any
    why: str
    code: str | None = None
    in_time: bool = True


class Answer(NamedTuple):
    """Send a CALLRESULT."""

    unique_id: str
    response: Any


class Refuse(NamedTuple):
    """Send a CALLERROR."""

    unique_id: str
    code: str
    description: str


class Ask(NamedTuple):
    """Send a CALL. Answered or Failed comes back, or Disconnected.

    `unique_id` only where it is sent again, or may have to be (errata OCPP-J 3.7); else a new one.
    """

    request: Any
    unique_id: str | None = None


class Note(NamedTuple):
    """A line for the log."""

    text: str
    is_warning: bool = False


Incoming = Asked | Answered | Failed  # what a peer says
Outgoing = Answer | Refuse | Ask  # what is said to it
