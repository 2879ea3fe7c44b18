"""What is told of a transaction."""

from ocpp.v16.enums import Reason

from rig.cp.logic.saved import Ending
from rig.cp.logic.transaction import Data, stop_request

NOON = 1769860800.0  # 2026-01-31T12:00:00Z
DATA = [{"timestamp": "2026-01-31T12:00:00.000Z", "sampled_value": [{"value": "1"}]}]


def test_an_end_without_data_and_tag_has_none() -> None:
    nothing: list[Data] = [None, []]
    requests = [stop_request(Ending(Reason.remote), 0, NOON, data) for data in nothing]
    assert [(one.id_tag, one.transaction_data) for one in requests] == [(None, None)] * 2
