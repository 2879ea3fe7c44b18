"""Profiles outlast a reboot (OCPP 1.6 errata 3.37)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp.logic.profile import Profile, ProfileError, restored, saved
from tests.cp.logic.charging import any_profile, one


@given(any_profile(), st.floats(0, 65535), st.floats(-1e10, 1e10))
def test_a_profile_comes_back_from_json_as_it_was(
    profile: Profile, limit: float, moment: float
) -> None:
    profile = profile._replace(periods=((0.0, limit),), valid_from=moment)
    text = json.dumps(saved(profile), allow_nan=False)
    assert restored(json.loads(text)) == profile


def test_a_saved_profile_reads_like_this() -> None:
    assert saved(one(16)) == {
        "connector": 1,
        "profile_id": 7,
        "stack_level": 0,
        "purpose": "TxDefaultProfile",
        "kind": "Relative",
        "periods": [[0.0, 16.0]],
        "duration": None,
        "start": None,
        "recurrence": None,
        "valid_from": None,
        "valid_to": None,
        "transaction_id": None,
    }


@pytest.mark.parametrize(
    "damage",
    [
        {"purpose": "None"},
        {"kind": 1},
        {"periods": [[0.0]]},
        {"periods": [["a", 1.0]]},
        {"periods": None},
        {"periods": []},
        {"periods": [[1.0, 16.0]]},
        {"kind": "Absolute"},
        {"stack_level": "high"},
        {"valid_to": "tomorrow"},
        {"unknown": 1},
    ],
)
def test_what_is_no_saved_profile_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(ProfileError, match="no saved profile"):
        restored(saved(one(16)) | damage)


def test_a_saved_profile_that_lacks_something_is_refused() -> None:
    with pytest.raises(ProfileError, match="no saved profile"):
        restored({})
