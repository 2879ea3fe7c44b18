"""A World that may crash at any moment, and the books of its central system."""

from dataclasses import dataclass, field
from typing import Any

from ocpp.v16 import call, call_result

from rig.bus.logic.messages import Message, SetLimit, Start, Stop
from rig.cp.logic.events import Output, Send, Swiped
from rig.cp.logic.kept import Keep
from tests.cp.logic.said import boot_conf, start_conf
from tests.cp.logic.world import World

PEACE = 61.0  # s until a limit is told again to a charger that another sender told many


class Crashing(World):
    """Counts what a Start may be sent for, and can lose what is not on the disk yet."""

    may_start = 0  # requests and tags that nothing was started for yet
    is_torn = False  # the process dies before the next thing is on the disk

    def feed(self, event: Any, connector: int = 1) -> list[Message]:
        self.may_start += isinstance(event, Swiped)
        return super().feed(event, connector)

    def ask(self, request: Any) -> str:
        self.may_start += isinstance(request, call.RemoteStartTransaction)
        unique_id = super().ask(request)
        if any("not answered" in note for note in self.notes):  # the boot was rejected (4.2.1)
            self.notes.clear()
            self.waiting.pop(unique_id)
        return unique_id

    def die(self) -> None:
        self.is_torn = False
        self.may_start = 0
        super().die()

    def echo(self) -> None:
        """A bus keeps the order of its frames: what was given up before this one never comes."""
        connector = self.in_flight[0].connector
        self.given_up = [one for one in self.given_up if one.connector != connector]
        super().echo()

    def foreign(self, command: Message, connector: int) -> None:
        """Another sender on the bus of a connector tells its charger something."""
        self.carried.append((self.now, connector, command))
        self.feed(command, connector)

    def _do(self, outputs: list[Output]) -> None:
        """The bus waits for nothing, all else for what was to be kept before it."""
        if self.is_torn:
            kept = next((at for at, one in enumerate(outputs) if isinstance(one, Keep)), 10**9)
            outputs = [one for at, one in enumerate(outputs) if at < kept or isinstance(one, Send)]
        super()._do(outputs)

    def _transmit(self, output: Send) -> bool:
        if output.message == Start():
            self.may_start -= 1
            assert self.may_start >= 0, "nobody asked for a Start"
            charger = self.point.connectors[output.connector].charger
            assert not charger.stop_owed, "a Start while a Stop is owed"
            assert not self.is_ending, "a Start on the way out"
        return super()._transmit(output)

    def _check_start(self) -> None:
        """More exactly above."""

    @property
    def configured(self) -> dict[str, str]:
        """What the central system changed of the configuration."""
        return self.disk["configuration"]

    def of(self, connector: int, kind: type[Message] | tuple[type[Message], ...]) -> list[Message]:
        """What the bus of a connector carried of this kind."""
        return [one for _, at, one in self.carried if at == connector and isinstance(one, kind)]

    def runs(self, connector: int) -> bool:
        """Whether the charger was told to run last."""
        return self.of(connector, (Start, Stop))[-1:] == [Start()]

    def limit_told(self, connector: int) -> float:
        """What the charger was told last (A), in any life; 32 A, as the rest, if nothing."""
        last = [SetLimit(32.0), *self.of(connector, SetLimit)][-1]
        assert isinstance(last, SetLimit)
        return last.limit

    def has_the_last_word(self) -> int:
        """In the end its last right limit and its last right Start or Stop are on each bus, whoever
        sent what before. Returns how many transactions run."""
        if not self.is_up:
            self.link_up()
        self.echo_all()
        self.advance(PEACE)
        transactions = [one.transaction for one in self.point.connectors.values()]
        for number, connector in self.point.connectors.items():
            running = connector.transaction
            assert self.runs(number) == bool(running and not running.is_held_back)
            if running:
                said = 0.0 if connector.condition.deauthorized else self.limit_said(number)
                assert self.limit_told(number) == float(int(said))
        return sum(one is not None for one in transactions)

    def limit_said(self, connector: int) -> float:
        """What GetCompositeSchedule says of this moment (A)."""
        request = call.GetCompositeSchedule(connector, 1)
        (answer,) = self.point._charging.composite("", request, self.now)
        schedule = answer.response.charging_schedule  # type: ignore[union-attr]
        limit: float = schedule["charging_schedule_period"][0]["limit"]
        return limit


@dataclass
class Books:
    """What the central system holds, as one that knows a message again by its unique id."""

    next_id: int = 100
    received: dict[str, Any] = field(default_factory=dict)  # by unique id, in order of arrival
    named: dict[str, int] = field(default_factory=dict)  # transaction ids, by unique id
    nameless: int = 0  # StartTransactions whose answer the charge point gave up

    def receive(self, unique_id: str | None, request: Any) -> None:
        """A request arrived."""
        if not isinstance(request, call.StartTransaction | call.StopTransaction):
            return
        assert unique_id is not None, "one that is sent again needs an id of its own"
        again = self.received.setdefault(unique_id, request)
        assert type(again) is type(request)
        if isinstance(request, call.StartTransaction):
            assert again == request
            if unique_id not in self.named:
                self.named[unique_id] = self.next_id = self.next_id + 1

    def answer(self, unique_id: str | None, request: Any, status: str) -> Any:
        """The answer to it."""
        match request:
            case call.BootNotification():
                return boot_conf(status, 1)
            case call.StartTransaction():
                return start_conf(self.named[str(unique_id)], status)
            case call.Authorize():
                info: Any = {"status": status}
                return call_result.Authorize(info)
        return None

    @property
    def starts(self) -> list[call.StartTransaction]:
        return [one for one in self.received.values() if isinstance(one, call.StartTransaction)]

    @property
    def stops(self) -> list[call.StopTransaction]:
        return [one for one in self.received.values() if isinstance(one, call.StopTransaction)]

    def check(self) -> None:
        """Each transaction was told once, stopped once at most, and that after its start."""
        begun: set[int] = set()
        for unique_id, request in self.received.items():
            if isinstance(request, call.StartTransaction):
                begun.add(self.named[unique_id])
            elif request.transaction_id != -1:
                assert request.transaction_id in begun, "a stop before its start, or twice"
                begun.remove(request.transaction_id)
        assert [one.transaction_id for one in self.stops].count(-1) <= self.nameless
        tags = [one.id_tag for one in self.starts]
        assert len(tags) == len(set(tags)), "one request, two transactions"
