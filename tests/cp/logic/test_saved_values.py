"""Each value comes back from the JSON of its row as it was."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call
from ocpp.v16.datatypes import MeterValue, SampledValue
from ocpp.v16.enums import AuthorizationStatus, Measurand, Reason, UnitOfMeasure

from rig.cp.logic.authorization import CachedTag
from rig.cp.logic.kept import Keep, RefusedRow, Section
from rig.cp.logic.profile import Profile
from rig.cp.logic.sampling import Samples
from rig.cp.logic.saved import (
    PROFILES,
    QUEUE,
    RUNNING,
    TAGS,
    Beyond,
    Ending,
    QueuedRequest,
    Saved,
    Unfinished,
    read,
)
from rig.ocppj.schemas import payload_of
from tests.cp.logic.charging import any_profile, one
from tests.cp.logic.world import codec

TIME = "2026-01-31T12:00:00.000Z"
START = call.StartTransaction(connector_id=1, id_tag="RIG", meter_start=0, timestamp=TIME)
STOP = call.StopTransaction(meter_stop=9, timestamp=TIME, transaction_id=0, reason=Reason.local)
SAMPLE = SampledValue("20", measurand=Measurand.current_import, unit=UnitOfMeasure.a)
VALUES = call.MeterValues(2, [MeterValue(TIME, [SAMPLE])])
DATA = [{"timestamp": TIME, "sampled_value": [{"value": "1"}]}]


def again(section: Section[Any, Any], key: Any, value: Any) -> Any:
    """What comes back of a value."""
    row = json.dumps(Keep(section, key, value).row[2], allow_nan=False)
    refused: list[RefusedRow] = []
    found = section.found({section.name: {str(key): json.loads(row)}}, refused)
    assert refused == []
    return found[key]


@given(
    st.sampled_from([START, STOP, VALUES]),
    st.integers(1),
    st.booleans(),
    st.integers(0, 5),
)
def test_a_request(request: Any, number: int, is_of_one: bool, attempts: int) -> None:
    transaction = number - 1 if is_of_one else None
    queued = QueuedRequest(number, request, transaction, f"boot-{number}", attempts)
    back = again(QUEUE, number, queued)
    assert payload_of(back.request) == payload_of(request)
    assert type(back.request) is type(request)
    ours = (back.number, back.transaction, back.unique_id, back.attempts, back.is_live)
    assert ours == (number, transaction, f"boot-{number}", attempts, False)


@given(
    st.builds(
        Unfinished,
        number=st.integers(1),
        id_tag=st.text(min_size=1, max_size=20),
        parent=st.none() | st.text(max_size=20),
        started=st.floats(0, 1e10),
        meter_start=st.integers(0),
        ending=st.none() | st.builds(Ending, st.sampled_from(Reason), st.none() | st.text()),
        samples=st.sampled_from([None, Samples(), Samples(DATA[0], (*DATA, *DATA))]),
    )
)
def test_a_transaction_that_runs(unfinished: Unfinished) -> None:
    assert again(RUNNING, 2, unfinished) == unfinished


@given(any_profile(), st.floats(0, 65535), st.floats(-1e10, 1e10))
def test_a_profile(profile: Profile, limit: float, moment: float) -> None:
    """Errata 3.37."""
    profile = profile._replace(periods=((0.0, limit),), valid_from=moment)
    assert again(PROFILES, profile.profile_id, profile) == profile


def test_tags_in_their_order() -> None:
    """3.5.1."""
    tags = {
        "two": CachedTag(AuthorizationStatus.blocked, None, math.inf),
        "one": CachedTag(AuthorizationStatus.accepted, "Family", 1.5),
    }
    assert list(again(TAGS, "cache", tags).items()) == list(tags.items())


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
def test_what_is_no_profile_is_refused(damage: dict[str, Any]) -> None:
    row = Keep(PROFILES, 7, one(16)).row[2] | damage
    saved = read({"profiles": {"7": row}}, codec())
    assert [refused.value for refused in saved.refused] == [row]
    assert saved.profiles == ()


def test_every_number_of_another_life_is_known() -> None:
    """Another transaction with the number of an old one would get its id."""
    running = Unfinished(9, "RIG", None, 0.0, 0, None, None)
    assert Saved().last_number == 0
    assert Saved(queue=[QueuedRequest(8, STOP, 5)]).last_number == 8
    assert Saved(names={6: 4711}).last_number == 6
    assert Saved(running={1: running}).last_number == 9
    everything = Saved(
        queue=[QueuedRequest(8, STOP, 5)],
        names={6: 4711},
        running={1: running},
        beyond=Beyond(queue=300, greatest=450),
    )
    assert everything.last_number == 450
