"""A machine, and the charge point and the database that it talks to."""

from typing import Any

from ocpp.v16 import call, call_result

from rig.csms.logic.cycle import Cycle, Step
from rig.csms.logic.events import Command, Consult, Consulted, Done, Record, Withdrawn
from rig.csms.logic.machine import ChargePointMachine
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

NOON = 1769860800.0  # 2026-01-31T12:00:00Z
SEED = Cycle(
    (Step(0, "SetLimit", 0), Step(2, "SetLimit", 100), Step(3, "Start"), Step(5, "Stop")), 8, True
)
NONE = Cycle((), 0, False)
BOOT = call.BootNotification(charge_point_model="m", charge_point_vendor="v")
TIME = "2026-01-31T12:00:00Z"
ACCEPTED: Any = {"status": "Accepted"}


class Point:
    """A machine, the charge point that it talks to, and a database that knows nothing wrong."""

    def __init__(self, cycle: Cycle = SEED, **options: Any) -> None:
        self.machine = ChargePointMachine(cycle, lambda now: NOON + now, **options)
        self.numbers = iter(range(4, 1000))
        self.now = 0.0
        self.outstanding: Any = None
        self.asks: list[tuple[float, Any]] = []  # of the central system, each with its time
        self.notes: list[str] = []
        self.warnings: list[str] = []  # among them
        self.recorded: list[Any] = []
        self.done: dict[object, Any] = {}
        self.configuration: dict[str, str] | None = {}  # None: GetConfiguration is not known

    def took(self, outputs: list[Any]) -> Any:
        """Take note of the outputs; returns the answer among them, if there is one."""
        answer = None
        for output in outputs:
            match output:
                case Ask(request):
                    assert self.outstanding is None, "two outstanding CALLs"
                    self.outstanding = request
                    self.asks.append((self.now, request))
                case Answer(_, response):
                    answer = response
                case Refuse(_, code, _):
                    answer = code
                case Note(text, is_warning):
                    self.notes.append(text)
                    self.warnings += [text] if is_warning else []
                case Record(request):
                    self.recorded.append(request)
                case Consult(unique_id, request):
                    event = Consulted(unique_id, request, self.database(request))
                    answer = self.took(self.machine.receive(event, self.now))
                case Done(key, outcome):
                    self.done[key] = outcome
        return answer

    def database(self, request: Any) -> Any:
        match request:
            case call.Authorize():
                return call_result.Authorize(ACCEPTED)
            case call.StartTransaction():
                return call_result.StartTransaction(next(self.numbers), ACCEPTED)
            case call.StopTransaction():
                return call_result.StopTransaction(ACCEPTED)
        return call_result.MeterValues()

    def connect(self) -> "Point":
        self.took(self.machine.receive(Connected(), self.now))
        return self

    def disconnect(self) -> None:
        self.outstanding = None
        self.took(self.machine.receive(Disconnected("gone"), self.now))

    def say(self, request: Any) -> Any:
        """The charge point asks; the answer."""
        return self.took(self.machine.receive(Asked("a", request), self.now))

    def answer(self, status: str = "Accepted") -> Any:
        """Answer what is outstanding, which is returned."""
        request, self.outstanding = self.outstanding, None
        if isinstance(request, call.GetConfiguration):
            return self._configure(request)
        response = getattr(call_result, type(request).__name__)(status=status)
        self.took(self.machine.receive(Answered(request, response), self.now))
        return request

    def _configure(self, request: Any) -> Any:
        event: Any = Failed(request, "CALLERROR NotImplemented: no", "NotImplemented")
        if self.configuration is not None:
            items = [{"key": key, "value": value} for key, value in self.configuration.items()]
            event = Answered(request, call_result.GetConfiguration(configuration_key=items))
        self.took(self.machine.receive(event, self.now))
        return request

    def fail(self, why: str = "no answer within 30 s", code: str | None = None) -> None:
        request, self.outstanding = self.outstanding, None
        failed = Failed(request, why, code, in_time=code is not None)
        self.took(self.machine.receive(failed, self.now))

    def command(self, key: object, request: Any) -> None:
        self.took(self.machine.receive(Command(key, request), self.now))

    def withdraw(self, key: object) -> None:
        self.took(self.machine.receive(Withdrawn(key), self.now))

    def tick(self) -> None:
        self.took(self.machine.tick(self.now))

    def wait(self, end: float) -> None:
        """Time passes, and no request is answered."""
        while self.machine.wake_at <= end:
            self.now = max(self.now, self.machine.wake_at)
            self.tick()
        self.now = end

    def until(self, end: float) -> None:
        """Time passes, and each request is accepted at once."""
        while self.outstanding is not None:
            self.obey(self.answer())
        while self.machine.wake_at <= end:
            self.now = max(self.now, self.machine.wake_at)
            self.tick()
            while self.outstanding is not None:
                self.obey(self.answer())
        self.now = end

    def obey(self, request: Any) -> None:
        """What a charge point says after it accepted a request."""
        if isinstance(request, call.RemoteStartTransaction):
            self.say(call.StartTransaction(1, request.id_tag, 0, TIME))
        if isinstance(request, call.RemoteStopTransaction):
            self.say(call.StopTransaction(0, TIME, request.transaction_id))

    @property
    def asked(self) -> list[str]:
        return [type(request).__name__ for _, request in self.asks]


def booted(cycle: Cycle = SEED, **options: Any) -> Point:
    """One that booted, and told its capabilities."""
    point = Point(cycle, **options).connect()
    point.say(BOOT)
    if cycle.steps:
        assert isinstance(point.answer(), call.GetConfiguration)
        point.asks.clear()
    return point
