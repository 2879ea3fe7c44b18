"""The charge point with a bus that echoes, a central system that answers, a disk and a clock.

All of them are simulated; the charge point is the real one. For the tests, which steer it.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from cantools.database.can import Database
from ocpp.v16 import call

from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Codec, Message, SetLimit, Start, Stop
from rig.cp.logic.charge_point import ChargePoint
from rig.cp.logic.events import (
    At,
    CarEvent,
    Event,
    Output,
    Plugged,
    Restart,
    Send,
    Shutdown,
    Swiped,
    Unplugged,
)
from rig.cp.logic.kept import Fetch, Keep
from rig.cp.logic.profile_reading import Policy
from rig.cp.logic.saved import read
from rig.cp.logic.shared import Identity, Settings
from rig.ocppj.logic.exchange import (
    Answer,
    Answered,
    Ask,
    Asked,
    Connected,
    Disconnected,
    Failed,
    Note,
    Refuse,
)
from rig.role.logic.supply import Supply
from tests.cp.logic.on_disk import begun_with, keep_on, read_on
from tests.cp.logic.said import check_schema, good_answer, remote_start
from tests.processes import ROOT

DBC = ROOT / "dbc" / "ev_charging.dbc"
NOON = 1769860800.0  # 2026-01-31T12:00:00Z
CSMS_TIMEOUT = 60.0
BusEvent = Message | Sent | NotSent | Late | LinkUp | LinkDown
PORTION = 2  # requests that are read at once
IDENTITY = Identity(vendor="v", model="m", firmware="1")


@cache
def codec() -> Codec:
    database = Database()
    database.add_dbc_file(str(DBC), encoding="cp1252")
    return Codec(database)


class World:
    """A charge point, a bus that echoes when it is told to, and a central system to be asked.

    What must hold always is asserted here, whoever uses it.
    """

    kind: type[ChargePoint] = ChargePoint

    def __init__(
        self,
        policy: Policy = "strict",
        *,
        supply: Supply | None = None,
        connectors: int = 1,
        csms_timeout: float = CSMS_TIMEOUT,
        lock: bool = True,
        **configuration: str,
    ) -> None:
        self.settings = Settings(IDENTITY, policy, supply, csms_timeout, connectors, lock=lock)
        self.now, self.clock = 0.0, NOON  # s; what the clock of the wall says at 0
        self.disk: dict[str, dict[str, Any]] = {"configuration": configuration}
        self.lives = self.absences = 0  # processes; times that the central system went away
        self.restarts: list[Any] = []  # the reason of each Reset
        self.is_up = self.is_connected = False
        self.in_flight: list[Send] = []
        self.given_up: list[Send] = []
        self.is_ending = False
        self.is_promised = False  # a Start may come without a request that waits for it
        self.unplugged: set[int] = set()
        self.on_bus: list[Message] = []
        self.carried: list[tuple[float, int, Message]] = []  # the same; when, and which connector's
        self.transmitted: list[Message] = []
        self.outstanding: Any = None
        self.asked: list[Any] = []  # by the charge point, in order
        self.ids: list[str | None] = []  # theirs, as far as the charge point gave them
        self.asked_at: list[float] = []  # and when
        self.waiting: dict[str, tuple[Any, int]] = {}  # asked of the charge point; frames before
        self.answers: dict[str, Any] = {}
        self.notes: list[str] = []
        self._ids = 0
        self.begin_life()

    def begin_life(self) -> None:
        """A new process: nothing is left of the one before but the disk."""
        self.lives += 1
        settings = replace(self.settings, boot=f"life{self.lives}")
        saved = read(begun_with(self.disk, PORTION), codec())
        self.point = self.kind(settings, codec(), self.wall, self.now, saved)
        self._do(flat(self.point.tick(self.now)))

    def wall(self, now: float) -> float:
        """Seconds since 1970."""
        return self.clock + now

    def die(self) -> None:
        """As after a kill -9, on a link that is down until `link_up`."""
        self.is_up = self.is_connected = self.is_ending = self.is_promised = False
        self.unplugged = set()
        self.in_flight, self.given_up, self.outstanding, self.waiting = [], [], None, {}
        self.begin_life()

    def feed(self, event: Event | BusEvent | CarEvent, connector: int = 1) -> list[Message]:
        """Give the charge point an event, at this connector where it is one of a connector."""
        before = len(self.transmitted)
        self.is_ending = self.is_ending or isinstance(event, Shutdown)
        self._follow_car(event, connector)
        happened = At(connector, event) if isinstance(event, BusEvent | CarEvent) else event
        self._do(flat(self.point.receive(happened, self.now)))
        return self.transmitted[before:]

    def _follow_car(self, event: Event | BusEvent | CarEvent, connector: int) -> None:
        match event:
            case Plugged():
                self.unplugged.discard(connector)
            case Unplugged():
                self.unplugged.add(connector)
            case Swiped():
                self.is_promised = True

    def _do(self, outputs: list[Output]) -> None:
        refused: list[Send] = []
        fetches: list[Fetch] = []
        for output in outputs:
            match output:
                case Fetch():
                    fetches.append(output)
                case Send():
                    if not self._transmit(output):
                        refused.append(output)
                case Ask(request, own_id):
                    assert self.is_connected, "asked on no connection"
                    assert self.outstanding is None, "two outstanding CALLs"
                    check_schema(request)
                    self.outstanding = request
                    self.asked.append(request)
                    self.ids.append(own_id)
                    self.asked_at.append(self.now)
                case Answer(unique_id, response):
                    check_schema(response, response=True)
                    self._check_accepted(*self.waiting.pop(unique_id), response)
                    self.answers[unique_id] = response
                case Refuse(unique_id, code, _):
                    self.waiting.pop(unique_id)
                    self.answers[unique_id] = code
                case _:
                    self._take_note(output)
        for item in refused:
            self.feed(NotSent(item.key, "the link is down"), item.connector)
        for fetch in fetches:
            self.feed(read_on(self.disk, fetch.after, PORTION))

    def _transmit(self, output: Send) -> bool:
        """A frame goes to the bus. Returns whether that takes it."""
        if output.message == Start():
            self._check_start()
        self.transmitted.append(output.message)
        if self.is_up:
            self.in_flight.append(output)
        return self.is_up

    def _take_note(self, output: Output) -> None:
        match output:
            case Note(text):
                self.notes.append(text)
            case Keep():
                keep_on(self.disk, output)
            case Restart(reason):
                self.restarts.append(reason)

    def _check_start(self) -> None:
        asked = [request for request, _ in self.waiting.values()]
        is_asked = any(isinstance(request, call.RemoteStartTransaction) for request in asked)
        assert is_asked or self.is_promised, "nobody asked for a Start"
        if self.settings.connectors == 1:
            assert self.point.is_stopped, "a Start while a Stop is owed"
        assert not self.is_ending, "a Start on the way out"

    def _check_accepted(self, request: Any, frames_before: int, response: Any) -> None:
        """Accepted only after its own frame was seen on the bus."""
        kinds: dict[type[Any], type[Message]] = {
            call.RemoteStartTransaction: Start,
            call.RemoteStopTransaction: Stop,
            call.SetChargingProfile: SetLimit,
        }
        kind = kinds.get(type(request))
        if kind is None or response.status != "Accepted" or self._takes_its_time(request):
            return
        seen = self.on_bus[frames_before:]
        assert any(isinstance(message, kind) for message in seen), f"{request} on {seen}"

    def _takes_its_time(self, request: Any) -> bool:
        """Whether Accepted says only that the frame follows, when it is time for it."""
        match request:
            case call.RemoteStartTransaction():
                configured = self.disk["configuration"]
                waits = bool(self.unplugged) or "AuthorizeRemoteTxRequests" in configured
                self.is_promised = self.is_promised or waits
                return waits
            case call.SetChargingProfile():
                profile: Any = request.cs_charging_profiles
                return profile["charging_profile_kind"] != "Relative" or "valid_from" in profile
        return False

    # the bus

    def link_up(self) -> None:
        self.is_up = True
        for number in self._numbers:
            self.feed(LinkUp(), number)

    def link_down(self) -> None:
        """As the port does it: what is in flight is given up for ever, then the link is down."""
        self.is_up = False
        self.given_up.clear()
        while self.in_flight:
            lost = self.in_flight.pop(0)
            self.feed(NotSent(lost.key, "the link went down"), lost.connector)
        for number in self._numbers:
            self.feed(LinkDown("down"), number)

    @property
    def _numbers(self) -> range:
        return range(1, self.settings.connectors + 1)

    def echo(self) -> None:
        """The oldest frame in flight is seen on the bus."""
        sent = self.in_flight.pop(0)
        self._see(sent)
        self.feed(Sent(sent.key), sent.connector)

    def _see(self, sent: Send) -> None:
        self.on_bus.append(sent.message)
        self.carried.append((self.now, sent.connector, sent.message))

    def echo_all(self) -> None:
        while self.in_flight:
            self.echo()

    def lose(self) -> None:
        """The oldest frame in flight is given up."""
        lost = self.in_flight.pop(0)
        self.given_up.append(lost)
        self.feed(NotSent(lost.key, "no echo within 100 ms"), lost.connector)

    def late(self) -> None:
        """A frame that was given up is seen on the bus after all."""
        late = self.given_up.pop(0)
        self._see(late)
        self.feed(Late(late.key), late.connector)

    @property
    def last_command(self) -> Message | None:
        """What the charger was last told to do."""
        commands = [item for item in self.on_bus if isinstance(item, Start | Stop)]
        return commands[-1] if commands else None

    def advance(self, seconds: float) -> None:
        """Time passes; the bus echoes all that is sent meanwhile."""
        end = self.now + seconds
        while self.point.wake_at <= end:
            self.now = max(self.now, self.point.wake_at)
            self._do(flat(self.point.tick(self.now)))
            self.echo_all()
        self.now = end

    # the central system

    def connect(self) -> None:
        self.is_connected = True
        self.feed(Connected())

    def disconnect(self) -> None:
        self.is_connected, self.outstanding = False, None
        self.absences += 1
        self.feed(Disconnected("gone"))

    def ask(self, request: Any) -> str:
        """Ask the charge point; the unique id."""
        self._ids += 1
        unique_id = str(self._ids)
        self.waiting[unique_id] = (request, len(self.on_bus))
        self.feed(Asked(unique_id, request))
        return unique_id

    def status(self, request: Any) -> str:
        """Ask, let the bus echo all, and give the status of the answer (or the CALLERROR code)."""
        unique_id = self.ask(request)
        self.echo_all()
        answer = self.answers[unique_id]
        return str(answer if isinstance(answer, str) else answer.status)

    def answer(self, response: Any = None) -> Any:
        """Answer what the charge point asks; that request."""
        request, self.outstanding = self.outstanding, None
        assert request is not None, "nothing was asked"
        answer = response or good_answer(request)
        check_schema(answer, response=True)
        self.feed(Answered(request, answer))
        return request

    def answer_all(self) -> list[Any]:
        requests = []
        while self.outstanding is not None:
            requests.append(self.answer())
            assert len(requests) < 1000, "it never stops asking"
        return requests

    def fail(self) -> None:
        request, self.outstanding = self.outstanding, None
        self.feed(Failed(request, "no answer within 30 s"))

    # shorthands

    def booting(self) -> "World":
        """Link up, owed Stop paid, and its BootNotification is to be answered."""
        self.link_up()
        self.echo_all()
        self.connect()
        return self

    def registered(self) -> "World":
        """It booted, and everything is answered."""
        self.booting().answer_all()
        return self

    def charging(self) -> "World":
        """Transaction 4 runs."""
        self.registered().ask(remote_start())
        self.echo_all()
        self.answer_all()
        return self


def flat(batches: Iterable[list[Output]]) -> list[Output]:
    """What a charge point gives, in one."""
    return [output for batch in batches for output in batch]
