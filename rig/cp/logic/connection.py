"""The connection to the central system, and what hangs on it: registration, queue, statuses.

Sources: OCPP 1.6 edition 2, 4.2 and 4.6, OCPP-J 1.6, 5.4. Times in s on the clock of `now`.
"""

import math

from ocpp.v16 import call, call_result
from ocpp.v16.enums import Reason

from rig.cp.logic.admission import Admission
from rig.cp.logic.point import Output, Point
from rig.cp.logic.registration import Registration
from rig.cp.logic.statuses import Statuses
from rig.ocppj.logic.exchange import Note


class Connection:
    """The connections of one charge point in turn. Without one for `timeout` s: Stop.

    One on which nothing was heard is none once it is closed: a proxy whose central system is gone
    may accept connections for ever.
    """

    def __init__(
        self,
        point: Point,
        registration: Registration,
        admission: Admission,
        statuses: Statuses,
        timeout: float,
        start: float,
    ) -> None:
        self._point, self._registration = point, registration
        self._admission, self._statuses = admission, statuses
        self._timeout, self._deadline = timeout, start + timeout
        self._is_open = False

    @property
    def wake_at(self) -> float:
        return min(self._registration.wake_at, math.inf if self._is_open else self._deadline)

    def tick(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        if self._registration.wake_at <= now:
            outputs += self._keep_registered(now)
        if self._deadline <= now and not self._is_open:
            self._deadline = math.inf
            text = f"no CSMS for {self._timeout:g} s: Stop"
            outputs += [Note(text, is_warning=True), *self._point.stop_all(Reason.other, now)]
        return outputs

    def opened(self, now: float) -> list[Output]:
        """There is one."""
        self._is_open = True
        boot = self._registration.connected(now)
        if boot is not None:
            return [*self._point.delivery.tell_first(boot)]
        if not self._registration.accepted:
            return []
        return [*self._point.delivery.open(), *self._statuses.online(now)]

    def heard(self) -> None:
        """The central system said something on it."""
        self._deadline = math.inf

    def closed(self, now: float) -> list[Output]:
        """It is gone."""
        if self._is_open:
            self._deadline = min(self._deadline, now + self._timeout)
        self._is_open = False
        self._registration.disconnected()
        return self._fall_silent(now)

    def registered(self, response: call_result.BootNotification, now: float) -> list[Output]:
        """The central system answered BootNotification."""
        self._registration.answered(response, now)
        if not self._registration.accepted:  # nothing else may be sent until it is (4.2)
            note = Note(f"BootNotification: {response.status}", is_warning=True)
            return [note, *self._fall_silent(now)]
        kept = self._set_heartbeat(response.interval, now)
        told = [*self._statuses.booted(now), *self._point.delivery.open()]
        # What was refused for want of a boot need not wait any longer.
        return [*kept, *told, *self._point.delivery.tick()]

    def _fall_silent(self, now: float) -> list[Output]:
        self._statuses.offline()
        gone = self._point.delivery.close()
        return [output for one in gone for output in self._admission.unanswered(one, now)]

    def _set_heartbeat(self, interval: int, now: float) -> list[Output]:
        """The central system says it in BootNotification.conf (4.2), or leaves it as configured."""
        configuration = self._point.configuration
        before = configuration.changed
        if interval > 0:
            configuration.change("HeartbeatInterval", str(interval))
        self._registration.beat_every(configuration.integer("HeartbeatInterval"), now)
        return self._point.keep_configuration(before)

    def _keep_registered(self, now: float) -> list[Output]:
        request = self._registration.tick(now)
        if isinstance(request, call.BootNotification):
            return [*self._point.delivery.tell_first(request)]
        # Any other traffic proves as well that this charge point lives (4.6).
        return [*self._point.delivery.tell(request)] if self._point.delivery.is_idle else []
