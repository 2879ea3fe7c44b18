"""Which bus, and opening it: the one place that calls python-can's `can.Bus`.

Options, `CAN_*` variables and `~/.canrc` are python-can's own. Where nothing names a bus it is
SocketCAN's vcan0.
"""

import argparse
import configparser
import errno
import json
import socket
import subprocess
from collections.abc import Iterable
from typing import Any

import can
from can.cli import add_bus_arguments
from can.util import load_environment_config, load_file_config

from rig.bench import Bench
from rig.clone import ON_REAL_BUS, bring_up, is_clone
from rig.errors import UserError

INTERFACE, CHANNEL = "socketcan", "vcan0"

# Backends that hand a sent frame back to its sender, which proves that it was on the bus.
ECHOING = frozenset(
    {"ixxat", "kvaser", "neovi", "pcan", "remote", "socketcan", "vector", "virtual"}
)

BUS_OPTIONS = ("interface", "channel", "bitrate", "fd", "data_bitrate", "timing")


class BitrateError(ValueError):
    """The interface runs at another bit rate than was asked for."""


def add_bus_options(parser: argparse.ArgumentParser) -> None:
    """python-can's `-i`, `-c`, `-b`, ... as every tool of this field has them."""
    add_bus_arguments(parser, group_title=f"bus (default: -i {INTERFACE} -c {CHANNEL})")


def add_connector_option(parser: argparse.ArgumentParser) -> None:
    """For a role that sits on the bus of one connector."""
    parser.add_argument(
        "--connector",
        type=int,
        default=1,
        metavar="N",
        help="which connector of the bench, if it has several (default: %(default)s)",
    )


def asked_buses(options: argparse.Namespace, bench: Bench) -> list[dict[str, Any]]:
    """What was asked for each connector's bus, at least one: by option, else bench, else `CAN_*`,
    else a python-can config file.

    Raises UserError if python-can cannot read its configuration, or if an option names one channel
    for several connectors.
    """
    given = {key: getattr(options, key) for key in BUS_OPTIONS if hasattr(options, key)}
    given |= getattr(options, "bus_kwargs", {})
    if bench.connectors and given.get("channel") is not None:
        raise UserError("-c names one channel, the bench has [[connectors]]: leave -c out")
    sources = (_configured(), bench.bus)
    return [_merged(*sources, connector, given) for connector in bench.connectors or [{}]]


def _merged(*sources: dict[str, Any]) -> dict[str, Any]:
    return {key: value for source in sources for key, value in source.items() if value is not None}


def asked_bus(options: argparse.Namespace, bench: Bench) -> dict[str, Any]:
    """What was asked for the bus of the connector that the options name (the first by default)."""
    buses, number = asked_buses(options, bench), getattr(options, "connector", 1)
    if not 1 <= number <= len(buses):
        raise UserError(f"there is no connector {number}: the bench has {len(buses)}")
    return buses[number - 1]


def _configured() -> dict[str, Any]:
    try:
        return dict(load_file_config()) | dict(load_environment_config())
    except (configparser.Error, TypeError, ValueError) as error:
        raise UserError(f"cannot read ~/.canrc or CAN_*: {first_line(error)}") from error


def complete_bus(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked for, with SocketCAN and vcan0 where it says nothing."""
    config = {"interface": INTERFACE} | asked
    if config["interface"] == INTERFACE:
        config = {"channel": CHANNEL} | config
        if config["channel"] == "":  # for python-can: all interfaces
            raise UserError(f"name one CAN interface, such as -c {CHANNEL}")
    return config


def bus_config(options: argparse.Namespace, bench: Bench) -> dict[str, Any]:
    """The whole configuration of the bus for `can.Bus`."""
    return complete_bus(asked_bus(options, bench))


def bus_configs(options: argparse.Namespace, bench: Bench) -> list[dict[str, Any]]:
    """The configuration of each connector's bus."""
    return [complete_bus(asked) for asked in asked_buses(options, bench)]


def bus_name(config: dict[str, Any]) -> str:
    """The bus for people: `vcan0`, `slcan /dev/ttyACM0`, `remote ws://bench:54701/`."""
    channel = str(config.get("channel", ""))
    return (
        channel if config["interface"] == INTERFACE else f"{config['interface']} {channel}".strip()
    )


def open_bus(config: dict[str, Any], identifiers: Iterable[int] | None) -> can.BusABC:
    """Open the bus for the frames with these 11-bit numbers (None: all frames), own ones included.

    The filter is on the number alone, so that error, remote, 29-bit and FD frames that carry it
    arrive too and can be named. Raises OSError, can.CanError or ValueError as the backend does.
    """
    _check_bitrate(config)
    filters = None
    if identifiers is not None:
        filters = [{"can_id": number, "can_mask": 0x7FF} for number in identifiers]
    extra = {"fd": True} if config["interface"] == INTERFACE else {}
    if config["interface"] in ECHOING:
        extra["receive_own_messages"] = True
    return can.Bus(**(config | extra), can_filters=filters)


def _check_bitrate(config: dict[str, Any]) -> None:
    """python-can ignores a bit rate on SocketCAN, where only root can set it: so compare it."""
    if config["interface"] != INTERFACE or config.get("bitrate") is None:
        return
    name, wanted = bus_name(config), int(config["bitrate"])
    command = ["ip", "-details", "-json", "link", "show", name]
    try:
        shown = subprocess.run(command, capture_output=True, check=False).stdout
        actual = json.loads(shown)[0]["linkinfo"]["info_data"]["bittiming"]["bitrate"]
    except (OSError, ValueError, LookupError, TypeError):
        return  # no iproute2; a vcan has none; what is missing is said when it is opened
    if actual != wanted:
        fix = bring_up(name, wanted, is_there=True)
        raise BitrateError(f"{name} runs at {actual} bit/s, not {wanted}: {fix}")


def explain(config: dict[str, Any], error: Exception) -> UserError:
    """Why the bus did not open, as one line that names the fix."""
    name, number = bus_name(config), getattr(error, "errno", None)
    if isinstance(error, BitrateError):
        return UserError(str(error))
    if config["interface"] != INTERFACE:
        return UserError(f"cannot open {name}: {first_line(error)}; check -i, -c and the adapter")
    if number == errno.EAFNOSUPPORT or not kernel_has_can():
        ways = "use a machine that has, " + f"{ON_REAL_BUS}, " * is_clone()
        ways += "or `rig up`, which falls back to an embedded bus"
        return UserError(f"this kernel has no CAN: {ways}")
    if number == errno.ENETDOWN:
        return UserError(f"{name} is down: {bring_up(name, is_there=True)}")
    if number == errno.ENODEV:
        return UserError(f"there is no CAN interface {name}: {bring_up(name)}")
    return UserError(f"cannot open {name}: {first_line(error)}")


def kernel_has_can() -> bool:
    """Whether this kernel speaks CAN at all (it may still lack the interface)."""
    try:
        socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW).close()
    except OSError as error:
        return error.errno not in (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)
    return True


def first_line(error: BaseException) -> str:
    """The first line of an error's text, or its class where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]
