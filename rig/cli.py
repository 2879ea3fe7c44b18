"""The command `rig`: its first word says which role or tool runs, the rest is for that one."""

import importlib
import sys
from collections.abc import Callable, Sequence

from rig import __version__
from rig.role.entry import entry
from rig.role.errors import UserError
from rig.role.logic.exits import Exit
from rig.role.streams import standard_output

# Word: (module with a main(argv) -> exit status, what it is). Imported only when asked for,
# because matplotlib alone takes longer to import than a role may take to start.
WORDS = {
    "up": ("rig.up.__main__", "start the four roles together; Ctrl-C ends them"),
    "csms": (
        "rig.csms.__main__",
        "role: OCPP 1.6J central system, plays a cycle on each charge point",
    ),
    "cp": ("rig.cp.__main__", "role: charge point, OCPP on one side and CAN on the other"),
    "charger": ("rig.charger_module.__main__", "role: simulated charger module"),
    "plot": ("rig.plot_current.__main__", "role: live plot of the current, warns of the anomaly"),
    "send": ("rig.csms.send", "tool: send a charge point any command of the central system"),
    "control": ("rig.role.control", "tool: tell a role what happens around it, such as unplug"),
    "sessions": ("rig.csms.sessions", "tool: the charging sessions that the central system kept"),
    "record": ("rig.tools.record", "tool: keep everything on the bus as a candump log"),
}

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
    if word not in WORDS:
        asked = f"there is no {word!r}" if word else "say what to run"
        raise UserError(f"{asked}; one of {', '.join(WORDS)} (see rig --help)")
    run: Callable[[Sequence[str]], int] = importlib.import_module(WORDS[word][0]).main
    return run(argv[1:])


def usage() -> str:
    """The text of `rig --help`."""
    words = "\n".join(f"  {word:8} {what}" for word, (_, what) in WORDS.items())
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
