"""The charge point's registration: BootNotification until accepted, then Heartbeat.

Source: OCPP 1.6 edition 2, 4.2 and 4.6. Times in s.
"""

import math
from dataclasses import dataclass

from ocpp.v16 import call, call_result
from ocpp.v16.enums import RegistrationStatus

RETRY = 10.0  # s to the next BootNotification where the central system names no interval
LONGEST = 2**31 - 1  # s; more would be no interval of any central system


@dataclass(frozen=True, slots=True)
class Identity:
    """What BootNotification tells of this charge point."""

    vendor: str
    model: str
    firmware: str


class Registration:
    """One charge point at one central system.

    After Pending or Rejected no BootNotification goes out before the interval is over, whatever
    happens to the connection meanwhile.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._status: str | None = None
        self._not_before = -math.inf  # of the next BootNotification
        self._heartbeat = 0.0
        self.wake_at = math.inf

    @property
    def accepted(self) -> bool:
        """Whether the central system accepted this charge point."""
        return self._status == RegistrationStatus.accepted

    @property
    def rejected(self) -> bool:
        """Whether it rejected it: then nothing may be sent until the interval is over (4.2.1)."""
        return self._status == RegistrationStatus.rejected

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
        self._status, interval = response.status, min(response.interval, LONGEST)
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
