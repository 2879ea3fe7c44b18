"""The central system of the world: it answers, and asks what a script or an operator wants."""

from typing import Any

from rig.ocppj.logic.framing import Call, CallResult, OcppMessage
from rig.ocppj.logic.moments import timestamp
from rig.score.logic.world import World

INTERVAL = 300  # s, of Heartbeat
ANSWERS = 0.002  # s from a request to its answer


class Central:
    """Of one charge point."""

    def __init__(self, world: World) -> None:
        self._world, self._ids = world, 0
        self.transaction = 0  # the latest one
        world.on_csms = self._hear

    def _hear(self, message: OcppMessage) -> None:
        if isinstance(message, Call):
            answer = CallResult(message.unique_id, self._answer(message))
            self._world.after(ANSWERS, lambda: self._world.say(answer, by_point=False))

    def _answer(self, asked: Call) -> dict[str, Any]:
        now = timestamp(self._world.now)
        match asked.action:
            case "BootNotification":
                return {"status": "Accepted", "interval": INTERVAL, "currentTime": now}
            case "Heartbeat":
                return {"currentTime": now}
            case "Authorize":
                return {"idTagInfo": {"status": "Accepted"}}
            case "StartTransaction":
                self.transaction += 1
                return {"transactionId": self.transaction, "idTagInfo": {"status": "Accepted"}}
        return {}

    def ask(self, action: str, **payload: Any) -> None:
        """Ask the charge point now."""
        self._ids += 1
        if self._world.is_connected:
            self._world.say(Call(f"c{self._ids}", action, payload), by_point=False)

    def start(self, limit: float | None = None) -> None:
        """RemoteStartTransaction, with a limit (A) or without."""
        profiles = {} if limit is None else {"chargingProfile": profile((0, limit))}
        self.ask("RemoteStartTransaction", connectorId=1, idTag="RIG", **profiles)

    def stop(self) -> None:
        """RemoteStopTransaction of the latest one."""
        self.ask("RemoteStopTransaction", transactionId=self.transaction)

    def configure(self, key: str, value: str) -> None:
        """ChangeConfiguration."""
        self.ask("ChangeConfiguration", key=key, value=value)

    def limit(self, *periods: tuple[int, float]) -> None:
        """SetChargingProfile, of (start in s, limit in A)."""
        self.ask("SetChargingProfile", connectorId=1, csChargingProfiles=profile(*periods))


def profile(*periods: tuple[int, float]) -> dict[str, Any]:
    """A TxProfile of these periods."""
    listed = [{"startPeriod": start, "limit": float(limit)} for start, limit in periods]
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": listed},
    }
