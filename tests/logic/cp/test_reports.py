"""StatusNotification and MeterValues (OCPP 1.6 edition 2, 4.7, 4.9, 7.6, 7.7)."""

from dataclasses import asdict

import pytest

from rig.logic.cp.reports import Condition, meter_values, status_notification

TIME = "2026-01-31T12:00:00.000Z"
UP = {"link_up": True}


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (Condition(**UP), "Available"),
        (Condition(**UP, plugged=True), "Preparing"),
        (Condition(**UP, plugged=True, charging=True), "Charging"),
        (Condition(**UP, plugged=True, charging=True, limit=16), "Charging"),
        (Condition(**UP, plugged=True, charging=True, limit=0), "SuspendedEVSE"),
        (Condition(**UP, plugged=True, limit=0), "Preparing"),  # suspended only in a transaction
        (Condition(**UP, plugged=True, finishing=True), "Finishing"),
        (Condition(link_up=False, plugged=True, charging=True), "Faulted"),
        (Condition(**UP, silent=True, charging=True), "Charging"),
    ],
)
def test_the_status_follows_from_the_condition(condition: Condition, status: str) -> None:
    assert condition.status == status


@pytest.mark.parametrize(
    ("condition", "code", "info"),
    [
        (Condition(**UP), "NoError", None),
        (Condition(), "OtherError", "CAN link down"),
        (Condition(**UP, silent=True), "OtherError", "no Current from the charger"),
        (Condition(silent=True), "OtherError", "CAN link down"),
    ],
)
def test_an_error_has_a_code_and_words_of_at_most_50_characters(
    condition: Condition, code: str, info: str | None
) -> None:
    assert condition.error == (code, info)
    assert len(info or "") <= 50


def test_a_notification_says_which_connector_and_when() -> None:
    told = status_notification(1, Condition(**UP, silent=True), TIME)
    assert {key: value for key, value in asdict(told).items() if value is not None} == {
        "connector_id": 1,
        "error_code": "OtherError",
        "status": "Available",
        "timestamp": TIME,
        "info": "no Current from the charger",
    }


def test_a_change_that_a_notification_would_not_show_is_none() -> None:
    before = Condition(**UP, charging=True, limit=16)
    assert Condition(**UP, charging=True, limit=20).is_shown_as(before)
    assert not Condition(**UP, charging=True, limit=0).is_shown_as(before)
    assert not Condition(**UP, charging=True, limit=16, silent=True).is_shown_as(before)


def test_a_copy_does_not_change_with_the_original() -> None:
    original = Condition(**UP)
    copy = original.copy()
    original.charging = True
    assert not copy.charging


@pytest.mark.parametrize(("triggered", "context"), [(False, "Sample.Periodic"), (True, "Trigger")])
def test_a_current_is_current_import_in_amperes(triggered: bool, context: str) -> None:
    told = asdict(meter_values(1, 20.0, 4, TIME, triggered=triggered))
    (value,) = told["meter_value"]
    (sample,) = value["sampled_value"]
    assert {key: item for key, item in sample.items() if item is not None} == {
        "value": "20",
        "context": context,
        "measurand": "Current.Import",
        "unit": "A",
    }
    assert (told["connector_id"], told["transaction_id"], value["timestamp"]) == (1, 4, TIME)
