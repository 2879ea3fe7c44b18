"""Which bus, and opening it: the one place that calls python-can's `can.Bus`.

Options, `CAN_*` variables and `~/.canrc` are python-can's own. Where nothing names a bus it is
SocketCAN's vcan0.
"""

import argparse
import configparser
import contextlib
import errno
import json
import socket
import subprocess
import traceback
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import can
from can.util import load_environment_config, load_file_config

from rig.bus.backends import Backend, known
from rig.role.bench import Bench
from rig.role.clone import ON_REAL_BUS, bring_up, is_clone
from rig.role.errors import UserError, first_line

INTERFACE, CHANNEL = "socketcan", "vcan0"

BUS_OPTIONS = ("interface", "channel", "bitrate")


class BitrateError(ValueError):
    """The interface runs at another bit rate than was asked for."""


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
    given = {key: getattr(options, key) for key in BUS_OPTIONS} | dict(options.bus_kwargs or ())
    if bench.connectors and given["channel"] is not None:
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
    """What was asked for, with SocketCAN and vcan0 where it says nothing. Raises UserError for an
    interface that python-can does not have, and for all at once."""
    config = {"interface": INTERFACE} | asked
    _check_backend(config["interface"])
    if config["interface"] == INTERFACE:
        config = {"channel": CHANNEL} | config
        if config["channel"] == "":  # for python-can: all interfaces
            raise UserError(f"name one CAN interface, such as -c {CHANNEL}")
    return config


def _check_backend(name: Any) -> None:
    if name not in can.VALID_INTERFACES:
        known = sorted(can.VALID_INTERFACES)
        near = get_close_matches(str(name), known)
        rest = f"near: {', '.join(near)}" if near else f"it has {', '.join(known)}"
        raise UserError(f"python-can has no interface {name!r}; {rest}")


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


def open_bus(
    config: dict[str, Any], identifiers: Iterable[int] | None
) -> tuple[can.BusABC, Backend]:
    """Open the bus for the frames with these 11-bit numbers (None: all frames), own ones included.

    The filter is on the number alone, so that error, remote, 29-bit and FD frames that carry it
    arrive too and can be named. Also returns what is known of the backend, as it turned out to be.
    Raises OSError, can.CanError or ValueError as the backend does.
    """
    _check_bitrate(config)
    config, backend = dict(config), known(config["interface"])
    if identifiers is not None:
        config["can_filters"] = [{"can_id": number, "can_mask": 0x7FF} for number in identifiers]
    if config["interface"] == INTERFACE:
        config["fd"] = True
    return _open_echoing(config, backend) if backend.echoes else (can.Bus(**config), backend)


def _open_echoing(config: dict[str, Any], backend: Backend) -> tuple[can.BusABC, Backend]:
    """With own frames; without them where the driver does not know that option.

    PCAN-Basic did not on Linux: https://github.com/hardbyte/python-can/issues/1843
    """
    try:
        return can.Bus(**config | {"receive_own_messages": True}), backend
    except can.CanInitializationError as error:
        if "invalid parameter" not in str(error).lower():
            raise
        _close_half_open(error)
        try:
            silent = can.Bus(**config | {"receive_own_messages": False})
        except Exception:  # then it was another parameter
            raise error from None
        return silent, replace(backend, echoes=False)


def _close_half_open(error: Exception) -> None:
    """python-can leaves the adapter open when it gives up: then it does not open again."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        bus = frame.f_locals.get("self")
        if isinstance(bus, can.BusABC):
            with contextlib.suppress(Exception):  # each backend has its own
                bus.shutdown()


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
