"""What is read of the table of a state: what is needed, in order, and no more."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp import state_rows
from rig.cp.logic.delivery import PORTION
from rig.cp.state_file import open_file
from rig.cp.state_recovery import empty
from rig.cp.state_rows import BEFORE_ALL, INDEX, TABLE, Loaded, Rows, loaded, portion, write


@contextlib.contextmanager
def table(rows: Rows) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(empty()) as database:
        write(database, rows)
        yield database


def requests(*numbers: int) -> dict[tuple[str, str], Any]:
    return {("queue", str(number)): {"of": number} for number in numbers}


def test_requests_are_read_in_the_order_of_their_numbers_100_at_once() -> None:
    with table(requests(*range(5, 225))) as database:
        first = portion(database, {}, BEFORE_ALL)
        assert list(first.requests) == [str(number) for number in range(5, 105)]
        second = portion(database, {}, first.last)
        assert list(second.requests) == [str(number) for number in range(105, 205)]
        third = portion(database, {}, second.last)
        assert (list(third.requests)[-1], third.last) == ("224", 224)
        assert portion(database, {}, 224) == ({}, 224)


def test_a_life_begins_with_all_but_the_requests_and_the_first_of_these() -> None:
    others = {("meter", "1"): 42, ("running", "1"): {}, ("discarded", "900"): {}}
    aside: dict[tuple[str, str], Any] = {("damaged", "queue/1"): {}}
    with table(requests(*range(1, 251)) | others | aside) as database:
        begun = loaded(database, {})
        assert begun.keys() == {"meter", "running", "queue", "beyond"}
        assert list(begun["queue"]) == [str(number) for number in range(1, 101)]
        assert begun["beyond"] == {"queue": 150, "discarded": 1, "last": 100, "greatest": 900}


def test_where_nothing_lies_beyond_nothing_is_said_of_it() -> None:
    with table(requests(7)) as database:
        assert loaded(database, {}) == {"queue": {"7": {"of": 7}}}


def test_no_more_is_read_than_a_life_begins_with(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    class Json:
        @staticmethod
        def loads(text: str) -> Any:
            read.append(text)
            return json.loads(text)

    with table(requests(*range(20_000)) | {("discarded", "1"): {}, ("meter", "1"): 4}) as database:
        monkeypatch.setattr(state_rows, "json", Json)
        loaded(database, {})
    assert len(read) == PORTION + 1


def test_a_file_of_a_version_before_has_no_index_and_is_read_in_order(tmp_path: Path) -> None:
    path = str(tmp_path / "state.db")
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.execute(TABLE)
        old.execute("PRAGMA user_version = 1")
        write(old, requests(9, 10, 100, 99))
    database = open_file(path).database
    assert database
    with contextlib.closing(database):
        assert list(loaded(database, {})["queue"]) == ["9", "10", "99", "100"]
        (plan,) = database.execute(f"EXPLAIN QUERY PLAN {state_rows.REQUESTS_AFTER}", ("queue", 9))
        assert "USING INDEX in_order (section=? AND <expr>>?)" in plan[-1]  # nothing is sorted


def test_what_is_read_is_read_again_after_the_index_was_made_twice() -> None:
    with table(requests(1)) as database:
        database.execute(INDEX)
        assert list(portion(database, {}, 0).requests) == ["1"]


NUMBERS = st.sets(st.integers(1, 12))
UNWRITTEN = st.dictionaries(
    st.tuples(st.sampled_from(["queue", "discarded", "meter"]), st.integers(1, 12).map(str)),
    st.none() | st.integers(),
)


@given(NUMBERS, NUMBERS, UNWRITTEN, st.integers(1, 5))
def test_what_is_not_written_yet_counts_as_if_it_were(
    queued: set[int], discarded: set[int], unwritten: Rows, size: int
) -> None:
    rows = requests(*queued) | {("discarded", str(number)): {} for number in discarded}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_rows, "PORTION", size)
        with table(rows) as before, table(rows) as after:
            write(after, unwritten)
            one, other = loaded(before, unwritten), loaded(after, {})
            # One that is about to be forgotten may be the greatest: no number is given twice.
            assert greatest(one) >= greatest(other)
            assert one == other
            for number in range(13):
                assert portion(before, unwritten, number) == portion(after, {}, number)


def greatest(begun: Loaded) -> int:
    """Taken out."""
    return int(begun.get("beyond", {}).pop("greatest", 0))


def test_a_key_that_is_no_number_is_read_before_all_others() -> None:
    with table({("queue", "one"): 1, **requests(3)}) as database:
        assert portion(database, {}, BEFORE_ALL).requests == {"one": 1, "3": {"of": 3}}
        assert portion(database, {("queue", "one"): None}, BEFORE_ALL).requests == {"3": {"of": 3}}
        assert loaded(database, {("queue", "one"): None}) == {"queue": {"3": {"of": 3}}}


def test_of_what_is_written_together_all_is_there_or_nothing() -> None:
    with table({("meter", "1"): 1}) as database:
        with pytest.raises(TypeError):
            write(database, {("meter", "1"): 2, ("meter", "2"): object()})
        assert loaded(database, {}) == {"meter": {"1": 1}}
