"""A limit as charging profiles."""

from typing import Any

import pytest

from rig.csms.logic.limits import TX_PROFILE, profiles, set_profile
from rig.ocppj.schemas import payload_of, violation
from rig.role.logic.supply import Supply

THREE_PHASES = Supply(230.0, 3)


def test_the_profile_is_that_of_the_seed_with_the_kind_that_the_schema_demands() -> None:
    assert payload_of(set_profile(100, TX_PROFILE)) == {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 7,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 100}],
            },
        },
    }


def schedule(request: Any) -> Any:
    return payload_of(request)["csChargingProfiles"]["chargingSchedule"]


def test_in_watts_the_limit_is_the_total_of_the_phases() -> None:
    """16 A * 230 V * 3 = 11040 W."""
    assert schedule(set_profile(16, TX_PROFILE, supply=THREE_PHASES)) == {
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11040.0, "numberPhases": 3}],
    }


def test_watts_have_one_decimal_as_the_schema_demands() -> None:
    """6.3 A * 229.97 V * 1 = 1448.811 W."""
    request = set_profile(6.3, TX_PROFILE, supply=Supply(229.97, 1))
    assert schedule(request)["chargingSchedulePeriod"][0]["limit"] == 1448.8
    assert violation("SetChargingProfile", payload_of(request)) is None


@pytest.mark.parametrize(
    ("transaction", "strict", "expected"),
    [
        (None, False, [("TxProfile", None), ("TxDefaultProfile", None)]),
        (None, True, [("TxDefaultProfile", None)]),
        (4, False, [("TxProfile", None), ("TxProfile", 4), ("TxDefaultProfile", None)]),
        (4, True, [("TxProfile", 4), ("TxDefaultProfile", None)]),
    ],
)
def test_what_is_sent_first_and_what_after_a_rejection(
    transaction: int | None, strict: bool, expected: list[tuple[str, int | None]]
) -> None:
    sent = [payload_of(each) for each in profiles(16, transaction, None, strict=strict)]
    found = [each["csChargingProfiles"] for each in sent]
    purposes = [(each["chargingProfilePurpose"], each.get("transactionId")) for each in found]
    assert purposes == expected
