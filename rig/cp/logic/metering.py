"""What the central system is told of the current and the energy of one connector, and when.

Source: OCPP 1.6 edition 2, 3.16 and 4.7. Times in s on the clock of `now`.
"""

from typing import Any

from ocpp.v16 import call
from ocpp.v16.datatypes import MeterValue
from ocpp.v16.enums import Measurand, ReadingContext

from rig.cp.logic.charger import Charger
from rig.cp.logic.events import Output
from rig.cp.logic.kept import Keep
from rig.cp.logic.measurands import Readings, sampled
from rig.cp.logic.sampling import Sampler, Samples
from rig.cp.logic.saved import METER
from rig.cp.logic.shared import Shared
from rig.ocppj.logic.moments import timestamp

LIVE = (Measurand.current_import.value,)
KEEP_EVERY = 10.0  # s of energy that a crash may cost at most


class Metering:
    """The meter of one connector. `transaction` is our own number of the one that runs."""

    def __init__(self, number: int, shared: Shared, charger: Charger, now: float) -> None:
        self._number, self._shared, self._charger = number, shared, charger
        self._sampler = Sampler(shared.configuration, shared.wall, now)
        self._kept, self._kept_at = charger.meter.energy, now

    @property
    def wake_at(self) -> float:
        return self._sampler.wake_at

    @property
    def samples(self) -> Samples | None:
        """What a new life needs for the transactionData of a transaction that runs."""
        return self._sampler.samples

    def tick(self, transaction: int | None, now: float) -> list[Output]:
        """The samples that are due, which are told for certain (3.7)."""
        values = self._sampler.tick(self._readings(), now)
        if not values:
            return []
        told = call.MeterValues(self._number, values)
        delivery = self._shared.delivery
        return [self.keep_register(), *delivery.tell_for_certain(told, transaction)]

    def measured(self, transaction: int | None, now: float) -> list[Output]:
        """The charger reported its current: in the seed's mode each becomes MeterValues."""
        kept: list[Output] = []
        if now - self._kept_at >= KEEP_EVERY and self._charger.meter.energy != self._kept:
            self._kept_at = now
            kept = [self.keep_register()]
        if not self._shared.configuration.boolean("MeterValuesEveryCurrent"):
            return kept
        values = sampled(LIVE, self._readings(), ReadingContext.sample_periodic)
        value = MeterValue(timestamp(self._shared.wall(now)), values)
        told = call.MeterValues(self._number, [value])
        return [*kept, *self._shared.delivery.tell_live(told, transaction)]

    def begin(self, now: float) -> None:
        """A transaction begins."""
        self._sampler.begin(self._readings(), now)

    def end(self, now: float) -> list[dict[str, Any]] | None:
        """The transaction ends. Returns its transactionData, None for none."""
        return self._sampler.end(self._readings(), now)

    def reconfigured(self, now: float) -> None:
        """The configuration changed."""
        self._sampler.reconfigured(now)

    def triggered(self, now: float) -> call.MeterValues | None:
        """What TriggerMessage asks for; None if nothing is known now."""
        value = self._sampler.triggered(self._readings(), now)
        return call.MeterValues(self._number, [value]) if value else None

    def keep_register(self) -> Keep[int, float]:
        """The energy register outlasts this life."""
        self._kept = self._charger.meter.energy
        return Keep(METER, self._number, self._kept)

    def _readings(self) -> Readings:
        charger = self._charger
        return Readings(
            current=charger.current,
            offered=self._shared.limit if charger.limit is None else charger.limit,
            energy=int(charger.meter.energy),
            supply=self._shared.supply,
        )
