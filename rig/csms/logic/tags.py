"""Who may charge: the tags that the central system knows, and what it says of one.

Source: OCPP 1.6 edition 2, 7.2 and 7.15; a tag is a CiString20 of printable ASCII (2.2), and `ab`
is the same tag as `AB`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus

from rig.ocppj.logic.moments import FIRST, LAST, seconds, timestamp

# What becomes of a tag that is not known. A test bench takes any by default.
Unknown = Literal["accept", "invalid"]

# ConcurrentTx is a moment's verdict, not something that a tag is.
STATUSES = [status.value for status in AuthorizationStatus if status != "ConcurrentTx"]
KEYS = {"status", "expires", "parent", "concurrent"}


@dataclass(frozen=True, slots=True)
class Tag:
    """A known tag. `expires`: s since 1970. `concurrent`: may run several transactions at once.

    Raises ValueError for what no IdTagInfo can say.
    """

    id_tag: str
    status: AuthorizationStatus = AuthorizationStatus.accepted
    expires: float | None = None
    parent: str | None = None
    concurrent: bool = False

    def __post_init__(self) -> None:
        for text in (self.id_tag, self.id_tag if self.parent is None else self.parent):
            if not (0 < len(text) <= 20 and text.isascii() and text.isprintable()):
                raise ValueError("a tag has 1 to 20 printable ASCII characters")
        if self.expires is not None and not FIRST <= self.expires <= LAST:
            raise ValueError("it expires in one of the years 1 to 9999")


def fold(id_tag: str) -> str:
    """The same text for each spelling of one tag."""
    return id_tag.lower()


def verdict(
    tag: Tag | None, now: float, *, unknown: Unknown, runs_elsewhere: bool = False
) -> IdTagInfo:
    """What to answer about a tag; None is one that is not known.

    `runs_elsewhere`: it began a transaction on another connector before, which still runs. Only a
    StartTransaction asks about that: 7.2 calls ConcurrentTx relevant for nothing else.
    """
    if tag is None:
        accepted = unknown == "accept"
        status = AuthorizationStatus.accepted if accepted else AuthorizationStatus.invalid
        return IdTagInfo(status=status)
    return IdTagInfo(
        status=_status(tag, now, runs_elsewhere),
        parent_id_tag=tag.parent,
        expiry_date=None if tag.expires is None else timestamp(tag.expires),
    )


def _status(tag: Tag, now: float, runs_elsewhere: bool) -> AuthorizationStatus:
    if tag.status != AuthorizationStatus.accepted:
        return tag.status
    if tag.expires is not None and tag.expires <= now:
        return AuthorizationStatus.expired
    if runs_elsewhere and not tag.concurrent:
        return AuthorizationStatus.concurrent_tx
    return AuthorizationStatus.accepted


def read_tags(table: Mapping[str, Any]) -> list[Tag]:
    """The tags of a file. Raises ValueError, which names the tag.

    [tags.ABC123]
    expires = 2027-01-01T00:00:00Z
    parent = "FLEET"
    concurrent = true            # several transactions at once

    [tags.STOLEN]
    status = "Blocked"           # Accepted, Blocked, Expired, Invalid
    """
    if unknown := sorted(set(table) - {"tags"}):
        raise ValueError(f"unknown key {unknown[0]}; each tag is a table [tags.ABC]")
    rows = table.get("tags", {})
    if not isinstance(rows, Mapping):
        raise ValueError("tags must be a table")
    tags = {}
    for id_tag, row in rows.items():
        if fold(id_tag) in tags:
            raise ValueError(f"tag {id_tag} is there twice; upper and lower case are the same")
        tags[fold(id_tag)] = read_tag(id_tag, row)
    return list(tags.values())


def read_tag(id_tag: str, row: Any) -> Tag:
    """The tag of a TOML or JSON table. Raises ValueError, which names the tag."""
    try:
        if not isinstance(row, Mapping) or set(row) - KEYS:
            raise ValueError(f"it has no keys but {', '.join(sorted(KEYS))}")
        status, parent = row.get("status", "Accepted"), row.get("parent")
        concurrent = row.get("concurrent", False)
        if status not in STATUSES:
            raise ValueError(f"status must be one of {', '.join(STATUSES)}")
        if not isinstance(parent, str | None) or not isinstance(concurrent, bool):
            raise ValueError("parent is a text, concurrent true or false")
        expires = _expires(row.get("expires"))
        return Tag(id_tag, AuthorizationStatus(status), expires, parent, concurrent)
    except ValueError as error:
        raise ValueError(f"tag {id_tag[:20]}: {error}") from error


def _expires(moment: object) -> float | None:
    """A date ends at its first moment; what has no zone is UTC."""
    match moment:
        case None:
            return None
        case datetime():
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        case date():
            return datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp()
        case str():
            return seconds(moment)
    raise ValueError("expires must be a moment such as 2027-01-01T00:00:00Z")
