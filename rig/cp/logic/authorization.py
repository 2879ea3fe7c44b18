"""Who may start and stop a transaction, as far as the charge point knows by itself.

Times are seconds since 1970. Source: OCPP 1.6 edition 2, 3.4, 3.5, 3.10, 4.1, 4.8 and 5.4, with
the errata 2025-04 (3.17, 3.23).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ocpp.v16.enums import AuthorizationStatus, ClearCacheStatus

from rig.cp.logic.configuration import Configuration
from rig.ocppj.logic.moments import seconds


@dataclass(frozen=True, slots=True)
class CachedTag:
    """What is known of a tag."""

    status: AuthorizationStatus
    parent: str | None = None
    expires: float = math.inf

    @property
    def is_valid(self) -> bool:
        return self.status == AuthorizationStatus.accepted


class TagCache:
    """At most `size` tags. Full, it gives up what is not valid, then what was not used longest."""

    def __init__(self, size: int, entries: Mapping[str, CachedTag] = {}) -> None:
        self._size = size
        self._entries = dict(entries)  # the last used at the end

    @property
    def entries(self) -> Mapping[str, CachedTag]:
        """All, by tag."""
        return self._entries

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
        self._entries[tag.lower()] = CachedTag(status, info.get("parent_id_tag"), expires)

    def look_up(self, tag: str, now: float) -> CachedTag | None:
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


def _at(entry: CachedTag, now: float) -> CachedTag:
    """An entry whose validity is over says so."""
    if entry.is_valid and entry.expires <= now:
        return replace(entry, status=AuthorizationStatus.expired)
    return entry


CACHED_TAGS = 1000

Aftermath = Literal["go on", "stop", "suspend"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The tag may. `parent` is its group."""

    parent: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The tag may not."""

    status: AuthorizationStatus


@dataclass(frozen=True, slots=True)
class Undecided:
    """Only the central system can tell: Authorize."""


Decision = Accepted | Refused | Undecided
NOT_KNOWN = Refused(AuthorizationStatus.invalid)


class Authorization:
    """The tags of one charge point. `tags` is what it knew of them in its last life."""

    def __init__(self, configuration: Configuration, tags: Mapping[str, CachedTag] = {}) -> None:
        self._configuration = configuration
        self._cache = TagCache(CACHED_TAGS, tags)

    @property
    def tags(self) -> Mapping[str, CachedTag]:
        """What is known of tags, to be kept over a restart (3.5.1)."""
        return self._cache.entries

    def learn(self, tag: str, info: Mapping[str, Any] | None, now: float) -> None:
        """An idTagInfo came, in the conf of Authorize, StartTransaction or StopTransaction."""
        if info is None:
            return
        if self._configuration.boolean("AuthorizationCacheEnabled"):
            self._cache.learn(tag, info, now)
        else:
            self._cache.forget(tag)  # what it holds is not the latest any more

    def clear(self) -> ClearCacheStatus:
        """ClearCache (5.4, errata 3.23)."""
        if not self._configuration.boolean("AuthorizationCacheEnabled"):
            return ClearCacheStatus.rejected
        self._cache.clear()
        return ClearCacheStatus.accepted

    def decide(self, tag: str, *, online: bool, now: float) -> Decision:
        """Whether a tag may start a transaction."""
        entry = self._known(tag, now)
        if entry and entry.is_valid and self._is_local(online):
            return Accepted(entry.parent)
        if online:  # also for one that is known as not valid (3.5.1)
            return Undecided()
        if entry and not entry.is_valid:
            return Refused(entry.status)
        if self._configuration.boolean("AllowOfflineTxForUnknownId"):
            return Accepted(None)
        return NOT_KNOWN

    def may_stop(
        self, tag: str, *, started_by: str, parent: str | None, online: bool, now: float
    ) -> Decision:
        """Whether a tag may stop a transaction of a tag and of the group `parent` (3.10, 4.1)."""
        if tag.lower() == started_by.lower():
            return Accepted(parent)
        entry = self._known(tag, now)
        if entry and entry.is_valid and self._is_local(online) and _same(entry.parent, parent):
            return Accepted(parent)
        return Undecided() if online else NOT_KNOWN

    def _known(self, tag: str, now: float) -> CachedTag | None:
        if not self._configuration.boolean("AuthorizationCacheEnabled"):
            return None
        return self._cache.look_up(tag, now)

    def _is_local(self, online: bool) -> bool:
        """Whether what is known of a tag is enough."""
        key = "LocalPreAuthorize" if online else "LocalAuthorizeOffline"
        return self._configuration.boolean(key)


def answered(info: Mapping[str, Any]) -> Accepted | Refused:
    """What the idTagInfo of Authorize.conf says of a tag that wants to start."""
    status = AuthorizationStatus(info["status"])
    if status == AuthorizationStatus.accepted:
        return Accepted(info.get("parent_id_tag"))
    return Refused(status)


def answered_stop(info: Mapping[str, Any], parent: str | None) -> Accepted | Refused:
    """What it says of a tag that wants to stop a transaction of the group `parent` (3.10).

    ConcurrentTx is about starting only (7.2), and a tag may well charge elsewhere.
    """
    status = AuthorizationStatus(info["status"])
    if status not in (AuthorizationStatus.accepted, AuthorizationStatus.concurrent_tx):
        return Refused(status)
    return Accepted(parent) if _same(info.get("parent_id_tag"), parent) else NOT_KNOWN


def aftermath(configuration: Configuration, delivered: float) -> Aftermath:
    """What follows where StartTransaction.conf did not accept the tag of a running transaction.

    `delivered` (Wh) is the energy of the transaction so far; to be asked again as it grows.
    """
    if delivered < configuration.integer("MaxEnergyOnInvalidId"):
        return "go on"
    return "stop" if configuration.boolean("StopTransactionOnInvalidId") else "suspend"


def _same(one: str | None, other: str | None) -> bool:
    """Whether two parents are the same group."""
    return one is not None and other is not None and one.lower() == other.lower()
