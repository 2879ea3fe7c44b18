from dataclasses import replace

import pytest

from rig.csms.logic.transactions import COLUMNS, Transaction, listing, moment, record, watt_hours

BEGUN = Transaction(7, "CP_1", 1, "ABC", "Accepted", 1000, "2026-09-21T14:00:00Z")
ENDED = replace(BEGUN, meter_stop=3500, stopped="2026-09-21T15:01:05Z", reason="Remote")


def test_the_energy_is_from_start_to_stop() -> None:
    assert ENDED.energy == 2500  # 3500 - 1000 Wh


def test_the_energy_of_one_that_runs_goes_up_to_its_newest_reading() -> None:
    assert BEGUN.energy is None
    assert replace(BEGUN, reading=1200.5).energy == 200.5


def test_the_meter_at_its_stop_counts_more_than_a_reading() -> None:
    assert replace(ENDED, reading=3400.0).energy == 2500


def test_the_duration_is_from_start_to_stop() -> None:
    assert ENDED.duration == 3665  # 1 h 1 min 5 s
    assert BEGUN.duration is None


def test_a_moment_that_cannot_be_read_leaves_no_duration() -> None:
    assert replace(ENDED, started="2026-12-31T23:59:61Z").duration is None


def test_the_state_says_running_or_ended_and_why() -> None:
    assert BEGUN.state == "running"
    assert ENDED.state == "ended: Remote"
    assert replace(ENDED, reason=None).state == "ended: Local"  # 4.10: omitted means Local
    assert replace(BEGUN, superseded=True).state == "no stop came"


def test_the_table_is_readable() -> None:
    running = replace(BEGUN, id=12, charge_point="GARAGE", reading=1500.0)
    assert listing([ENDED, running]) == [
        "id  charge point  connector  tag  start                 stop                  duration    "
        "Wh  state",
        " 7  CP_1                  1  ABC  2026-09-21T14:00:00Z  2026-09-21T15:01:05Z   1:01:05  "
        "2500  ended: Remote",
        "12  GARAGE                1  ABC  2026-09-21T14:00:00Z  -                            -   "
        "500  running",
    ]


@pytest.mark.parametrize(
    ("stopped", "duration"),
    [("2026-09-21T15:00:00Z", "  1:00:00  "), ("2026-09-21T13:59:00Z", "-0:01:00")],
)
def test_a_duration_is_in_hours_of_60_minutes_and_shown_as_it_is(
    stopped: str, duration: str
) -> None:
    assert duration in listing([replace(ENDED, stopped=stopped)])[1]


def test_an_export_has_a_cell_for_each_column() -> None:
    cells = dict(zip(COLUMNS, record(ENDED), strict=True))
    assert cells == {
        "id": 7,
        "charge_point": "CP_1",
        "connector": 1,
        "id_tag": "ABC",
        "tag_status": "Accepted",
        "started": "2026-09-21T14:00:00Z",
        "stopped": "2026-09-21T15:01:05Z",
        "duration_s": 3665.0,
        "energy_wh": 2500,
        "meter_start_wh": 1000,
        "meter_stop_wh": 3500,
        "state": "ended: Remote",
        "reason": "Remote",
        "stop_tag": None,
    }


@pytest.mark.parametrize(
    ("value", "unit", "energy"),
    [
        ("1500", "Wh", 1500.0),
        ("1.5", "kWh", 1500.0),
        ("1500", None, 1500.0),  # 7.43: the default unit
        ("1500", "varh", None),
        ("0A1B", "Wh", None),
    ],
)
def test_an_energy_register_is_read_in_wh(value: str, unit: str | None, energy: float) -> None:
    assert watt_hours(value, unit) == energy


def test_what_is_no_moment_is_none() -> None:
    assert moment(None) is None
    assert moment("yesterday") is None
    assert moment("1970-01-01T00:01:00Z") == 60.0
