"""Which processes `rig up` starts, in which order, with which options."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

# The seed's order. It is also the order of need: each role works with those before it. So they end
# in reverse: cp still has the bus, the charger and the CSMS when it says Stop. The recorder frames
# all of them.
MODULES = {
    "record": "rig.record",
    "charger": "rig.charger_module",
    "csms": "rig.csms",
    "cp": "rig.cp",
    "plot": "rig.plot_current",
}
ROLES = ("charger", "csms", "cp", "plot")
CONTROLLED = ("charger", "csms", "cp")
EACH_BUS = ("record", "charger")  # one for each connector

# Options of `rig up` that are one role's own.
OWNERS = {
    "--cycle": "csms",
    "--period": "charger",
    "--step": "charger",
    "--web": "plot",
    "--png": "plot",
}

CAN_LOG, OCPP_LOG = "can.log", "ocpp.jsonl"


@dataclass(frozen=True, slots=True)
class Command:
    """A role and how it is started: `python -m module arguments`."""

    role: str
    module: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What `rig up` was asked for."""

    without: Collection[str] = ()  # roles that something else plays
    bus: Sequence[str] = ()  # python-can's options, as they were given
    bench: Sequence[str] = ()  # --bench FILE, or nothing
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of OWNERS, with values
    record: str | None = None  # directory
    control: bool = False  # whether the roles take commands of `rig control`
    connectors: int = 1  # of the bench: each has a bus, and so a charger and a recorder, of its own


def lineup(wish: Wish) -> list[Command]:
    """The processes in the order of their start. Raises ValueError for what makes no sense."""
    for option in wish.given:
        if OWNERS[option] in wish.without:
            raise ValueError(f"{option} is for {OWNERS[option]}, which --without leaves out")
    present = [role for role in ROLES if role not in wish.without]
    if not present:
        raise ValueError("--without leaves nothing to start")
    recorder = ["record"] if wish.record is not None else []
    return [command for role in recorder + present for command in _commands(role, wish)]


def _commands(role: str, wish: Wish) -> list[Command]:
    numbers = range(1, wish.connectors + 1) if role in EACH_BUS else [1]
    return [
        Command(numbered(role, number), MODULES[role], _arguments(role, wish, number))
        for number in numbers
    ]


def numbered(role: str, number: int) -> str:
    """The name of a role of a connector: `charger`, `charger2`."""
    return role if number == 1 else f"{role}{number}"


def can_log(number: int) -> str:
    """The log of the bus of a connector: `can.log`, `can2.log`."""
    return CAN_LOG if number == 1 else CAN_LOG.replace(".", f"{number}.")


def _arguments(role: str, wish: Wish, number: int) -> tuple[str, ...]:
    arguments = [*_own(role, wish, number), *wish.bench]
    if number > 1:
        arguments += ["--connector", str(number)]
    for option, values in wish.given.items():
        if OWNERS[option] == role:
            arguments += [option, *values]
    return (*arguments, *([] if role == "csms" else wish.bus))


def _own(role: str, wish: Wish, number: int) -> list[str]:
    if role == "record":
        return [f"{wish.record}/{can_log(number)}"]
    own = ["--control"] if wish.control and role in CONTROLLED else []
    own += ["--profile-policy", "seed"] if role == "cp" else []
    if wish.record is not None and role == _ocpp_recorder(wish.without):
        own += ["--record-ocpp", f"{wish.record}/{OCPP_LOG}"]
    return own


def _ocpp_recorder(without: Collection[str]) -> str:
    """The central system knows all charge points; where it is a real one, cp keeps its own side."""
    return "cp" if "csms" in without else "csms"


def status_after(role: str, status: int) -> int:
    """The exit status of `rig up` when a role ended unasked: 2 stays the user's mistake, else 1.

    Closing the plot's window ends plot with 0: that is how one ends a program with a window.
    """
    if status == 2 or (role, status) == ("plot", 0):
        return status
    return 1
