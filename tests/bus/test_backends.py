import re

import can
import pytest

from rig.bus.backends import BACKENDS, UNKNOWN, known, way_to_share
from tests.processes import ROOT


def test_each_backend_of_python_can_is_known_with_a_reason() -> None:
    """The 23 of python-can 4.6, and what this project installs besides."""
    assert set(can.VALID_INTERFACES) <= set(BACKENDS)
    assert all(backend.why for backend in BACKENDS.values())


def test_a_backend_of_somebody_else_is_taken_for_one_that_serves_one_process() -> None:
    assert known("somebody-elses") == UNKNOWN
    assert not UNKNOWN.shared
    assert not UNKNOWN.echoes


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_the_table_of_the_readme_says_the_same() -> None:
    table = re.search(r"^\| backend \|.*?\n\n", (ROOT / "README.md").read_text(), re.M | re.S)
    assert table
    _, _, *rows = table.group().strip().splitlines()
    told: dict[str, tuple[bool, bool]] = {}
    for names, shared, echoes, *_ in map(cells, rows):
        for name in names.split(", "):
            told[name] = (shared.startswith("yes"), echoes.startswith("yes"))
    rest = told.pop("any other")
    assert told.keys() <= BACKENDS.keys()
    facts = {name: (backend.shared, backend.echoes) for name, backend in BACKENDS.items()}
    assert {name: told.get(name, rest) for name in BACKENDS} == facts
    assert rest == (UNKNOWN.shared, UNKNOWN.echoes)


@pytest.mark.parametrize(
    ("more", "options"),
    # The letters of `slcand -h`; the speeds of the Lawicel protocol: S4 125, S5 250, S6 500 kbit/s.
    [
        ({}, "-s6 /dev/ttyACM0"),
        ({"bitrate": 125000}, "-s4 /dev/ttyACM0"),
        ({"bitrate": "250000"}, "-s5 /dev/ttyACM0"),  # as ~/.canrc and CAN_BITRATE give it
        ({"bitrate": 333333}, "-sN /dev/ttyACM0"),  # none that it has a number for
        ({"channel": "/dev/ttyACM0@115200"}, "-s6 -S115200 /dev/ttyACM0"),
    ],
)
def test_slcan_is_shared_by_the_kernels_driver(more: dict[str, object], options: str) -> None:
    config = {"interface": "slcan", "channel": "/dev/ttyACM0"} | more
    assert way_to_share(config) == (
        f"sudo slcand -o -c {options} can0 && sudo ip link set up can0, "
        "then rig up -i socketcan -c can0"
    )


def test_an_adapter_that_the_kernel_drives_is_shared_by_its_driver() -> None:
    config = {"interface": "pcan", "channel": "PCAN_USBBUS1", "bitrate": 250000}
    assert way_to_share(config) == (
        "the kernel's driver peak_usb makes can0 of it: "
        "sudo scripts/setup_can.sh can0 250000, then rig up -i socketcan -c can0"
    )


def test_any_other_adapter_is_shared_by_a_bridge_to_a_vcan() -> None:
    config = {"interface": "robotell", "channel": "/dev/ttyUSB0", "bitrate": 500000}
    assert way_to_share(config) == (
        "sudo scripts/setup_vcan.sh vcan0 && python -m can.bridge --bus1-interface robotell "
        "--bus1-channel /dev/ttyUSB0 --bus1-bitrate 500000 --bus2-interface socketcan "
        "--bus2-channel vcan0, and beside it rig up -i socketcan -c vcan0"
    )
    assert "--bus1-bitrate" not in way_to_share({"interface": "serial", "channel": "x"})
