"""The bus on the command line: python-can's options, less those that lead nowhere here."""

import argparse

from rig.bus.opening import BUS_OPTIONS, CHANNEL, INTERFACE


def add_bus_options(parser: argparse.ArgumentParser) -> None:
    """Those of python-can's tools that lead somewhere here: FD frames are ignored."""
    group = parser.add_argument_group("bus (also CAN_INTERFACE, CAN_CHANNEL, ..., ~/.canrc)")
    group.add_argument(
        "-i",
        "--interface",
        metavar="NAME",
        help="python-can's name of the backend, such as slcan, pcan, kvaser, remote "
        f"(default: {INTERFACE})",
    )
    group.add_argument(
        "-c", "--channel", help=f"such as can0, /dev/ttyACM0, PCAN_USBBUS1 (default: {CHANNEL})"
    )
    group.add_argument(
        "-b", "--bitrate", type=int, metavar="BIT/S", help="of the bus, such as 500000"
    )
    group.add_argument(
        "--bus-kwargs",
        nargs="+",
        action="extend",
        type=_key_and_value,
        metavar="KEY=VALUE",
        help="what this backend of can.Bus() takes besides, such as serial=1234",
    )


def _key_and_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (equals and key.isidentifier()):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def bus_arguments(options: argparse.Namespace) -> tuple[str, ...]:
    """The bus options as they were given, for another role's command line."""
    given = [(name, getattr(options, name)) for name in BUS_OPTIONS]
    own = [f"--{name}={value}" for name, value in given if value is not None]
    more = [f"--bus-kwargs={key}={value}" for key, value in options.bus_kwargs or ()]
    return (*own, *more)
