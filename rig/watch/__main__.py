"""Runs the detectors beside a running bench, or over a recorded folder, and prints their verdicts.

It only listens. A verdict is printed when its state begins; of a folder, all that was recorded.
"""

import argparse
import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from rig.bus.dbc import read_codec
from rig.bus.opening import bus_configs
from rig.bus.options import add_bus_options
from rig.detect.verdict import Verdict
from rig.detect.watch import RULES, Watch, Watched
from rig.role.arguments import Parser
from rig.role.bench import Bench, read_bench
from rig.role.entry import entry
from rig.role.errors import BadAnswer, UserError
from rig.role.logic.exits import Exit
from rig.role.ready import announce_again, announce_ready
from rig.role.run import role_parser, run_role
from rig.role.streams import STDOUT, say, standard_output
from rig.watch.folder import in_order, read_folder
from rig.watch.live import Live
from rig.watch.logic.account import verdict_line
from rig.watch.ocpp import add_ocpp_option, ocpp_folder
from rig.watch.verdict_file import Recorded, VerdictFile

EXAMPLES = """\
  rig watch                                beside a running bench
  rig watch runs/1                         over what rig up --record kept
  rig watch runs/1 --json | jq .why        as JSON lines
  rig watch --fail-on alarm                status 1 in the end if one was raised"""


def parser() -> Parser:
    """The options of this tool."""
    options = role_parser("watch", __doc__, EXAMPLES, words="[FOLDER]")
    add_bus_options(options)
    add_ocpp_option(options)
    add = options.add_argument
    add("folder", nargs="?", metavar="FOLDER", help="a recording instead of what flows now")
    add("--rule", choices=sorted(RULES), default="all", help="the detectors (default: %(default)s)")
    add("--json", action="store_true", help="verdicts as JSON lines, and nothing else")
    add("--fail-on", choices=("alarm", "warn"), help="status 1 if one was raised")
    add("--record", metavar="FILE", help="keep the verdicts, live ones; FILE may be there")
    add(
        "--again",
        nargs="?",
        const=0,
        type=int,
        default=0,
        metavar="RAISED",
        help="for rig up: it died and is started again; so many were RAISED before",
    )
    return options


class Printer:
    """Prints verdicts, and counts those that --fail-on asks for."""

    def __init__(self, options: argparse.Namespace, print_line: Callable[[str], None]) -> None:
        self._json, self._print = options.json, print_line
        fails = {None: (), "alarm": ("alarm",), "warn": ("alarm", "warn")}
        self._fails = fails[options.fail_on]
        self.raised: int = options.again

    def show(self, verdict: Verdict) -> None:
        """One whose state begins."""
        if self._json:
            at = verdict.since if verdict.since is not None else 0.0
            self._print(verdict_line(verdict, at))
        else:
            self._print(words(verdict))
        if verdict.state in self._fails:
            self.raised += 1
            announce_again(f"--again={self.raised}")

    def judge(self) -> None:
        """Raises BadAnswer if something was raised that --fail-on asks for."""
        if self.raised:
            raise BadAnswer(f"{self.raised} raised, and --fail-on asks for none")


def words(verdict: Verdict) -> str:
    """A verdict as a line: `21:15:31.204 alarm limit_exceeded: 32 A flow, it was told Stop`."""
    moment = datetime.fromtimestamp(verdict.since or 0.0)
    where = f" of connector {verdict.connector}" * (verdict.connector > 1)
    clock = f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"
    return f"{clock} {verdict.state} {verdict.detector}{where}: {verdict.why}"


def watched(bench: Bench, connectors: int, period: float) -> Watched:
    """What detectors need to know of a bench."""
    return Watched(bench.charge_point, bench.expect, connectors, period, bench.limit, bench.supply)


async def serve(options: argparse.Namespace, log: logging.Logger) -> None:
    """Watch what flows until cancelled."""
    bench = read_bench(options.bench)
    configs, codec, start = bus_configs(options, bench), read_codec(bench), time.time()
    watch = Watch(watched(bench, len(configs), codec.current_period), options.rule)
    printer = Printer(options, print_json if options.json else partial(log.info, "%s"))
    file = VerdictFile(options.record, options.rule, start, log)
    machine = Recorded(watch, file)
    try:
        async with Live(
            configs, codec, log, machine, printer.show, ocpp_folder(options), file.late, start
        ) as live:
            try:
                await live.wait_until_up()
                announce_ready()
                await asyncio.Event().wait()
            finally:
                file.close(live.judge_all())
    except asyncio.CancelledError:
        printer.judge()
        raise


def print_json(line: str) -> None:
    """On stdout, without waiting for who reads it."""
    say(line, STDOUT)


def replay(options: argparse.Namespace) -> None:
    """Judge a recorded folder as it was live."""
    bench = read_bench(options.bench)
    codec = read_codec(bench)
    recording = read_folder(Path(options.folder), codec)
    for name, lines in recording.bad.items():
        say(f"rig watch: {name}: {lines} lines that are none were left out")
    with standard_output() as output:
        printer = Printer(options, lambda line: print(line, file=output))
        for account, events in recording.lives():
            known = watched(bench, recording.connectors, codec.current_period)
            watch = Watch(known, options.rule)
            for at, event in in_order(account, events):
                for verdict in watch.tick(at) if event is None else watch.receive(event, at):
                    printer.show(verdict)
    printer.judge()


@entry("rig watch")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the watcher; returns its exit status."""
    options = parser().parse_args(argv)
    if options.folder is None:
        if options.json:
            options.log_level = "error"
        return run_role("watch", parser(), serve, argv)
    if options.record:
        raise UserError("--record keeps what is judged live: leave it out with a folder")
    replay(options)
    return Exit.ASKED


if __name__ == "__main__":
    raise SystemExit(main())
