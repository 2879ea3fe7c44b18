"""The charge point's registration: BootNotification until accepted, then Heartbeat.

Source: OCPP 1.6 edition 2, 4.2 and 4.6.
"""

import math
from dataclasses import dataclass

from ocpp.v16 import call, call_result
from ocpp.v16.enums import RegistrationStatus

RETRY = 10.0  # s to the next BootNotification where the central system names no interval


@dataclass(frozen=True, slots=True)
class Identity:
    """What BootNotification tells of this charge point."""

    vendor: str
    model: str
    firmware: str


class Registration:
    """One charge point at one central system."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._interval = 0.0
        self.accepted = False
        self.wake_at = math.inf

    @property
    def boot(self) -> call.BootNotification:
        """The request that registers this charge point."""
        return call.BootNotification(
            charge_point_model=self._identity.model,
            charge_point_vendor=self._identity.vendor,
            firmware_version=self._identity.firmware,
        )

    def disconnected(self) -> None:
        """The connection is gone."""
        self.wake_at = math.inf

    def answered(self, response: call_result.BootNotification, now: float) -> None:
        """The central system decided; anything but Accepted is asked again after its interval."""
        self._interval = float(response.interval)
        self.accepted = response.status == RegistrationStatus.accepted
        wait = self._interval if self._interval > 0 else (math.inf if self.accepted else RETRY)
        self.wake_at = now + wait

    def failed(self, now: float) -> None:
        """BootNotification was not answered properly."""
        self.wake_at = now + (RETRY if not self.accepted else math.inf)

    def resumed(self, now: float) -> None:
        """Reconnected and still accepted: heartbeats go on, no boot (OCPP-J 1.6, 5.4)."""
        self.wake_at = now + self._interval if self._interval > 0 else math.inf

    def tick(self, now: float) -> call.Heartbeat | call.BootNotification:
        """What is due: a Heartbeat, or the BootNotification again."""
        if self.accepted:
            self.wake_at = now + self._interval
            return call.Heartbeat()
        self.wake_at = math.inf
        return self.boot
