"""What anybody can cause as often as he likes."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rig.role.logic.rate_limit import RateLimit


def test_one_each_minute_says_how_many_there_were() -> None:
    limit = RateLimit(burst=1, every=60.0, most=10)
    assert [limit.tells("CP_1", now) for now in (0.0, 1.0, 59.9, 60.0, 61.0)] == [1, 0, 0, 3, 0]


def test_a_burst_is_told_and_is_there_again_after_a_while() -> None:
    limit = RateLimit(burst=2, every=10.0, most=10)
    assert [limit.tells("CP_1", 0.0) for _ in range(3)] == [1, 1, 0]
    assert [limit.tells("CP_1", 20.0) for _ in range(3)] == [2, 1, 0]


def test_each_kind_is_told_for_itself() -> None:
    limit = RateLimit(burst=1, every=60.0, most=10)
    assert [limit.tells(kind, 0.0) for kind in ("CP_1", "CP_2", "CP_1")] == [1, 1, 0]


def test_kinds_for_which_there_is_no_room_are_one() -> None:
    limit = RateLimit(burst=1, every=60.0, most=2)
    assert [limit.tells(f"CP_{number}", 1.0) for number in range(5)] == [1, 1, 1, 0, 0]
    assert limit.tells("CP_0", 1.0) == 0


def test_of_a_kind_that_is_forgotten_nothing_is_lost() -> None:
    limit = RateLimit(burst=1, every=60.0, most=1)
    assert [limit.tells("CP_1", 0.0) for _ in range(3)] == [1, 0, 0]
    assert limit.tells("CP_2", 60.0) == 1
    assert limit.left_out == 2
    assert limit.tells("CP_3", 60.0) == 3


@given(
    st.integers(1, 4),
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from("abcde"), st.floats(0, 30)), max_size=200),
)
def test_all_are_accounted_for_and_no_more_are_told_than_allowed(
    burst: int, most: int, events: list[tuple[str, float]]
) -> None:
    limit, now, told = RateLimit(burst, 10.0, most), 0.0, 0
    lines: Counter[str] = Counter()
    for number, (kind, pause) in enumerate(events, 1):
        now += pause
        stands_for = limit.tells(kind, now)
        told += stands_for
        lines[kind] += stands_for > 0
        assert told + limit.left_out == number
        assert lines.total() <= (most + 1) * (burst + now / 10.0 + 1e-6)
        if most >= 5:
            assert lines[kind] <= burst + now / 10.0 + 1e-6


def test_its_memory_is_bounded() -> None:
    limit = RateLimit(burst=3, every=10.0, most=50)
    for number in range(1000):
        limit.tells(f"STRANGE_{number}", number * 0.1)
    assert len(limit._kinds) <= 50


def test_a_flood_of_other_kinds_hides_none_that_is_kept_apart() -> None:
    limit = RateLimit(burst=1, every=60.0, most=2)
    limit.tells("CP_1", 0.0)
    for number in range(100):
        limit.tells(f"STRANGE_{number}", 1.0)
    assert limit.tells("CP_1", 60.0) == 1
