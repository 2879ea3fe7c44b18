"""How fast the texts of one peer are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.ocppj.logic.rate_limit import LONG, Pace


def test_a_peer_that_waits_for_its_answers_never_waits_for_us() -> None:
    pace = Pace(now=0.0, rate=1.0, burst=1.0)
    assert [pace.wait(60, 0.0, ahead=False) for _ in range(1000)] == [0.0] * 1000


def test_a_burst_is_free_and_what_comes_on_top_waits_for_its_share_of_the_rate() -> None:
    pace = Pace(now=0.0, rate=10.0, burst=3.0)
    assert [pace.wait(60, 0.0, ahead=True) for _ in range(5)] == [0.0, 0.0, 0.0, 0.1, 0.2]


def test_what_was_not_used_is_saved_up_to_a_burst_and_no_more() -> None:
    pace = Pace(now=0.0, rate=10.0, burst=2.0)
    assert [pace.wait(60, 1000.0, ahead=True) for _ in range(3)] == [0.0, 0.0, 0.1]
    assert [pace.wait(60, 1000.2, ahead=True) for _ in range(2)] == [0.0, pytest.approx(0.1)]


def test_a_long_text_counts_as_many() -> None:
    """1 MiB: 256 texts of 4 KiB."""
    pace = Pace(now=0.0, rate=100.0, burst=56.0)
    assert pace.wait(1 << 20, 0.0, ahead=False) == 2.0
    assert Pace(0.0, 100.0, 0.0).wait(LONG - 1, 0.0, ahead=False) == 0.0


@given(
    st.floats(1, 1000),
    st.floats(1, 5000),
    st.lists(st.tuples(st.integers(0, 1 << 20), st.booleans(), st.floats(0, 2)), max_size=100),
)
def test_no_peer_gets_more_than_the_burst_and_the_rate(
    rate: float, burst: float, texts: list[tuple[int, bool, float]]
) -> None:
    """Whoever waits as told and then some is served so much, one text over at most."""
    pace, now, served = Pace(0.0, rate, burst), 0.0, 0
    for length, ahead, pause in texts:
        wait = pace.wait(length, now, ahead=ahead)
        assert wait >= 0.0
        now += wait
        served += ahead + length // LONG
        assert served <= burst + rate * now + 1e-6 * (1 + served)
        now += pause
