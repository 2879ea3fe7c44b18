"""Plots the current of the last minute with limit, target and state, and warns of an anomaly.

On a desktop in a window, elsewhere as a page on loopback. It only listens.
"""

import argparse
import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from rig.bus.dbc import read_codec
from rig.bus.opening import bus_configs, bus_name
from rig.bus.options import add_bus_options
from rig.detect.verdict import State, Verdict
from rig.detect.watch import RULES, Watch
from rig.plot_current.drawing import Drawing, Screen, Worker
from rig.plot_current.logic.plotter import (
    Acknowledge,
    Acknowledged,
    News,
    Plotter,
    Redraw,
    Silence,
)
from rig.plot_current.logic.words import again_option
from rig.role.arguments import Parser
from rig.role.bench import Bench, read_bench
from rig.role.entry import entry
from rig.role.errors import UserError, first_line
from rig.role.logic.programs import numbered
from rig.role.ready import announce_again, announce_ready
from rig.role.run import role_parser, run_role
from rig.watch.live import Live, watched
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
    codec, configs = read_codec(bench), bus_configs(options, bench)
    closed = asyncio.Event()

    def do(output: News | Redraw) -> None:
        if isinstance(output, Redraw):
            drawing.show(output)
        else:
            tell(output, log, len(configs))
        if isinstance(output, Verdict):
            announce_again(again_option(plotter.standing))

    def acknowledge(seen: Acknowledge) -> None:
        for output in plotter.acknowledge(seen):
            do(output)

    async with AsyncExitStack() as stack:
        worker = Worker()
        stack.callback(worker.close)
        buses = [bus_name(config) for config in configs]
        screens = open_screens(options, buses, log, worker, closed.set, acknowledge)
        for screen in screens:
            stack.push_async_callback(screen.close)
        drawing = Drawing(screens)
        stack.push_async_callback(drawing.stop)
        say_again(options.again, log)
        plotter = make_plotter(options, codec.current_period, bench, len(configs))
        live = await stack.enter_async_context(
            Live(configs, codec, log, plotter, do, ocpp_folder(options))
        )
        for screen in screens:
            log.info("plot = %s", screen.name)
        announcing = asyncio.create_task(announce(live, screens))
        stack.callback(announcing.cancel)
        await closed.wait()


def make_plotter(
    options: argparse.Namespace, period: float, bench: Bench, connectors: int
) -> Plotter:
    """One that begins now, with the alarm that stood when the one before it died."""
    now = time.time()
    before = (options.again, now) if options.again else None
    watch = Watch(watched(bench, connectors, period), options.rule, before)
    return Plotter(now, period, bench.expect, watch, connectors, again=options.again is not None)


def say_again(again: str | None, log: logging.Logger) -> None:
    """For the log, where this is not the first plot."""
    if again is not None:
        log.warning("plot = started again: what was before is unknown")
    if again:
        log.warning("alarm = still stands: %s", again)


def tell(news: News, log: logging.Logger, connectors: int) -> None:
    """For the log: what is raised, and the end of an alarm; a charger that is silent; a list that
    was acknowledged."""
    match news:
        case Silence(connector, begins):
            charger = numbered("charger", connector)
            log.warning("%s = %s", charger, "silent" if begins else "is heard again")
        case Acknowledged(alarms):
            log.info("alarms = %d acknowledged", alarms)
        case Verdict(detector, state, why):
            of = f" of connector {news.connector}" if connectors > 1 and news.connector else ""
            log.warning(LINES[state], f"{detector}{of}", why)


LINES: dict[State, str] = {
    "alarm": "alarm = %s: %s",
    "warn": "warning = %s: %s",
    "ok": "alarm = over: %s: %s",
    "unknown": "alarm = no longer known: %s: %s",
}


async def announce(live: Live[News | Redraw], screens: Sequence[Screen]) -> None:
    """Say that this role works as soon as its buses do; until then the plot shows them as down."""
    await live.wait_until_up()
    announce_ready(" and ".join(screen.name for screen in screens))


def open_screens(
    options: argparse.Namespace,
    buses: Sequence[str],
    log: logging.Logger,
    worker: Worker,
    on_closed: Callable[[], None],
    on_acknowledge: Callable[[Acknowledge], None],
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
        screens.append(Page(options.web, buses, worker, on_acknowledge))
    elif not options.png:
        window = open_window(buses, worker, on_closed, on_acknowledge)
        screens.append(window or Page(None, buses, worker, on_acknowledge))
    if options.png:
        screens.append(PngFile(options.png, buses, log, worker))
    return screens


@entry("rig plot")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the role; returns its exit status."""
    return run_role("plot", parser(), serve, argv)


if __name__ == "__main__":
    raise SystemExit(main())
