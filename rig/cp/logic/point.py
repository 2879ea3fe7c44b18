"""The parts of a charge point: connectors, limits, and what the central system must be told.

What a connector returns is passed on here: frames to its bus, requests to the delivery.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ocpp.v16.enums import Reason

from rig.bus.logic.messages import Codec, Message
from rig.cp.logic.actuator import Actuator, Transmit
from rig.cp.logic.charger_link import LIVED
from rig.cp.logic.condition import Condition
from rig.cp.logic.configuration import Configuration
from rig.cp.logic.connector import Connector
from rig.cp.logic.delivery import Delivery
from rig.cp.logic.kept import Fetch, Keep, Saved
from rig.cp.logic.limits import Installing, Limits, Rules
from rig.cp.logic.outcome import Began, Ended, Limited, Live, Outcome, Record, Starting, Told
from rig.cp.logic.profiles import Running
from rig.cp.logic.registration import Identity
from rig.cp.logic.room import Room
from rig.cp.logic.session import left_running
from rig.cp.logic.smart_charging import Policy
from rig.cp.logic.surroundings import Surroundings
from rig.ocppj.logic.exchange import Answer, Ask, Note, Refuse
from rig.role.logic.supply import Supply

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


class Send(NamedTuple):
    """Send a message on the bus of a connector; what becomes of it comes back under this key."""

    connector: int
    key: int
    message: Message


@dataclass(frozen=True, slots=True)
class Restart:
    """Begin a new life: end this one as on the way out, then start again (5.14)."""

    reason: Reason


Output = Answer | Refuse | Ask | Note | Keep | Fetch | Send | Restart


class Point:
    """The parts of one charge point. `wall` turns a `now` into seconds since 1970."""

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        wall: Callable[[float], float],
        start: float,
        saved: Saved,
        actuators: Mapping[int, Actuator] | None = None,
    ) -> None:
        self.wall = wall
        self.ends: str | None = None  # why no transaction may begin any more
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
            ends=lambda: self.ends,
        )
        numbers, chargers = range(1, settings.connectors + 1), actuators or {}
        self.connectors = {
            number: Connector(number, around, start, saved, chargers.get(number))
            for number in numbers
        }
        self._room = Room(self.connectors, self._limit_of)
        self._condition = Condition(link_up=True)  # of the charge point as a whole, connector 0
        self._left = left_running(saved, wall(start))
        for number in (0, *numbers):
            self.condition_of(number).operative = str(number) not in saved.get(AVAILABILITY, {})

    @property
    def wake_at(self) -> float:
        return min(connector.wake_at for connector in self.connectors.values())

    @property
    def numbers(self) -> Sequence[int]:
        """Of the connectors, from 1."""
        return list(self.connectors)

    @property
    def unkept(self) -> str | None:
        """Why the disk takes nothing; None if it does."""
        return self._condition.unkept

    def condition_of(self, number: int) -> Condition:
        """The condition of a connector, or of the charge point as a whole (0)."""
        return self.connectors[number].condition if number else self._condition

    def running(self) -> list[Running]:
        """The transactions that run, and those whose Start is on its way."""
        return [one for connector in self.connectors.values() if (one := connector.running)]

    def begin_life(self, now: float) -> list[Output]:
        """Tell what became of the transactions that ran when the last life ended."""
        left, self._left = self._left, []
        return [Keep(LIVED, "once", True), *self.pass_on(0, left, now)]

    def tick(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        for number, connector in self.connectors.items():
            if connector.wake_at <= now:
                outputs += self.pass_on(number, connector.tick(now), now)
        return outputs

    def stop_all(self, reason: Reason, now: float) -> list[Output]:
        """Stop each charger."""
        connectors = self.connectors.values()
        return self._pass_on_all(((one.number, one.stop(reason, now)) for one in connectors), now)

    def pass_on(self, number: int, outcomes: Iterable[Outcome], now: float) -> list[Output]:
        """What a connector returned, for the bus, the disk and the central system."""
        outputs: list[Output] = []
        for outcome in outcomes:
            if isinstance(outcome, Transmit):
                outputs.append(Send(number, outcome.key, outcome.message))
            else:
                outputs += self._of(number, outcome, now)
        return outputs

    def _of(self, number: int, outcome: Told, now: float) -> Sequence[Output]:
        match outcome:
            case Record(request, transaction):
                return self.delivery.tell_for_certain(request, transaction)
            case Live(request, transaction):
                return self.delivery.tell_live(request, transaction)
            case Limited(Installing() as installing, why):
                return self.limits.told(installing, number, why)
            case Limited(making, why):
                return self._pass_on_all(self._room.told(making, number, why, now), now)
            case Starting():
                return self._pass_on_all(self._room.make(number, now), now)
            case Began(profile):
                return self.limits.began(profile)
            case Ended():
                return self.limits.ended(number)
        return [outcome]

    def _pass_on_all(self, of: Iterable[tuple[int, list[Outcome]]], now: float) -> list[Output]:
        return [out for number, outcomes in of for out in self.pass_on(number, outcomes, now)]

    def put_limits_in_force(self, now: float) -> list[Output]:
        """See to it that each charger is told its limit of now."""
        settled = [
            one for one in self.connectors.values() if not self.limits.is_being_told(one.number)
        ]
        return self._pass_on_all(((one.number, one.put_in_force(now)) for one in settled), now)

    def keep_configuration(self, before: Mapping[str, str]) -> list[Output]:
        """What the configuration has now that it had not before."""
        changed = self.configuration.changed
        return [
            Keep(CONFIGURATION, key, value)
            for key, value in changed.items()
            if before.get(key) != value
        ]

    def _limit_of(self, number: int, now: float) -> float | None:
        """With the profile of the transaction that is about to begin there; 0: the cap."""
        starting = self.connectors[number].beginning.order if number else None
        return self.limits.of(number, now, starting.profile if starting else None)
