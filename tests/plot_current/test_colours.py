"""Each colour is seen on what it stands on, and told from the others, also by a deuteranope.

Contrast: WCAG 2.1, 1.4.3 (4.5:1 for text) and 1.4.11 (3:1 for what is drawn). Deuteranopia: the
matrix of Machado, Oliveira and Fernandes 2009 for severity 1.0, on linear RGB. Distance: CIE 1976,
where 2.3 is just noticeable.
"""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from rig.plot_current.colours import BRIGHT, DARK, MOODS, STATES, Colours

BOTH = pytest.mark.parametrize("colours", [BRIGHT, DARK], ids=["bright", "dark"])
FACES = [*MOODS.values(), *STATES.values()]

DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
# sRGB with its white D65 to CIE XYZ: IEC 61966-2-1
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ @ np.ones(3)


def linear(colour: str) -> np.ndarray:
    parts = np.array(to_rgb(colour))
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((float((TO_XYZ @ linear(each))[1]) for each in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB."""
    ratio = TO_XYZ @ np.clip(rgb, 0.0, 1.0) / WHITE
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def distance(one: str, other: str, matrix: np.ndarray) -> float:
    return float(np.linalg.norm(lab(matrix @ linear(one)) - lab(matrix @ linear(other))))


def test_the_measures_are_those_of_the_standards() -> None:
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21.0)  # WCAG 2.1
    assert contrast("#FFFFFF", "#767676") == pytest.approx(4.54, abs=0.01)  # the grey of WebAIM
    assert lab(linear("#FF0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.1)
    # Red and green of one luminance differ, but not for a deuteranope.
    pair = ("#C00000", "#5F7000")
    assert distance(*pair, np.eye(3)) > 2 * distance(*pair, DEUTERANOPIA)


@BOTH
def test_each_line_and_mark_is_seen_on_paper_and_on_what_is_allowed(colours: Colours) -> None:
    for drawn in (colours.current, colours.target, colours.limit, colours.alarm, colours.gap):
        for ground in (colours.paper, colours.allowed):
            assert contrast(drawn, ground) >= 3.0, (drawn, ground)
    assert contrast(colours.gap, colours.faint) >= 3.0  # the hatch


@BOTH
def test_each_text_is_read_on_what_it_stands_on(colours: Colours) -> None:
    for text in (colours.ink, colours.dim, colours.alarm, colours.current, colours.target):
        for ground in (colours.paper, colours.card):
            at_least = 3.0 if text in (colours.current, colours.target) else 4.5  # large and bold
            assert contrast(text, ground) >= at_least, (text, ground)


@pytest.mark.parametrize(("face", "ink"), FACES)
def test_each_badge_and_band_is_read(face: str, ink: str) -> None:
    assert contrast(ink, face) >= 4.5


@BOTH
@pytest.mark.parametrize("matrix", [np.eye(3), DEUTERANOPIA], ids=["all", "deuteranopia"])
def test_the_lines_and_the_mark_of_an_alarm_differ(colours: Colours, matrix: np.ndarray) -> None:
    drawn = (colours.current, colours.target, colours.limit, colours.alarm)
    for one, other in combinations(drawn, 2):
        assert distance(one, other, matrix) >= 20.0, (one, other)


@pytest.mark.parametrize("matrix", [np.eye(3), DEUTERANOPIA], ids=["all", "deuteranopia"])
def test_what_is_well_what_warns_and_what_alarms_differ(matrix: np.ndarray) -> None:
    faces = (MOODS["running"][0], MOODS["flows"][0], MOODS["over"][0], MOODS["stopped"][0])
    for one, other in combinations(faces, 2):
        assert distance(one, other, matrix) >= 20.0, (one, other)
