"""The parts of a charge point: connectors, limits, and what the central system must be told.

What a connector returns is passed on here: frames to its bus, requests to the delivery.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ocpp.v16.enums import Reason

from rig.logic.cp.actuator import Transmit
from rig.logic.cp.charging_profile import Profile
from rig.logic.cp.condition import Condition
from rig.logic.cp.configuration import Configuration
from rig.logic.cp.connector import Connector
from rig.logic.cp.delivery import Delivery
from rig.logic.cp.kept import Keep, Saved
from rig.logic.cp.limits import Limits, Rules
from rig.logic.cp.outcome import Began, Ended, Limited, Live, Outcome, Record, Tell
from rig.logic.cp.profile_reading import Supply
from rig.logic.cp.profiles import Running
from rig.logic.cp.registration import Identity
from rig.logic.cp.smart_charging import Policy
from rig.logic.cp.surroundings import Surroundings
from rig.logic.exchange import Answer, Ask, Note, Refuse
from rig.logic.messages import Codec, Message

CONFIGURATION, AVAILABILITY = "configuration", "availability"  # sections


@dataclass(frozen=True, slots=True)
class Settings:
    """How this charge point behaves.

    `csms_timeout` (s): without the CSMS for longer, Stop. `limit` (A): in force where no profile
    says one. `boot`: at most 16 characters that no other life of this charge point has.
    """

    identity: Identity
    policy: Policy = "strict"
    supply: Supply | None = None
    csms_timeout: float = 60.0
    connectors: int = 1
    limit: float = 32.0
    boot: str = "boot"


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message on the bus of a connector; what becomes of it comes back under this key."""

    connector: int
    key: int
    message: Message


@dataclass(frozen=True, slots=True)
class Restart:
    """Begin a new life: end this one as on the way out, then start again (5.14)."""

    reason: Reason


Output = Answer | Refuse | Ask | Note | Keep | Send | Restart


class Point:
    """The parts of one charge point. `wall` turns a `now` into seconds since 1970."""

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        wall: Callable[[float], float],
        start: float,
        saved: Saved,
    ) -> None:
        self.wall = wall
        self.configuration = Configuration(
            connectors=settings.connectors,
            supply=settings.supply,
            saved=saved.get(CONFIGURATION, {}),
        )
        self.delivery = Delivery(settings.boot, saved)
        rules = Rules(settings.policy, settings.supply, settings.limit)
        self.limits = Limits(rules, codec, self.running, saved, wall)
        around = Surroundings(
            codec=codec,
            wall=wall,
            configuration=self.configuration,
            supply=settings.supply,
            limit=settings.limit,
            limit_of=self._limit_of,
            new_number=self.delivery.new_number,
        )
        numbers = range(1, settings.connectors + 1)
        self.connectors = {number: Connector(number, around, start, saved) for number in numbers}
        self._condition = Condition(link_up=True)  # of the charge point as a whole, connector 0
        for number in (0, *numbers):
            self.condition_of(number).operative = str(number) not in saved.get(AVAILABILITY, {})

    @property
    def wake_at(self) -> float:
        return min(connector.wake_at for connector in self.connectors.values())

    @property
    def numbers(self) -> Sequence[int]:
        """Of the connectors, from 1."""
        return list(self.connectors)

    def condition_of(self, number: int) -> Condition:
        """The condition of a connector, or of the charge point as a whole (0)."""
        return self.connectors[number].condition if number else self._condition

    def running(self) -> list[Running]:
        """The transactions that run, and those whose Start is on its way."""
        return [one for connector in self.connectors.values() if (one := connector.running)]

    def tick(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        for number, connector in self.connectors.items():
            if connector.wake_at <= now:
                outputs += self.pass_on(number, connector.tick(now))
        return outputs

    def pass_on(self, number: int, outcomes: Sequence[Outcome]) -> list[Output]:
        """What a connector returned, for the bus, the disk and the central system."""
        return [output for outcome in outcomes for output in self._of(number, outcome)]

    def _of(self, number: int, outcome: Outcome) -> Sequence[Output]:
        match outcome:
            case Transmit(key, message):
                return [Send(number, key, message)]
            case Tell(request):
                return self.delivery.tell(request)
            case Record(request, transaction):
                return self.delivery.tell_for_certain(request, transaction)
            case Live(request, transaction):
                return self.delivery.tell_live(request, transaction)
            case Limited(installing, why):
                return self.limits.told(installing, number, why)
            case Began(profile):
                return self.limits.began(profile)
            case Ended():
                return self.limits.ended(number)
        return [outcome]

    def put_limits_in_force(self, now: float) -> list[Output]:
        """Tell each charger its limit if that is another one than before."""
        outputs: list[Output] = []
        for number, connector in self.connectors.items():
            limit = self.limits.of(number, now)
            outputs += self.pass_on(number, connector.put_in_force(limit, now))
        return outputs

    def keep_configuration(self, before: dict[str, str]) -> list[Output]:
        """What the configuration has now that it had not before."""
        changed = self.configuration.changed
        return [
            Keep(CONFIGURATION, key, value)
            for key, value in changed.items()
            if before.get(key) != value
        ]

    def _limit_of(self, connector: int, now: float, profile: Profile | None) -> float | None:
        return self.limits.of(connector, now, profile)
