"""What the central system's side of a charge point sees and does, besides OCPP itself."""

from dataclasses import dataclass
from typing import Any, NamedTuple

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


class Consult(NamedTuple):
    """Let the database answer this request; Consulted or ConsultFailed comes back."""

    unique_id: str
    request: Any


class Consulted(NamedTuple):
    """The database's answer, stored before it is given."""

    unique_id: str
    request: Any
    response: Any


class ConsultFailed(NamedTuple):
    """The database could not store it: the charge point must ask again."""

    unique_id: str
    request: Any
    why: str


@dataclass(frozen=True, slots=True)
class Command:
    """A request from outside. Done comes back with the same key, whatever that is."""

    key: object
    request: Any


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Nobody waits any more for the Command with this key."""

    key: object


class NotTaken(NamedTuple):
    """A Command was not taken, since too many wait already."""

    why: str


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a Command: its typed response, Failed or NotTaken."""

    key: object
    outcome: Any


@dataclass(frozen=True, slots=True)
class Record:
    """Keep a BootNotification that is accepted, StatusNotification or Heartbeat in the database."""

    request: Any


@dataclass(frozen=True, slots=True)
class RecordSecurity:
    """Keep a security event in the database. `kind`: its name in the security extension."""

    kind: str
    detail: str


Commanded = Command | Withdrawn
Event = Connected | Disconnected | Asked | Answered | Failed | Consulted | ConsultFailed | Commanded
Output = Answer | Refuse | Ask | Note | Consult | Done | Record | RecordSecurity
