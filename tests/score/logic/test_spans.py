"""Spans that are put together, and the whole seconds in them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.score.logic.judged import Span
from rig.score.logic.spans import merged, seconds

SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)).map(lambda at: (at[0], sum(at))))


@pytest.mark.parametrize(
    ("spans", "together"),
    [
        ([(20, 30), (0, 10)], [(0, 10), (20, 30)]),
        ([(0, 10), (5, 15)], [(0, 15)]),
        ([(0, 10), (10, 15)], [(0, 15)]),  # they touch
        ([(0, 10), (2, 3)], [(0, 10)]),  # one within the other
    ],
)
def test_spans_that_overlap_or_touch_are_one(spans: list[Span], together: list[Span]) -> None:
    assert merged(spans) == together


@given(SPANS)
def test_merged_spans_hold_the_same_seconds_and_are_apart(spans: list[Span]) -> None:
    together = merged(spans)
    assert seconds(together, 100) == seconds(spans, 100)
    assert all(before[1] < after[0] for before, after in pairwise(together))


def test_a_second_is_in_a_span_if_its_first_moment_is() -> None:
    assert seconds([(2.5, 4.0), (6.0, 7.5)], 100) == {3, 6, 7}


def test_seconds_are_those_of_the_session() -> None:
    assert seconds([(-2.0, 1.0), (8.0, 12.0)], 10) == {0, 8, 9}
