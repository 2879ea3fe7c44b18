"""The configuration keys of this charge point: one table.

Source: OCPP 1.6 edition 2, 9, with the errata 2025-04 (3.80 to 3.91). Optional keys of what this
charge point does not do are left out, as 9 wants it: no lighting, no lists, no reservations.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rig.cp.logic.profile_reading import CAPACITY
from rig.cp.logic.values import Boolean, Fixed, Integer, Listed, PhaseRotation, Value
from rig.role.logic.supply import Supply

DAY = 86400  # s
MOST_CONNECTORS = 32  # so that ConnectorPhaseRotation fits into the 500 characters of a value


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `reboot`: a change is in force only after the next restart."""

    name: str
    kind: Value
    default: str
    reboot: bool = False

    @property
    def readonly(self) -> bool:
        return isinstance(self.kind, Fixed)


def table(connectors: int, supply: Supply | None, measurands: Sequence[str]) -> tuple[Key, ...]:
    """All keys of a charge point that can report these measurands. At most 32 connectors."""
    if not 1 <= connectors <= MOST_CONNECTORS:
        raise ValueError(f"{connectors} connectors: 1 to {MOST_CONNECTORS} are possible")
    return (*_core(connectors), *_metering(supply, measurands), *_smart_charging(supply), *_RIG)


def _core(connectors: int) -> tuple[Key, ...]:
    rotation = ",".join(f"{number}.Unknown" for number in range(1, connectors + 1))
    return (
        _boolean("AllowOfflineTxForUnknownId", "false"),
        _boolean("AuthorizationCacheEnabled", "true"),
        _boolean("AuthorizeRemoteTxRequests", "false"),
        _integer("ConnectionTimeOut", 60, 1, DAY),
        Key("ConnectorPhaseRotation", PhaseRotation(connectors), rotation),
        _fixed("ConnectorPhaseRotationMaxLength", connectors + 1),
        _fixed("GetConfigurationMaxKeys", 50),
        _integer("HeartbeatInterval", 300, 0, DAY),
        _boolean("LocalAuthorizeOffline", "true"),
        _boolean("LocalPreAuthorize", "false"),
        _integer("MessageTimeout", 30, 1, 600),
        _integer("MinimumStatusDuration", 0, 0, DAY),
        _fixed("NumberOfConnectors", connectors),
        _integer("ResetRetries", 1, 0, 10),
        _boolean("StopTransactionOnEVSideDisconnect", "true"),
        _boolean("StopTransactionOnInvalidId", "true"),
        _fixed("SupportedFeatureProfiles", "Core,SmartCharging,RemoteTrigger"),
        _integer("TransactionMessageAttempts", 3, 1, 100),
        _integer("TransactionMessageRetryInterval", 60, 0, DAY),
        _boolean("UnlockConnectorOnEVSideDisconnect", "true"),
        _integer("WebSocketPingInterval", 20, 0, DAY, reboot=True),
    )


def _metering(supply: Supply | None, measurands: Sequence[str]) -> tuple[Key, ...]:
    sampled = "Energy.Active.Import.Register,Current.Import" if supply else "Current.Import"
    lists = {
        "MeterValuesAlignedData": sampled,
        "MeterValuesSampledData": sampled,
        "StopTxnAlignedData": "",
        "StopTxnSampledData": "",
    }
    keys = [
        key
        for name, default in lists.items()
        for key in (
            Key(name, Listed(tuple(measurands)), default),
            _fixed(f"{name}MaxLength", len(measurands)),
        )
    ]
    return (
        _integer("ClockAlignedDataInterval", 0, 0, DAY),
        _integer("MaxEnergyOnInvalidId", 0, 0, 1_000_000 if supply else 0),  # Wh, if known
        *keys,
        _integer("MeterValueSampleInterval", 60, 0, DAY),
        _fixed("StopTransactionMaxMeterValues", 200),
    )


def _smart_charging(supply: Supply | None) -> tuple[Key, ...]:
    return (
        _fixed("ChargeProfileMaxStackLevel", CAPACITY.stack_level),
        _fixed("ChargingScheduleAllowedChargingRateUnit", "Current,Power" if supply else "Current"),
        _fixed("ChargingScheduleMaxPeriods", CAPACITY.periods),
        _fixed("MaxChargingProfilesInstalled", CAPACITY.installed),
    )


def _boolean(name: str, default: str) -> Key:
    return Key(name, Boolean(), default)


def _integer(name: str, default: int, least: int, most: int, *, reboot: bool = False) -> Key:
    return Key(name, Integer(least, most), str(default), reboot)


def _fixed(name: str, value: int | str) -> Key:
    return Key(name, Fixed(), str(value))


# Each Current of the charger becomes MeterValues at once; not a key of the standard.
_RIG = (_boolean("MeterValuesEveryCurrent", "true"),)
