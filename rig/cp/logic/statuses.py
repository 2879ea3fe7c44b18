"""The StatusNotifications of all connectors, and of the charge point as a whole (connector 0)."""

from collections.abc import Iterable

from ocpp.v16 import call

from rig.cp.logic.point import Output, Point
from rig.cp.logic.status import Reporter


class Statuses:
    """Tells what changed of the conditions of one charge point."""

    def __init__(self, point: Point) -> None:
        self._point = point
        self._reporters = {
            number: Reporter(number, point.configuration, point.wall)
            for number in (0, *point.numbers)
        }
        self._conditions = [
            (reporter, point.condition_of(number)) for number, reporter in self._reporters.items()
        ]

    @property
    def wake_at(self) -> float:
        return min(reporter.wake_at for reporter in self._reporters.values())

    def tick(self, now: float) -> list[Output]:
        """Tell what lasted long enough (MinimumStatusDuration)."""
        return self._tell(told for each in self._all for told in each.tick(now))

    def settle(self, now: float) -> list[Output]:
        """Something may have changed."""
        told = [one for each, what in self._conditions for one in each.receive(what, now)]
        return self._tell(told) if told else []

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
        return [output for one in notifications for output in self._point.delivery.tell(one)]
