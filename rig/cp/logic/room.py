"""Room for one more transaction under the cap of the charge point.

The connectors in a transaction share a ChargePointMaxProfile (3.13). Before another one begins, the
others are told their smaller shares, so that the sum never exceeds the cap. Limits in A.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rig.cp.logic.connector import Connector
from rig.cp.logic.outcome import Outcome

By = tuple[int, list[Outcome]]  # what a connector returned
LimitOf = Callable[[int, float], float | None]  # what profiles say; 0: the cap of all together


@dataclass(eq=False, slots=True)
class Making:
    """Room is being made for a connector; `waits_for` are those not told their shares yet."""

    connector: int
    waits_for: set[int]


class Room:
    """Makes room between the connectors of one charge point."""

    def __init__(self, connectors: Mapping[int, Connector], limit_of: LimitOf) -> None:
        self._connectors, self._limit_of = connectors, limit_of

    def make(self, number: int, now: float) -> Iterator[By]:
        """A connector is about to start: at once, where the others need not be told first."""
        lower = self._lower(number, now)
        making = Making(number, set(lower))
        if not lower:
            yield number, self._connectors[number].go(now)
        for other, limit in lower.items():
            yield other, self._connectors[other].order_limit(making, limit, now)

    def told(self, making: Making, number: int, why: str | None, now: float) -> Iterator[By]:
        """One of the others was told its share, or was not (`why`): then nothing starts."""
        if number not in making.waits_for:
            return
        making.waits_for.remove(number)
        connector = self._connectors[making.connector]
        if why is not None:
            making.waits_for.clear()
            reason = f"connector {number} could not be told to leave room: {why}"
            yield making.connector, connector.no_room(reason, now)
        elif not making.waits_for:
            yield making.connector, connector.go(now)

    def _lower(self, number: int, now: float) -> dict[int, float]:
        """The limits of the others that run, where they do not keep them for certain."""
        if self._limit_of(0, now) is None:
            return {}
        others = [one for one in self._connectors.values() if one.running and one.number != number]
        limits = {one.number: self._limit_of(one.number, now) for one in others}
        return {
            other: limit
            for other, limit in limits.items()
            if limit is not None and not self._connectors[other].charger.keeps(limit)
        }
