"""Scores the detectors on generated sessions with exact labels: what they find, how soon, and how
often they are wrong.

The sessions are the same for everybody: a kind and a number make one. Or writes one as a folder,
for `rig watch` and other programs.
"""

import argparse
import itertools
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rig.detect.watch import RULES
from rig.role.arguments import Parser
from rig.role.entry import entry
from rig.role.errors import UserError
from rig.role.logic.exits import Exit
from rig.role.streams import standard_output
from rig.score.judging import judge
from rig.score.logic.figures import figures
from rig.score.logic.judged import Judged
from rig.score.logic.tables import as_dict, tables
from rig.score.session import JUDGING, KINDS, TUNING
from rig.score.written import write_session

EXAMPLES = """\
examples:
  rig score                                the figures, on the sessions for judging
  rig score --seeds tuning --jobs 2        on those that thresholds may be chosen with
  rig score --kinds busy,osc_seed --seeds 1-3
  rig score --rule seed_variance           the rule of the seed alone
  rig score --png score.png                a picture as well
  rig score --write run1 spoof300 5001     one session as a folder; rig watch run1"""
SEEDS = {"judging": JUDGING, "tuning": TUNING}


def parser() -> Parser:
    """The options of this tool."""
    options = Parser("rig score", __doc__, EXAMPLES)
    add = options.add_argument
    add("--seeds", type=seeds, default=JUDGING, metavar="judging|tuning|N-M", help="which sessions")
    add("--kinds", type=kinds, default=KINDS, metavar="KIND,...", help="of these kinds alone")
    add("--rule", choices=sorted(RULES), default="all", help="the detectors (default: %(default)s)")
    add("--json", action="store_true", help="the figures as JSON")
    add("--png", metavar="FILE", help="a picture: kinds and detectors, and one session")
    add("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    add("--write", nargs=3, metavar=("DIR", "KIND", "SEED"), help="write a session, score nothing")
    return options


def seeds(text: str) -> Sequence[int]:
    """`judging`, `tuning`, `N` or `N-M`; argparse reports anything else."""
    if text in SEEDS:
        return SEEDS[text]
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def kinds(text: str) -> Sequence[str]:
    """Kinds by their names; argparse reports one that is none."""
    asked = text.split(",")
    for kind in asked:
        check_kind(kind)
    return asked


def check_kind(kind: str) -> None:
    """Raises ArgumentTypeError for none."""
    if kind not in KINDS:
        raise argparse.ArgumentTypeError(f"there is no kind {kind!r}; one of {', '.join(KINDS)}")


def judge_all(options: argparse.Namespace) -> list[Judged]:
    """All sessions that were asked for."""
    asked = list(itertools.product(options.kinds, options.seeds, [options.rule]))
    if options.jobs == 1:
        return [judge(*one) for one in asked]
    with ProcessPoolExecutor(options.jobs) as pool:
        return list(pool.map(judge, *zip(*asked, strict=True), chunksize=8))


def show(options: argparse.Namespace) -> None:
    """Raises UserError where there is no normal session."""
    sessions = judge_all(options)
    try:
        score = figures(sessions)
    except ValueError as error:
        raise UserError(f"{error}: add a normal kind to --kinds") from error
    with standard_output() as output:
        output.write(json.dumps(as_dict(score), indent=1) if options.json else tables(score))
        output.write("\n")
    if options.png:
        draw_to(options.png, sessions)


def draw_to(path: str, sessions: list[Judged]) -> None:
    """The picture, with the first session that has an anomaly."""
    from rig.score.picture import draw  # only who asks for a picture pays for matplotlib

    shown = next((one for one in sessions if one.labels), sessions[0])
    try:
        draw(figures(sessions), shown, path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error


@entry("rig score")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit status."""
    options = parser().parse_args(argv)
    if options.write:
        folder, kind, seed = options.write
        try:
            check_kind(kind)
            number = int(seed)
        except (argparse.ArgumentTypeError, ValueError) as error:
            raise UserError(f"--write takes a folder, a kind and a number: {error}") from error
        write_session(Path(folder), kind, number)
    else:
        show(options)
    return Exit.ASKED


if __name__ == "__main__":
    raise SystemExit(main())
