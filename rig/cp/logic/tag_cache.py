"""The authorisation cache: what the central system said last of the tags that it knows.

Times are seconds since 1970; tags are case-insensitive (7.28).
Source: OCPP 1.6 edition 2, 3.5.1 and 7.27, with the errata 2025-04 (3.4).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ocpp.v16.enums import AuthorizationStatus

from rig.ocppj.logic.moments import seconds

Saved = tuple[str, str, str | None, float | None]  # tag, status, parent, when it expires


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a tag."""

    status: AuthorizationStatus
    parent: str | None = None
    expires: float = math.inf

    @property
    def is_valid(self) -> bool:
        return self.status == AuthorizationStatus.accepted


class TagCache:
    """At most `size` tags. Full, it gives up what is not valid, then what was not used longest."""

    def __init__(self, size: int, saved: Iterable[Saved] = ()) -> None:
        self._size = size
        self._entries: dict[str, Entry] = {}  # the last used at the end
        for tag, status, parent, expires in saved:
            when = math.inf if expires is None else expires
            self._entries[tag] = Entry(AuthorizationStatus(status), parent, when)

    @property
    def saved(self) -> list[Saved]:
        """All entries for JSON, for the next start (3.5.1)."""
        return [
            (tag, entry.status.value, entry.parent, _finite(entry.expires))
            for tag, entry in self._entries.items()
        ]

    def learn(self, tag: str, info: Mapping[str, Any], now: float) -> None:
        """The central system said this of a tag: an idTagInfo in snake case."""
        self.forget(tag)
        try:
            expires = seconds(info["expiry_date"]) if info.get("expiry_date") else math.inf
        except ValueError:
            return  # who does not know until when it is valid, does not know that it is
        if len(self._entries) >= self._size:
            self._give_up_some(now)
        status = AuthorizationStatus(info["status"])
        self._entries[tag.lower()] = Entry(status, info.get("parent_id_tag"), expires)

    def look_up(self, tag: str, now: float) -> Entry | None:
        """What is known of a tag now; None for nothing."""
        entry = self._entries.pop(tag.lower(), None)
        if entry is None:
            return None
        self._entries[tag.lower()] = entry
        return _at(entry, now)

    def forget(self, tag: str) -> None:
        """Nothing is known of a tag."""
        self._entries.pop(tag.lower(), None)

    def clear(self) -> None:
        """Nothing is known of any tag."""
        self._entries.clear()

    def _give_up_some(self, now: float) -> None:
        valid = {tag: entry for tag, entry in self._entries.items() if _at(entry, now).is_valid}
        surplus = max(0, len(valid) - self._size + 1)
        self._entries = dict(list(valid.items())[surplus:])


def _at(entry: Entry, now: float) -> Entry:
    """An entry whose validity is over says so."""
    if entry.is_valid and entry.expires <= now:
        return replace(entry, status=AuthorizationStatus.expired)
    return entry


def _finite(moment: float) -> float | None:
    return None if math.isinf(moment) else moment
