"""What OCPP asks of one connector: whether it is to charge, and up to which limit.

A listener of one end; it knows what it heard, and of that only what is simple: a limit that
follows from one period of one schedule. Times in s, limits in A.
"""

import math
from typing import Any

from rig.ocppj.logic.framing import Call, CallError, CallResult, OcppMessage
from rig.role.logic.supply import Supply

TX = "TxProfile"
REMEMBERED = 64  # CALLs that wait for their answer
# What makes a charge point stop, or tell its charger another limit, by the word of its backend.
STOPPING = {"RemoteStopTransaction", "Reset", "UnlockConnector", "ChangeAvailability"}
LIMITING = {"SetChargingProfile", "ClearChargingProfile", "RemoteStartTransaction"}
CHARGING = "Charging"
NO_CAR = {"Available", "Unavailable", "Faulted", "Reserved"}  # a start waits for one, or fails


class Ordered:
    """Of one connector of a charge point that has `connectors`."""

    def __init__(
        self, connector: int, connectors: int, limit: float, supply: Supply | None
    ) -> None:
        self._connector, self._connectors, self._supply = connector, connectors, supply
        self._limit = limit  # where no profile says one
        self._asked: dict[tuple[bool, str], tuple[Call, float]] = {}
        self._limits: dict[tuple[str, int], list[float]] = {}  # by purpose and stack level
        self._transaction: int | None = None  # the latest one
        self._is_open = self._waits_for_car = False
        self._is_simple = True  # each profile could be read
        self.running: bool | None = None  # as it was told last, by either end
        self.status: str | None = None
        # When something last said that it is to be, or is.
        self.moments = dict.fromkeys(("start", "stop", "limit"), -math.inf)

    @property
    def known_limits(self) -> list[float]:
        """All that any profile, or the bench, says."""
        return [self._limit, *(limit for limits in self._limits.values() for limit in limits)]

    @property
    def limit(self) -> float | None:
        """What profiles say that the charger is to be told now; None where that is not simple."""
        if not (self._limits and self._is_simple):
            return None
        tx = self._prevailing(TX) if self.running else []
        asked = tx or self._prevailing("TxDefaultProfile") or [self._limit]
        most = self._prevailing("ChargePointMaxProfile") or [math.inf]
        return min(asked[0], most[0]) if len(asked) == len(most) == 1 else None

    def _prevailing(self, purpose: str) -> list[float]:
        """The limits of the profile with the highest stack level."""
        levels = [level for of, level in self._limits if of == purpose]
        return self._limits[purpose, max(levels)] if levels else []

    def receive(self, message: OcppMessage, by_point: bool, now: float) -> str | None:
        """A message of either side; the action that it accepts, if it does."""
        match message:
            case Call():
                self._asked[by_point, message.unique_id] = (message, now)
                if len(self._asked) > REMEMBERED:
                    del self._asked[next(iter(self._asked))]
                if by_point:
                    self._told(message, now)
                else:
                    self._ordered(message, now)
            case CallResult(unique_id, payload):
                asked = self._asked.pop((not by_point, unique_id), None)
                return self._answered(asked[0], payload, now) if asked else None
            case CallError(unique_id):
                self._asked.pop((not by_point, unique_id), None)
        return None

    def _concerns(self, payload: dict[str, Any]) -> bool:
        number = payload.get("connectorId")
        return number == self._connector or number in (0, None)

    def _ordered(self, call: Call, now: float) -> None:
        """By the central system: it may be obeyed before it is answered."""
        if call.action in LIMITING and self._concerns(call.payload):
            self.moments["limit"] = now
        if call.action == "RemoteStartTransaction" and self._concerns(call.payload):
            self.moments["start"], self._waits_for_car = now, self.status in NO_CAR
        if call.action in STOPPING:
            self.moments["stop"] = now

    def _told(self, call: Call, now: float) -> None:
        """By the charge point, of what it did, or is about to do."""
        match call.action:
            case "StartTransaction" if self._concerns(call.payload):
                self._runs(True, now)
                self.moments["limit"] = now
            case "StopTransaction" if self._is_ours(call.payload):
                self._runs(False, now)
                self._limits = {key: of for key, of in self._limits.items() if key[0] != TX}
                self._is_simple = True
            case "StatusNotification" if call.payload.get("connectorId") == self._connector:
                self.status = str(call.payload.get("status"))
                self.moments["start" if self.status == CHARGING else "stop"] = now
                self.moments["limit"] = now
            case "Authorize" if not self._is_open:  # the central system may still refuse
                self.running = None

    def _is_ours(self, payload: dict[str, Any]) -> bool:
        return self._connectors == 1 or payload.get("transactionId") == self._transaction

    def _runs(self, running: bool, now: float) -> None:
        self.running = self._is_open = running
        self.moments["start" if running else "stop"] = now

    def _answered(self, call: Call, payload: dict[str, Any], now: float) -> str | None:
        if call.action == "StartTransaction" and self._concerns(call.payload):
            self._transaction = payload.get("transactionId")
        if payload.get("status") != "Accepted":
            return None
        match call.action:
            case "RemoteStartTransaction" if self._concerns(call.payload):
                is_here = self._connectors == 1 or call.payload.get("connectorId") is not None
                self.running = True if is_here and not self._waits_for_car else None
                self._install(call.payload.get("chargingProfile"))
            case "RemoteStopTransaction" if self._is_ours(call.payload):
                self.running = False
            case "SetChargingProfile" if self._concerns(call.payload):
                self._install(call.payload.get("csChargingProfiles"))
            case "ClearChargingProfile":
                self._clear(call.payload)
            case _:
                return None
        self.moments["limit"] = now
        return call.action

    def _clear(self, payload: dict[str, Any]) -> None:
        purpose = payload.get("chargingProfilePurpose")
        if payload.get("id") is not None or not self._concerns(payload):
            # Which one has this number is not known here: what is left of them is not simple.
            self._limits = {key: [*of, *of] for key, of in self._limits.items()}
            return
        level = payload.get("stackLevel")
        for key in [*self._limits]:
            if purpose in (None, key[0]) and level in (None, key[1]):
                del self._limits[key]

    def _install(self, profile: Any) -> None:
        """What it says, as far as it can be read; what cannot is not judged."""
        try:
            schedule = profile["chargingSchedule"]
            key = str(profile["chargingProfilePurpose"]), int(profile["stackLevel"])
            limits = [self._amps(schedule, period) for period in schedule["chargingSchedulePeriod"]]
        except (KeyError, TypeError, ValueError):
            self._is_simple = profile is None  # a RemoteStartTransaction may have none
            return
        is_simple = not {"validFrom", "validTo", "recurrencyKind"} & set(profile)
        is_simple &= not {"duration", "startSchedule"} & set(schedule)
        shared = self._connectors > 1 and key[0] == "ChargePointMaxProfile"
        self._limits[key] = limits if is_simple and not shared else [*limits, *limits]

    def _amps(self, schedule: dict[str, Any], period: dict[str, Any]) -> float:
        """In A; numberPhases divides nothing, as the charge point reads it."""
        limit = float(period["limit"])
        if schedule.get("chargingRateUnit") != "W":
            return limit
        if self._supply is None:
            raise ValueError("W without a supply")
        return limit / (self._supply.voltage * self._supply.phases)
