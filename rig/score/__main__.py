"""Scores the detectors on generated sessions with exact labels: what they find, how soon, and how
often they are wrong.

The sessions are the same for everybody: a kind and a seed make one. Or writes one as a folder, for
`rig watch` and other programs.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from rig.detect.watch import RULES
from rig.role.arguments import Parser
from rig.role.entry import entry
from rig.role.errors import UserError
from rig.role.logic.exits import Exit
from rig.role.streams import standard_output
from rig.score.folder import write_folder
from rig.score.logic.figures import Score, figures
from rig.score.logic.judged import Judged
from rig.score.logic.recorded import files
from rig.score.logic.session import JUDGING, KINDS, TUNING, session
from rig.score.logic.tables import as_dict, report
from rig.score.sessions import codec, formats, judged

EXAMPLES = """\
examples:
  rig score                             the figures, on the seeds for judging
  rig score --seeds tuning              on those that thresholds are chosen with
  rig score --kinds busy,osc_seed --seeds 1-3
  rig score --rule seed_variance        the rule of the seed alone
  rig score --png score.png             a picture as well
  rig score --write run1 spoof300 5001  a session as a folder: rig watch run1"""

SEEDS = {"judging": JUDGING, "tuning": TUNING}


def parser() -> Parser:
    """The options of this tool."""
    options = Parser("rig score", __doc__, EXAMPLES)
    add = options.add_argument
    add("--seeds", type=seeds, default=JUDGING, help="judging (default), tuning, N or N-M")
    add("--kinds", type=kinds, default=KINDS, metavar="KIND,...", help="of these alone")
    add("--rule", choices=sorted(RULES), default="all", help="the detectors (default: %(default)s)")
    add("--json", action="store_true", help="the figures as JSON")
    add("--png", type=Path, metavar="FILE", help="a picture: kinds and detectors, and one session")
    add("--jobs", type=jobs, default=os.cpu_count(), metavar="N", help="processes at once")
    add("--write", nargs=3, metavar=("DIR", "KIND", "SEED"), help="write a session, score nothing")
    return options


def seeds(text: str) -> Sequence[int]:
    """The seeds that are meant; argparse reports anything else."""
    if text in SEEDS:
        return SEEDS[text]
    first, _, last = text.partition("-")
    found = range(int(first), int(last or first) + 1)
    if not found:
        raise argparse.ArgumentTypeError(f"{text} has no seed in it")
    return found


def kinds(text: str) -> Sequence[str]:
    """The kinds that are meant, each once; argparse reports one that is none."""
    return list(dict.fromkeys(map(kind, text.split(","))))


def kind(text: str) -> str:
    """A kind; argparse reports one that is none."""
    if text not in KINDS:
        raise argparse.ArgumentTypeError(f"there is no kind {text!r}, only {', '.join(KINDS)}")
    return text


def jobs(text: str) -> int:
    """A number of processes; argparse reports anything else."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def write(folder: str, of_kind: str, seed: str) -> None:
    """Write one session. Raises UserError."""
    try:
        played = session(kind(of_kind), int(seed), formats())
    except (argparse.ArgumentTypeError, ValueError) as error:
        raise UserError(f"--write takes a folder, a kind and a seed: {error}") from error
    write_folder(Path(folder), files(played, codec()))


def score(options: argparse.Namespace) -> None:
    """Print the figures. Raises UserError where there is no normal session."""
    sessions = judged(options.kinds, options.seeds, options.rule, options.jobs)
    try:
        found = figures(sessions)
    except ValueError as error:
        raise UserError(f"{error}; add a normal kind to --kinds, such as idle") from error
    text = f"{json.dumps(as_dict(found), indent=1)}\n" if options.json else report(found)
    with standard_output() as output:
        output.write(text)
    if options.png:
        picture(found, sessions, options.png)


def picture(found: Score, sessions: Sequence[Judged], path: Path) -> None:
    """Draw the figures and the first session with an anomaly. Raises UserError."""
    from rig.score.picture import draw  # only who asks for a picture waits for matplotlib

    shown = next((each for each in sessions if each.labels), sessions[0])
    try:
        draw(found, shown, path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error


@entry("rig score")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit status."""
    options = parser().parse_args(argv)
    if options.write:
        write(*options.write)
    else:
        score(options)
    return Exit.ASKED


if __name__ == "__main__":
    raise SystemExit(main())
