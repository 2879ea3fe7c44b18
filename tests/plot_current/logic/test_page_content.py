"""What the page says in words, and what a browser may ask for."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.plot_current.logic.page_content import ChartSize, asked, content
from rig.plot_current.logic.plotter import Acknowledge
from tests.plot_current.views import ALARM, AT, BLIND, CALM, FULL, ROW, RUNNING, SILENT, redraw

SIZE = {"type": "size", "width": 390, "height": 300.4, "ratio": 3, "dark": True}


def test_a_chart_has_the_size_that_was_asked_for_in_whole_pixels() -> None:
    assert asked(SIZE) == ChartSize(390, 300, 3, is_dark=True)


@pytest.mark.parametrize(
    ("size", "granted"),
    [
        ({"width": 10**400}, (6000, 300, 2.15)),  # sqrt(3840 * 2160 / (6000 * 300))
        ({"width": -1, "height": -(10**400)}, (240, 120, 3.0)),
        ({"ratio": 0}, (390, 300, 0.5)),
        ({"ratio": 1e308}, (390, 300, 4.0)),
    ],
)
def test_what_is_too_large_or_too_small_is_cut_to_what_can_be_drawn(
    size: dict[str, float], granted: tuple[int, int, float]
) -> None:
    chart = asked(SIZE | size)
    assert isinstance(chart, ChartSize)
    assert (chart.width, chart.height, round(chart.ratio, 2)) == granted


def test_an_acknowledgement_names_the_moment_that_was_seen() -> None:
    assert asked({"type": "acknowledge", "seen": AT}) == Acknowledge(AT)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
MESSAGES = st.fixed_dictionaries(
    {"type": st.sampled_from(["size", "acknowledge", "draw"])},
    optional=dict.fromkeys(["width", "height", "ratio", "dark", "seen"], VALUES),
)


@given(VALUES | MESSAGES)
def test_whatever_is_asked_no_chart_is_larger_than_a_screen_of_4k(message: object) -> None:
    chart = asked(message)
    if isinstance(chart, ChartSize):
        assert 240 <= chart.width <= 6000
        assert 120 <= chart.height <= 6000
        assert chart.width * chart.height * chart.ratio**2 <= max(
            3840 * 2160 * 1.001, chart.width * chart.height * 0.5**2
        )


def test_the_words_are_those_of_each_connector_of_the_worst_verdict_and_of_the_list() -> None:
    shown = redraw(RUNNING, SILENT, verdicts=[CALM, BLIND, replace(ALARM, connector=2)])
    said = content(replace(shown, alarms=(ROW, *FULL), dropped=3), ["vcan0", "vcan1"])
    assert said["title"] == "ALARM: fast toggle, connector 2 - rig plot: vcan0, vcan1"
    assert said["headline"] == "ALARM: fast toggle, connector 2"
    assert said["quiet"] == [
        "unknown: oscillation command, connector 1 (no OCPP)",
        "1 detector: ok",
    ]
    connectors = said["connectors"]
    assert isinstance(connectors, list)
    assert [each["name"] for each in connectors] == ["connector 1, vcan0", "connector 2, vcan1"]
    assert [each["badge"] for each in connectors] == ["RUNNING, 17 A FLOWS", "CHARGER SILENT"]
    assert said["dropped"] == "3 older not kept"
    assert said["label"] == (
        "ALARM: fast toggle, connector 2. Current, target and limit of the last minute. "
        "RUNNING, 17 A FLOWS; CHARGER SILENT"
    )
