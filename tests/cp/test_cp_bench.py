"""The charge point as a process: what its bench says is in force, or refused in one line."""

from pathlib import Path
from typing import cast

import pytest

from tests.cp.cp_process import ACCEPTED, REJECTED, Cp, Witness, booted, profile
from tests.cp.cp_process import bus as bus
from tests.cp.cp_process import cp as cp
from tests.cp.cp_process import csms as csms
from tests.cp.cp_process import witness as witness
from tests.peers import CentralSystem, Payload
from tests.processes import role, wait_for

WATTS = profile(11040, chargingRateUnit="W")


@pytest.mark.parametrize(
    ("bench", "told", "limit"),
    [
        ("", "230 V, 1 phase (the default of the bench)", "210#3000"),  # 48 A
        ("voltage = 230\nphases = 3\n", "230 V, 3 phases", "210#1000"),  # 16 A
    ],
)
def test_watts_become_amperes_with_the_voltage_and_phases_of_the_bench(
    csms: CentralSystem,
    cp: Cp,
    witness: Witness,
    tmp_path: Path,
    bench: str,
    told: str,
    limit: str,
) -> None:
    (tmp_path / "rig.toml").write_text(bench)
    program = cp(csms.url, "--bench", str(tmp_path / "rig.toml"))
    point = booted(csms)
    wait_for(lambda: f"supply = {told}\n" in program.text + "\n")
    assert point.ask("SetChargingProfile", WATTS) == ACCEPTED
    witness.until(limit)
    assert witness.frames == ["201#", limit]


def test_where_the_phases_are_unknown_there_is_no_limit_in_watts(
    csms: CentralSystem, cp: Cp, witness: Witness, tmp_path: Path
) -> None:
    (tmp_path / "rig.toml").write_text("phases = 0")
    program = cp(csms.url, "--bench", str(tmp_path / "rig.toml"))
    point = booted(csms)
    wait_for(lambda: "supply = not known: limits in A only, and no energy" in program.text)
    assert point.ask("SetChargingProfile", WATTS) == REJECTED
    assert point.ask("SetChargingProfile", profile(16)) == ACCEPTED
    witness.until("210#1000")
    assert witness.frames == ["201#", "210#1000"]


def test_a_limit_of_the_bench_that_the_bus_cannot_carry_is_one_clear_line_and_status_2(
    bus: list[str], tmp_path: Path
) -> None:
    (tmp_path / "rig.toml").write_text("limit = 70000\n")  # 65535 A is the most in two bytes
    with role("cp", *bus, "--bench", str(tmp_path / "rig.toml")) as program:
        assert program.status() == 2
        (line,) = program.text.splitlines()
        assert line.startswith("rig cp: the limit of the bench cannot be told to a charger: ")


def test_more_connectors_than_a_charge_point_can_tell_of_is_one_clear_line_and_status_2(
    tmp_path: Path,
) -> None:
    bench = tmp_path / "rig.toml"
    bench.write_text("".join(f"[[connectors]]\nchannel = {n}\n" for n in range(65)))
    with role("cp", "-i", "virtual", "--bench", str(bench)) as program:
        assert program.status() == 2
        (line,) = program.text.splitlines()
        assert line.startswith("rig cp: 65 [[connectors]] are too many: a charge point has at most")


def test_a_bench_with_a_lock_unlocks(csms: CentralSystem, cp: Cp, tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text("lock = true\n")
    cp(csms.url, "--bench", str(tmp_path / "rig.toml"))
    assert booted(csms).ask("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}


def test_the_limit_of_the_bench_is_in_force_where_no_profile_says_one(
    csms: CentralSystem, cp: Cp, tmp_path: Path
) -> None:
    (tmp_path / "rig.toml").write_text("limit = 16\n")
    cp(csms.url, "--bench", str(tmp_path / "rig.toml"))
    answer = booted(csms).ask("GetCompositeSchedule", {"connectorId": 1, "duration": 60})
    schedule = cast(Payload, answer)["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 16, "numberPhases": 1}
    ]
