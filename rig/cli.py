"""The command `rig`: its first word says which role or tool runs, the rest is for that one.

It is imported only then, because matplotlib alone takes longer to import than a role may take to
start.
"""

import importlib
import sys
from collections.abc import Callable, Sequence

from rig import __version__
from rig.role.entry import entry
from rig.role.errors import UserError
from rig.role.logic.exits import Exit
from rig.role.logic.programs import PROGRAMS
from rig.role.streams import standard_output

EXAMPLES = """\
  rig up                       the whole rig on vcan0
  rig up --without charger     with a real charger module, not the simulated one
  rig cp -c can0               one role, on a real adapter
  rig record run/can.log       the bus, as a log that candump's tools read
  rig charger --help           the options of one role"""


@entry("rig")
def main(argv: Sequence[str] | None = None) -> int:
    """Run what the first word names; returns its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    word = argv[0] if argv else ""
    if word in ("-h", "--help"):
        return _say(usage())
    if word == "--version":
        return _say(f"rig {__version__}")
    if word not in PROGRAMS:
        asked = f"there is no {word!r}" if word else "say what to run"
        raise UserError(f"{asked}; one of {', '.join(PROGRAMS)} (see rig --help)")
    run: Callable[[Sequence[str]], int] = importlib.import_module(PROGRAMS[word].entry).main
    return run(argv[1:])


def usage() -> str:
    """The text of `rig --help`."""
    words = "\n".join(f"  {word:8} {program.what}" for word, program in PROGRAMS.items())
    return (
        "usage: rig WORD [OPTION...]\n\n"
        "SocketCAN hardware-in-the-loop rig for EV charging.\n\n"
        f"words (each has --help):\n{words}\n\n"
        "options:\n  -h, --help\n  --version\n\n"
        f"examples:\n{EXAMPLES}"
    )


def _say(text: str) -> int:
    with standard_output() as output:
        output.write(f"{text}\n")
    return Exit.ASKED
