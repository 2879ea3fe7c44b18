"""The bench for tests on real SocketCAN: candump as the witness, cansend, links."""

import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from fcntl import ioctl
from pathlib import Path

from tests.processes import PATIENCE, Program
from tests.slcan_adapter import SlcanAdapter

FRAME = struct.Struct("=IB3x8s")  # linux/can.h
N_SLCAN, TIOCSETD = 17, 0x5423  # linux/tty.h, asm/ioctls.h


def run(*command: str) -> str:
    """Run a command that must succeed; what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def cansend(frame: str, interface: str = "vcan0") -> None:
    """Put a frame on the bus: `300#1400`."""
    run("cansend", interface, frame)


def link(interface: str, state: str) -> None:
    """Set an interface up or down."""
    run("ip", "link", "set", interface, state)


class Witness:
    """candump: what was on the bus, in order, as `300#1400`, each with the stamp of the kernel (s
    since 1970)."""

    def __init__(self, interface: str = "vcan0") -> None:
        self.program = Program(
            "candump", "-L", "-D", f"{interface},0:0,#FFFFFFFF", env={"LC_ALL": "C"}
        )
        self.frames: list[str] = []
        self.stamps: list[float] = []

    def __enter__(self) -> "Witness":
        self.program.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        print("the bus carried:", *self.frames)  # noqa: T201
        self.program.__exit__(None, None, None)

    def next(self, patience: float = PATIENCE) -> str:
        """The next frame."""
        stamp, frame = self.program.until(r"^\((\d+\.\d+)\) \S+ (\S+)$", patience).groups()
        self.frames.append(frame)
        self.stamps.append(float(stamp))
        return frame

    def until(self, wanted: str | Callable[[str], bool], patience: float = PATIENCE) -> list[str]:
        """The frames up to and with the next wanted one."""
        seen: list[str] = []
        while True:
            seen.append(self.next(patience))
            if wanted(seen[-1]) if callable(wanted) else seen[-1] == wanted:
                return seen

    def expect(self, frames: Iterable[str]) -> None:
        """These frames come next, in this order and nothing between."""
        for number, frame in enumerate(frames):
            found = self.next()
            assert found == frame, f"frame {number}: {found} instead of {frame}"


def is_current(frame: str) -> bool:
    """Whether a frame is a good Current."""
    return frame.startswith("300#") and len(frame) == 8


def is_up(interface: str) -> bool:
    """Whether an interface is up: IFF_UP of linux/if.h."""
    return bool(int(Path(f"/sys/class/net/{interface}/flags").read_text(), 16) & 1)


@contextmanager
def witness(interface: str = "vcan0") -> Iterator[Witness]:
    """A witness that hears everything from now on."""
    with Witness(interface) as candump:
        heard = False
        while not heard:
            _probe(interface)
            with suppress(AssertionError):  # candump does not listen yet
                heard = candump.next(patience=0.05) == "7FF#"
        yield candump


def _probe(interface: str) -> None:
    """Put 7FF# on the bus, without a program, which takes 40 ms to start in a virtual machine."""
    with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as sock:
        sock.bind((interface,))
        sock.send(FRAME.pack(0x7FF, 0, b""))


class Slcan(SlcanAdapter):
    """A serial USB-CAN adapter, plugged in: with the kernel's slcan line discipline."""

    def __init__(self, name: str) -> None:
        self.__enter__()
        before = set(os.listdir("/sys/class/net"))
        ioctl(self._near, TIOCSETD, N_SLCAN.to_bytes(4, "little"))
        found = (set(os.listdir("/sys/class/net")) - before).pop()
        run("ip", "link", "set", found, "name", name)
        link(name, "up")


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """A tmpfs that is soon full."""
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    yield folder
    run("umount", "-l", str(folder))


@contextmanager
def full_queue(interface: str = "vcan0") -> Iterator[None]:
    """Every frame to the interface waits in its queue, which is full after a few."""
    _load("net/sched/sch_netem")
    run(*f"tc qdisc add dev {interface} root netem delay 200s limit 3".split())
    try:
        yield
    finally:
        run(*f"tc qdisc del dev {interface} root".split())


def _load(module: str) -> None:
    """Load a kernel module where the kernel has it as one."""
    path = f"/usr/lib/uml/modules/{os.uname().release}/kernel/{module}.ko"
    if os.path.exists(path):
        subprocess.run(["busybox", "insmod", path], capture_output=True, check=False)
    elif shutil.which("modprobe"):
        subprocess.run(["modprobe", os.path.basename(module)], capture_output=True, check=False)
