"""What of a message is not kept, and when a row of its own tells of it."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from rig.csms.logic import left_out
from rig.csms.logic.left_out import LeftOut


def test_one_row_tells_of_all_that_a_charge_point_loses_in_a_minute() -> None:
    counted = LeftOut()
    assert counted.count("CP_1", 5, 100.0) == (100.0, 5)
    assert counted.count("CP_1", 7, 159.9) == (100.0, 12)
    assert counted.count("CP_2", 1, 159.9) == (159.9, 1)
    assert counted.count("CP_1", 1, 160.0) == (160.0, 1)


def test_a_clock_that_was_set_back_begins_a_row() -> None:
    counted = LeftOut()
    counted.count("CP_1", 5, 100.0)
    assert counted.count("CP_1", 1, 99.0) == (99.0, 1)


def test_what_may_not_be_stored_is_in_no_later_row() -> None:
    counted = LeftOut()
    counted.count("CP_1", 5, 100.0)
    counted.clear()
    assert counted.count("CP_1", 1, 101.0) == (101.0, 1)


def test_ids_that_come_and_go_do_not_gather() -> None:
    counted = LeftOut()
    for number in range(2 * left_out.REMEMBERED + 1):
        counted.count(f"CP_{number}", 1, 0.0)
        assert len(counted._rows) <= left_out.REMEMBERED


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 9), st.floats(0, 90))))
def test_a_charge_point_has_a_row_a_minute_at_most_and_the_rows_tell_of_all(
    losses: list[tuple[str, int, float]],
) -> None:
    counted, now, rows, lost = LeftOut(), 0.0, dict[tuple[str, float], int](), 0
    for charge_point, number, pause in losses:
        now, lost = now + pause, lost + number
        since, so_far = counted.count(charge_point, number, now)
        rows[charge_point, since] = so_far
    assert sum(rows.values()) == lost
    for name in "AB":
        begins = sorted(since for charge_point, since in rows if charge_point == name)
        assert all(one + 60.0 <= later for one, later in itertools.pairwise(begins))
