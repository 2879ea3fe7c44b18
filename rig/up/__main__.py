"""Starts the four roles together, shows what they say, ends them all when one that charges does.

Order: charger, csms, plot, cp, each when the one before is ready; they end in reverse. A plotter or
recorder that ends is started again, unless the user closed the plot's window. Where the kernel has
no CAN and no bus was asked for, they share an embedded bus instead of vcan0.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import errno
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rig.bus.backends import known, way_to_share
from rig.bus.opening import (
    CHANNEL,
    INTERFACE,
    asked_buses,
    bus_name,
    complete_bus,
    explain,
    kernel_has_can,
)
from rig.bus.options import add_bus_options, bus_arguments
from rig.bus.wire import interface_state
from rig.role.arguments import Parser
from rig.role.bench import read_bench
from rig.role.clone import RUN_ON_REAL_BUS, bring_up, is_clone
from rig.role.entry import entry
from rig.role.errors import UserError
from rig.role.logic.programs import ROLES
from rig.role.private import make_folders
from rig.role.ready import announce_ready
from rig.role.run import ending_signals, role_parser
from rig.role.streams import STDOUT, say
from rig.up.logic.hints import hints
from rig.up.logic.launch_plan import (
    CAN_LOG,
    OCPP_ENDS,
    OCPP_LOG,
    PASSED_OPTIONS,
    VERDICTS,
    Launch,
    UpOptions,
    can_log,
    launch_plan,
    openers,
)
from rig.up.ocpp_folder import ocpp_folder
from rig.up.output import Output
from rig.up.process_group import ProcessGroup
from rig.up.program import typed_name

EMBEDDED = Launch("bus", "rig.bus.embedded")
NOTICE = """\
this kernel has no CAN: the roles share an embedded bus, out of reach for other programs.
        Without: candump and cansend, a count of lost frames, the timing of a real bus.
        The real thing, on a kernel that has CAN:
        {bring_up}"""
IN_A_CLONE = """
        Or here: {run}"""

EXAMPLES = """\
  rig up                               everything, on vcan0
  rig up -c can0 --without charger     with a real charger module and adapter
  rig up --cycle normal --duration 60  one calm session
  rig up --record runs/1               keeps can.log, ocpp.jsonl, verdicts.jsonl there"""


def parser() -> Parser:
    """All options of `rig up`."""
    options = role_parser("up", __doc__, EXAMPLES)
    add_bus_options(options)
    _add_own_options(options)
    return options


def _add_own_options(options: argparse.ArgumentParser) -> None:
    add = options.add_argument_group("running it all").add_argument
    add(
        "--without",
        action="append",
        choices=ROLES,
        default=[],
        help="leave the place of a role to the real device (may be given again)",
    )
    add("--duration", type=_seconds, metavar="S", help="end S seconds after all are ready")
    add(
        "--quiet",
        action="store_const",
        dest="log_level",
        const="warning",
        default=argparse.SUPPRESS,
        help="of the roles' lines only warnings: --log-level warning",
    )
    add("--record", metavar="DIR", help=f"keep DIR/{CAN_LOG}, DIR/{OCPP_LOG}, DIR/{VERDICTS}")
    add(
        "--fail-on",
        choices=("alarm", "warn"),
        help="end with status 1 if a detector raised one (rig watch)",
    )
    add(
        "--control",
        nargs="?",
        const="",
        metavar="DIR",
        help="let `rig control` tell the roles what happens (sockets DIR/cp.sock, ...)",
    )
    _add_passed_options(options)


def _add_passed_options(options: argparse.ArgumentParser) -> None:
    for role in ROLES:
        add = options.add_argument_group(f"of rig {role} (more in its --help)").add_argument
        for option, owner in PASSED_OPTIONS.items():
            if owner.role == role:
                alone: dict[str, Any] = {"nargs": "?", "const": ""} if option == "--web" else {}
                add(option, metavar=owner.metavar, help=owner.what, **alone)


def _seconds(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 s")
    return value


def read_request(options: argparse.Namespace) -> UpOptions:
    """What was asked for. Raises UserError for what makes no sense."""
    given = {option: getattr(options, option[2:].replace("-", "_")) for option in PASSED_OPTIONS}
    bench = read_bench(options.bench)
    for address in filter(None, (options.listen, options.csms)):
        dataclasses.replace(bench, csms=address)  # raises UserError for what is none
    wanted = UpOptions(
        without=options.without,
        bus=bus_arguments(options),
        bench=() if options.bench is None else ("--bench", options.bench),
        given={option: text for option, text in given.items() if text is not None},
        record=options.record,
        fail_on=options.fail_on,
        control=options.control,
        charge_point=options.id or bench.charge_point,
        duration=options.duration,
        log_level=options.log_level,
        connectors=max(1, len(bench.connectors)),
    )
    try:
        launch_plan(wanted)
    except ValueError as error:
        raise UserError(str(error)) from error
    return wanted


def needs_embedded_bus(options: argparse.Namespace) -> bool:
    """Whether SocketCAN is meant only by default and cannot be had here.

    Raises UserError for a SocketCAN interface that is not there, as each role would, or down, which
    a role waits for, and for a bus that ends where its process does.
    """
    buses = asked_buses(options, read_bench(options.bench))
    if not any(buses) and not kernel_has_can():
        return True
    for config in map(complete_bus, buses):
        if config["interface"] == "virtual":
            raise UserError("a virtual bus reaches one process only: take another -i, or none")
        # Any other bus is the first role's to open: looking here would mean to open it twice.
        if config["interface"] == INTERFACE:
            _check_interface(config)
    return False


def _check_interface(config: dict[str, Any]) -> None:
    index, running = interface_state(bus_name(config))
    if not running:
        number = errno.ENODEV if index is None else errno.ENETDOWN
        raise explain(config, OSError(number, os.strerror(number)))


def check_sharing(options: argparse.Namespace, wanted: UpOptions) -> None:
    """Raises UserError if more roles would open an adapter than its backend has place for."""
    buses = asked_buses(options, read_bench(options.bench))
    for number, config in enumerate(map(complete_bus, buses), 1):
        backend, roles = known(config["interface"]), openers(wanted, number)
        if not backend.shared and len(roles) > 1:
            raise UserError(
                f"{bus_name(config)} would be opened by {', '.join(roles)}, but {backend.why}: "
                f"{way_to_share(config)}"
            )


def make_record(path: str, connectors: int) -> None:
    """The directory of a recording. Raises UserError if it cannot be made or holds one already."""
    if not path:
        raise UserError("--record needs the name of a directory")
    for name in (*map(can_log, range(1, connectors + 1)), OCPP_LOG, VERDICTS):
        if os.path.lexists(Path(path) / name):
            raise UserError(f"{path} holds a {name} already: name another directory")
    make_directory(path)


def make_directory(path: str) -> None:
    """Raises UserError if it cannot be made."""
    try:
        make_folders(Path(path))
    except OSError as error:
        raise UserError(f"cannot make the directory {path}: {error.strerror}") from error


def notice() -> str:
    """What is to be known of an embedded bus, and how to have a real one."""
    text = NOTICE.format(bring_up=bring_up(CHANNEL))
    return text + IN_A_CLONE.format(run=RUN_ON_REAL_BUS) if is_clone() else text


async def run(wanted: UpOptions, embedded: bool) -> int:
    """Run all until the end. Returns the exit status."""
    loop = asyncio.get_running_loop()

    def nobody_reads() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: all have ended
            loop.call_soon_threadsafe(group.end)

    output = Output(STDOUT, nobody_reads)
    async with ProcessGroup(output.line) as group:
        for number in ending_signals():
            # A terminal that closes may say so more than once, which is no second Ctrl-C.
            ask = group.end if number == signal.SIGHUP else group.interrupt
            loop.add_signal_handler(number, ask)
        if embedded:
            say(f"rig up: {notice()}")
            channel = await start_embedded_bus(group, output)
            wanted = dataclasses.replace(wanted, bus=("-i", "remote", "-c", channel))
        said = {command.role: await group.start(command) for command in launch_plan(wanted)}
        announce_ready()
        lines = hints(typed_name(), wanted, said.get("plot", ""))
        say("\n".join(f"rig up: {line}" for line in lines))
        over = asyncio.Event().wait() if (s := wanted.duration) is None else asyncio.sleep(s)
        await group.wait(over)
    return group.status


async def start_embedded_bus(group: ProcessGroup, output: Output) -> str:
    """Start it; returns its channel for python-can, which it prints."""
    loop = asyncio.get_running_loop()
    channel: asyncio.Future[str] = loop.create_future()

    def show(role: str, line: bytes) -> None:
        if line.startswith(b"ws://"):
            loop.call_soon_threadsafe(channel.set_result, line.decode())
        else:
            output.line(role, line)

    await group.start(EMBEDDED, show)
    await group.wait(channel)
    return channel.result()


@entry("rig up")
def main(argv: Sequence[str] | None = None) -> int:
    """Run `rig up`; returns its exit status."""
    options = parser().parse_args(argv)
    wanted = read_request(options)
    embedded = needs_embedded_bus(options)
    check_sharing(options, wanted)
    if wanted.record is not None:
        make_record(wanted.record, wanted.connectors)
    if wanted.control:
        make_directory(wanted.control)
    if set(OCPP_ENDS) <= set(wanted.without):
        return asyncio.run(run(wanted, embedded))
    with ocpp_folder() as folder:
        return asyncio.run(run(dataclasses.replace(wanted, ocpp=folder), embedded))


if __name__ == "__main__":
    raise SystemExit(main())
