"""What a charge point reports: the status of its connector, and meter values."""

from dataclasses import dataclass, replace

from ocpp.v16 import call
from ocpp.v16.datatypes import MeterValue, SampledValue
from ocpp.v16.enums import (
    ChargePointErrorCode,
    ChargePointStatus,
    Measurand,
    ReadingContext,
    UnitOfMeasure,
)


@dataclass(slots=True)
class Condition:
    """Everything that the status of a connector follows from."""

    link_up: bool = False
    silent: bool = False
    plugged: bool = False
    charging: bool = False
    finishing: bool = False
    limit: float | None = None

    @property
    def status(self) -> ChargePointStatus:
        """OCPP 1.6 edition 2, 4.9."""
        if not self.link_up:
            return ChargePointStatus.faulted
        if self.charging:
            suspended = self.limit == 0
            return ChargePointStatus.suspended_evse if suspended else ChargePointStatus.charging
        if self.finishing:
            return ChargePointStatus.finishing
        return ChargePointStatus.preparing if self.plugged else ChargePointStatus.available

    @property
    def error(self) -> tuple[ChargePointErrorCode, str | None]:
        """Error code and what it means, 50 characters at most (7.7, 6.47)."""
        if not self.link_up:
            return ChargePointErrorCode.other_error, "CAN link down"
        if self.silent:
            return ChargePointErrorCode.other_error, "no Current from the charger"
        return ChargePointErrorCode.no_error, None

    def copy(self) -> "Condition":
        """As it is now."""
        return replace(self)

    def is_shown_as(self, other: "Condition") -> bool:
        """Whether a StatusNotification would say the same."""
        return (self.status, self.error) == (other.status, other.error)


def status_notification(
    connector: int, condition: Condition, timestamp: str
) -> call.StatusNotification:
    """The condition of a connector, or of the whole charge point (0)."""
    code, info = condition.error
    return call.StatusNotification(
        connector_id=connector,
        error_code=code,
        status=condition.status,
        timestamp=timestamp,
        info=info,
    )


def meter_values(
    connector: int, current: float, transaction_id: int | None, timestamp: str, *, triggered: bool
) -> call.MeterValues:
    """The current (A) that flows through a connector."""
    context = ReadingContext.trigger if triggered else ReadingContext.sample_periodic
    sample = SampledValue(
        value=f"{current:g}",
        context=context,
        measurand=Measurand.current_import,
        unit=UnitOfMeasure.a,
    )
    return call.MeterValues(
        connector_id=connector,
        meter_value=[MeterValue(timestamp=timestamp, sampled_value=[sample])],
        transaction_id=transaction_id,
    )
