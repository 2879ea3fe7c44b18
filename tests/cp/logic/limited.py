"""The limits of a charge point without its connectors: they are told what and when a test says."""

from typing import Any

from ocpp.v16 import call

from rig.cp.logic.kept import Keep
from rig.cp.logic.limits import Installing, Limits, Rules
from rig.cp.logic.profiles import Running
from rig.cp.logic.smart_charging import Policy
from rig.role.logic.supply import Supply
from tests.cp.logic.world import NOON, codec, profile

TX, DEFAULT, MAX = "TxProfile", "TxDefaultProfile", "ChargePointMaxProfile"


class Limited:
    """The limits of a charge point with two connectors."""

    def __init__(self, policy: Policy = "strict", supply: Supply | None = None) -> None:
        self.running: list[Running] = []
        self.disk: dict[str, Any] = {}
        self.policy: Policy = policy
        self.supply = supply
        self.restart()

    def restart(self) -> None:
        rules, saved = Rules(self.policy, self.supply, 32.0), {"profiles": self.disk}
        self.limits = Limits(rules, codec(), lambda: self.running, saved, lambda now: NOON + now)

    def do(self, outputs: list[Any]) -> list[Any]:
        left = []
        for output in outputs:
            match output:
                case Keep("profiles", key, None):
                    del self.disk[key]
                case Keep("profiles", key, value):
                    self.disk[key] = value
                case _:
                    left.append(output)
        return left

    def ask(
        self, connector: int, limit: float, purpose: str = DEFAULT, profile_id: int = 7, **more: Any
    ) -> tuple[Installing | None, list[Any]]:
        values = profile(limit, purpose) | {"charging_profile_id": profile_id} | more
        request = call.SetChargingProfile(connector, values)
        installing, outputs = self.limits.install("ask", request, [1, 2], 0.0)
        return installing, self.do(outputs)

    def install(self, connector: int, limit: float, *details: Any, **more: Any) -> list[Any]:
        """Ask, and tell all connectors at once."""
        installing, outputs = self.ask(connector, limit, *details, **more)
        for number in list(installing.limits if installing else {}):
            assert installing
            outputs += self.do(self.limits.told(installing, number, None))
        return outputs

    def of(self, connector: int, now: float = 0.0) -> float | None:
        return self.limits.of(connector, now)
