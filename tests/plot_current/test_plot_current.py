"""The plot as a real process on an embedded bus, its page in a real browser."""

import functools
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import can
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from rig.bus.dbc import read_codec
from rig.bus.logic.messages import Current, Message, SetLimit, Start, Stop
from rig.bus.python_can_wire import to_can
from rig.plot_current.__main__ import parser
from rig.plot_current.colours import AMBER, BRIGHT, DARK, GREEN, RED
from rig.plot_current.server import listen
from rig.role.bench import Bench
from tests.browser import Browser
from tests.ports import free_port
from tests.processes import Program, Role, role, wait_for

HEADLESS = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
CODEC = read_codec(Bench())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as page:
        yield page


@pytest.fixture
def others(bus: list[str]) -> Iterator[can.BusABC]:
    """The place on the bus of everybody else."""
    with can.Bus(interface="remote", channel=bus[-1], ignore_config=True) as joined:
        yield joined


def plot(bus: list[str], *options: str) -> Program:
    return role("plot", *bus, *options, env=HEADLESS)


def say(others: can.BusABC, *messages: Message) -> None:
    for message in messages:
        others.send(to_can(CODEC.encode(message)))


def fluctuate(others: can.BusABC) -> None:
    """To and fro twice, then on."""
    say(others, SetLimit(100.0), Stop(), Start(), Stop(), Start(), Stop(), Start())
    say(others, Current(43.0))


def pixels(picture: Image.Image, colour: str) -> int:
    """How many pixels have this colour."""
    wanted = tuple(round(255 * part) for part in to_rgb(colour))
    return sum(n for n, seen in picture.getcolors(maxcolors=1_000_000) or [] if seen == wanted)


def drawn(path: Path, colour: str) -> int:
    """How many pixels of the picture in a file have this colour; raises if it is not whole."""
    return pixels(_whole(path, path.stat().st_mtime_ns), colour)


@functools.lru_cache(maxsize=1)
def _whole(path: Path, _changed: int) -> Image.Image:
    """Each picture is read once, however often it is looked at."""
    with Image.open(path) as picture:
        return picture.convert("RGB")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_on_a_signal(bus: list[str], number: int, tmp_path: Path) -> None:
    png = tmp_path / "plot.png"
    with plot(bus, "--web", "0", "--png", str(png)).ready() as program:
        wait_for(png.exists)
        assert program.end(number) == 0
        assert ": 0 frames, lost: " in program.text
    assert [path.name for path in tmp_path.iterdir()] == ["plot.png"]


def test_an_alarm_is_said_when_it_begins_and_when_it_is_over(
    bus: list[str], others: can.BusABC, tmp_path: Path
) -> None:
    with plot(bus, "--png", str(tmp_path / "plot.png")).ready() as program:
        fluctuate(others)
        program.until(r"warning = fast_toggle: target moved 100 A and back within 0\.\d s, once")
        program.until(r"alarm = fast_toggle: target moved 100 A and back within 0\.\d s, 2 times")
        program.until(r"alarm = over: fast_toggle: nothing repeats")
        assert program.end() == 0


def test_one_that_is_started_again_shows_the_alarm_that_stood_and_that_it_was_blind(
    bus: list[str], tmp_path: Path
) -> None:
    png, alarm = tmp_path / "plot.png", "since 21:15:31: $\\frac 4 swings"  # no mathematics
    with plot(bus, "--png", str(png), f"--again={alarm}") as program:
        program.until(r"plot = started again: what was before is unknown")
        program.until(r"alarm = still stands: since 21:15:31: \$\\frac 4 swings$")
        program.ready()
        wait_for(png.exists)
        wait_for(lambda: drawn(png, RED) > 20_000)
        assert program.end() == 0


def test_how_to_start_it_again_is_told_with_the_alarm_while_it_stands(
    bus: list[str], others: can.BusABC, tmp_path: Path
) -> None:
    with plot(bus, "--png", str(tmp_path / "plot.png")).ready() as program:
        fluctuate(others)
        begun = (
            r"X_AGAIN=--again=since \d\d:\d\d:\d\d: fast_toggle: target moved 100 A and back within"
        )
        assert program.notified() == "X_AGAIN=--again"  # with the warning before it
        assert re.match(begun, program.notified())
        while "toggle" in program.notified():
            pass
        assert program.end() == 0


def test_the_picture_in_the_file_is_whole_at_every_moment(
    bus: list[str], others: can.BusABC, tmp_path: Path
) -> None:
    png = tmp_path / "plot.png"
    with plot(bus, "--png", str(png)).ready() as program:
        with role("charger", *bus).ready() as charger:
            fluctuate(others)
            wait_for(png.exists)
            wait_while_it_fluctuates(others, lambda: drawn(png, RED) > 20_000)  # the alarm
            wait_for(lambda: drawn(png, GREEN) > 2000)  # running
            assert charger.end() == 0
        program.until(r"charger = silent$")
        wait_for(lambda: drawn(png, AMBER) > 2000)
        assert program.end() == 0


def test_an_alarm_is_raised_while_a_drawing_takes_as_long_as_it_likes(
    bus: list[str], others: can.BusABC, tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    png = str(tmp_path / "plot.png")
    with Role("tests.slow_plot", str(fifo), *bus, "--png", png) as program:
        program.until("drawing")
        program.ready()
        fluctuate(others)
        program.until(r"alarm = fast_toggle: target moved 100 A and back within 0\.\d s, 2 times")
        assert not Path(png).exists()
        fifo.write_bytes(b"")  # it has drawn
        wait_for(Path(png).exists)
        assert program.end() == 0


def test_with_a_file_alone_there_is_neither_page_nor_window(bus: list[str], tmp_path: Path) -> None:
    with plot(bus, "--png", str(tmp_path / "plot.png")).ready() as program:
        assert program.end() == 0
        assert "http://" not in program.text


def wait_while_it_fluctuates(others: can.BusABC, seen: Callable[[], bool]) -> None:
    """Wait for what is drawn; an alarm and a current are soon over, sooner than a slow drawing."""

    def again() -> bool:
        fluctuate(others)
        return seen()

    wait_for(again)


def test_without_a_display_it_serves_the_page(bus: list[str]) -> None:
    with plot(bus).ready() as program:
        program.until(r"plot = http://127\.0\.0\.1:\d+/$")
        assert program.end() == 0


def test_a_port_that_is_taken_is_one_line_and_exit_2(bus: list[str]) -> None:
    (taken,) = listen(0)
    with taken, plot(bus, "--web", str(taken.getsockname()[1])) as program:
        assert program.status() == 2
        assert len(program.lines) == 1
        assert "Address already in use; choose another with --web PORT" in program.lines[0]


def test_a_backend_of_matplotlib_that_there_is_not_is_one_line_and_exit_2() -> None:
    command = [sys.executable, "-m", "rig.plot_current", "-i", "virtual"]
    with Program(*command, env={"MPLBACKEND": "foo"}) as program:
        assert program.status() == 2
        (line,) = program.lines
        assert "matplotlib does not start: Key backend: 'foo' is not a valid value" in line


def shows(picture: Image.Image) -> bool:
    """Whether it has the banner and the current."""
    return pixels(picture, RED) > 20_000 and pixels(picture, BRIGHT.current) > 400


def title(browser: Browser) -> str:
    """That of its tab."""
    return str(browser.evaluate("document.title"))


@pytest.mark.browser
def test_a_browser_shows_the_alarm_and_the_chart(
    bus: list[str], others: can.BusABC, browser: Browser
) -> None:
    with plot(bus, "--web", "0").ready() as program:
        browser.open(program.until(r"plot = (http://\S+)").group(1))
        fluctuate(others)
        program.until("alarm = ")
        browser.wait_until("document.querySelector('img').dataset.images > 0")
        wait_while_it_fluctuates(others, lambda: title(browser).startswith("ALARM: "))
        assert title(browser).endswith(f" - rig plot: remote {bus[-1]}")
        wait_while_it_fluctuates(others, lambda: shows(browser.screenshot()))
        assert program.end() == 0


@pytest.mark.browser
def test_a_page_whose_plot_has_ended_says_so_and_recovers_with_it(
    bus: list[str], browser: Browser
) -> None:
    port = str(free_port())
    with plot(bus, "--web", port).ready() as program:
        browser.open(f"http://127.0.0.1:{port}/")
        browser.wait_until("document.body.className == ''")
        assert program.end() == 0
    browser.wait_until("document.body.className == 'old'")
    with plot(bus, "--web", port).ready() as program:
        browser.wait_until("document.body.className == ''")
        assert program.end() == 0


SMALLEST = """
Math.min(...[...document.querySelectorAll("main *")]
    .filter((each) => each.textContent.trim() && each.checkVisibility())
    .map((each) => parseFloat(getComputedStyle(each).fontSize)))
"""
LISTED = "[...document.querySelectorAll('td:first-child')].map((each) => each.textContent)"
FITS = """
(() => {
    const chart = document.querySelector("#chart"), image = document.querySelector("img")
    return image.naturalWidth === Math.round(devicePixelRatio * chart.clientWidth)
        && image.naturalHeight === Math.round(devicePixelRatio * chart.clientHeight)
})()
"""


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["bright", "dark"])
def test_a_phone_shows_it_in_its_own_size_and_scheme_and_in_text_that_can_be_read(
    bus: list[str], browser: Browser, dark: bool
) -> None:
    colours = DARK if dark else BRIGHT
    browser.be(390, 844, ratio=2, dark=dark)
    with plot(bus, "--web", "0").ready() as program:
        browser.open(program.until(r"plot = (http://\S+)").group(1))
        browser.wait_until(FITS)
        assert browser.evaluate("document.documentElement.scrollWidth") == 390
        assert browser.evaluate("document.documentElement.scrollHeight") == 844
        assert browser.evaluate(SMALLEST) >= 12  # pixels of CSS
        assert pixels(browser.screenshot(), colours.paper) > 780 * 1688 / 2
        assert program.end() == 0
    browser.be(1280, 720)


@pytest.mark.browser
def test_the_button_acknowledges_the_alarms_that_are_shown(
    bus: list[str], others: can.BusABC, browser: Browser
) -> None:
    with plot(bus, "--web", "0").ready() as program:
        browser.open(program.until(r"plot = (http://\S+)").group(1))
        fluctuate(others)
        browser.wait_until(f"{LISTED}.includes('fast toggle')")
        browser.evaluate("document.querySelector('button').click()")
        program.until(r"alarms = \d acknowledged")
        program.until(r"alarm = over: fast_toggle")
        browser.wait_until(f"!{LISTED}.includes('fast toggle')")
        assert program.end() == 0


@pytest.mark.parametrize("wrong", ["-1", "65536", "http"])
def test_a_port_is_a_port(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args([f"--web={wrong}"])
    assert "argument --web" in capsys.readouterr().err


def test_all_detectors_watch_unless_the_seeds_rule_is_asked_for() -> None:
    assert parser().parse_args([]).rule == "all"
    assert parser().parse_args(["--rule", "seed_variance"]).rule == "seed_variance"
