"""What the OCPP side of a machine sees and does.

Requests and responses are the typed classes of `ocpp.v16.call` and `ocpp.v16.call_result`.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Connected:
    """The WebSocket is open."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The WebSocket is gone; what was outstanding will not be answered."""

    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The peer's CALL, valid by its schema; to be answered with Answer or Refuse."""

    unique_id: str
    request: Any


@dataclass(frozen=True, slots=True)
class Answered:
    """The peer's response to our request."""

    request: Any
    response: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """Our request got a CALLERROR, which has a code, an invalid response, or none in time."""

    request: Any
    why: str
    code: str | None = None
    in_time: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """Send a CALLRESULT."""

    unique_id: str
    response: Any


@dataclass(frozen=True, slots=True)
class Refuse:
    """Send a CALLERROR."""

    unique_id: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Send a CALL. Answered or Failed comes back, or Disconnected.

    `unique_id` only where it is sent again, or may have to be (errata OCPP-J 3.7); else a new one.
    """

    request: Any
    unique_id: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the log."""

    text: str
    is_warning: bool = False


Exchange = Connected | Disconnected | Asked | Answered | Failed
Output = Answer | Refuse | Ask | Note
