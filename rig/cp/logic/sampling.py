"""What is sampled of a connector, and when: MeterValues and the transactionData of a transaction.

Source: OCPP 1.6 edition 2, 3.16, 4.7 and 9.1, with the errata 2025-04 (3.14, 3.15, 3.91).
"""

import math
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from ocpp.v16.datatypes import MeterValue
from ocpp.v16.enums import ReadingContext as Context

from rig.cp.logic.configuration import Configuration
from rig.cp.logic.measurands import Readings, sampled
from rig.ocppj.logic.moments import timestamp

DAY = 86400.0  # s
LATE = 1.0  # s after which a sample is not of its moment on the grid any more
EARLY = 0.001  # s that a timer may be early


class Series:
    """A sample each `interval` s (0: none) from `anchor` on; without one from each midnight on."""

    def __init__(self) -> None:
        self.interval = 0
        self.anchor: float | None = None
        self.due_at = math.inf
        self._begun: tuple[float, int] | None = None  # when an interval ends, register at its begin

    def restart(self, interval: int, moment: float, *, anchor: float | None = None) -> None:
        """From this moment on, samples are due at this interval."""
        self.interval, self.anchor, self._begun = interval, anchor, None
        self.due_at = self._after(moment)

    def begin(self, energy: int | None) -> None:
        """The register (Wh) where the first interval begins."""
        self._begun = None if energy is None else (self.due_at, energy)

    def is_due(self, moment: float) -> bool:
        # After a jump of the clock, what was due next may be far away.
        self.due_at = min(self.due_at, self._after(moment))
        return self.due_at <= moment + EARLY

    def take(self, moment: float, energy: int | None) -> tuple[float, int | None]:
        """The due sample is taken: when it is of, and the energy (Wh) of the interval that ends.

        None where the interval is not known from its begin to its end. What was missed is left out.
        """
        due, begun, is_late = self.due_at, self._begun, moment - self.due_at >= LATE
        self.due_at = self._after(max(moment, due))
        self._begun = None if is_late or energy is None else (self.due_at, energy)
        is_whole = begun is not None and begun[0] == due and not is_late
        amount = energy - begun[1] if begun and is_whole and energy is not None else None
        return (moment if is_late else due), amount

    def _after(self, moment: float) -> float:
        if not self.interval:
            return math.inf
        anchor = moment // DAY * DAY if self.anchor is None else self.anchor
        due = anchor + ((moment - anchor) // self.interval + 1) * self.interval
        return min(due, anchor + DAY) if self.anchor is None else due


_INTERVALS = {
    Context.sample_clock: "ClockAlignedDataInterval",
    Context.sample_periodic: "MeterValueSampleInterval",
}
_SENT = {
    Context.sample_clock: "MeterValuesAlignedData",
    Context.sample_periodic: "MeterValuesSampledData",
}
_KEPT = {
    Context.sample_clock: "StopTxnAlignedData",
    Context.sample_periodic: "StopTxnSampledData",
}


class Samples(NamedTuple):
    """What was sampled of a running transaction for its StopTransaction."""

    begin: dict[str, Any] | None = None
    between: tuple[dict[str, Any], ...] = ()

    @property
    def taken(self) -> list[dict[str, Any]]:
        """All, as transactionData has them."""
        return [*([self.begin] if self.begin else []), *self.between]


class Sampler:
    """The samples of one connector. `wall` turns a `now` into seconds since 1970."""

    def __init__(
        self, configuration: Configuration, wall: Callable[[float], float], now: float
    ) -> None:
        self._configuration, self._wall = configuration, wall
        self._series = {Context.sample_clock: Series(), Context.sample_periodic: Series()}
        self.samples: Samples | None = None  # of the transaction that runs
        self._ahead = 0.0  # of `now`, the wall clock
        self.reconfigured(now)

    @property
    def wake_at(self) -> float:
        clock, periodic = self._series.values()
        return min(clock.due_at, periodic.due_at) - self._ahead

    def reconfigured(self, now: float) -> None:
        """The configuration changed: a new interval begins now."""
        moment = self._moment(now)
        for context, series in self._series.items():
            if series.interval != self._interval(context):
                is_periodic = context is Context.sample_periodic
                self._restart(context, moment, moment if is_periodic else None)

    def begin(self, readings: Readings, now: float) -> None:
        """A transaction starts."""
        moment = self._moment(now)
        begin = self._value(self._ends, readings, Context.transaction_begin, moment)
        self.samples = Samples(_for_json(begin) if begin else None)
        self._restart(Context.sample_periodic, moment, moment)
        self._series[Context.sample_periodic].begin(readings.energy)

    def end(self, readings: Readings, now: float) -> list[dict[str, Any]] | None:
        """The transaction stops. Returns its transactionData (4.10), None for none."""
        samples, self.samples = self.samples, None
        moment = self._moment(now)
        self._restart(Context.sample_periodic, moment, None)
        if samples is None or not self._ends:
            return None
        end = self._value(self._ends, readings, Context.transaction_end, moment)
        return [*samples.taken, *([_for_json(end)] if end else [])] or None

    def tick(self, readings: Readings, now: float) -> list[MeterValue]:
        """Take what is due. Returns what MeterValues are to carry now, the oldest first."""
        moment = self._moment(now)
        taken = [
            (*series.take(moment, readings.energy), context)
            for context, series in self._series.items()
            if series.is_due(moment)
        ]
        return [
            value
            for at, amount, context in sorted(taken, key=lambda sample: sample[0])
            for value in self._take(context, replace(readings, interval=amount), at)
        ]

    def triggered(self, readings: Readings, now: float) -> MeterValue | None:
        """What TriggerMessage asks for: MeterValuesSampledData (5.17)."""
        measurands = self._configuration.choices("MeterValuesSampledData")
        return self._value(measurands, readings, Context.trigger, self._moment(now))

    def _take(self, context: Context, readings: Readings, at: float) -> list[MeterValue]:
        kept = self._value(self._configuration.choices(_KEPT[context]), readings, context, at)
        if kept and self.samples:
            self.samples = self._with_one_more(self.samples, _for_json(kept))
        sent = self._value(self._configuration.choices(_SENT[context]), readings, context, at)
        return [sent] if sent else []

    def _with_one_more(self, samples: Samples, value: dict[str, Any]) -> Samples:
        between = (*samples.between, value)
        if len(between) > self._configuration.integer("StopTransactionMaxMeterValues") - 2:
            between = between[1::2]  # less each second one, and never the begin or the end (3.91)
        return samples._replace(between=between)

    @property
    def _ends(self) -> tuple[str, ...]:
        """The measurands that a transaction begins and ends with (3.14)."""
        lists = [self._configuration.choices(name) for name in _KEPT.values()]
        return tuple(dict.fromkeys(measurand for chosen in lists for measurand in chosen))

    def _value(
        self, measurands: tuple[str, ...], readings: Readings, context: Context, at: float
    ) -> MeterValue | None:
        values = sampled(measurands, readings, context)
        return MeterValue(timestamp=timestamp(at), sampled_value=values) if values else None

    def _interval(self, context: Context) -> int:
        """The interval of the clock always, that of the transaction while one runs."""
        if context is Context.sample_periodic and self.samples is None:
            return 0
        return self._configuration.integer(_INTERVALS[context])

    def _restart(self, context: Context, moment: float, anchor: float | None) -> None:
        self._series[context].restart(self._interval(context), moment, anchor=anchor)

    def _moment(self, now: float) -> float:
        self._ahead = self._wall(now) - now
        return self._wall(now)


def _for_json(value: MeterValue) -> dict[str, Any]:
    samples = [
        {name: str(item) for name, item in asdict(sample).items() if item is not None}
        for sample in value.sampled_value
    ]
    return {"timestamp": value.timestamp, "sampled_value": samples}
