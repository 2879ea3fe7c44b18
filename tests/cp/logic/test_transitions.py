"""Which status may follow which (OCPP 1.6 edition 2, 4.9), all 81 of them."""

import pytest
from ocpp.v16.enums import ChargePointStatus

from rig.cp.logic.condition import FOLLOWERS, way

COLUMNS = [
    "Available",
    "Preparing",
    "Charging",
    "SuspendedEV",
    "SuspendedEVSE",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
]
# By hand from the second table of 4.9, in its order of rows and columns; x: possible.
TABLE = {
    "Available": ". x x x x . x x x",
    "Preparing": "x . x x x x . . x",
    "Charging": "x . . x x x . x x",
    "SuspendedEV": "x . x . x x . x x",
    "SuspendedEVSE": "x . x x . x . x x",
    "Finishing": "x x . . . . . x x",
    "Reserved": "x x . . . . . x x",
    "Unavailable": "x x x x x . . . x",
    "Faulted": "x x x x x x x x .",
}
PAIRS = [(old, new) for old in COLUMNS for new in COLUMNS]


def possible(old: str, new: str) -> bool:
    return TABLE[old].split()[COLUMNS.index(new)] == "x"


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_the_table_is_that_of_the_standard(old: str, new: str) -> None:
    assert (new in FOLLOWERS[ChargePointStatus(old)]) == possible(old, new)


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_each_step_of_a_way_is_possible(old: str, new: str) -> None:
    steps = way(ChargePointStatus(old), ChargePointStatus(new))
    assert steps[-1] == new
    if old == new or possible(old, new):
        assert steps == [new]
    else:
        (between, _) = steps
        assert possible(old, between)
        assert possible(between, new)


@pytest.mark.parametrize(
    ("old", "between", "new"),
    [
        ("Finishing", "Preparing", "Charging"),  # F2, B3: the car stayed for another transaction
        ("Charging", "Finishing", "Preparing"),  # C6, F2
        ("Preparing", "Finishing", "Unavailable"),  # B6, F8: the car is still there
        ("Unavailable", "Preparing", "Finishing"),  # H2, B6
        ("Available", "Preparing", "Finishing"),  # A2, B6
    ],
)
def test_what_is_on_the_way_is_what_happened(old: str, between: str, new: str) -> None:
    assert way(ChargePointStatus(old), ChargePointStatus(new)) == [between, new]


def test_anything_may_come_first() -> None:
    for status in ChargePointStatus:
        assert way(None, status) == [status]
