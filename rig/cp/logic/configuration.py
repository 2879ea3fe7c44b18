"""The configuration of a charge point as its central system reads and changes it.

Source: OCPP 1.6 edition 2, 5.3, 5.8 and 9, with the errata 2025-04.
"""

from collections.abc import Mapping, Sequence

from ocpp.v16 import call_result
from ocpp.v16.datatypes import KeyValue
from ocpp.v16.enums import ConfigurationStatus

from rig.cp.logic.keys import Key, table
from rig.cp.logic.measurands import supported
from rig.role.logic.supply import Supply


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
