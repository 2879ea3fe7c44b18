"""Plots the current of the last minute with limit, target and state, and warns of an anomaly.

On a desktop in a window, elsewhere as a page on loopback. It only listens.
"""

import argparse
import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime

from rig.bus.dbc import read_codec
from rig.bus.opening import add_connector_option, bus_config, bus_name
from rig.bus.options import add_bus_options
from rig.detect.verdict import Verdict
from rig.detect.watch import RULES, Watch, Watched
from rig.plot_current.drawing import Drawing, Screen
from rig.plot_current.logic.plotter import News, Plotter, Redraw, Silence
from rig.role.arguments import Parser
from rig.role.bench import Bench, read_bench
from rig.role.entry import entry
from rig.role.errors import UserError, first_line
from rig.role.ready import announce_again, announce_ready
from rig.role.run import role_parser, run_role
from rig.watch.live import Live
from rig.watch.ocpp import add_ocpp_option, ocpp_folder

EXAMPLES = """\
  rig plot                             window, or page where there is no display
  rig plot --web                       page, at http://127.0.0.1:8988/ if free
  rig plot --png plot.png              a picture alone, new each second
  rig plot --rule seed_variance        the seed's, alarmed by a normal start
  rig plot -c can0                     on a real adapter"""


def parser() -> Parser:
    """The options of this role."""
    options = role_parser("plot", __doc__, EXAMPLES)
    add_bus_options(options)
    add_connector_option(options)
    add_ocpp_option(options)
    options.add_argument(
        "--web",
        nargs="?",
        type=port,
        default=argparse.SUPPRESS,
        metavar="PORT",
        help="a page instead of a window (default PORT: 8988, or a free one if it is taken)",
    )
    options.add_argument("--png", metavar="FILE", help="keep a picture up to date in this file")
    options.add_argument(
        "--rule",
        choices=sorted(RULES),
        default="all",
        help="what raises the alarm (default: %(default)s)",
    )
    options.add_argument(
        "--again",
        nargs="?",
        const="",
        metavar="ALARM",
        help="for rig up: it died and is started again; ALARM stood then, and stands on",
    )
    return options


def port(text: str) -> int:
    """A TCP port, 0 for any free one; argparse reports anything else."""
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 65535")
    return value


async def serve(options: argparse.Namespace, log: logging.Logger) -> None:
    """Plot until cancelled or until the user closes the window."""
    bench = read_bench(options.bench)
    codec, config = read_codec(bench), bus_config(options, bench)
    closed = asyncio.Event()

    def do(output: News | Redraw) -> None:
        match output:
            case Redraw():
                drawing.show(output)
            case Silence(begins):
                log.warning("charger = %s", "silent" if begins else "is heard again")
            case Verdict():
                tell(output, log)

    async with AsyncExitStack() as stack:
        screens = open_screens(options, bus_name(config), log, closed.set)
        for screen in screens:
            stack.push_async_callback(screen.close)
        drawing = Drawing(screens, note_of(options.again, log))
        stack.callback(drawing.stop)
        plotter = make_plotter(options, codec.current_period, bench)
        live = await stack.enter_async_context(
            Live([config], codec, log, plotter, do, ocpp_folder(options))
        )
        for screen in screens:
            log.info("plot = %s", screen.name)
        names = " and ".join(screen.name for screen in screens)
        announcing = asyncio.create_task(announce(live, names))
        stack.callback(announcing.cancel)
        await closed.wait()


def make_plotter(options: argparse.Namespace, period: float, bench: Bench) -> Plotter:
    """One that begins now, with the alarm that stood when the one before it died."""
    now = time.time()
    before = (options.again, now) if options.again else None
    watched = Watched(bench.charge_point, bench.expect, 1, period, bench.limit, bench.supply)
    watch = Watch(watched, options.rule, before)
    return Plotter(now, period, bench.expect, watch, again=options.again is not None)


def note_of(again: str | None, log: logging.Logger) -> str:
    """What the plot says for as long as it runs where it is not the first one; the log, once."""
    if again is None:
        return ""
    log.warning("plot = started again: what was before is unknown")
    if again:
        log.warning("alarm = still stands: %s", again)
    return f" (started again at {datetime.now():%H:%M:%S}: unknown before)"


def tell(verdict: Verdict, log: logging.Logger) -> None:
    """What is raised, and the end of an alarm, for the log; the alarm that stands, for whoever
    would start this role again."""
    if verdict.state == "alarm":
        log.warning("alarm = %s: %s", verdict.detector, verdict.why)
        named = f"{verdict.detector}: {verdict.why}"
        announce_again(f"--again=since {datetime.now():%H:%M:%S}: {named}")
    elif verdict.state == "warn":
        log.warning("warning = %s: %s", verdict.detector, verdict.why)
        announce_again("--again")
    else:
        end = "over" if verdict.state == "ok" else "no longer known"
        log.warning("alarm = %s: %s", end, verdict.why)
        announce_again("--again")


async def announce(live: Live[News | Redraw], shown: str) -> None:
    """Say that this role works as soon as the bus does; until then the plot shows it as down.

    `shown`: where the plot is.
    """
    await live.wait_until_up()
    announce_ready(shown)


def open_screens(
    options: argparse.Namespace, bus: str, log: logging.Logger, on_closed: Callable[[], None]
) -> list[Screen]:
    """What the options ask for; without any a window, or the page where there is no display."""
    # Here and not above: only this role pays for matplotlib, and only when it runs.
    try:
        from rig.plot_current.page import Page
        from rig.plot_current.png_file import PngFile
        from rig.plot_current.window import open_window
    except ValueError as error:  # of matplotlib, for what MPLBACKEND or a matplotlibrc says
        raise UserError(f"matplotlib does not start: {first_line(error)}") from error

    screens: list[Screen] = []
    if "web" in options:
        screens.append(Page(options.web, bus))
    elif not options.png:
        screens.append(open_window(bus, on_closed) or Page(None, bus))
    if options.png:
        screens.append(PngFile(options.png, bus, log))
    return screens


@entry("rig plot")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the role; returns its exit status."""
    return run_role("plot", parser(), serve, argv)


if __name__ == "__main__":
    raise SystemExit(main())
