"""The status of a connector, its error code, and which may follow which (OCPP 1.6, 4.9, 7.6)."""

from typing import Any

import pytest
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus

from rig.cp.logic.condition import FOLLOWERS, Condition, way

UP: Any = {"link_up": True}
HELD: dict[str, Any] = {**UP, "plugged": True, "charging": True, "held": "it was silent"}
NOT_SEEN = "Start was not seen on the bus"
GROUND = ChargePointErrorCode.ground_failure
WEAK = ChargePointErrorCode.weak_signal
EV = ChargePointErrorCode.ev_communication_error

FREE = Condition(**UP)
PLUGGED = Condition(**UP, plugged=True)
CHARGING = Condition(**UP, plugged=True, charging=True)
FINISHING = Condition(**UP, plugged=True, finishing=True)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (FREE, "Available"),
        (PLUGGED, "Preparing"),
        (Condition(**UP, tagged=True), "Preparing"),
        (Condition(**UP, plugged=True, charging=True), "Charging"),
        (Condition(**UP, plugged=True, charging=True, zero=True), "SuspendedEVSE"),
        (Condition(**UP, plugged=True, zero=True), "Preparing"),  # suspended only in a transaction
        (Condition(**UP, plugged=True, charging=True, deauthorized=True), "SuspendedEVSE"),
        (Condition(**UP, charging=True, zero=True), "SuspendedEVSE"),  # of both it has precedence
        (Condition(**UP, charging=True), "SuspendedEV"),  # disconnected on the side of the car
        (FINISHING, "Finishing"),
        (Condition(**UP, plugged=True, finishing=True, tagged=True), "Preparing"),  # F2
        (Condition(**UP, operative=False), "Unavailable"),
        (Condition(**UP, operative=False, plugged=True), "Unavailable"),
        (Condition(**UP, operative=False, plugged=True, charging=True), "Charging"),  # Scheduled
        (Condition(link_up=False, plugged=True, charging=True), "Faulted"),
        (Condition(link_up=False, operative=False), "Faulted"),
        (Condition(**UP, silent=True, plugged=True, charging=True), "Charging"),
        (Condition(**UP, error=GROUND, plugged=True), "Faulted"),
        (Condition(**UP, error=WEAK, plugged=True), "Preparing"),  # a warning
        (Condition(**UP, start_failed=True, plugged=True), "Faulted"),
    ],
)
def test_the_status_follows_from_the_condition(condition: Condition, status: str) -> None:
    assert condition.status == status


@pytest.mark.parametrize(
    ("condition", "code", "info"),
    [
        (FREE, "NoError", None),
        (Condition(), "OtherError", "CAN link down"),
        (Condition(**UP, silent=True), "OtherError", "no Current from the charger"),
        (Condition(silent=True, error=GROUND), "OtherError", "CAN link down"),
        (Condition(**UP, unkept="full"), "InternalError", "state cannot be written: full"),
        (Condition(**UP, error=WEAK, unkept="full"), "WeakSignal", None),
        (Condition(**UP, error=GROUND, info="test"), "GroundFailure", "test"),
        (Condition(**UP, start_failed=True, silent=True), "OtherError", NOT_SEEN),
        (Condition(**UP, start_failed=True, error=GROUND), "GroundFailure", None),
        (Condition(**UP, error=WEAK, info="x" * 60), "WeakSignal", "x" * 50),
        (Condition(**UP, error=WEAK, silent=True), "WeakSignal", None),
        (Condition(**UP, plugged=True, error=EV), "EVCommunicationError", None),
        # EVCommunicationError SHALL only be used with four of the statuses (4.9).
        (Condition(**UP, error=EV), "NoError", None),
        (Condition(**UP, plugged=True, charging=True, error=EV), "NoError", None),
        (Condition(**UP, charging=True), "NoError", "EV side disconnected"),
        (Condition(**UP, finishing=True), "NoError", "EV side disconnected"),
        (Condition(**UP, over="32 A flow", error=GROUND), "OverCurrentFailure", "32 A flow"),
        (Condition(**UP, others="a Start"), "OtherError", "a Start"),
        (Condition(**HELD), "NoError", "it was silent"),
        # Why it is suspended says more than what another sender did within the last minute.
        (Condition(**HELD, others="a Start"), "OtherError", "it was silent"),
    ],
)
def test_an_error_has_a_code_and_words(condition: Condition, code: str, info: str | None) -> None:
    assert condition.words(condition.status) == (code, info)


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
