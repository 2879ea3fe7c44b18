"""The whole plot in one figure, as window and file show it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.path import Path

from rig.plot_current.colours import AMBER, BRIGHT, GREEN, RED
from rig.plot_current.figure import Picture
from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.logic.trace import View
from tests.plot_current.views import (
    ALARM,
    AT,
    BLIND,
    CALM,
    FULL,
    NAN,
    OVER,
    ROW,
    RUNNING,
    SILENT,
    WARNING,
    redraw,
)


def drawn(shown: Redraw) -> Picture:
    buses = [f"vcan{number}" for number in range(len(shown.views))]
    picture = Picture(buses)
    picture.draw(shown)
    return picture


def words(picture: Picture) -> list[str]:
    return [text.get_text() for text in picture.still.figure.texts]


def has(picture: Picture, colour: str, at_least: int = 400) -> bool:
    """Whether that many pixels of the drawn picture have exactly this colour."""
    wanted = [round(255 * part) for part in to_rgb(colour)]
    pixels = picture.still.pixels()[:, :, :3]
    return int((pixels == wanted).all(axis=2).sum()) >= at_least


def test_current_limit_target_state_and_bus_stand_in_words() -> None:
    said = set(words(drawn(redraw())))
    assert {"17 A", "limit 32 A", "target 32 A", "RUNNING, 17 A FLOWS", "vcan0", "no alarm"} <= said


def test_a_current_that_was_not_ordered_stands_in_a_red_badge() -> None:
    picture = drawn(redraw(OVER))
    assert "STOPPED, 32 A FLOWS" in words(picture)
    assert has(picture, RED)
    picture.draw(redraw())
    assert "RUNNING, 17 A FLOWS" in words(picture)
    assert not has(picture, RED)  # but in the legend


def test_what_is_not_known_is_a_dash_never_an_old_number() -> None:
    picture = drawn(redraw())
    unknown = replace(SILENT, state="bus down", limit=None, target=None)
    picture.draw(redraw(unknown))
    said = words(picture)
    assert {"—", "limit —", "target —", "BUS DOWN"} <= set(said)
    assert not any(text.endswith(" A") for text in said)


def test_an_alarm_is_a_red_band_that_says_why_and_goes_when_it_is_over() -> None:
    picture = drawn(redraw(verdicts=[CALM, ALARM]))
    assert {"ALARM: fast toggle", "target moved 100 A and back"} <= set(words(picture))
    assert has(picture, RED, at_least=20_000)
    picture.draw(redraw())
    assert not has(picture, RED)  # but in the legend


def test_a_warning_is_a_band_of_another_colour() -> None:
    picture = drawn(redraw(verdicts=[WARNING]))
    assert "WARNING: fast toggle" in words(picture)
    assert has(picture, AMBER, at_least=20_000)
    assert not has(picture, RED)  # but in the legend


def test_the_others_are_listed_and_what_is_unknown_whatever_else_there_is() -> None:
    many = [replace(ALARM, detector=f"detector_{n}", since=AT + n) for n in range(9)]
    said = words(drawn(redraw(verdicts=[CALM, BLIND, *many])))
    assert "ALARM: detector 0" in said
    assert "alarm: detector 1: target moved 100 A and back" in said
    assert "alarm: detector 2: target moved 100 A and back ... 6 more" in said
    assert "unknown: oscillation command (no OCPP)" in said
    assert "1 detector: ok" in said


def test_of_many_that_cannot_tell_each_is_named_though_there_is_no_room_for_why() -> None:
    blind = [replace(BLIND, detector=f"detector_{n}", why="for a reason " * 9) for n in range(15)]
    blind = [replace(each, why=f"{each.why}{n}") for n, each in enumerate(blind)]
    said = " ".join(words(drawn(redraw(verdicts=blind))))
    assert all(f"detector {n}" in said for n in range(15))
    assert "for a reason" not in said


def test_the_list_shows_the_newest_alarms_and_says_how_many_more_there_are() -> None:
    said = words(drawn(replace(redraw(alarms=[ROW, *FULL]), dropped=3)))
    assert {"alarms", "fast toggle", "detector 0", "detector 1"} <= set(said)
    assert "detector 2" not in said
    assert "... 47 more, 3 older not kept" in said
    assert "no alarms in the list" in words(drawn(redraw()))


def test_each_connector_has_its_numbers_and_its_axes() -> None:
    picture = drawn(redraw(RUNNING, SILENT, OVER))
    assert len(picture.still.figure.axes) == 3
    said = words(picture)
    assert {"connector 1", "connector 2", "connector 3", "vcan0, vcan1, vcan2"} <= set(said)
    assert {"RUNNING, 17 A FLOWS", "CHARGER SILENT", "STOPPED, 32 A FLOWS"} <= set(said)


@pytest.mark.parametrize("connectors", [1, 4, 8])
def test_the_axes_of_all_connectors_have_room_and_do_not_touch(connectors: int) -> None:
    figure = drawn(redraw(*[RUNNING] * connectors)).still.figure
    boxes = [axes.get_window_extent() for axes in figure.axes]
    assert len(boxes) == connectors
    assert all(box.height >= 32 for box in boxes)
    assert all(upper.y0 - lower.y1 >= 40 for upper, lower in pairwise(boxes))  # the numbers
    assert boxes[-1].y0 > 112 + 40  # the list and the time


@pytest.mark.parametrize(
    ("view", "colour"),
    [(RUNNING, GREEN), (SILENT, AMBER), (replace(RUNNING, state="stopped"), AMBER)],
)
def test_each_state_has_its_colour(view: View, colour: str) -> None:
    assert has(drawn(redraw(view)), colour, at_least=2000)


def test_the_lines_and_what_is_allowed_are_drawn_and_an_alarm_is_marked_on_the_time_axis() -> None:
    calm, alarmed = drawn(redraw()), drawn(redraw(alarms=[ROW]))
    for colour in (BRIGHT.current, BRIGHT.target, BRIGHT.limit, BRIGHT.allowed):
        assert has(calm, colour, at_least=100)
    # 13 of 60 s of some 1200 pixels, 9 high; RED is the colour of the band as well
    assert not has(calm, BRIGHT.alarm, at_least=400)
    assert has(alarmed, BRIGHT.alarm, at_least=2000)


def test_what_was_not_heard_is_hatched_and_so_in_the_legend() -> None:
    still = drawn(redraw(SILENT)).still
    (axes,) = still.figure.axes
    hatched = [area for area in axes.collections if area.get_hatch()]
    assert [len(area.get_paths()) for area in hatched] == [1]
    (legend,) = still.figure.artists[-1:]
    texts = [text.get_text() for text in legend.get_texts()]  # type: ignore[attr-defined]
    assert texts == ["current", "target (allowed)", "limit", "alarm", "nothing heard"]
    handles = legend.legend_handles  # type: ignore[attr-defined]
    assert handles[-1].get_hatch()


def test_a_broken_line_draws_without_joining_the_pieces() -> None:
    view = replace(RUNNING, currents=[(-50.0, 20.0), (-49.0, NAN), (-2.0, NAN), (-1.0, 20.0)])
    lines = drawn(redraw(view)).still.figure.axes[0].lines
    (current,) = [line for line in lines if line.get_linewidth() == 2.6]
    drawn_codes = np.asarray(current.get_path().cleaned(remove_nans=True).codes)
    assert Path.LINETO not in drawn_codes.tolist()


def test_showing_again_does_not_pile_up_what_is_drawn() -> None:
    picture = drawn(redraw(SILENT))
    before = len(picture.still.figure.findobj())
    for _ in range(5):
        picture.draw(redraw(SILENT))
    assert len(picture.still.figure.findobj()) == before


def test_a_redraw_on_what_stands_still_is_the_picture_of_a_full_one() -> None:
    picture = drawn(redraw(SILENT, verdicts=[ALARM]))
    picture.draw(redraw())
    assert (picture.still.pixels() == drawn(redraw()).still.pixels()).all()


def test_the_time_of_day_of_the_right_edge_tells_an_old_picture() -> None:
    picture = drawn(redraw())
    before = picture.still.pixels().copy()
    picture.draw(replace(redraw(), at=AT + 1))
    assert (picture.still.pixels() != before).any()
