"""The roles and tools of the rig: one table. Another role is a line here, beside its own folder."""

from dataclasses import dataclass
from enum import Enum, auto


class Opens(Enum):
    """Which buses a program opens, where the charge point has several connectors."""

    NONE = auto()
    ALL = auto()
    OWN = auto()  # that of one connector: there is a process for each


@dataclass(frozen=True, slots=True)
class Program:
    """What a word of `rig` starts: the `main(argv)` of a module.

    `again`: options besides with which `rig up` starts it again when it ends, since it only
    watches; None: its end ends all. `colour`: of its lines in `rig up` (ECMA-48, SGR).
    """

    entry: str  # the module
    what: str
    is_role: bool = False  # one of those that `rig up` starts
    opens: Opens = Opens.NONE
    has_control: bool = False  # takes commands of `rig control`
    again: tuple[str, ...] | None = None
    colour: int = 39

    @property
    def module(self) -> str:
        """As `python -m` takes it."""
        return self.entry.removesuffix(".__main__")


# By the word of `rig`. The roles in the order of their start, which is that of need: each works
# with those before it, and the plot sees all that a charge point does.
PROGRAMS = {
    "up": Program("rig.up.__main__", "start the four roles together; Ctrl-C ends them"),
    "charger": Program(
        "rig.charger_module.__main__",
        "role: simulated charger module",
        is_role=True,
        opens=Opens.OWN,
        has_control=True,
        colour=32,
    ),
    "csms": Program(
        "rig.csms.__main__",
        "role: OCPP 1.6J central system, plays a cycle on each charge point",
        is_role=True,
        has_control=True,
        colour=34,
    ),
    "plot": Program(
        "rig.plot_current.__main__",
        "role: live plot of the current, warns of the anomaly",
        is_role=True,
        opens=Opens.ALL,
        again=("--again",),
        colour=35,
    ),
    "cp": Program(
        "rig.cp.__main__",
        "role: charge point, OCPP on one side and CAN on the other",
        is_role=True,
        opens=Opens.ALL,
        has_control=True,
        colour=36,
    ),
    "send": Program("rig.csms.send", "tool: send a charge point any command of the central system"),
    "control": Program(
        "rig.role.control", "tool: tell a role what happens around it, such as unplug"
    ),
    "sessions": Program(
        "rig.csms.sessions", "tool: the charging sessions that the central system kept"
    ),
    "watch": Program(
        "rig.watch.__main__",
        "tool: what the detectors say, live or of a recording",
        opens=Opens.ALL,
        again=("--again",),
        colour=31,
    ),
    "score": Program(
        "rig.score.__main__", "tool: how good the detectors are, on generated sessions"
    ),
    "record": Program(
        "rig.tools.record",
        "tool: keep everything on the bus as a candump log",
        opens=Opens.OWN,
        again=("--append",),
        colour=33,
    ),
}

ROLES = tuple(word for word, program in PROGRAMS.items() if program.is_role)


def numbered(word: str, number: int) -> str:
    """The name of the process of a connector: `charger`, `charger2`."""
    return word if number == 1 else f"{word}{number}"
