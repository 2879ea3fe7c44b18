"""One request on its way, and what of it outlasts a crash."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call
from ocpp.v16.datatypes import MeterValue, SampledValue
from ocpp.v16.enums import Measurand, Reason, UnitOfMeasure

from rig.cp.logic.request_queue import QueuedRequest, numbers, restored
from rig.ocppj.schemas import payload_of

TIME = "2026-01-31T12:00:00.000Z"
START = call.StartTransaction(connector_id=1, id_tag="RIG", meter_start=0, timestamp=TIME)
STOP = call.StopTransaction(meter_stop=9, timestamp=TIME, transaction_id=0, reason=Reason.local)
SAMPLE = SampledValue("20", measurand=Measurand.current_import, unit=UnitOfMeasure.a)
VALUES = call.MeterValues(2, [MeterValue(TIME, [SAMPLE])])


@given(
    st.sampled_from([START, STOP, VALUES]),
    st.integers(1),
    st.none() | st.integers(1),
    st.integers(0, 5),
)
def test_json_brings_it_back(
    request: Any, number: int, transaction: int | None, attempts: int
) -> None:
    queued = QueuedRequest(number, request, transaction, f"boot-{number}", attempts)
    saved = json.loads(json.dumps(queued.saved()))
    again = restored(str(number), saved)
    assert payload_of(again.request) == payload_of(request)
    assert type(again.request) is type(request)
    ours = (again.number, again.transaction, again.unique_id, again.attempts, again.is_live)
    assert ours == (number, transaction, f"boot-{number}", attempts, False)


def test_every_number_of_another_life_is_known() -> None:
    """Another transaction with the number of an old one would get its id."""
    running: dict[str, Any] = {"1": {"transaction": {"number": 9}}}
    saved: dict[str, dict[str, Any]] = {
        "queue": {"7": {"transaction": 5}, "8": {"transaction": None}},
        "beyond": {"queue": 300, "greatest": 450},
        "names": {"6": 4711},
        "running": running,
    }
    assert sorted(numbers(saved)) == [6, 7, 8, 9, 450]
    assert list(numbers({})) == [0]
