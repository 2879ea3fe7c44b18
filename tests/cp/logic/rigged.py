"""One connector of a charge point with its charger on a bus that echoes when it is told to.

For the tests of the parts that a connector is made of. The profiles are a number: `limit`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import Reason, RemoteStartStopStatus

from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Current, Message
from rig.cp.logic.charger import Charger
from rig.cp.logic.configuration import Configuration
from rig.cp.logic.connector import Connector
from rig.cp.logic.events import Output, Send, answering
from rig.cp.logic.profiles import RunningTransaction
from rig.cp.logic.remote_stops import REJECTED
from rig.cp.logic.saved import Ending, Saved
from rig.cp.logic.shared import Shared
from rig.cp.logic.transaction import StartOrder
from rig.ocppj.logic.exchange import Answer, Note
from rig.role.logic.expect import Expect
from rig.role.logic.supply import Supply
from tests.cp.logic.on_disk import Disk, kept_on
from tests.cp.logic.world import NOON, codec
from tests.role.logic.looks import ROUNDED

SUPPLY = Supply(230, 3)
REMOTE = StartOrder("RIG", unique_id="start")  # Accepted only when the bus carried its Start
LOCAL = StartOrder("RIG")  # Accepted before, or not asked by the central system
ACCEPTED: Any = {"status": "Accepted"}
BLOCKED: Any = {"status": "Blocked"}


@dataclass(frozen=True)
class Record:
    """The central system is to be told this for certain."""

    request: Any
    transaction: int | None


@dataclass(frozen=True)
class Told:
    """It is to be told this in its turn."""

    request: Any


@dataclass(frozen=True)
class Live:
    """It is to be told this if it comes to it before the next value does."""

    request: Any
    transaction: int | None


@dataclass(frozen=True)
class Began:
    """The profile of a transaction that began came into force."""

    profile: Any


@dataclass(frozen=True)
class Ended:
    """The profiles of a transaction that ended are gone."""


class Recorder:
    """In place of the delivery: what it is to tell is returned."""

    def __init__(self) -> None:
        self.numbers = 0

    def new_number(self) -> int:
        self.numbers += 1
        return self.numbers

    def tell(self, request: Any) -> list[Any]:
        return [Told(request)]

    def tell_for_certain(self, request: Any, transaction: int | None) -> list[Any]:
        return [Record(request, transaction)]

    def tell_live(self, request: Any, transaction: int | None) -> list[Any]:
        return [Live(request, transaction)]


class Profiles:
    """In place of the limits: what the profiles say for any connector (A)."""

    def __init__(self) -> None:
        self.limit: float | None = None

    def of(self, connector: int, now: float) -> float | None:
        return self.limit

    def began(self, profile: Any) -> list[Any]:
        return [Began(profile)]

    def ended(self, connector: int) -> list[Any]:
        return [Ended()]


def shared(supply: Supply | None = None, **configuration: str) -> Shared:
    """What the parts of a charge point share, with the two above in it."""
    delivery: Any = Recorder()
    limits: Any = Profiles()
    return Shared(
        codec=codec(),
        wall=lambda now: NOON + now,
        configuration=Configuration(connectors=1, supply=supply, saved=configuration),
        supply=supply,
        limit=32.0,
        lock=True,
        expect=Expect(),
        delivery=delivery,
        limits=limits,
        running={},
    )


def charger(number: int = 1, supply: Supply | None = None, saved: Saved | None = None) -> Charger:
    """One that goes on with what was kept of it."""
    made = Charger(number, codec(), supply)
    made.restore(saved or Saved())
    return made


class Rigged:
    """A connector; after each event its limit is put in force, as a charge point does it."""

    expect = Expect()

    def __init__(
        self, supply: Supply | None = None, saved: Saved | None = None, **configuration: str
    ) -> None:
        self.shared = shared(supply, **configuration)
        self.shared.expect = self.expect
        self.profiles: Any = self.shared.limits
        known = charger(1, supply, saved)
        self.connector = Connector(1, self.shared, known, 0.0, saved or Saved())
        self.now = 0.0
        self.has_room = True  # there is no other connector
        self.in_flight: list[Send] = []
        self.sent: list[Message] = []
        self.disk: Disk = {}

    def took(self, outcomes: Sequence[Output]) -> list[Any]:
        """What is neither a frame, which is in flight now, nor kept."""
        left = self._taken(outcomes)
        pending = self.connector.pending
        if self.has_room and pending and pending.waits_for == "room":
            left += self._taken(self.connector.go(self.now))
        return [*left, *self._taken(self.connector.hold_limit(self.now))]

    def _taken(self, outcomes: Sequence[Output]) -> list[Any]:
        left: list[Any] = []
        for outcome in kept_on(self.disk, outcomes):
            if isinstance(outcome, Send):
                self.in_flight.append(outcome)
                self.sent.append(outcome.message)
            else:
                left.append(outcome)
        return left

    def event(self, event: Any) -> list[Any]:
        return self.took(self.connector.bus(event, self.now))

    def measured(self, *currents: float) -> list[Any]:
        """The charger reports these (A), the last one now, those before it faster than told."""
        reports = [(Current(current), self.now) for current in currents]
        return self.took(self.connector.measured(reports, self.now))

    def up(self) -> "Rigged":
        """The link is up and the Stop that is owed from before is carried."""
        self.event(LinkUp())
        self.echo()
        return self

    def told(self) -> "Rigged":
        """It was told the limit of the bench, which is in force where no profile says one."""
        self.took(self.connector.order_limit(32, lambda why, now: []))
        self.echo()
        return self

    def down(self) -> None:
        """The link goes down, and what is in flight is lost with it."""
        while self.in_flight:
            self.lose()
        self.event(LinkDown("down"))

    def echo(self, frames: int = 1000) -> list[Any]:
        """The frames in flight, and what follows from them, are seen on the bus."""
        left: list[Any] = []
        while self.in_flight and frames:
            frames -= 1
            left += self.event(Sent(self.in_flight.pop(0).key))
        return left

    def see(self, message: Message) -> list[Any]:
        """The oldest frame in flight, which is this one, is seen on the bus."""
        assert self.in_flight[0].message == message
        return self.echo(1)

    def lose(self) -> tuple[int, list[Any]]:
        """The oldest frame in flight is given up; its key, and the outcomes."""
        lost = self.in_flight.pop(0)
        return lost.key, self.event(NotSent(lost.key, "no echo"))

    def late(self, key: int) -> list[Any]:
        """A frame that was given up is seen on the bus after all."""
        return self.event(Late(key))

    def wait(self, seconds: float) -> list[Any]:
        """Time passes; what is due is done."""
        end, outputs = self.now + seconds, list[Any]()
        while self.connector.wake_at <= end + ROUNDED:
            self.now = max(self.now, self.connector.wake_at)
            outputs += self.took(self.connector.tick(self.now))
        self.now = end
        return outputs

    @property
    def flying(self) -> list[Message]:
        return [item.message for item in self.in_flight]

    def start(self, order: StartOrder = REMOTE) -> list[Any]:
        return self.took(self.connector.begin(order, self.now))

    def remote_stop(self) -> list[Any]:
        accepted = call_result.RemoteStopTransaction(RemoteStartStopStatus.accepted)
        then = answering("stop", accepted, REJECTED)
        return self.took(self.connector.stop_for(Ending(Reason.remote), then))

    def unplug(self) -> list[Any]:
        return self.took(self.connector.unplug())

    def plug(self) -> list[Any]:
        return self.took(self.connector.plug(self.now))

    def name(self, transaction_id: int = 4, info: Any = ACCEPTED) -> list[Any]:
        return self.took(self.connector.named(transaction_id, info))

    def charging(self) -> "Rigged":
        """Transaction 4 runs."""
        self.up().start()
        self.echo()
        self.name()
        return self

    def limited(self, limit: float | None) -> "Rigged":
        """This limit (A) is in force from now on."""
        self.profiles.limit = limit
        self.took([])
        return self

    @property
    def running(self) -> RunningTransaction | None:
        """What the others know of its transaction."""
        return self.shared.running.get(1)

    @property
    def status(self) -> str:
        return str(self.connector.condition.status)

    @property
    def words(self) -> tuple[str, str | None]:
        """The error code and the info that its status is told with."""
        condition = self.connector.condition
        return condition.words(condition.status)


def statuses(outcomes: list[Any]) -> list[str]:
    """The statuses of the answers, in order."""
    return [str(item.response.status) for item in outcomes if isinstance(item, Answer)]


def recorded(outcomes: list[Any]) -> list[Any]:
    """What the central system is told for certain, in order."""
    return [item.request for item in outcomes if isinstance(item, Record)]


def notes(outcomes: list[Any]) -> list[str]:
    """The warnings for the log."""
    return [item.text for item in outcomes if isinstance(item, Note) and item.is_warning]


def the_stop(outcomes: list[Any]) -> call.StopTransaction:
    """The one StopTransaction that is told."""
    (stop,) = [item for item in recorded(outcomes) if isinstance(item, call.StopTransaction)]
    return stop
