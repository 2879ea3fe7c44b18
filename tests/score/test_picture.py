"""The picture of a score is there, and its numbers are seen. Contrast: WCAG 2.1, 1.4.11 (3:1)."""

from pathlib import Path

import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from rig.score.logic.figures import figures
from rig.score.picture import ALARM, ANOMALY, DIM, PAPER, draw, ink, shade
from tests.score import full
from tests.score.sessions import attacked, label, normal

Colour = tuple[float, float, float]  # red, green and blue, from 0 to 1

SHARES = [number / 100 for number in range(101)]


def luminance(colour: Colour) -> float:
    """Relative luminance: WCAG 2.1."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Colour, other: Colour) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def pixels(path: Path, colour: str) -> int:
    """How many of a picture have this colour."""
    wanted = tuple(round(255 * part) for part in to_rgb(colour))
    with Image.open(path) as picture:
        counted = picture.convert("RGB").getcolors(picture.width * picture.height) or []
    return sum(count for count, found in counted if found == wanted)


def test_the_measure_is_that_of_the_standard() -> None:
    assert contrast(to_rgb("#FFFFFF"), to_rgb("#000000")) == pytest.approx(21.0)
    assert contrast(to_rgb("#FFFFFF"), to_rgb("#767676")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("share", SHARES)
def test_each_number_is_read_on_its_shade(share: float) -> None:
    assert contrast(to_rgb(ink(share)), shade(share)) >= 3.0


def test_more_is_darker() -> None:
    shades = [luminance(shade(share)) for share in SHARES]
    assert shades == sorted(shades, reverse=True)
    assert contrast(shade(0.0), shade(1.0)) >= 4.5


@pytest.mark.parametrize("on", [PAPER, ANOMALY])
def test_an_alarm_is_seen_on_what_it_stands_on(on: str) -> None:
    assert contrast(to_rgb(ALARM), to_rgb(on)) >= 3.0
    assert contrast(to_rgb(DIM), to_rgb(on)) >= 3.0


def test_the_score_and_a_session_are_drawn(tmp_path: Path) -> None:
    draw(figures(full.sessions()), full.most_said(), tmp_path / "score.png")
    # 24 kinds and 11 detectors of 27 pixels, and 240 around them
    assert size(tmp_path / "score.png") == (1200, 1185)
    assert pixels(tmp_path / "score.png", ANOMALY) > 10_000  # 100 s of 1200, all rows high
    assert pixels(tmp_path / "score.png", ALARM) > 5_000  # five alarms in these


def test_an_alarm_of_a_moment_is_seen(tmp_path: Path) -> None:
    event = label(1000, 1100)
    for name, alarms in (("with", [(1050.0, 1050.0)]), ("without", [])):
        session = attacked(event, a=alarms)
        draw(figures([normal(), session]), session, tmp_path / f"{name}.png")
    in_legend = pixels(tmp_path / "without.png", ALARM)
    assert pixels(tmp_path / "with.png", ALARM) >= in_legend + 10


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    session = attacked(label(1000, 1100), a=[])
    with pytest.raises(FileNotFoundError):
        draw(figures([normal(), session]), session, tmp_path / "missing" / "score.png")
