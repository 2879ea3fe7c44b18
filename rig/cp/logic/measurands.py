"""What this charge point can say of a connector, and how a SampledValue says it.

The charger reports one current; voltage and phases are what the bench names. So without a bench
supply there is current and nothing else, and no value is of one phase.
Source: OCPP 1.6 edition 2, 3.16, 4.7, 7.31 and 7.43, with the errata 2025-04.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ocpp.v16.datatypes import SampledValue
from ocpp.v16.enums import Location, Measurand, ReadingContext, UnitOfMeasure, ValueFormat

from rig.role.logic.supply import Supply

_BY_NAME: dict[str, Measurand] = {each.value: each for each in Measurand}
_OF_CURRENT = (Measurand.current_import, Measurand.current_offered)
_OF_SUPPLY = (
    Measurand.energy_active_import_register,
    Measurand.energy_active_import_interval,
    Measurand.power_active_import,
    Measurand.power_offered,
    Measurand.voltage,
)


def supported(supply: Supply | None) -> tuple[str, ...]:
    """The measurands that this charge point can give with this supply."""
    measurands = (*_OF_CURRENT, *_OF_SUPPLY) if supply else _OF_CURRENT
    return tuple(measurand.value for measurand in measurands)


@dataclass(frozen=True, slots=True)
class Readings:
    """What is known of a connector at one moment; None where it is not known.

    `current` flows, `offered` is the limit in force (A per phase). `energy` is the register and
    `interval` what was added to it since the sample before (Wh).
    """

    current: float | None = None
    offered: float | None = None
    energy: int | None = None
    interval: int | None = None
    supply: Supply | None = None

    def value(self, measurand: str) -> tuple[float, UnitOfMeasure] | None:
        """The value of a measurand with its unit; None while it cannot be given."""
        match measurand:
            case Measurand.current_import:
                return _with(self.current, UnitOfMeasure.a)
            case Measurand.current_offered:
                return _with(self.offered, UnitOfMeasure.a)
            case Measurand.power_active_import:
                return _with(self._power(self.current), UnitOfMeasure.w)
            case Measurand.power_offered:
                return _with(self._power(self.offered), UnitOfMeasure.w)
            case Measurand.voltage:
                return _with(self.supply.voltage if self.supply else None, UnitOfMeasure.v)
            case Measurand.energy_active_import_register:
                return _with(self.energy if self.supply else None, UnitOfMeasure.wh)
            case Measurand.energy_active_import_interval:
                return _with(self.interval if self.supply else None, UnitOfMeasure.wh)
        return None

    def _power(self, current: float | None) -> float | None:
        """W, of all phases."""
        if current is None or self.supply is None:
            return None
        return current * self.supply.voltage * self.supply.phases


def sampled(
    measurands: Iterable[str], readings: Readings, context: ReadingContext
) -> list[SampledValue]:
    """These measurands; one that cannot be given now is left out."""
    values = ((measurand, readings.value(measurand)) for measurand in measurands)
    return [
        SampledValue(
            value=decimal(value[0]),
            context=context,
            format=ValueFormat.raw,
            measurand=_BY_NAME[measurand],
            location=Location.outlet,
            unit=value[1],
        )
        for measurand, value in values
        if value is not None
    ]


def decimal(value: float) -> str:
    """A number in decimal notation, to 1/100, without an exponent."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _with(value: float | None, unit: UnitOfMeasure) -> tuple[float, UnitOfMeasure] | None:
    return None if value is None else (value, unit)
