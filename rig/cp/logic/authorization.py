"""Who may start and stop a transaction, as far as the charge point knows by itself.

Times are seconds since 1970. Source: OCPP 1.6 edition 2, 3.4, 3.5, 3.10, 4.1, 4.8 and 5.4, with
the errata 2025-04 (3.17, 3.23).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ocpp.v16.enums import AuthorizationStatus, ClearCacheStatus

from rig.cp.logic.configuration import Configuration
from rig.cp.logic.tag_cache import Entry, Saved, TagCache

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
    """The tags of one charge point. `saved` is that of its last run."""

    def __init__(self, configuration: Configuration, saved: Iterable[Saved] = ()) -> None:
        self._configuration = configuration
        self._cache = TagCache(CACHED_TAGS, saved)

    @property
    def saved(self) -> list[Saved]:
        """The cache for JSON, to be kept over a restart (3.5.1)."""
        return self._cache.saved

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

    def _known(self, tag: str, now: float) -> Entry | None:
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
