"""The configuration of a charge point as its central system reads and changes it.

One table of keys. Optional ones of what this charge point does not do are left out, as 9 wants it:
no lighting, no lists, no reservations. Source: OCPP 1.6 edition 2, 5.3, 5.8 and 9, with the errata
2025-04 (3.80 to 3.91).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ocpp.v16 import call_result
from ocpp.v16.datatypes import KeyValue
from ocpp.v16.enums import ConfigurationStatus

from rig.cp.logic.measurands import supported
from rig.role.logic.supply import Supply

# How much this charge point holds: its read-only configuration keys (9.4).
MAX_STACK_LEVEL = 20  # ChargeProfileMaxStackLevel
MAX_PERIODS = 1000  # ChargingScheduleMaxPeriods; a week in quarters of an hour has 672
MAX_INSTALLED = 100  # MaxChargingProfilesInstalled

ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")  # 9.1.7


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from `least` to `most`."""

    least: int
    most: int

    def read(self, text: str) -> str:
        """The value as it is kept. Raises ValueError for one that is not possible."""
        if not re.fullmatch(r"-?[0-9]{1,10}", text) or not self.least <= int(text) <= self.most:
            raise ValueError(f"not a number from {self.least} to {self.most}")
        return str(int(text))


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    def read(self, text: str) -> str:
        """The value as it is kept. Raises ValueError for one that is not possible."""
        if text.lower() not in ("true", "false"):
            raise ValueError("neither true nor false")
        return text.lower()


@dataclass(frozen=True, slots=True)
class Listed:
    """Some of `allowed` or none, with commas between them (CSL), each once."""

    allowed: tuple[str, ...]

    def read(self, text: str) -> str:
        """The value as it is kept. Raises ValueError for one that is not possible."""
        spelled = {item.lower(): item for item in self.allowed}
        wanted = [item.strip().lower() for item in text.split(",")] if text.strip() else []
        if len(set(wanted)) < len(wanted) or not spelled.keys() >= set(wanted):
            raise ValueError("something else than what this charge point can give, or twice")
        return ",".join(spelled[item] for item in wanted)


@dataclass(frozen=True, slots=True)
class PhaseRotation:
    """The phase rotation of connectors 0 to `connectors`, as `1.RST,2.RTS` (9.1.7)."""

    connectors: int

    def read(self, text: str) -> str:
        """The value as it is kept. Raises ValueError for one that is not possible."""
        numbers = range(self.connectors + 1)
        every = Listed(tuple(f"{number}.{name}" for number in numbers for name in ROTATIONS))
        rotation = every.read(text)
        connectors = [item.split(".")[0] for item in rotation.split(",")]
        if not rotation or len(set(connectors)) < len(connectors):
            raise ValueError("no connector, or one with two phase rotations")
        return rotation


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that is read only."""

    def read(self, text: str) -> str:
        """Raises ValueError."""
        raise ValueError("read only")


Value = Integer | Boolean | Listed | PhaseRotation | Fixed


DAY = 86400  # s
MOST_CONNECTORS = 64
LISTED = 32  # in ConnectorPhaseRotation at first, which has 500 characters; more fit as `33.RST`


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
    """All keys of a charge point that can report these measurands. At most 64 connectors."""
    if not 1 <= connectors <= MOST_CONNECTORS:
        raise ValueError(f"{connectors} connectors: 1 to {MOST_CONNECTORS} are possible")
    return (*_core(connectors), *_metering(supply, measurands), *_smart_charging(supply), *_RIG)


def _core(connectors: int) -> tuple[Key, ...]:
    rotation = ",".join(f"{number}.Unknown" for number in range(1, min(connectors, LISTED) + 1))
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
        _fixed("ChargeProfileMaxStackLevel", MAX_STACK_LEVEL),
        _fixed("ChargingScheduleAllowedChargingRateUnit", "Current,Power" if supply else "Current"),
        _fixed("ChargingScheduleMaxPeriods", MAX_PERIODS),
        _fixed("MaxChargingProfilesInstalled", MAX_INSTALLED),
    )


def _boolean(name: str, default: str) -> Key:
    return Key(name, Boolean(), default)


def _integer(name: str, default: int, least: int, most: int, *, reboot: bool = False) -> Key:
    return Key(name, Integer(least, most), str(default), reboot)


def _fixed(name: str, value: int | str) -> Key:
    return Key(name, Fixed(), str(value))


# Each Current of the charger becomes MeterValues at once; not a key of the standard.
_RIG = (_boolean("MeterValuesEveryCurrent", "true"),)


class TooManyKeys(ValueError):
    """A GetConfiguration.req that names more keys than GetConfigurationMaxKeys (5.8)."""


class Configuration:
    """The keys of one charge point. Keys are case-insensitive (7.17).

    `saved` is what `changed` was when the charge point last ran; what is not possible any more
    (another number of connectors, no supply) is left out. Raises ValueError for fewer than one or
    more than 64 connectors.
    """

    def __init__(
        self, *, connectors: int, supply: Supply | None, saved: Mapping[str, str] | None = None
    ) -> None:
        keys = table(connectors, supply, supported(supply))
        self._keys = {key.name.lower(): key for key in keys}
        self._changed: dict[str, str] = {}
        for name, value in (saved or {}).items():
            self._set(name, value)
        self._in_force = {key.name.lower(): self._value(key) for key in keys}

    @property
    def changed(self) -> Mapping[str, str]:
        """What the central system changed, by key: to be kept over a restart."""
        return dict(self._changed)

    def change(self, name: str, value: str) -> ConfigurationStatus:
        """ChangeConfiguration (5.3)."""
        key = self._keys.get(name.lower())
        if key is None:
            return ConfigurationStatus.not_supported
        if not self._set(name, value):
            return ConfigurationStatus.rejected
        if key.reboot:
            return ConfigurationStatus.reboot_required
        self._in_force[key.name.lower()] = self._value(key)
        if key.name == "MeterValueSampleInterval":
            # Who takes charge of sampling gets the samples of the standard and no others.
            self.change("MeterValuesEveryCurrent", "false")
        return ConfigurationStatus.accepted

    def get(self, names: Sequence[str] | None) -> call_result.GetConfiguration:
        """GetConfiguration (5.8): these keys, or all. Raises TooManyKeys.

        A value that waits for a restart is shown as it was set.
        """
        if names and len(names) > self.integer("GetConfigurationMaxKeys"):
            raise TooManyKeys(f"at most {self.integer('GetConfigurationMaxKeys')} keys")
        asked = {name.lower(): name for name in reversed(names or [])}
        wanted = [name for name in self._keys if not names or name in asked]
        unknown = [name for key, name in reversed(asked.items()) if key not in self._keys]
        return call_result.GetConfiguration(
            configuration_key=[self._shown(self._keys[name]) for name in wanted] or None,
            unknown_key=unknown or None,
        )

    def integer(self, name: str) -> int:
        """The value in force of a key that is a number."""
        return int(self._in_force[name.lower()])

    def boolean(self, name: str) -> bool:
        """The value in force of a key that is true or false."""
        return self._in_force[name.lower()] == "true"

    def choices(self, name: str) -> tuple[str, ...]:
        """The value in force of a key that is a list."""
        value = self._in_force[name.lower()]
        return tuple(value.split(",")) if value else ()

    def _set(self, name: str, value: str) -> bool:
        key = self._keys.get(name.lower())
        if key is None:
            return False
        try:
            self._changed[key.name] = key.kind.read(value)
        except ValueError:
            return False
        return True

    def _value(self, key: Key) -> str:
        return self._changed.get(key.name, key.default)

    def _shown(self, key: Key) -> KeyValue:
        return KeyValue(key.name, key.readonly, self._value(key))
