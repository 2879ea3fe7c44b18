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


def lineup(wish: Wish) -> list[Command]:
    """The processes in the order of their start. Raises ValueError for what makes no sense."""
    for option in wish.given:
        if OWNERS[option] in wish.without:
            raise ValueError(f"{option} is for {OWNERS[option]}, which --without leaves out")
    present = [role for role in ROLES if role not in wish.without]
    if not present:
        raise ValueError("--without leaves nothing to start")
    recorder = ["record"] if wish.record is not None else []
    return [Command(role, MODULES[role], _arguments(role, wish)) for role in recorder + present]


def _arguments(role: str, wish: Wish) -> tuple[str, ...]:
    arguments = [*_own(role, wish), *wish.bench]
    for option, values in wish.given.items():
        if OWNERS[option] == role:
            arguments += [option, *values]
    # Last, because some of python-can's options take all the words that follow.
    return (*arguments, *([] if role == "csms" else wish.bus))


def _own(role: str, wish: Wish) -> list[str]:
    if role == "record":
        return [f"{wish.record}/{CAN_LOG}"]
    own = ["--profile-policy", "seed"] if role == "cp" else []
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
