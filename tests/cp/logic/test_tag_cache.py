"""The authorisation cache (OCPP 1.6 edition 2, 3.5.1)."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rig.cp.logic.authorization import CachedTag, TagCache
from rig.ocppj.logic.moments import timestamp

NOON = 1_769_860_800.0  # 2026-01-31T12:00:00Z
ACCEPTED = {"status": "Accepted"}
BLOCKED = {"status": "Blocked"}


def status(cache: TagCache, tag: str, now: float = NOON) -> str | None:
    entry = cache.look_up(tag, now)
    return entry.status if entry else None


def test_what_the_central_system_said_last_is_known_whatever_the_case() -> None:
    cache = TagCache(10)
    cache.learn("AbC", ACCEPTED, NOON)
    assert status(cache, "aBc") == "Accepted"
    cache.learn("ABC", {"status": "Blocked", "parent_id_tag": "Family"}, NOON)
    entry = cache.look_up("abc", NOON)
    assert entry == CachedTag("Blocked", "Family")  # type: ignore[arg-type]
    assert status(cache, "abcd") is None


def test_a_tag_expires() -> None:
    cache = TagCache(10)
    cache.learn("A", {"status": "Accepted", "expiry_date": "2026-01-31T12:00:10Z"}, NOON)
    assert status(cache, "A", NOON + 9) == "Accepted"
    assert status(cache, "A", NOON + 10) == "Expired"
    assert status(cache, "A", NOON - 5) == "Accepted"


@pytest.mark.parametrize("date", ["tomorrow", "2026-13-01T00:00:00Z", "2026-01-31"])
def test_a_tag_with_a_date_that_is_none_is_not_known(date: str) -> None:
    cache = TagCache(10)
    cache.learn("A", ACCEPTED, NOON)
    cache.learn("A", {"status": "Accepted", "expiry_date": date}, NOON)
    assert status(cache, "A") is None


def test_full_it_gives_up_what_is_not_valid_first() -> None:
    cache = TagCache(3)
    cache.learn("A", ACCEPTED, NOON)
    cache.learn("B", BLOCKED, NOON)
    cache.learn("C", {"status": "Accepted", "expiry_date": timestamp(NOON + 1)}, NOON)
    cache.learn("D", ACCEPTED, NOON + 2)
    assert [status(cache, tag) for tag in "ABCD"] == ["Accepted", None, None, "Accepted"]


def test_full_of_valid_tags_it_gives_up_the_one_that_was_not_used_longest() -> None:
    cache = TagCache(3)
    for tag in "ABC":
        cache.learn(tag, ACCEPTED, NOON)
    cache.look_up("a", NOON)
    cache.learn("D", ACCEPTED, NOON)
    assert [status(cache, tag) for tag in "ABCD"] == ["Accepted", None, "Accepted", "Accepted"]


def test_a_tag_that_is_known_takes_no_other_place() -> None:
    cache = TagCache(2)
    cache.learn("A", ACCEPTED, NOON)
    cache.learn("B", ACCEPTED, NOON)
    cache.learn("a", BLOCKED, NOON)
    assert [status(cache, tag) for tag in "AB"] == ["Blocked", "Accepted"]


class Cache(RuleBasedStateMachine):
    """Against a list of everything that was ever said."""

    SIZE = 4

    def __init__(self) -> None:
        super().__init__()
        self.cache = TagCache(self.SIZE)
        self.said: dict[str, tuple[str, float | None]] = {}
        self.now = NOON

    @rule(
        tag=st.sampled_from("aAbBcCdDeEfF"),
        status=st.sampled_from(["Accepted", "Accepted", "Blocked", "ConcurrentTx"]),
        lasts=st.sampled_from([None, 5.0]),
    )
    def learn(self, tag: str, status: str, lasts: float | None) -> None:
        info: dict[str, Any] = {"status": status}
        if lasts:
            info["expiry_date"] = timestamp(self.now + lasts)
        self.cache.learn(tag, info, self.now)
        self.said[tag.lower()] = (status, self.now + lasts if lasts else None)
        assert self.cache.look_up(tag, self.now) is not None

    @rule()
    def wait(self) -> None:
        self.now += 3.0

    @rule()
    def restart(self) -> None:
        self.cache = TagCache(self.SIZE, self.cache.entries)

    @rule()
    def clear(self) -> None:
        self.cache.clear()
        self.said = {}

    @invariant()
    def what_is_known_was_said_last(self) -> None:
        known = set(self.cache.entries)
        assert len(known) <= self.SIZE
        for tag in known:
            status, expires = self.said[tag]
            is_over = status == "Accepted" and expires is not None and expires <= self.now
            entry = self.cache.look_up(tag, self.now)
            assert entry
            assert entry.status == ("Expired" if is_over else status)


TestCache = Cache.TestCase
