import io
import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.path import Path
from PIL import Image

from rig.detect.verdict import Verdict
from rig.plot_current.figure import AMBER, BLUE, DPI, FAINT, GREEN, RED, SIZE, Picture, axis_top
from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.logic.trace import View

NAN = math.nan
CALM = Verdict("alarm", "ok", "nothing repeats", 0.0)
ALARM = Verdict("fast_toggle", "alarm", "target moved 100 A and back", 13.0)
RUNNING = View(
    state="running",
    is_over=False,
    current=17.0,
    limit=32.0,
    target=32.0,
    currents=[(-3.0, 0.0), (-2.0, 6.0), (-1.0, 12.0), (-0.2, 17.0)],
    limits=[(-5.0, 32.0), (0.0, 32.0)],
    targets=[(-5.0, 0.0), (-3.0, 32.0), (0.0, 32.0)],
    gaps=[],
)
SILENT = replace(
    RUNNING,
    state="charger silent",
    current=None,
    currents=[(-9.0, 12.0), (-8.0, 17.0), (0.0, NAN)],
    gaps=[(-8.0, 0.0)],
)


def shown(view: View, verdict: Verdict = CALM) -> Picture:
    picture = Picture(Figure(SIZE, DPI), "vcan0")
    picture.show(Redraw(view, verdict), "21:15:31")
    return picture


def words(picture: Picture) -> list[str]:
    return [text.get_text() for text in picture.figure.texts]


def has(picture: Picture, colour: str, at_least: int = 400) -> bool:
    """Whether that many pixels of the drawn picture have exactly this colour."""
    png = io.BytesIO()
    picture.figure.savefig(png, format="png")
    found = Image.open(png).convert("RGB").getcolors(maxcolors=100_000) or []
    wanted = tuple(round(255 * part) for part in to_rgb(colour))
    return any(seen == wanted and count >= at_least for count, seen in found)


def test_current_limit_target_state_and_bus_stand_in_words() -> None:
    assert {"17 A", "32 A", "RUNNING", "vcan0", "no alarm"} <= set(words(shown(RUNNING)))


def test_a_current_that_was_not_ordered_stands_in_a_red_badge() -> None:
    picture = shown(replace(RUNNING, state="stopped", current=32.0, target=0.0, is_over=True))
    assert "STOPPED, 32 A FLOWS" in words(picture)
    assert has(picture, RED)
    picture.show(Redraw(RUNNING, CALM), "21:15:40")
    assert "RUNNING" in words(picture)
    assert not has(picture, RED)


def test_what_is_not_known_is_a_dash_never_an_old_number() -> None:
    view = replace(RUNNING, state="bus down", current=None, limit=None, target=None)
    assert words(shown(view)).count("—") == 3
    assert not any(text.endswith(" A") for text in words(shown(view)))


def test_a_figure_that_showed_a_value_shows_the_dash_when_it_is_lost() -> None:
    picture = shown(RUNNING)
    picture.show(Redraw(SILENT, CALM), "21:15:40")
    assert "17 A" not in words(picture)
    assert {"—", "CHARGER SILENT", "no alarm in the commands"} <= set(words(picture))


def test_an_alarm_is_a_red_banner_that_says_why() -> None:
    picture = shown(RUNNING, ALARM)
    assert {"ALARM: fast toggle", "target moved 100 A and back"} <= set(words(picture))
    assert has(picture, RED, at_least=20_000)


def test_a_warning_is_a_banner_of_another_colour() -> None:
    picture = shown(RUNNING, Verdict("fast_toggle", "warn", "target moved 100 A and back", 5.0))
    assert {"WARNING: fast toggle", "target moved 100 A and back"} <= set(words(picture))
    assert has(picture, AMBER, at_least=20_000)
    assert not has(picture, RED, at_least=1)


def test_without_an_alarm_nothing_is_red() -> None:
    assert not has(shown(RUNNING), RED, at_least=1)


def test_the_banner_goes_when_the_alarm_is_over() -> None:
    picture = shown(RUNNING, ALARM)
    picture.show(Redraw(RUNNING, CALM), "21:15:40")
    assert not has(picture, RED, at_least=1)


def test_an_unknown_verdict_says_why() -> None:
    blind = Verdict("alarm", "unknown", "vcan0 is down", 1.0)
    assert {"alarm: unknown", "vcan0 is down"} <= set(words(shown(RUNNING, blind)))


@pytest.mark.parametrize(
    ("view", "colour"),
    [(RUNNING, GREEN), (SILENT, AMBER), (replace(RUNNING, state="unknown"), FAINT)],
)
def test_each_state_has_its_colour(view: View, colour: str) -> None:
    assert has(shown(view), colour, at_least=2000)


def test_the_line_of_the_current_is_drawn() -> None:
    assert has(shown(RUNNING), BLUE)


def test_a_broken_line_draws_without_joining_the_pieces() -> None:
    view = replace(RUNNING, currents=[(-50.0, 20.0), (-49.0, NAN), (-2.0, NAN), (-1.0, 20.0)])
    current = shown(view).figure.axes[0].lines[2]
    assert current.get_color() == BLUE
    drawn = np.asarray(current.get_path().cleaned(remove_nans=True).codes)
    assert Path.LINETO not in drawn.tolist()


def test_showing_again_does_not_pile_up_what_is_drawn() -> None:
    picture = shown(SILENT)
    before = len(picture.figure.axes[0].get_children())
    for _ in range(5):
        picture.show(Redraw(SILENT, CALM), "21:15:31")
    assert len(picture.figure.axes[0].get_children()) == before


def test_the_time_of_day_of_the_right_edge_tells_an_old_picture() -> None:
    assert shown(RUNNING).figure.axes[0].get_xlabel() == "seconds before 21:15:31"


@pytest.mark.parametrize(
    ("most", "top"),
    [(0.0, 20.0), (16.0, 20.0), (32.0, 40.0), (40.0, 50.0), (100.0, 125.0), (2000.0, 3000.0)],
)
def test_the_axis_ends_in_steps_above_the_current(most: float, top: float) -> None:
    assert axis_top(replace(RUNNING, currents=[(-1.0, most)], limits=[], targets=[])) == top


def test_a_limit_beyond_every_car_does_not_flatten_the_line() -> None:
    no_limit = [(-5.0, 65535.0), (0.0, NAN)]
    assert axis_top(replace(RUNNING, limits=no_limit, targets=no_limit)) == 600.0
