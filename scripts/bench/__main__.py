"""The benchmark that ships: `scripts/bench/run.sh --help`."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from scripts.bench.bridge import bridge
from scripts.bench.bystander import bystander
from scripts.bench.central import PER_MESSAGE, memory, per_message, rate, saturation
from scripts.bench.detect import detect
from scripts.bench.full_bus import full_bus
from scripts.bench.lag import lag
from scripts.bench.programs import ROOT
from scripts.bench.table import Row, markdown
from scripts.bench.viewers import viewers
from scripts.bench.way import way

README = Path(__file__).with_name("README.md")
BEGIN, BEGIN_ICOUNT = "<!-- results -->\n", "<!-- results by instructions -->\n"
END = "<!-- end of results -->\n"


def full_central() -> list[Row]:
    rows = per_message(50, seconds=4, slices=3)
    rows += per_message(200, seconds=4, slices=3)
    return rows + per_message(1000, seconds=4, slices=7, most=PER_MESSAGE)


# What each name stands for, in full and as --quick has it.
RUNS: dict[str, tuple[Callable[[], list[Row]], Callable[[], list[Row]]]] = {
    "bridge": (lambda: bridge(300, slices=9), lambda: bridge(100, slices=3)),
    "way": (lambda: way(60, slices=3), lambda: way(60, slices=3)),
    "full_bus": (full_bus, full_bus),
    "lag": (lambda: lag([10, 100], seconds=10), lambda: lag([100], seconds=2)),
    "central": (full_central, lambda: per_message(200, seconds=2, slices=2)),
    "saturation": (lambda: saturation(50, 2.0, slices=7), lambda: saturation(50, 0.5, slices=2)),
    "rate": (lambda: rate(50, 0.5, slices=3), lambda: rate(50, 0.5, slices=3)),
    "memory": (lambda: memory(1000), lambda: memory(500)),
    "bystander": (lambda: bystander(2.0, slices=5), lambda: bystander(2.0, slices=1)),
    "detect": (lambda: detect(slices=25), lambda: detect(slices=9)),
    "viewers": (lambda: viewers(10, slices=3, redraws=50), lambda: viewers(4, 1, redraws=20)),
}
ON_CAN = ("bridge", "way", "full_bus", "lag")  # these need a real CAN
BY_INSTRUCTIONS = ("bridge", "way", "full_bus", "rate")
BY_TIME = tuple(name for name in RUNS if name not in ("way", "full_bus", "rate"))


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="scripts/bench/run.sh",
        description="Measures the rig against bare programs and prints one table; exit status 1 "
        "when a gate fails. Ratios are of CPU seconds, interleaved; times by the clock are only "
        "reported.",
    )
    options.add_argument("name", nargs="*", help=f"{', '.join(BY_TIME)} (default: all)")
    options.add_argument("--quick", action="store_true", help="a minute: less exact")
    options.add_argument(
        "--icount",
        action="store_true",
        help=f"count instructions, in QEMU: {', '.join(BY_INSTRUCTIONS)}",
    )
    options.add_argument("--write", action="store_true", help="put the table into README.md")
    options.add_argument("--rows", action="store_true", help=argparse.SUPPRESS)  # in the guest
    return options


def run(names: Sequence[str], options: argparse.Namespace) -> Iterator[Row]:
    """The rows of these runs, each as soon as it is measured."""
    inside = [name for name in names if name in ON_CAN or options.icount]
    if inside and not options.rows and (options.icount or not _has_can()):
        yield from in_guest(guest(inside, options), options)
        names = [name for name in names if name not in inside]
    for name in names:
        print(f"bench: {name} ...", file=sys.stderr)  # noqa: T201
        yield from RUNS[name][options.quick]()


def _has_can() -> bool:
    return Path("/sys/class/net/vcan0").exists()


def guest(names: Sequence[str], options: argparse.Namespace) -> list[str]:
    """The command that makes these runs in a small machine that has a real CAN."""
    machine = ["--adapters"] if options.icount else []
    flags = ["--icount"] if options.icount else []
    if options.quick or options.icount:  # instructions do not scatter
        flags.append("--quick")
    program = ["python", "-m", "scripts.bench", *names, *flags, "--rows"]
    return ["scripts/socketcan_vm.sh", *machine, *program]


def in_guest(command: Sequence[str], options: argparse.Namespace) -> Iterator[Row]:
    """The rows that it prints, one JSON object a line. Raises RuntimeError where it fails."""
    environment = os.environ | ({"RIG_ICOUNT": "1"} if options.icount else {})
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=environment) as machine:
        assert machine.stdout
        for line in machine.stdout:
            yield Row(**json.loads(line))
    if machine.returncode:
        raise RuntimeError(f"the small machine ended with status {machine.returncode}")


def write(rows: Sequence[Row], arguments: Sequence[str]) -> None:
    """Put the table into README.md, with the command that made it."""
    begin = BEGIN_ICOUNT if "--icount" in arguments else BEGIN
    before, _, rest = README.read_text().partition(begin)
    _, _, after = rest.partition(END)
    command = " ".join(["scripts/bench/run.sh", *arguments])
    README.write_text(f"{before}{begin}`{command}`\n\n{markdown(rows)}\n{END}{after}")


def main(arguments: Sequence[str]) -> int:
    """Run; returns the exit status."""
    options = parser().parse_args(arguments)
    there_are = BY_INSTRUCTIONS if options.icount else BY_TIME
    names = options.name or there_are
    if unknown := sorted(set(names) - set(there_are)):
        parser().error(f"there is no {unknown[0]}; there are {', '.join(there_are)}")
    rows: list[Row] = []
    try:
        for row in run(names, options):
            rows.append(row)
            tell(row, options)
    finally:  # also what was measured before something failed
        if rows and not options.rows:
            print(markdown(rows))  # noqa: T201
    if options.write:
        write(rows, arguments)
    return 0 if options.rows or all(row.holds for row in rows) else 1


def tell(row: Row, options: argparse.Namespace) -> None:
    """A row that was just measured: to whoever waits for the table, or from the guest."""
    if options.rows:
        print(json.dumps(asdict(row)), flush=True)  # noqa: T201
    else:
        print(f"bench: {' | '.join(filter(None, row.cells()))}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
