"""TriggerMessage: first the answer, then what was asked for (OCPP 1.6 edition 2, 5.17).

BootNotification is sent again even after Accepted, though errata 3.35 recommends to reject it: that
is how a central system that was restarted gets to know this charge point.
"""

from collections.abc import Sequence
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import MessageTrigger, TriggerMessageStatus

from rig.cp.logic.point import Output, Point
from rig.cp.logic.registration import Registration
from rig.cp.logic.statuses import Statuses
from rig.ocppj.logic.exchange import Answer


class Triggers:
    """What can be triggered."""

    def __init__(self, point: Point, registration: Registration, statuses: Statuses) -> None:
        self._point, self._registration, self._statuses = point, registration, statuses

    def answer(self, unique_id: str, request: call.TriggerMessage, now: float) -> list[Output]:
        """The answer, and the messages if it is Accepted."""
        told = self._told(request, now)
        status = TriggerMessageStatus.not_implemented
        if told is not None:
            status = TriggerMessageStatus.accepted if told else TriggerMessageStatus.rejected
        answer = Answer(unique_id, call_result.TriggerMessage(status))
        return [answer, *(output for one in told or [] for output in self._tell(one))]

    def _tell(self, request: Any) -> Sequence[Output]:
        """While Pending, what was triggered is all that may be told (4.2)."""
        if isinstance(request, call.BootNotification) or not self._registration.accepted:
            return self._point.delivery.tell_first(request)
        return self._point.delivery.tell(request)

    def _told(self, request: call.TriggerMessage, now: float) -> Sequence[Any] | None:
        """What to tell; nothing where nothing can be told, None where this is not implemented."""
        match request.requested_message:
            case MessageTrigger.boot_notification:
                return [self._registration.boot]
            case MessageTrigger.heartbeat:
                return [call.Heartbeat()]
            case MessageTrigger.meter_values:
                return self._meter_values(request.connector_id, now)
            case MessageTrigger.status_notification:
                return self._statuses.triggered(request.connector_id, now)
        return None

    def _meter_values(self, number: int | None, now: float) -> Sequence[Any]:
        """Of a connector, or of all (also for 0, which has no meter of its own)."""
        wanted = [number] if number else self._point.numbers
        known = [self._point.connectors[one] for one in wanted if one in self._point.connectors]
        values = [connector.session.triggered_values(now) for connector in known]
        return [value for value in values if value is not None]
