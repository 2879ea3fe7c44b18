"""What is on the disk: how each row is written and read, and all that the last life left there.

A damaged disk may give back anything that is JSON. A row that cannot be read is refused, and the
charge point goes on with the others, or with its defaults.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from ocpp.v16 import call
from ocpp.v16.enums import AuthorizationStatus, Reason

from rig.bus.logic.messages import Codec
from rig.cp.logic.authorization import CachedTag
from rig.cp.logic.kept import RefusedRow, Rows, Section
from rig.cp.logic.profile import Kind, Profile, Purpose
from rig.cp.logic.sampling import Samples

# Of a request, and of the transaction that ran; None where that is possible.
TYPES: dict[str, Any] = {
    "number": int,
    "transaction": int | None,
    "attempts": int,
    "id": str,
    "connector_id": int,
    "transaction_id": int | None,
    "meter_start": int,
    "meter_stop": int,
    "id_tag": str | None,
    "parent": str | None,
    "timestamp": str,
    "started": float,
    "meter_value": list,
    "transaction_data": list | None,
}


def _all_typed(values: dict[str, Any]) -> None:
    for name, value in values.items():
        _of(TYPES.get(name, object), value)


def _of(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"not {value!r:.40}")
    return value


def _finite(_: Any, value: Any) -> Any:
    if not math.isfinite(value):
        raise ValueError("no number")
    return value


# by the configuration's key
CONFIGURATION: Section[str, str] = Section("configuration", str, lambda _, text: _of(str, text))
# by connector: whether it is Inoperative (0: the charge point), its register (Wh), the limit it was
# told last (A)
AVAILABILITY: Section[int, str] = Section("availability", int)
METER: Section[int, float] = Section("meter", int, _finite)
TOLD: Section[int, float] = Section("limit", int, _finite, may_wait=True)
# by our number of a transaction: the id that the central system gave it
NAMES: Section[int, int] = Section("names", int, lambda _, number: _of(int, number))


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a transaction ends. `id_tag` is the one that was presented to stop it."""

    reason: Reason
    id_tag: str | None = None


class Unfinished(NamedTuple):
    """A transaction that runs. `number` is our own, `started` in s since 1970, Wh."""

    number: int
    id_tag: str
    parent: str | None
    started: float
    meter_start: int
    ending: Ending | None
    samples: Samples | None


def _unfinished_row(one: Unfinished) -> dict[str, Any]:
    transaction = {name: getattr(one, name) for name in Unfinished._fields[:5]}
    ending = one.ending and (one.ending.reason.value, one.ending.id_tag)
    data = one.samples and {"begin": one.samples.begin, "between": [*one.samples.between]}
    return {"transaction": transaction, "ending": ending, "data": data}


def _unfinished(_: int, row: Any) -> Unfinished:
    transaction, ending, data = row["transaction"], row["ending"], row["data"]
    _all_typed(transaction)
    _of(str, transaction["id_tag"])
    if ending:
        reason, id_tag = ending
        ending = Ending(Reason(reason), id_tag)
    samples = None if data is None else Samples(data["begin"], tuple(_of(list, data["between"])))
    return Unfinished(**transaction, ending=ending or None, samples=samples)


# by connector
RUNNING: Section[int, Unfinished] = Section("running", int, _unfinished, _unfinished_row)


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """One request on its way. `transaction` is our own number of the one that it belongs to."""

    number: int
    request: Any
    transaction: int | None = None
    unique_id: str | None = None  # of one that is kept
    attempts: int = 0
    is_live: bool = False


KEPT = call.StartTransaction | call.StopTransaction | call.MeterValues


def _queued_row(queued: QueuedRequest) -> dict[str, Any]:
    return {
        "id": queued.unique_id,
        "action": type(queued.request).__name__,
        "payload": asdict(queued.request),
        "transaction": queued.transaction,
        "attempts": queued.attempts,
    }


def _queued(number: int, row: Any) -> QueuedRequest:
    request = getattr(call, row["action"])(**row["payload"])
    if not isinstance(request, KEPT):
        raise ValueError(f"{row['action']} is never kept")
    if isinstance(request, call.StartTransaction):
        _of(str, request.id_tag)
    _all_typed(row)
    _all_typed(row["payload"])
    if (row["transaction"] or 0) >= number:
        raise ValueError("a transaction is older than its requests")
    return QueuedRequest(number, request, row["transaction"], row["id"], row["attempts"])


def _discarded_row(discarded: tuple[QueuedRequest, str]) -> dict[str, Any]:
    queued, why = discarded
    return _queued_row(queued) | {"why": why}


# by the number of the request; one that was given up is for whoever inspects it
QUEUE: Section[int, QueuedRequest] = Section("queue", int, _queued, _queued_row)
DISCARDED: Section[int, tuple[QueuedRequest, str]] = Section("discarded", int, write=_discarded_row)

# JSON has no infinity: null stands for what is open, or not there.
OPEN: dict[str, float | None] = {
    "duration": math.inf,
    "valid_from": -math.inf,
    "valid_to": math.inf,
    "start": None,
    "recurrence": None,
}


def _profile_row(profile: Profile) -> dict[str, Any]:
    values = profile._asdict()
    ends = {name: None if values[name] == OPEN[name] else values[name] for name in OPEN}
    return values | ends | {"periods": [list(period) for period in profile.periods]}


def _profile(_: Any, row: Any) -> Profile:
    known: dict[str, Any] = {
        "purpose": Purpose(row["purpose"]),
        "kind": Kind(row["kind"]),
        "periods": tuple((float(start), float(limit)) for start, limit in row["periods"]),
    }
    known |= {name: int(row[name]) for name in ("connector", "profile_id", "stack_level")}
    ends = {name: row[name] for name in OPEN}
    known |= {name: OPEN[name] if end is None else float(end) for name, end in ends.items()}
    profile = Profile(**row | known)
    if profile.periods[0][0] != 0 or (profile.kind is Kind.relative) != (profile.start is None):
        raise ValueError("periods or start")
    return profile


# by the profile's id
PROFILES: Section[int, Profile] = Section("profiles", int, _profile, _profile_row)


def _tags_row(tags: Mapping[str, CachedTag]) -> list[Any]:
    return [
        (tag, one.status.value, one.parent, None if math.isinf(one.expires) else one.expires)
        for tag, one in tags.items()
    ]


def _tags(_: str, row: Any) -> dict[str, CachedTag]:
    tags = {}
    for tag, status, parent, expires in row:
        _of(str, tag)
        _of(str | None, parent)
        until = math.inf if expires is None else _finite(tag, expires)
        tags[tag] = CachedTag(AuthorizationStatus(status), parent, until)
    return tags


# the authorisation cache, the tag that was used last at its end
CACHE = "cache"  # the one key
TAGS: Section[str, Mapping[str, CachedTag]] = Section("tags", str, _tags, _tags_row)

BEYOND = "beyond"  # on no disk: a section that says what lies there beyond what was read


class Beyond(NamedTuple):
    """How many requests of the queue, and how many that were given up; the last number that was
    read of the queue, and the greatest one of all."""

    queue: int = 0
    discarded: int = 0
    last: int = 0
    greatest: int = 0


@dataclass(frozen=True)
class Saved:
    """What the last life left, as far as it can be read: nothing, where there was none."""

    inoperative: frozenset[int] = frozenset()  # connectors, 0 the charge point
    configuration: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[int, float] = field(default_factory=dict)  # A, that each was told last
    registers: Mapping[int, float] = field(default_factory=dict)  # Wh, by connector
    names: Mapping[int, int] = field(default_factory=dict)
    profiles: tuple[Profile, ...] = ()
    running: Mapping[int, Unfinished] = field(default_factory=dict)  # by connector
    tags: Mapping[str, CachedTag] = field(default_factory=dict)
    queue: Sequence[QueuedRequest] = ()  # in order, its first portion
    beyond: Beyond = field(default_factory=Beyond)
    refused: Sequence[RefusedRow] = ()

    @property
    def last_number(self) -> int:
        """No request and no transaction has a greater one."""
        queued = [one.number for one in self.queue]
        running = [one.number for one in self.running.values()]
        return max([self.beyond.greatest, *queued, *running, *self.names])


def read(rows: Rows, codec: Codec) -> Saved:
    """All that the last life left. A profile with a limit that no bus can carry is refused, too."""
    refused: list[RefusedRow] = []
    return Saved(
        inoperative=frozenset(AVAILABILITY.found(rows, refused)),
        configuration=CONFIGURATION.found(rows, refused),
        limits=TOLD.found(rows, refused),
        registers=METER.found(rows, refused),
        names=NAMES.found(rows, refused),
        profiles=tuple(PROFILES.found(rows, refused, partial(_carried, codec)).values()),
        running=RUNNING.found(rows, refused),
        tags=TAGS.found(rows, refused).get(CACHE, {}),
        queue=tuple(sorted(QUEUE.found(rows, refused).values(), key=attrgetter("number"))),
        beyond=Beyond(**rows.get(BEYOND, {})),
        refused=tuple(refused),
    )


def _carried(codec: Codec, profile: Profile) -> None:
    for _, limit in profile.periods:
        codec.set_limit(limit)
