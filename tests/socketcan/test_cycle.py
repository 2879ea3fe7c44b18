"""One whole seed cycle on vcan0, byte for byte, and what the central system got of it."""

import json
import signal
from pathlib import Path

from tests.can_bench import Witness, is_current
from tests.ports import free_port
from tests.processes import role

# By hand, from the seed's numbers: 0x210 carries A as uint16 little-endian (100 = 0x64), and each
# second the current moves 20 % toward its target: 0 -> 20 -> 36, then after Stop 36 * 0.8 = 28.8,
# 23.04, 18.4, 14.7, 11.8, 9.4, then toward 100 again: 27.6, 42.0.
CYCLES = [
    *["300#0000", "210#0000", "300#0000", "300#0000", "210#6400", "300#0000", "200#"],
    *["300#1400", "300#2400", "201#", "300#1D00", "300#1700", "300#1200"],
    *["210#0000", "300#0F00", "300#0C00", "210#6400", "300#0900", "200#"],
    *["300#1C00", "300#2A00", "201#"],
]
CURRENTS = [0, 0, 0, 0, 20, 36, 29, 23, 18, 15, 12, 9, 28, 42]  # A, of the 300# above


def test_the_seed_cycle_is_on_the_bus_byte_for_byte_and_its_currents_at_the_csms(
    bus: Witness, tmp_path: Path
) -> None:
    url, record = f"ws://127.0.0.1:{free_port()}/", tmp_path / "ocpp.jsonl"
    with (
        role("charger").ready(),
        role("csms", "--listen", url, "--record-ocpp", str(record)).ready() as csms,
    ):
        csms.process.send_signal(signal.SIGSTOP)  # so that the boot comes at a set phase
        with role("cp", "--csms", url, "--profile-policy", "seed").ready() as cp:
            bus.until("201#")  # what ran before may have died while charging
            bus.until(is_current)
            csms.process.send_signal(signal.SIGCONT)
            csms.until("cycle: SetLimit 0 A")
            bus.frames.clear()
            bus.until("210#0000")
            bus.expect(CYCLES[2:])
            bus.until(is_current)  # so that the last value above has reached the CSMS
            csms.until("Current.Import=42 A")
            assert cp.end() == 0
            assert bus.until("201#")[-1] == "201#"
        assert csms.end() == 0
    assert contains(CURRENTS, currents(record))


def currents(record: Path) -> list[int]:
    """The Current.Import values (A) that the central system received, in order."""
    values = []
    for line in record.read_text().splitlines():
        message = json.loads(line).get("message")
        if message and message[0] == 2 and message[2] == "MeterValues":
            sample = message[3]["meterValue"][0]["sampledValue"][0]
            assert (sample["measurand"], sample["unit"]) == ("Current.Import", "A")
            values.append(int(sample["value"]))
    return values


def contains(part: list[int], whole: list[int]) -> bool:
    """Whether the part stands in the whole, nothing between."""
    assert part, "nothing is contained in everything"
    found = any(whole[i : i + len(part)] == part for i in range(len(whole)))
    assert found, f"{part} is not in {whole}"
    return found
