"""Runs the detectors beside a running bench, or over a recorded folder, and prints their verdicts.

It only listens. A verdict is printed when its state begins; of a folder, all that was recorded.
"""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TextIO

from rig.bus.dbc import read_codec
from rig.bus.opening import bus_configs
from rig.bus.options import add_bus_options
from rig.detect.verdict import Verdict
from rig.detect.watch import RULES, Watch
from rig.role.arguments import Parser
from rig.role.bench import read_bench
from rig.role.entry import entry
from rig.role.errors import BadAnswer, UserError
from rig.role.logic.exits import Exit
from rig.role.ready import announce_again, announce_ready
from rig.role.run import role_parser, run_role
from rig.role.streams import STDOUT, say, standard_output
from rig.watch.folder import in_order, read_folder
from rig.watch.live import Live, watched
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
    what = "the detectors (default: all; of a recording those that watched)"
    add("--rule", choices=sorted(RULES), help=what)
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


class Judgement:
    """Shows each verdict whose state begins, and counts those that --fail-on asks for."""

    def __init__(self, options: argparse.Namespace, show: Callable[[Verdict], None]) -> None:
        self._show = show
        fails = {None: (), "alarm": ("alarm",), "warn": ("alarm", "warn")}
        self._fails = fails[options.fail_on]
        self._raised: int = options.again

    def take(self, verdict: Verdict) -> None:
        """Another one."""
        self._show(verdict)
        if verdict.state in self._fails:
            self._raised += 1
            announce_again(f"--again={self._raised}")

    def end(self) -> None:
        """Raises BadAnswer if something was raised that --fail-on asks for."""
        if self._raised:
            raise BadAnswer(f"{self._raised} raised, and --fail-on asks for none")


def words(verdict: Verdict) -> str:
    """A verdict in words: `alarm limit_exceeded: 32 A flow, it was told Stop`."""
    where = f" of connector {verdict.connector}" * (verdict.connector > 1)
    return f"{verdict.state} {verdict.detector}{where}: {verdict.why}"


def line(verdict: Verdict) -> str:
    """The same with the time of day of its begin."""
    begin = datetime.fromtimestamp(verdict.since or 0.0)
    return f"{begin:%H:%M:%S}.{begin.microsecond // 1000:03d} {words(verdict)}"


def json_line(verdict: Verdict) -> str:
    """As `verdicts.jsonl` has it."""
    return verdict_line(verdict, verdict.since or 0.0)


async def serve(options: argparse.Namespace, log: logging.Logger) -> None:
    """Watch what flows until cancelled."""
    bench = read_bench(options.bench)
    configs, codec, start = bus_configs(options, bench), read_codec(bench), time.time()
    rule = options.rule or "all"
    watch = Watch(watched(bench, len(configs), codec.current_period), rule)
    judgement = Judgement(options, print_json if options.json else partial(tell, log))
    file = VerdictFile(options.record, rule, start, log)
    machine = Recorded(watch, file)
    ocpp = ocpp_folder(options)
    live = Live(configs, codec, log, machine, judgement.take, ocpp, file.late, start)
    try:
        async with live:
            await live.wait_until_up()
            announce_ready()
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        file.close(live.ended_at)
        judgement.end()
        raise


def print_json(verdict: Verdict) -> None:
    """On stdout, without waiting for who reads it."""
    say(json_line(verdict), STDOUT)


def tell(log: logging.Logger, verdict: Verdict) -> None:
    """In the log."""
    is_raised = verdict.state in ("alarm", "warn")
    log.log(logging.WARNING if is_raised else logging.INFO, "%s", words(verdict))


def replay(options: argparse.Namespace) -> None:
    """Judge a recorded folder as it was live."""
    bench = read_bench(options.bench)
    codec = read_codec(bench)
    recording = read_folder(Path(options.folder), codec)
    for name, lines in recording.bad.items():
        say(f"rig watch: {name}: {lines} lines that are none were left out")
    written = json_line if options.json else line
    with standard_output() as output:
        judgement = Judgement(options, lambda verdict: _write(output, written(verdict)))
        for account, events in recording.lives():
            known = watched(bench, recording.connectors, codec.current_period)
            watch = Watch(known, options.rule or known_rule(account.rule))
            for at, event in in_order(account, events):
                for verdict in watch.tick(at) if event is None else watch.receive(event, at):
                    judgement.take(verdict)
    judgement.end()


def known_rule(name: str) -> str:
    """Raises UserError for one that this release does not have."""
    if name not in RULES:
        raise UserError(f"verdicts.jsonl names the rule {name!r}: choose one with --rule")
    return name


def _write(output: TextIO, text: str) -> None:
    output.write(f"{text}\n")


@entry("rig watch")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the watcher; returns its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    options = parser().parse_args(argv)
    if options.folder is None:
        quiet = ["--log-level=error"] if options.json else []
        return run_role("watch", parser(), serve, [*argv, *quiet])
    if options.record:
        raise UserError("--record keeps what is judged live: leave it out with a folder")
    replay(options)
    return Exit.ASKED


if __name__ == "__main__":
    raise SystemExit(main())
