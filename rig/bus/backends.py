"""What is known of python-can's backends, read off their code in python-can 4.6 and their drivers.

README's table says the same for people.
"""

from dataclasses import dataclass
from typing import Any

from rig.role.clone import BITRATE, bring_up


@dataclass(frozen=True, slots=True)
class Backend:
    """What a backend can do."""

    shared: bool  # several processes can have one channel open, and each gets every frame
    why: str  # what makes it so
    echoes: bool = False  # hands a sent frame back to its sender, which proves that it was sent
    marks_own: bool = True  # and marks it; else an equal frame is taken for the echo
    driver: str = ""  # the kernel's own driver for the same adapter, which is SocketCAN's


SERIAL = "a serial port gives each byte to one process only"
USB = "libusb gives an adapter to one process only"
SERVER = "its server sends each client every frame"
REFUSES = "its driver refuses what another program has open"

BACKENDS = {
    "socketcan": Backend(True, "the kernel gives each socket every frame", echoes=True),
    "remote": Backend(True, SERVER, echoes=True, marks_own=False),
    "socketcand": Backend(True, SERVER),
    "udp_multicast": Backend(True, "the network sends each member of the group every frame"),
    "kvaser": Backend(True, "CANlib opens a channel for several programs", echoes=True),
    "vector": Backend(True, "the XL driver opens a channel for several programs", echoes=True),
    "ixxat": Backend(
        True, "VCI opens a channel for several programs", echoes=True, marks_own=False
    ),
    "etas": Backend(True, "BOA opens a controller for several programs"),
    "virtual": Backend(False, "a virtual bus lives within one process", echoes=True),
    "slcan": Backend(False, SERIAL),
    "serial": Backend(False, SERIAL),
    "robotell": Backend(False, SERIAL),
    "seeedstudio": Backend(False, SERIAL),
    "gs_usb": Backend(False, USB, driver="gs_usb"),
    "cantact": Backend(False, USB, driver="gs_usb"),
    "canalystii": Backend(False, USB),
    # https://github.com/hardbyte/python-can/issues/378. Its echoes: see rig/bus/opening.py.
    "pcan": Backend(
        False, "PCAN-Basic gives a channel to one program only", echoes=True, driver="peak_usb"
    ),
    "usb2can": Backend(False, REFUSES, driver="usb_8dev"),
    "iscan": Backend(False, REFUSES),  # its error 15
    "systec": Backend(False, REFUSES),  # its error 5
    "nixnet": Backend(False, "NI-XNET has one input stream a channel"),
    "nican": Backend(False, "NI-CAN gives a channel to one program only"),
    "neousys": Backend(False, "its driver calls one program back"),
    "neovi": Backend(False, "that an adapter serves several programs is not known", echoes=True),
}
UNKNOWN = Backend(False, "that this backend serves several programs is not known")

# The bit rates that slcan's command S has a number for.
SLCAN_SPEEDS = {
    10_000: 0,
    20_000: 1,
    50_000: 2,
    100_000: 3,
    125_000: 4,
    250_000: 5,
    500_000: 6,
    750_000: 7,
    1_000_000: 8,
}


def known(interface: str) -> Backend:
    """What is known of a backend; as good as nothing of one that is not python-can's own."""
    return BACKENDS.get(interface, UNKNOWN)


def way_to_share(config: dict[str, Any]) -> str:
    """How several processes come to use an adapter whose backend is for one: what to type."""
    bitrate = int(config.get("bitrate") or BITRATE)
    can0 = "then rig up -i socketcan -c can0"
    if config["interface"] == "slcan":
        return f"{_slcand(config, bitrate)} && sudo ip link set up can0, {can0}"
    if driver := known(config["interface"]).driver:
        made = f"the kernel's driver {driver} makes can0 of it"
        return f"{made}: {bring_up('can0', bitrate)}, {can0}"
    bridge = f"{bring_up('vcan0')} && {_bridge(config)}"
    return f"{bridge}, and beside it rig up -i socketcan -c vcan0"


def _slcand(config: dict[str, Any], bitrate: int) -> str:
    """Of can-utils: it hands the serial port to the kernel's driver slcan."""
    port, _, speed = str(config.get("channel", "")).partition("@")
    options = f"-o -c -s{SLCAN_SPEEDS.get(bitrate, 'N')}" + (f" -S{speed}" if speed else "")
    return f"sudo slcand {options} {port or 'PORT'} can0"


def _bridge(config: dict[str, Any]) -> str:
    """Of python-can: the one process that has the adapter passes its frames on to a vcan."""
    given = [key for key in ("interface", "channel", "bitrate") if key in config]
    adapter = " ".join(f"--bus1-{key} {config[key]}" for key in given)
    return f"python -m can.bridge {adapter} --bus2-interface socketcan --bus2-channel vcan0"
