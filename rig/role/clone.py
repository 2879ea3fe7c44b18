"""What the user is told to type: in a clone its scripts, which an installed wheel does not have."""

from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"
BITRATE = 500_000  # bit/s, where nothing says another one
# Of a clone, where the kernel has no CAN: runs a command in a machine that has.
ON_REAL_BUS = "scripts/socketcan_vm.sh COMMAND"
RUN_ON_REAL_BUS = ON_REAL_BUS.replace("COMMAND", "scripts/run_all.sh")


def is_clone() -> bool:
    """Whether this is a clone, and not an installed wheel."""
    return (SCRIPTS / "setup_vcan.sh").exists()


def install(extra: str) -> str:
    """The command that adds an optional dependency."""
    return f"scripts/venv.sh {extra}" if is_clone() else f'pip install "ev-charging-rig[{extra}]"'


def bring_up(interface: str, bitrate: int = BITRATE, *, is_there: bool = False) -> str:
    """The command that brings a CAN interface up, one that is there already or is yet to be made.

    A bit rate can be set only while the interface is down.
    """
    is_virtual = interface.startswith("vcan")
    if is_clone():
        script, rate = ("setup_vcan.sh", "") if is_virtual else ("setup_can.sh", f" {bitrate}")
        return f"sudo scripts/{script} {interface}{rate}"
    if is_virtual:
        made = "" if is_there else f"sudo ip link add dev {interface} type vcan && "
        return f"{made}sudo ip link set up {interface}"
    down = f"sudo ip link set {interface} down && " if is_there else ""
    return f"{down}sudo ip link set {interface} up type can bitrate {bitrate}"
