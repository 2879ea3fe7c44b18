"""Answers a charge point's requests: by itself, or after the database was asked."""

from collections.abc import Callable
from typing import Any

from ocpp.v16 import call

from rig.csms.logic.answers import CONSULTED, RECORDED, answer
from rig.csms.logic.device_info import DeviceInfo
from rig.csms.logic.events import Consult, Consulted, ConsultFailed, Output, Record, RecordSecurity
from rig.csms.logic.running import RunningTransactions
from rig.ocppj.logic.exchange import Answer, Refuse
from rig.ocppj.logic.moments import timestamp


class RequestHandler:
    """Of one charge point that may talk. `wall`: a `now` in seconds since 1970."""

    __slots__ = ("_consulting", "_device_info", "_running", "_wall")

    def __init__(
        self, wall: Callable[[float], float], running: RunningTransactions, device_info: DeviceInfo
    ) -> None:
        self._wall, self._running, self._device_info = wall, running, device_info
        # What was asked on this connection; the peer bounds it.
        self._consulting: dict[str, Any] = {}

    def asked(self, unique_id: str, request: Any, now: float) -> list[Output]:
        """A request, BootNotification excepted."""
        kind = type(request)
        if kind in CONSULTED:
            self._consulting[unique_id] = request
            return [Consult(unique_id, request)]
        response = answer(request, timestamp(self._wall(now)))
        if response is None:
            return [Refuse(unique_id, "NotSupported", f"{kind.__name__} is a central system's")]
        self._device_info.note(request)
        return [*_recorded(request), Answer(unique_id, response)]

    def consulted(self, event: Consulted) -> list[Output]:
        """The database has answered, and has it."""
        reply = self._reply(event.request, Answer(event.unique_id, event.response))
        self._learn(event.request, event.response)
        return reply

    def consult_failed(self, event: ConsultFailed) -> list[Output]:
        """The charge point tries again later (errata OCPP-J 3.3)."""
        refuse = Refuse(event.unique_id, "InternalError", event.why)
        return self._reply(event.request, refuse)

    def disconnected(self) -> None:
        """Nobody waits for an answer any more."""
        self._consulting = {}

    def _reply(self, request: Any, reply: Answer | Refuse) -> list[Output]:
        """Unless it was asked on a connection that is gone."""
        if self._consulting.get(reply.unique_id) is not request:
            return []
        del self._consulting[reply.unique_id]
        return [reply]

    def _learn(self, request: Any, response: Any) -> None:
        match request:
            case call.MeterValues(connector_id=connector, transaction_id=running):
                self._running.seen(running, connector)
            case call.StartTransaction(connector_id=connector):
                self._running.started(response.transaction_id, connector)
            case call.StopTransaction(transaction_id=ended):
                self._running.ended(ended)


def _recorded(request: Any) -> list[Record | RecordSecurity]:
    if type(request) in RECORDED:
        return [Record(request)]
    if isinstance(request, call.SecurityEventNotification):
        return [RecordSecurity(request.type, request.tech_info or "")]
    return []
