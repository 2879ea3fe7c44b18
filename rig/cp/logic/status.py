"""When StatusNotification tells the status of a connector, or of the whole charge point (0).

Source: OCPP 1.6 edition 2, 4.9 and 9.1.20, with the errata 2025-04 (3.19, 3.22).
"""

import math
from collections.abc import Callable, Iterable, Mapping

from ocpp.v16 import call

from rig.cp.logic.condition import Condition, Told, way
from rig.cp.logic.configuration import Configuration
from rig.cp.logic.events import Output
from rig.cp.logic.shared import Shared
from rig.ocppj.logic.moments import timestamp


class Reporter:
    """The StatusNotifications of one connector. `wall` turns a `now` into seconds since 1970.

    A status that does not last for MinimumStatusDuration is not told. Nothing is told before the
    central system accepted this charge point, nor while it is away.
    """

    def __init__(
        self, connector: int, configuration: Configuration, wall: Callable[[float], float]
    ) -> None:
        self._connector, self._configuration, self._wall = connector, configuration, wall
        self._condition = Condition()
        self._wanted: Told | None = None
        self._since = 0.0
        self._last: Told | None = None  # that was told
        self._is_online = self._was_offline = False

    @property
    def wake_at(self) -> float:
        if not self._is_online or self._wanted == self._last:
            return math.inf
        return self._since + self._configuration.integer("MinimumStatusDuration")

    def receive(self, condition: Condition, now: float) -> list[call.StatusNotification]:
        """This is the condition of the connector now."""
        self._condition = condition
        wanted = condition.told()
        if wanted != self._wanted:
            self._wanted, self._since = wanted, now
        if wanted == self._last:
            self._was_offline = False
        return self.tick(now)

    def tick(self, now: float) -> list[call.StatusNotification]:
        return self._tell(self._since) if self.wake_at <= now else []

    def booted(self, now: float) -> list[call.StatusNotification]:
        """BootNotification was accepted: tell the status, whatever was told before (3.22)."""
        self._is_online, self._last = True, None
        return self._tell(now)

    def triggered(self, now: float) -> list[call.StatusNotification]:
        """TriggerMessage asks for the status (5.17)."""
        return self._tell(now)

    def offline(self) -> None:
        """The central system is away."""
        self._is_online = False

    def online(self, now: float) -> list[call.StatusNotification]:
        """It is back, without a boot. It is told the status only if that has changed (4.9)."""
        self._is_online, self._was_offline = True, self._wanted != self._last
        return self.tick(now)

    def _tell(self, since: float) -> list[call.StatusNotification]:
        if self._wanted is None:
            return []
        # What came and went while offline is not told, so any status may follow (4.9, rule 3).
        old = None if self._last is None or self._was_offline else self._last.status
        self._last, self._was_offline = self._wanted, False
        *before, _ = way(old, self._wanted.status)
        on_the_way = [Told(status, *self._condition.words(status)) for status in before]
        return [self._notification(told, since) for told in (*on_the_way, self._wanted)]

    def _notification(self, told: Told, since: float) -> call.StatusNotification:
        return call.StatusNotification(
            connector_id=self._connector,
            error_code=told.code,
            status=told.status,
            timestamp=timestamp(self._wall(since)),
            info=told.info,
        )


class Statuses:
    """Tells what changed of the conditions of one charge point."""

    def __init__(self, shared: Shared, numbers: Iterable[int]) -> None:
        self._shared = shared
        self._reporters = {
            number: Reporter(number, shared.configuration, shared.wall) for number in (0, *numbers)
        }

    @property
    def wake_at(self) -> float:
        return min([reporter.wake_at for reporter in self._reporters.values()])

    def tick(self, now: float) -> list[Output]:
        """Tell what lasted long enough (MinimumStatusDuration)."""
        return self._tell(told for each in self._all for told in each.tick(now))

    def settle(self, conditions: Mapping[int, Condition], now: float) -> list[Output]:
        """These are the conditions now, by connector."""
        return self._tell(
            told
            for number, condition in conditions.items()
            for told in self._reporters[number].receive(condition, now)
        )

    def booted(self, now: float) -> list[Output]:
        """BootNotification was accepted: tell them all (errata 3.22)."""
        return self._tell(told for each in self._all for told in each.booted(now))

    def online(self, now: float) -> list[Output]:
        """The central system is back: tell what is another one now (4.9)."""
        return self._tell(told for each in self._all for told in each.online(now))

    def offline(self) -> None:
        """The central system is away, or may not be told anything."""
        for each in self._all:
            each.offline()

    def triggered(self, number: int | None, now: float) -> list[call.StatusNotification]:
        """What TriggerMessage asks for: of one, or of all (5.17)."""
        wanted = self._reporters if number is None else [number]
        known = [self._reporters[one] for one in wanted if one in self._reporters]
        return [status for reporter in known for status in reporter.triggered(now)]

    @property
    def _all(self) -> list[Reporter]:
        return list(self._reporters.values())

    def _tell(self, notifications: Iterable[call.StatusNotification]) -> list[Output]:
        return [output for one in notifications for output in self._shared.delivery.tell(one)]
