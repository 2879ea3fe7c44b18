"""What is told of a transaction."""

from ocpp.v16 import call
from ocpp.v16.enums import Reason

from rig.cp.logic.saved import Ending
from rig.cp.logic.transaction import Data, Transaction, stop_request

NOON = 1769860800.0  # 2026-01-31T12:00:00Z
DATA = [{"timestamp": "2026-01-31T12:00:00.000Z", "sampled_value": [{"value": "1"}]}]


def test_it_is_told_with_tag_meter_and_time() -> None:
    """6.45."""
    began = Transaction(7, 2, "RIG", None, NOON + 0.25, 1500)
    assert began.start_request() == call.StartTransaction(
        connector_id=2, id_tag="RIG", meter_start=1500, timestamp="2026-01-31T12:00:00.250Z"
    )


def test_its_end_is_told_with_meter_time_reason_tag_and_data() -> None:
    """6.49."""
    assert stop_request(Ending(Reason.local, "TWO"), 1700, NOON, DATA) == call.StopTransaction(
        meter_stop=1700,
        timestamp="2026-01-31T12:00:00.000Z",
        transaction_id=0,  # filled in when it is sent
        reason=Reason.local,
        id_tag="TWO",
        transaction_data=DATA,
    )


def test_an_end_without_data_and_tag_has_none() -> None:
    nothing: list[Data] = [None, []]
    requests = [stop_request(Ending(Reason.remote), 0, NOON, data) for data in nothing]
    assert [(one.id_tag, one.transaction_data) for one in requests] == [(None, None)] * 2
