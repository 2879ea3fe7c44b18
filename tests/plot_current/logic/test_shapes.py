import math
from dataclasses import replace

import pytest

from rig.plot_current.logic.shapes import areas_below, axis_top, bars
from tests.plot_current.views import RUNNING

NAN = math.nan


@pytest.mark.parametrize(
    ("most", "top"),
    [(0.0, 20.0), (16.0, 20.0), (32.0, 40.0), (40.0, 50.0), (100.0, 125.0), (2000.0, 3000.0)],
)
def test_the_axis_ends_in_steps_above_the_current(most: float, top: float) -> None:
    assert axis_top(replace(RUNNING, currents=[(-1.0, most)], limits=[], targets=[])) == top


def test_a_limit_beyond_every_car_does_not_flatten_the_line() -> None:
    no_limit = [(-5.0, 65535.0), (0.0, NAN)]
    assert axis_top(replace(RUNNING, limits=no_limit, targets=no_limit)) == 600.0


def test_what_is_allowed_is_a_rectangle_for_each_step_and_none_where_it_is_nothing() -> None:
    steps = [(-9.0, 0.0), (-6.0, 32.0), (-3.0, NAN), (-1.0, 16.0), (0.0, 16.0)]
    assert areas_below(steps) == [
        [(-6.0, 0.0), (-6.0, 32.0), (-3.0, 32.0), (-3.0, 0.0)],
        [(-1.0, 0.0), (-1.0, 16.0), (0.0, 16.0), (0.0, 0.0)],
    ]


def test_a_bar_spans_its_time_and_a_short_one_can_still_be_seen() -> None:
    long, short = bars([(-9.0, -5.0), (-2.0, -2.0)], -0.1, 0.0, least=0.5)
    assert (long[0], long[2]) == ((-9.0, -0.1), (-5.0, 0.0))
    assert (short[0], short[2]) == ((-2.5, -0.1), (-2.0, 0.0))
