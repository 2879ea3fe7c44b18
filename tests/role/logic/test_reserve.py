"""When a disk is full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.role.logic.reserve import Reserve, reserve


@pytest.mark.parametrize(
    ("total", "least"),
    [
        (10_000_000_000_000, 1_000_000_000),  # 10 TB: at most 1 GB
        (50_000_000_000, 500_000_000),  # 1 %
        (8_000_000_000, 100_000_000),  # an SD card: at least 100 MB
        (64_000_000, 6_400_000),  # a small one: 10 %, or nothing could be kept at all
        (4_194_304, 419_430),
        (0, 0),
    ],
)
def test_the_reserve_is_a_hundredth_within_bounds(total: int, least: int) -> None:
    assert reserve(total) == least


def test_it_is_touched_below_it_and_until_there_is_a_quarter_more() -> None:
    disk = Reserve()
    free = (500, 499, 500, 624, 625, 500, 499)  # MB, of 50 GB
    touched = [disk.look(each * 1_000_000, 50_000_000_000) for each in free]
    assert touched == [False, True, True, True, False, False, True]


def test_a_file_system_that_does_not_tell_is_never_full() -> None:
    assert not Reserve().look(0, 0)


@given(st.integers(1, 10**15), st.lists(st.floats(0, 2)))
def test_it_does_not_come_and_go_within_a_quarter_of_it(total: int, frees: list[float]) -> None:
    disk, least = Reserve(), reserve(total)
    for free in (int(part * least) for part in frees):
        before = disk.is_touched
        after = disk.look(free, total)
        assert after >= (free < least)
        if before != after:
            assert free < least if after else free >= 1.25 * least
