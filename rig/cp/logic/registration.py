"""The connection to the central system, and what hangs on it: registration, queue, statuses.

BootNotification until it is accepted, then Heartbeat. Without a connection for too long: Stop.
Source: OCPP 1.6 edition 2, 4.2 and 4.6, OCPP-J 1.6, 5.4. Times in s on the clock of `now`.
"""

import math
from collections.abc import Callable

from ocpp.v16 import call, call_result
from ocpp.v16.enums import Reason, RegistrationStatus

from rig.cp.logic.events import Output
from rig.cp.logic.shared import Identity, Shared
from rig.cp.logic.status import Statuses
from rig.cp.logic.tags import Tags
from rig.ocppj.logic.exchange import Note

RETRY = 10.0  # s to the next BootNotification where the central system names no interval
LONGEST = 2**31 - 1  # s; more would be no interval of any central system


class Registration:
    """One charge point at one central system.

    After Pending or Rejected no BootNotification goes out before the interval is over, whatever
    happens to the connection meanwhile.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        # Whether the central system accepted this charge point, or rejected it: then nothing may be
        # sent until the interval is over (4.2.1).
        self.accepted = self.rejected = False
        self._not_before = -math.inf  # of the next BootNotification
        self._heartbeat = 0.0
        self.wake_at = math.inf

    @property
    def boot(self) -> call.BootNotification:
        """The request that registers this charge point."""
        return call.BootNotification(
            charge_point_model=self._identity.model,
            charge_point_vendor=self._identity.vendor,
            firmware_version=self._identity.firmware,
        )

    def connected(self, now: float) -> call.BootNotification | None:
        """A connection is open. What it begins with; None while accepted (OCPP-J 1.6, 5.4)."""
        if self.accepted:
            self.beat_every(self._heartbeat, now)
            return None
        if now >= self._not_before:
            return self.boot
        self.wake_at = self._not_before
        return None

    def disconnected(self) -> None:
        """The connection is gone."""
        self.wake_at = math.inf

    def answered(self, response: call_result.BootNotification, now: float) -> None:
        """The central system decided; anything but Accepted is asked again after its interval."""
        self.accepted = response.status == RegistrationStatus.accepted
        self.rejected = response.status == RegistrationStatus.rejected
        interval = min(response.interval, LONGEST)
        if self.accepted:
            self.beat_every(interval, now)
        else:
            self._ask_again(interval if interval > 0 else RETRY, now)

    def failed(self, now: float) -> None:
        """BootNotification was not answered properly."""
        if not self.accepted:
            self._ask_again(RETRY, now)

    def beat_every(self, interval: float, now: float) -> None:
        """Heartbeats are due at this interval (s) from now on, once accepted; 0: never."""
        self._heartbeat = interval
        if self.accepted:
            self.wake_at = now + interval if interval > 0 else math.inf

    def tick(self, now: float) -> call.Heartbeat | call.BootNotification:
        """What is due: a Heartbeat, or the BootNotification again."""
        if self.accepted:
            self.wake_at = now + self._heartbeat
            return call.Heartbeat()
        self.wake_at = math.inf
        return self.boot

    def _ask_again(self, after: float, now: float) -> None:
        self._not_before = self.wake_at = now + after


class CsmsConnection:
    """The connections of one charge point in turn. Without one for `timeout` s: Stop.

    One on which nothing was heard is none once it is closed: a proxy whose central system is gone
    may accept connections for ever.
    """

    def __init__(
        self,
        shared: Shared,
        registration: Registration,
        tags: Tags,
        statuses: Statuses,
        stop_all: Callable[[Reason], list[Output]],
        timeout: float,
        start: float,
    ) -> None:
        self._shared, self._registration, self._stop_all = shared, registration, stop_all
        self._tags, self._statuses = tags, statuses
        self._timeout = timeout
        self._deadline = self.stops_at = start + timeout  # inf once something was heard; while open
        self._is_open = False

    def tick(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        if self._registration.wake_at <= now:
            outputs += self._keep_registered(now)
        if self.stops_at <= now:
            self._deadline = self.stops_at = math.inf
            text = f"no CSMS for {self._timeout:g} s: Stop"
            outputs += [Note(text, is_warning=True), *self._stop_all(Reason.other)]
        return outputs

    def opened(self, now: float) -> list[Output]:
        """There is one."""
        self._is_open, self.stops_at = True, math.inf
        boot = self._registration.connected(now)
        if boot is not None:
            return [*self._shared.delivery.tell_first(boot)]
        if not self._registration.accepted:
            return []
        return [*self._shared.delivery.open(), *self._statuses.online(now)]

    def heard(self) -> None:
        """The central system said something on it."""
        self._deadline = math.inf

    def closed(self, now: float) -> list[Output]:
        """It is gone."""
        if self._is_open:
            self._deadline = min(self._deadline, now + self._timeout)
        self._is_open, self.stops_at = False, self._deadline
        self._registration.disconnected()
        return self._fall_silent(now)

    def registered(self, response: call_result.BootNotification, now: float) -> list[Output]:
        """The central system answered BootNotification."""
        self._registration.answered(response, now)
        if not self._registration.accepted:  # nothing else may be sent until it is (4.2)
            note = Note(f"BootNotification: {response.status}", is_warning=True)
            return [note, *self._fall_silent(now)]
        kept = self._set_heartbeat(response.interval, now)
        told = [*self._statuses.booted(now), *self._shared.delivery.open()]
        # What was refused for want of a boot need not wait any longer.
        return [*kept, *told, *self._shared.delivery.tick()]

    def _fall_silent(self, now: float) -> list[Output]:
        self._statuses.offline()
        gone = self._shared.delivery.close()
        return [output for one in gone for output in self._tags.unanswered(one, now)]

    def _set_heartbeat(self, interval: int, now: float) -> list[Output]:
        """The central system says it in BootNotification.conf (4.2), or leaves it as configured."""
        configuration = self._shared.configuration
        before = configuration.changed
        if interval > 0:
            configuration.change("HeartbeatInterval", str(interval))
        self._registration.beat_every(configuration.integer("HeartbeatInterval"), now)
        return self._shared.keep_configuration(before)

    def _keep_registered(self, now: float) -> list[Output]:
        request = self._registration.tick(now)
        if isinstance(request, call.BootNotification):
            return [*self._shared.delivery.tell_first(request)]
        # Any other traffic proves as well that this charge point lives (4.6).
        return [*self._shared.delivery.tell(request)] if self._shared.delivery.is_idle else []
