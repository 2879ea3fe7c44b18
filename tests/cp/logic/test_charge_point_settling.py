"""A charge point that settles what an event concerns tells what one tells that settles everything.

Both get the same events, and must put the same on the bus, on the disk and to the central system,
in the same order and at the same moment.
"""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from ocpp.v16 import call

from rig.bus.logic.messages import Current
from rig.cp.logic.charge_point import ChargePoint
from rig.cp.logic.events import Event, Output
from rig.ocppj.logic.exchange import Answered, Ask, Failed
from rig.ocppj.logic.moments import timestamp
from rig.role.logic.supply import Supply
from tests.cp.logic.any_bench import AnyBench, connectors
from tests.cp.logic.crashing import Crashing
from tests.cp.logic.said import profile, start_conf
from tests.cp.logic.world import NOON, flat


class Compared(ChargePoint):
    """Beside one that settles everything after each event: a tick does."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._thorough = ChargePoint(*args)
        self._its_request: Any = None  # by the thorough one

    def receive(self, event: Event, now: float) -> Iterator[list[Output]]:
        """As `rig/role/runner.py` does it: what is due goes before the next event."""
        outputs = flat(super().receive(event, now))
        if self.wake_at <= now:
            outputs += flat(super().tick(now))
        thorough = flat(self._thorough.receive(self._of_the_thorough(event), now))
        yield self._same(outputs, thorough + flat(self._thorough.tick(now)), now)

    def tick(self, now: float) -> Iterator[list[Output]]:
        yield self._same(flat(super().tick(now)), flat(self._thorough.tick(now)), now)

    def _of_the_thorough(self, event: Event) -> Event:
        """It knows its own requests only."""
        match event:
            case Answered(_, response):
                return Answered(self._its_request, response)
            case Failed(_, why):
                return Failed(self._its_request, why)
        return event

    def _same(self, outputs: list[Output], thorough: list[Output], now: float) -> list[Output]:
        assert outputs == thorough
        asked = [one.request for one in thorough if isinstance(one, Ask)]
        self._its_request = asked[-1] if asked else self._its_request
        assert now < self.wake_at <= self._thorough.wake_at, "late, or in vain"
        return outputs


class Settling(AnyBench):
    """Chargers that report fast, limits that change soon, tags that are refused."""

    @initialize(
        count=st.sampled_from([1, 2]),
        stops=st.booleans(),
        lasts=st.sampled_from("01"),
        energy=st.sampled_from("02"),
    )
    def begin(self, count: int, stops: bool, lasts: str, energy: str) -> None:
        class World(Crashing):
            kind = Compared

        self.world = World(
            supply=Supply(230, 3),
            connectors=count,
            MinimumStatusDuration=lasts,
            StopTransactionOnInvalidId=str(stops).lower(),
            MaxEnergyOnInvalidId=energy,  # Wh; 2 are delivered after 0.3 s of 32 A
            TransactionMessageRetryInterval="1",
            MeterValuesEveryCurrent="true",
            MeterValueSampleInterval="7",
        )
        self.count, self.tags, self.promised = count, 0, set()
        self.world.registered()

    @rule(current=st.sampled_from([0, 16, 63]), connector=connectors, answered=st.booleans())
    def report(self, current: int, connector: int, answered: bool) -> None:
        """At 16 Hz for a while."""
        for _ in range(12):
            self.world.feed(Current(current), self.number(connector))
            if answered and self.world.outstanding is not None:
                self.world.answer()
            self.world.advance(1 / 16)

    @precondition(lambda self: not self.world.in_flight)
    @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, 3.0]))
    def advance(self, seconds: float) -> None:
        """No fractions that are rounded: 1e-15 s before a limit changes, the clock says it has."""
        self.world.advance(seconds)

    @rule(
        limits=st.lists(st.sampled_from([0, 6, 16, 32]), min_size=1, max_size=3),
        ahead=st.sampled_from([-3599, 0, 1, 4]),
        connector=st.sampled_from([0, 1, 1, 2]),
    )
    def set_profile(self, limits: list[int], ahead: int, connector: int) -> None:
        """One limit after the other, 2 s each from `ahead` s on, or an hour each since long ago."""
        purpose = "TxDefaultProfile" if connector else "ChargePointMaxProfile"
        values = profile(0, purpose) | {
            "charging_profile_id": connector + 1,
            "charging_profile_kind": "Absolute",
        }
        values["charging_schedule"] |= {
            "start_schedule": timestamp(round(NOON + self.world.now) + ahead),
            "charging_schedule_period": [
                {"start_period": (3600 if ahead < 0 else 2) * number, "limit": limit}
                for number, limit in enumerate(limits)
            ],
        }
        self.world.ask(call.SetChargingProfile(self.number(connector) if connector else 0, values))

    @rule(connector=connectors)
    def charge(self, connector: int) -> None:
        self.world.ask(
            call.RemoteStartTransaction(f"REMOTE{connector}", connector_id=self.number(connector))
        )
        self.world.echo_all()

    @rule()
    def remote_stop(self) -> None:
        self.world.ask(call.RemoteStopTransaction(transaction_id=4))

    @precondition(lambda self: self.world.outstanding is not None)
    @rule(good=st.booleans())
    def answer(self, good: bool) -> None:
        """A StartTransaction with a tag that is accepted, or not."""
        if isinstance(self.world.outstanding, call.StartTransaction):
            self.world.answer(start_conf(4, "Accepted" if good else "Blocked"))
        else:
            self.world.answer()

    @precondition(lambda self: self.world.outstanding is not None)
    @rule()
    def fail(self) -> None:
        self.world.fail()

    @rule()
    def reconnect(self) -> None:
        self.world.disconnect()
        self.world.advance(1.0)
        self.world.connect()


TestSettling = Settling.TestCase
