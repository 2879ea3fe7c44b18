"""Smart charging at two connectors, whose buses carry a limit when a test says."""

from typing import Any

from ocpp.v16 import call

from rig.bus.logic.link import LinkUp, NotSent, Sent
from rig.bus.logic.messages import SetLimit
from rig.cp.logic.connector import Connector
from rig.cp.logic.events import Send
from rig.cp.logic.profile_reading import Policy
from rig.cp.logic.profiles import Limits, RunningTransaction
from rig.cp.logic.saved import Saved, read
from rig.cp.logic.smart_charging import SmartCharging
from rig.role.logic.supply import Supply
from tests.cp.logic.on_disk import Disk, kept_on
from tests.cp.logic.rigged import charger, shared
from tests.cp.logic.said import profile
from tests.cp.logic.world import NOON, codec

TX, DEFAULT, MAX = "TxProfile", "TxDefaultProfile", "ChargePointMaxProfile"


class Limited:
    """`frames` are in flight, by connector; those that are no answer to a profile are carried."""

    def __init__(self, policy: Policy = "strict", supply: Supply | None = None) -> None:
        self.disk: Disk = {"profiles": {}}
        self.policy, self.supply = policy, supply
        self.restart()

    def restart(self) -> None:
        of_all = shared(self.supply)
        self.running: dict[int, RunningTransaction] = of_all.running
        kept = read(self.disk, codec())
        self.limits = Limits(self.running, kept, lambda now: NOON + now)
        of_all.limits = self.limits
        self.connectors = {
            number: Connector(number, of_all, charger(number), 0.0, Saved()) for number in (1, 2)
        }
        self.charging = SmartCharging(of_all, self.policy, self.connectors)
        self.frames: dict[int, list[Send]] = {1: [], 2: []}
        for number, connector in self.connectors.items():
            self.do(connector.bus(LinkUp(), 0.0))
            self.carried(number)

    def runs(self, *transactions: RunningTransaction) -> None:
        """These transactions run, and no others."""
        self.running.clear()
        self.running.update({one.connector: one for one in transactions})

    def do(self, outputs: list[Any]) -> list[Any]:
        """Keep profiles and send frames; what is left."""
        left = []
        for output in kept_on(self.disk, outputs):
            if isinstance(output, Send):
                self.frames[output.connector].append(output)
            else:
                left.append(output)
        return left

    def told(self) -> dict[int, float]:
        """The limit (A) that is on its way to each connector."""
        return {
            number: frame.message.limit
            for number, frames in self.frames.items()
            for frame in frames
            if isinstance(frame.message, SetLimit)
        }

    def carried(self, number: int) -> list[Any]:
        """The bus of a connector carries the oldest frame in flight; what follows."""
        frame = self.frames[number].pop(0)
        return self.do(self.connectors[number].bus(Sent(frame.key), 0.0))

    def lost(self, number: int) -> list[Any]:
        """It does not."""
        frame = self.frames[number].pop(0)
        return self.do(self.connectors[number].bus(NotSent(frame.key, "no echo"), 0.0))

    def ask(
        self, connector: int, limit: float, purpose: str = DEFAULT, profile_id: int = 7, **more: Any
    ) -> list[Any]:
        """SetChargingProfile; what follows before any bus has carried anything."""
        values = profile(limit, purpose) | {"charging_profile_id": profile_id} | more
        request = call.SetChargingProfile(connector, values)
        return self.do(self.charging.install("ask", request, 0.0))

    def install(self, connector: int, limit: float, *details: Any, **more: Any) -> list[Any]:
        """Ask, and let each bus carry it."""
        outputs = self.ask(connector, limit, *details, **more)
        for number, frames in self.frames.items():
            if frames:
                outputs += self.carried(number)
        return outputs

    def settle(self) -> list[Any]:
        """As after each event."""
        return self.do(self.charging.hold([1, 2], 0.0))

    def of(self, connector: int, now: float = 0.0) -> float | None:
        return self.limits.of(connector, now)
