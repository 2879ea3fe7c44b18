"""OCPP messages as words for the log."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import (
    ChargingProfile,
    ChargingSchedule,
    ChargingSchedulePeriod,
    IdTagInfo,
    MeterValue,
    SampledValue,
)
from ocpp.v16.enums import (
    AuthorizationStatus,
    ChargingProfileKindType,
    ChargingProfilePurposeType,
    ChargingRateUnitType,
    Measurand,
    UnitOfMeasure,
)

from rig.ocppj.logic import lines
from rig.ocppj.logic.lines import describe

TIME = "2026-01-31T12:00:00.000Z"

CURRENT = SampledValue(value="20", measurand=Measurand.current_import, unit=UnitOfMeasure.a)
SECRET = "00112233445566778899"


def set_profile(limit: float) -> call.SetChargingProfile:
    schedule = ChargingSchedule(
        charging_rate_unit=ChargingRateUnitType.amps,
        charging_schedule_period=[ChargingSchedulePeriod(start_period=0, limit=limit)],
    )
    profile = ChargingProfile(
        charging_profile_id=7,
        stack_level=0,
        charging_profile_purpose=ChargingProfilePurposeType.tx_profile,
        charging_profile_kind=ChargingProfileKindType.relative,
        charging_schedule=schedule,
    )
    return call.SetChargingProfile(connector_id=1, cs_charging_profiles=profile)


def meter_values(transaction_id: int | None) -> call.MeterValues:
    value = MeterValue(timestamp=TIME, sampled_value=[CURRENT])
    return call.MeterValues(1, [value], transaction_id)


LINES: list[tuple[Any, str]] = [
    (call.Heartbeat(), "Heartbeat"),
    (call_result.Heartbeat(current_time=TIME), "Heartbeat"),  # the log has its own time
    (set_profile(100), "SetChargingProfile TxProfile limit=100 A connector=1"),
    (meter_values(None), "MeterValues Current.Import=20 A"),
    (meter_values(7), "MeterValues Current.Import=20 A transaction=7"),
    (
        call.MeterValues(1, [{"timestamp": TIME, "sampled_value": [{"value": "5"}]}]),
        "MeterValues Energy.Active.Import.Register=5",  # the default measurand, 7.43
    ),
    (
        call_result.StartTransaction(4, IdTagInfo(status=AuthorizationStatus.accepted)),
        "StartTransaction transaction_id=4 status=Accepted",
    ),
    (
        call.StartTransaction(connector_id=1, id_tag="RIG", meter_start=0, timestamp=TIME),
        "StartTransaction connector_id=1 id_tag=RIG meter_start=0",
    ),
    (None, "NoneType"),  # an answer that a defect gave: it is refused, and named
    (call.GetConfiguration(key=["A", "B"]), "GetConfiguration key=A,B"),
    (
        call_result.GetConfiguration(
            configuration_key=[
                {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
                {"key": "AuthorizationKey", "readonly": False, "value": SECRET},
            ],
            unknown_key=["C"],
        ),
        "GetConfiguration key=HeartbeatInterval readonly=False value=300 "
        "key=AuthorizationKey readonly=False value=*** unknown_key=C",
    ),
    (
        call.ChangeConfiguration(key="AUTHORIZATIONKEY", value=SECRET),
        "ChangeConfiguration key=AUTHORIZATIONKEY value=***",
    ),
    (
        call.DataTransfer(vendor_id="v", data=f"AuthorizationKey={SECRET}"),
        "DataTransfer vendor_id=v data=***",
    ),
    (
        call.GetDiagnostics(location="ftp://me:pass@host/x", retries=3),
        "GetDiagnostics location=ftp://***@host/x retries=3",
    ),
]


@pytest.mark.parametrize(("typed", "line"), LINES)
def test_a_message_reads_as_words(typed: Any, line: str) -> None:
    assert describe(typed) == line


def test_a_received_profile_reads_like_one_of_ours() -> None:
    received = call.SetChargingProfile(
        connector_id=2,
        cs_charging_profiles={
            "charging_profile_purpose": "TxDefaultProfile",
            "charging_schedule": {
                "charging_rate_unit": "W",
                "charging_schedule_period": [
                    {"start_period": 0, "limit": 11000},
                    {"start_period": 60, "limit": 6.5},
                ],
            },
        },
    )
    assert describe(received) == "SetChargingProfile TxDefaultProfile limit=11000,6.5 W connector=2"


@given(st.text())
def test_a_line_is_never_longer_than_200_characters(text: str) -> None:
    line = describe(call.DataTransfer(vendor_id=text * 50, data=text * 50))
    assert len(line) <= 200


def test_a_line_that_was_cut_says_so() -> None:
    line = describe(call.DataTransfer(vendor_id="x" * 500))
    assert len(line) == 200
    assert line.endswith("x...")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (call_result.MeterValues(), False),
        (call_result.Heartbeat(current_time="2026-01-31T12:00:00Z"), False),  # the log has its own
        (call_result.Authorize(IdTagInfo(AuthorizationStatus.blocked)), True),
        (call_result.GetConfiguration(), False),
        (call_result.GetConfiguration(unknown_key=["x"]), True),
    ],
)
def test_what_says_no_more_than_its_name(typed: Any, says: bool) -> None:
    assert (" " in describe(typed)) is says


def test_of_a_long_text_no_more_is_looked_at_than_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []

    def hide_passwords(text: str) -> str:
        looked_at.append(len(text))
        return text

    monkeypatch.setattr(lines, "hide_passwords", hide_passwords)
    told = describe(call.DataTransfer(vendor_id="v", data="a@" * 500_000))
    assert len(told) == 200
    assert looked_at == [2000]
