"""The current that a charge point tells the central system, as far as it is live."""

import math
from collections.abc import Iterator
from typing import Any

from rig.ocppj.logic.moments import seconds

LIVE = 3.0  # s that a sample may be older than the freshest one was when it came


class Metered:
    """Reads MeterValues of one connector. An offline queue brings old ones: those are left out."""

    def __init__(self, connector: int) -> None:
        self._connector = connector
        self._offset = math.inf  # s from a sample's time to its coming, the least so far

    def currents(self, payload: dict[str, Any], now: float) -> list[float]:
        """The Current.Import (A) of each sample in a MeterValues that is live."""
        if payload.get("connectorId") != self._connector:
            return []
        try:
            return [amps for item in payload["meterValue"] for amps in self._sample(item, now)]
        except (KeyError, TypeError, ValueError, AttributeError):
            return []  # a charge point that breaks the schema: the central system says so

    def _sample(self, item: dict[str, Any], now: float) -> Iterator[float]:
        age = now - seconds(item["timestamp"])
        self._offset = min(self._offset, age)
        if age > self._offset + LIVE:
            return
        for value in item["sampledValue"]:
            if value.get("measurand") == "Current.Import":
                yield float(value["value"])
                return  # the other phases carry as much
