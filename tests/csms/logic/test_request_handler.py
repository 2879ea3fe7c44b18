"""Answers to a charge point, by itself or from the database."""

from typing import Any

import pytest
from ocpp.v16 import call, call_result

from rig.csms.logic.device_info import DeviceInfo
from rig.csms.logic.events import Consult, Consulted, ConsultFailed, Record, RecordSecurity
from rig.csms.logic.request_handler import RequestHandler
from rig.csms.logic.running import RunningTransactions
from rig.ocppj.logic.exchange import Answer, Refuse

NOON = 1769860800.0  # 2026-01-31T12:00:00Z
TIME = "2026-01-31T12:00:00.000Z"
ACCEPTED: Any = {"status": "Accepted"}
START = call.StartTransaction(1, "RIG", 0, TIME)


class Desk:
    """A handler at noon, and what it learns."""

    def __init__(self) -> None:
        self.running, self.device_info = RunningTransactions(), DeviceInfo()
        self.handler = RequestHandler(lambda now: NOON + now, self.running, self.device_info)

    def ask(self, request: Any, unique_id: str = "a") -> list[Any]:
        return self.handler.asked(unique_id, request, 0.0)

    def consulted(self, request: Any, response: Any, unique_id: str = "a") -> list[Any]:
        return self.handler.consulted(Consulted(unique_id, request, response))


def test_what_it_knows_itself_is_answered_at_once() -> None:
    assert Desk().ask(call.Heartbeat()) == [
        Record(call.Heartbeat()),
        Answer("a", call_result.Heartbeat(TIME)),
    ]


def test_a_status_is_kept_and_shown() -> None:
    desk = Desk()
    status: Any = call.StatusNotification(1, "NoError", "Available")  # type: ignore[arg-type]
    assert desk.ask(status) == [Record(status), Answer("a", call_result.StatusNotification())]
    assert desk.device_info.table()["connectors"][0]["status"] == "Available"


def test_a_security_event_is_kept_as_one() -> None:
    event = call.SecurityEventNotification("TamperDetectionActivated", TIME, "lid")
    assert Desk().ask(event) == [
        RecordSecurity("TamperDetectionActivated", "lid"),
        Answer("a", call_result.SecurityEventNotification()),
    ]


def test_what_a_central_system_asks_is_not_supported() -> None:
    (refuse,) = Desk().ask(call.ClearCache())
    assert (refuse.unique_id, refuse.code) == ("a", "NotSupported")


@pytest.mark.parametrize(
    "request_",
    [call.Authorize("x"), START, call.StopTransaction(0, TIME, 4), call.MeterValues(1, [])],
    ids=lambda request: type(request).__name__,
)
def test_what_belongs_to_a_transaction_is_answered_when_the_database_has_it(request_: Any) -> None:
    desk = Desk()
    assert desk.ask(request_) == [Consult("a", request_)]
    response = call_result.StartTransaction(4, ACCEPTED)
    assert desk.consulted(request_, response) == [Answer("a", response)]


def test_what_could_not_be_stored_is_refused_so_that_it_comes_again() -> None:
    desk = Desk()
    desk.ask(START)
    failed = desk.handler.consult_failed(ConsultFailed("a", START, "not stored"))
    assert failed == [Refuse("a", "InternalError", "not stored")]
    assert desk.running.all() == []


def test_transactions_are_learned_from_what_was_stored() -> None:
    desk = Desk()
    desk.ask(START)
    assert desk.running.all() == []
    desk.consulted(START, call_result.StartTransaction(4, ACCEPTED))
    assert desk.running.all() == [(4, 1)]
    meter = call.MeterValues(2, [], transaction_id=77)
    desk.consulted(meter, call_result.MeterValues())
    assert desk.running.all() == [(4, 1), (77, 2)]
    stop = call.StopTransaction(0, TIME, 4)
    desk.consulted(stop, call_result.StopTransaction())
    assert desk.running.all() == [(77, 2)]


def test_an_answer_for_a_lost_connection_is_learned_from_and_never_given_to_the_next() -> None:
    """The next connection may use the same id for something else."""
    desk = Desk()
    desk.ask(START)
    desk.handler.disconnected()
    other = call.Authorize("x")
    desk.ask(other)
    assert desk.consulted(START, call_result.StartTransaction(4, ACCEPTED)) == []
    assert desk.running.all() == [(4, 1)]
    assert desk.consulted(other, call_result.Authorize(ACCEPTED)) != []
