"""Which processes `rig up` starts, in which order, with which options."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from rig.ocppj.logic.told import socket_of
from rig.role.logic.programs import PROGRAMS, ROLES, Opens, numbered


@dataclass(frozen=True, slots=True)
class PassedOption:
    """The role whose option it is; how its value reads in the help, and what the option is for."""

    role: str
    metavar: str
    what: str


# Options of `rig up` that are one role's own: a line here offers another one.
PASSED_OPTIONS = {
    "--listen": PassedOption("csms", "URL", "where it serves, and rig cp connects to"),
    "--cycle": PassedOption("csms", "NAME|FILE", "what it plays"),
    "--database": PassedOption("csms", "URL", "sqlite:///FILE or postgresql://..."),
    "--keep": PassedOption("csms", "DAYS", "how long its database keeps what is over"),
    "--tags": PassedOption("csms", "FILE", "TOML file of the tags that are known"),
    "--unknown-tags": PassedOption("csms", "accept|invalid", "what becomes of the others"),
    "--http": PassedOption("csms", "[HOST:]PORT|none", "where its HTTP interface is"),
    "--token-file": PassedOption("csms", "FILE", "where to put the address and token of that"),
    "--csms": PassedOption("cp", "URL", "your central system, with --without csms"),
    "--csms-password-file": PassedOption("cp", "FILE", "its password there"),
    "--id": PassedOption("cp", "ID", "charge point id"),
    "--profile-policy": PassedOption("cp", "strict|seed", "strict: OCPP 1.6 (here: seed)"),
    "--csms-timeout": PassedOption("cp", "S", "send Stop when the CSMS is gone for longer"),
    "--state": PassedOption("cp", "FILE", "what outlasts a restart"),
    "--period": PassedOption("charger", "S", "between reports"),
    "--step": PassedOption("charger", "S", "between ramp steps"),
    "--web": PassedOption("plot", "PORT", "a page, not a window"),
    "--png": PassedOption("plot", "FILE", "a picture kept up to date"),
    "--rule": PassedOption("plot", "RULE", "what raises the alarm"),
}

CAN_LOG, OCPP_LOG, VERDICTS = "can.log", "ocpp.jsonl", "verdicts.jsonl"
WATCHERS = ("plot", "watch")  # that listen to what csms and cp tell of OCPP
OCPP_ENDS = ("csms", "cp")
# Hosts that stand for all addresses of this machine, to serve; and those to connect to instead.
ANY_ADDRESS = {r"//0\.0\.0\.0(?![^:/])": "//127.0.0.1", r"//\[::\]": "//[::1]"}


@dataclass(frozen=True, slots=True)
class Launch:
    """A role and how it is started: `python -m module arguments`.

    `again`: options besides with which it is started again when it ends; None: its end ends all.
    """

    role: str
    module: str
    arguments: tuple[str, ...] = ()
    again: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What `rig up` was asked for."""

    without: Collection[str] = ()  # roles that something else plays
    bus: Sequence[str] = ()  # python-can's options, as they were given
    bench: Sequence[str] = ()  # --bench FILE, or nothing
    given: Mapping[str, str] = field(default_factory=dict)  # of PASSED_OPTIONS; "": alone
    record: str | None = None  # directory
    control: str | None = None  # the directory of the sockets for `rig control`; "": the usual one
    fail_on: str | None = None  # the verdict with which all ends with status 1
    ocpp: str | None = None  # the directory of the sockets at which csms and cp offer OCPP
    charge_point: str = "CP_1"  # its id
    duration: float | None = None  # s after all are ready
    log_level: str = "info"
    connectors: int = 1  # of the bench: each has a bus, and so a charger and a recorder, of its own


def launch_plan(request: UpOptions) -> list[Launch]:
    """The processes in the order of their start. Raises ValueError for what makes no sense.

    They end in reverse: cp still has the bus, the charger and the CSMS when it says Stop. The
    recorder and the watcher frame all of them.
    """
    for option in request.given:
        if (role := PASSED_OPTIONS[option].role) in request.without:
            raise ValueError(f"{option} is for {role}, which --without leaves out")
    if "--csms" in request.given and "csms" not in request.without:
        raise ValueError("--csms is your central system: add --without csms, or --listen for ours")
    present = [role for role in ROLES if role not in request.without]
    if not present:
        raise ValueError("--without leaves nothing to start")
    recorder = ["record"] if request.record is not None else []
    if request.record is not None or request.fail_on:
        recorder.append("watch")
    return [command for role in recorder + present for command in _commands(role, request)]


def _commands(word: str, request: UpOptions) -> list[Launch]:
    program = PROGRAMS[word]
    numbers = range(1, request.connectors + 1) if program.opens is Opens.OWN else [1]
    return [
        Launch(
            numbered(word, number),
            program.module,
            _arguments(word, request, number),
            program.again,
        )
        for number in numbers
    ]


def openers(request: UpOptions, number: int) -> list[str]:
    """The processes that open the bus of this connector."""
    wanted = {_opener(word, number) for word in PROGRAMS}
    return [command.role for command in launch_plan(request) if command.role in wanted]


def _opener(word: str, number: int) -> str | None:
    match PROGRAMS[word].opens:
        case Opens.OWN:
            return numbered(word, number)
        case Opens.NONE:
            return None
    return word


def can_log(number: int) -> str:
    """The log of the bus of a connector: `can.log`, `can2.log`."""
    return CAN_LOG if number == 1 else CAN_LOG.replace(".", f"{number}.")


def _arguments(role: str, request: UpOptions, number: int) -> tuple[str, ...]:
    arguments = [*_own(role, request, number), *request.bench]
    if number > 1:
        arguments += ["--connector", str(number)]
    for option, text in request.given.items():
        if PASSED_OPTIONS[option].role == role:
            arguments.append(f"{option}={text}" if text else option)
    if request.log_level != "info":
        arguments.append(f"--log-level={request.log_level}")
    return (*arguments, *(request.bus if PROGRAMS[role].opens is not Opens.NONE else []))


def _own(role: str, request: UpOptions, number: int) -> list[str]:
    if role == "record":
        return [f"{request.record}/{can_log(number)}"]
    own = _control(role, request, number)
    own += ["--profile-policy", "seed"] if role == "cp" else []
    if role == "cp" and "--listen" in request.given:
        own += ["--csms", reachable(request.given["--listen"])]
    if role in WATCHERS and request.ocpp is not None:
        own.append(f"--ocpp={request.ocpp}")
    if role == "watch":
        own += _watching(request)
    return own + (_telling(role, request) if role in OCPP_ENDS else [])


def _watching(request: UpOptions) -> list[str]:
    """What becomes of the verdicts."""
    own = [] if request.record is None else ["--record", f"{request.record}/{VERDICTS}"]
    return [*own, *(["--fail-on", request.fail_on] if request.fail_on else [])]


def _telling(role: str, request: UpOptions) -> list[str]:
    """To which file, and at which socket, an end of OCPP tells its messages."""
    told = []
    if request.record is not None:
        told += ["--record-ocpp", f"{request.record}/{OCPP_LOG}"]
    if request.ocpp is not None:
        told.append(f"--offer-ocpp={socket_of(request.ocpp, role)}")
    return told


def _control(role: str, request: UpOptions, number: int) -> list[str]:
    if request.control is None or not PROGRAMS[role].has_control:
        return []
    folder = request.control
    return [f"--control={folder}/{numbered(role, number)}.sock" if folder else "--control"]


def reachable(listen: str) -> str:
    """The address with which this machine connects to what listens there."""
    for pattern, instead in ANY_ADDRESS.items():
        listen = re.sub(pattern, instead, listen, count=1)
    return listen
