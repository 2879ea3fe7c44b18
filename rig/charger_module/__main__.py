"""Simulated charger module: obeys Start, Stop and SetLimit, reports Current each second.

Stop this role and connect the real module: nothing else changes.
"""

import argparse
import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from rig.bus.dbc import read_codec
from rig.bus.logic.messages import COMMANDS, Frame
from rig.bus.node import Node, NodeEvent
from rig.bus.opening import add_connector_option, bus_config
from rig.bus.options import add_bus_options
from rig.charger_module.logic.charger import Missed, SimulatedCharger
from rig.charger_module.logic.device import Begin, Device, EndAll, Output, Told
from rig.charger_module.logic.faults import FAULTS
from rig.role.arguments import Parser, seconds
from rig.role.bench import read_bench
from rig.role.control import Control, add_control_option, control_path
from rig.role.entry import entry
from rig.role.logic.programs import numbered
from rig.role.ready import announce_ready
from rig.role.run import role_parser, run_role
from rig.role.runner import Runner

EXAMPLES = """\
  rig charger                           on vcan0
  rig charger -c can0                   on a real adapter
  rig charger --step 0.1                ramps ten times as fast
  rig charger -i slcan -c /dev/ttyACM0  alone on an adapter for one process
  rig charger --control                 then: rig control charger fault ..."""


def parser() -> Parser:
    """The options of this role."""
    options = role_parser("charger", __doc__, EXAMPLES)
    add_bus_options(options)
    add_connector_option(options)
    options.add_argument(
        "--period",
        type=seconds,
        default=1.0,
        metavar="S",
        help="between reports (default: %(default)s); above 2.5 times the cycle time of the DBC "
        "cp and plot take the charger for silent",
    )
    options.add_argument(
        "--step",
        type=seconds,
        metavar="S",
        help="between ramp steps of 20 %% (default: the period)",
    )
    options.add_argument(
        "--fault",
        action="append",
        choices=FAULTS,
        default=[],
        metavar="NAME",
        help=f"what is wrong from the start; may be given several times: {', '.join(FAULTS)}",
    )
    add_control_option(options)
    return options


def fault_of(command: dict[str, Any]) -> Begin | EndAll:
    """The fault that a command of the control side begins, or the end of all. Raises ValueError."""
    kind = command.get("kind")
    if command.get("command") != "fault" or kind not in {*FAULTS, "none"}:
        raise ValueError(f"the command is fault kind={'|'.join(['none', *FAULTS])}")
    return EndAll() if kind == "none" else Begin(str(kind))


async def serve(options: argparse.Namespace, log: logging.Logger) -> None:
    """Run the charger until cancelled."""
    bench = read_bench(options.bench)
    codec, config = read_codec(bench), bus_config(options, bench)
    runner: Runner[NodeEvent | Begin | EndAll, Output] | None = None

    def on_event(event: NodeEvent | Begin | EndAll) -> None:
        if runner:
            runner.feed(event)
            if isinstance(event, (*COMMANDS, Begin, EndAll)):
                log.info("state = %s", str(device))

    def on_bus(event: NodeEvent, _: float) -> None:
        on_event(event)

    def do(output: Output) -> None:
        match output:
            case Frame():
                node.send_frame(output)
            case Missed(reports):
                log.warning("missed %d reports: this machine stood still", reports)
            case Told(text):
                log.warning("fault = %s", text)

    control = control_path(options, numbered("charger", options.connector))
    async with (
        Node(config, codec, log, on_bus, listens_to=COMMANDS) as node,
        Control(control, lambda command: on_event(fault_of(command))),
    ):
        await node.wait_until_up()
        now = asyncio.get_running_loop().time()
        device = Device(SimulatedCharger(now, options.period, options.step), codec)
        runner = Runner(device, do)
        runner.feed(*map(Begin, options.fault))
        announce_ready()
        try:
            await asyncio.Event().wait()
        finally:
            runner.stop()


@entry("rig charger")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the role; returns its exit status."""
    return run_role("charger", parser(), serve, argv)


if __name__ == "__main__":
    raise SystemExit(main())
