"""24 hours of a charge point with the simulated charger on its bus.

A daily profile of five periods, six sessions, an hour without the central system, a central system
that is restarted, a charge point that dies. Times are in s after the first noon.
"""

from dataclasses import dataclass, field
from typing import Any

from ocpp.v16 import call

from rig.bus.logic.messages import Current
from rig.charger_module.logic.charger import SimulatedCharger
from rig.cp.logic.events import Plugged, Swiped, Unplugged
from rig.ocppj.logic.moments import timestamp
from tests.conformance.clauses import SUPPLY, run, settle
from tests.cp.logic.said import remote_start, start_conf
from tests.cp.logic.world import NOON, World, codec

HOUR, DAY = 3600, 86400
ENERGY = "Energy.Active.Import.Register"
# From midnight on: 16 A, at 6 h 10 A, at 9 h 20 A, at 17 h 6 A, at 20 h 32 A. After noon that is:
LIMITS = [(0, 20), (5 * HOUR, 6), (8 * HOUR, 32), (12 * HOUR, 16), (18 * HOUR, 10), (21 * HOUR, 20)]
DAILY: dict[str, Any] = {
    "charging_profile_id": 1,
    "stack_level": 0,
    "charging_profile_purpose": "TxDefaultProfile",
    "charging_profile_kind": "Recurring",
    "recurrency_kind": "Daily",
    "charging_schedule": {
        "charging_rate_unit": "A",
        "start_schedule": timestamp(NOON - 12 * HOUR),
        "charging_schedule_period": [
            {"start_period": hour * HOUR, "limit": limit}
            for hour, limit in [(0, 16), (6, 10), (9, 20), (17, 6), (20, 32)]
        ],
    },
}
KEPT = (call.StartTransaction, call.MeterValues, call.StopTransaction)
PERIOD = 2.0  # s, of the charger's reports; each is a step of 20 % of the way as well
RAMP = 62  # Wh, from 32 A to nothing or back: 32 A * 690 V * 2 s * (1 + 0.8 + 0.8**2 ...) / 3600


@dataclass
class Day:
    """The world, its charger, and what the central system keeps by the unique ids.

    The charge point hears the charger while its link is up.
    """

    world: World
    charger: SimulatedCharger = field(default_factory=lambda: SimulatedCharger(0.5, PERIOD))
    transactions: dict[str, int] = field(default_factory=dict)
    commands: int = 0  # of the bus that the charger has seen

    def until(self, end: float) -> None:
        """The charger reports; the bus carries and the central system answers all."""
        while self.charger.wake_at < end:
            self._run(self.charger.wake_at)
            for report in self.charger.tick(self.world.now):
                if self.world.is_up and isinstance(report, Current):
                    self.world.feed(codec().carried(report))
        self._run(end)

    def _run(self, end: float) -> None:
        run(self.world, end - self.world.now, self.replies)
        for at, _, message in self.world.carried[self.commands :]:
            self.charger.receive(message, at)
        self.commands = len(self.world.carried)

    @property
    def replies(self) -> dict[type[Any], Any]:
        return {call.StartTransaction: self.start}

    def start(self, _: call.StartTransaction) -> Any:
        """The same transaction for the same unique id."""
        unique_id = str(self.world.ids[-1])
        number = self.transactions.setdefault(unique_id, 100 + len(self.transactions))
        return start_conf(number, "Accepted")

    def feed(self, *events: Any) -> None:
        for event in events:
            self.world.feed(event)
            settle(self.world, self.replies)

    def ask(self, request: Any) -> None:
        assert self.world.status(request) == "Accepted"
        settle(self.world, self.replies)


def afternoon(day: Day) -> None:
    """13:00 to 14:30 by a tag; 16:30 to 20:30 from afar; a session begins at 21:30."""
    day.until(1 * HOUR)
    day.feed(Plugged(), Swiped("ONE"))
    day.until(2.5 * HOUR)
    day.feed(Swiped("ONE"), Unplugged())
    day.until(4.5 * HOUR)
    day.feed(Plugged())
    day.ask(remote_start(connector_id=1))
    day.until(8.5 * HOUR)
    day.ask(call.RemoteStopTransaction(101))
    day.feed(Unplugged())
    day.until(9.5 * HOUR)
    day.feed(Plugged(), Swiped("ONE"))


def offline_hour(day: Day) -> None:
    """22:00 to 23:00: one session ends at 22:20, another begins at 22:35 and ends at 23:30."""
    day.until(10 * HOUR)
    day.world.disconnect()
    day.until(10 * HOUR + 20 * 60)
    day.feed(Swiped("ONE"), Unplugged())
    day.until(10 * HOUR + 35 * 60)
    day.feed(Plugged(), Swiped("ONE"))
    day.until(11 * HOUR)
    day.world.connect()
    settle(day.world, day.replies)
    day.until(11.5 * HOUR)
    day.feed(Swiped("ONE"), Unplugged())


def night(day: Day) -> None:
    """1:00, the answer to a start is lost with the central system; 4:05, the charge point dies."""
    day.until(13 * HOUR)
    day.feed(Plugged())
    day.world.ask(remote_start(connector_id=1))
    while not isinstance(day.world.outstanding, call.StartTransaction):
        day.world.echo_all()
        if not isinstance(day.world.outstanding, call.StartTransaction):
            day.world.answer()
    day.start(day.world.outstanding)  # it is kept, and never answered
    day.world.disconnect()
    day.until(13 * HOUR + 10)
    day.world.connect()
    day.until(16 * HOUR + 5 * 60)
    day.world.die()
    day.until(16 * HOUR + 5 * 60 + 30)
    day.world.link_up()
    day.world.connect()
    settle(day.world, day.replies)


def morning(day: Day) -> None:
    """5:30 to 9:30 by a tag, then nothing until noon."""
    day.until(17.5 * HOUR)
    day.feed(Unplugged(), Plugged(), Swiped("TWO"))
    day.until(21.5 * HOUR)
    day.feed(Swiped("TWO"), Unplugged())
    day.until(DAY)


def lived() -> Day:
    """The day, lived through."""
    world = World(
        supply=SUPPLY,
        csms_timeout=2 * HOUR,
        MeterValuesEveryCurrent="false",
        MeterValuesSampledData=ENERGY,
        MeterValuesAlignedData=ENERGY,
        MeterValueSampleInterval="60",
        ClockAlignedDataInterval="900",
    )
    day = Day(world)
    world.registered().feed(Unplugged())
    settle(world)
    day.ask(call.SetChargingProfile(1, DAILY))
    for part in (afternoon, offline_hour, night, morning):
        part(day)
    return day
