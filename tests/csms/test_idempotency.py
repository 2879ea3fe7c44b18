"""However often and late a charge point sends its messages again, the same rows come of it."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from ocpp.v16.enums import AuthorizationStatus
from sqlalchemy import Connection, select

from rig.csms.logic.tags import Tag
from rig.csms.store.database import Database
from rig.csms.store.ledger import Ledger, Memory
from rig.csms.store.tables import meter_values, stray_stops, transactions
from tests.messages import NOW, sample, start, stop, values

FEW = settings(max_examples=settings().max_examples // 2)  # a database takes its time


@dataclass(frozen=True)
class Session:
    """What one charge point sends of one session; `readings`: the MeterValues between."""

    charge_point: str
    connector: int
    tag: str
    meter: int
    readings: list[int]

    def message(self, number: int, transaction: int) -> Any:
        if number == 0:
            return start(self.connector, self.tag, self.meter)
        if number <= len(self.readings):
            reading = sample(str(self.readings[number - 1]))
            return values(reading, connector=self.connector, transaction=transaction)
        data = [sample(str(reading)) for reading in self.readings]
        return stop(transaction, self.meter + 1, data=data)

    @property
    def length(self) -> int:
        return 2 + len(self.readings)


@dataclass
class Bench:
    """A database, and the charge points that send to it. `ids`: the transaction of a session."""

    sessions: list[Session]
    connection: Connection = field(default_factory=lambda: Database("sqlite://").open(NOW))
    ids: dict[int, int] = field(default_factory=dict)

    def send(self, session: int, number: int) -> None:
        each = self.sessions[session]
        request = each.message(number, self.ids.get(session, 0))
        with self.connection.begin():
            ledger = Ledger(self.connection, "accept", Memory())
            answer = ledger.answer(each.charge_point, request, NOW)
            ledger.flush()
        if number == 0:
            assert self.ids.setdefault(session, answer.transaction_id) == answer.transaction_id

    def rows(self) -> list[set[tuple[Any, ...]]]:
        """All that is kept, with the number of a session in place of its id."""
        session_of = {number: session for session, number in self.ids.items()}
        begun, value = transactions.c, meter_values.c
        asked = [
            select(begun.id, begun.charge_point, begun.connector, begun.meter_start,
                   begun.meter_stop, begun.stopped),
            select(value.transaction_id, value.charge_point, value.connector, value.value),
        ]  # fmt: skip
        found = [self.connection.execute(each).all() for each in asked]
        sets = [{(session_of[row[0]], *row[1:]) for row in rows} for rows in found]
        assert [len(rows) for rows in found] == [len(rows) for rows in sets]
        assert self.connection.execute(select(stray_stops)).all() == []
        return sets


sessions = st.lists(
    st.builds(
        Session,
        st.sampled_from(["CP_1", "CP_2"]),
        st.sampled_from([1, 2]),
        st.sampled_from(["ABC", "XYZ"]),
        st.integers(0, 10**6),
        st.lists(st.integers(0, 10**6), max_size=3),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda each: (each.charge_point, each.connector, each.tag, each.meter),
)


# Whose turn it is, and which of its messages it sends, if it is already so far: else its next.
turns = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=40)


@settings(FEW)
@given(sessions, turns)
def test_any_interleaving_with_any_repeats_is_as_once_in_order(
    played: list[Session], turns: list[tuple[int, int]]
) -> None:
    once, often = Bench(played), Bench(played)
    in_order = [(n, number) for n, each in enumerate(played) for number in range(each.length)]
    for session, number in in_order:
        once.send(session, number)

    sent = [0] * len(played)
    for turn, wanted in turns:
        session = turn % len(played)
        number = min(wanted, sent[session], played[session].length - 1)
        often.send(session, number)
        sent[session] += number == sent[session]
    for session, number in in_order:
        often.send(session, number)
    assert often.rows() == once.rows()
    for bench in (once, often):  # else it is freed in whatever thread, which SQLite logs
        bench.connection.close()


@dataclass
class Begun:
    """A transaction of the model."""

    key: tuple[str, int, str, int]
    verdict: str
    stop: tuple[int, str | None] | None = None


CHARGE_POINTS = st.sampled_from(["CP_1", "CP_2"])
CONNECTORS, METERS = st.sampled_from([1, 2]), st.integers(0, 2)
TAGS = st.sampled_from(["ABC", "abc", "XYZ"])


class Kept(RuleBasedStateMachine):
    """The database against a model in memory, over restarts and kills."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.url = f"sqlite:///{Path(self.folder.name) / 'csms.db'}"
        self.connection = Database(self.url).open(NOW)
        self.begun: dict[int, Begun] = {}
        self.strays: set[tuple[Any, ...]] = set()
        self.values: set[tuple[Any, ...]] = set()
        self.tags: dict[str, Tag] = {}

    def teardown(self) -> None:
        self.connection.close()
        self.folder.cleanup()

    def answer(self, charge_point: str, request: Any) -> Any:
        with self.connection.begin():
            ledger = Ledger(self.connection, "accept", Memory())
            answer = ledger.answer(charge_point, request, NOW)
            ledger.flush()
        return answer

    @rule(charge_point=CHARGE_POINTS, connector=CONNECTORS, tag=TAGS, meter=METERS)
    def start(self, charge_point: str, connector: int, tag: str, meter: int) -> None:
        answer = self.answer(charge_point, start(connector, tag, meter))
        key = (charge_point, connector, tag.lower(), meter)
        known = [number for number, each in self.begun.items() if each.key == key]
        if known:
            assert answer.transaction_id == known[0]
        else:
            assert answer.transaction_id > max(self.begun, default=0)
            self.begun[answer.transaction_id] = Begun(key, self.verdict(key))
        assert answer.id_tag_info.status == self.begun[answer.transaction_id].verdict

    def verdict(self, key: tuple[str, int, str, int]) -> str:
        charge_point, connector, tag, _ = key
        if tag not in self.tags:
            return "Accepted"
        if self.tags[tag].status == "Blocked":
            return "Blocked"
        newest = {each.key[:2]: number for number, each in self.begun.items()}
        busy = [
            other
            for other, each in self.begun.items()
            if each.key[2] == tag
            and each.key[:2] != (charge_point, connector)
            and each.stop is None
            and newest[each.key[:2]] == other
        ]
        return "ConcurrentTx" if busy and not self.tags[tag].concurrent else "Accepted"

    @rule(charge_point=CHARGE_POINTS, data=st.data(), meter=METERS, tag=st.none() | TAGS)
    def stop(self, charge_point: str, data: st.DataObject, meter: int, tag: str | None) -> None:
        number = data.draw(st.sampled_from([-1, 7, *self.begun]))
        self.answer(charge_point, stop(number, meter, tag=tag))
        begun = self.begun.get(number)
        if begun is None or begun.key[0] != charge_point:
            self.strays.add((charge_point, number, meter, tag))
        elif begun.stop is None:
            begun.stop = (meter, tag)
        elif begun.stop != (meter, tag):
            self.strays.add((charge_point, number, meter, tag))

    @rule(charge_point=CHARGE_POINTS, connector=CONNECTORS, data=st.data(), value=METERS)
    def meter(self, charge_point: str, connector: int, data: st.DataObject, value: int) -> None:
        number = data.draw(st.sampled_from([None, -1, *self.begun]))
        sent = values(sample(str(value)), connector=connector, transaction=number)
        self.answer(charge_point, sent)
        self.values.add((charge_point, connector, number, str(value)))

    @rule(tag=TAGS, blocked=st.booleans(), concurrent=st.booleans())
    def put_tag(self, tag: str, blocked: bool, concurrent: bool) -> None:
        status = AuthorizationStatus.blocked if blocked else AuthorizationStatus.accepted
        self.tags[tag.lower()] = Tag(tag, status, concurrent=concurrent)
        with self.connection.begin():
            Ledger(self.connection, "accept", Memory()).tags.put(self.tags[tag.lower()])

    @rule()
    def restart(self) -> None:
        self.connection.close()
        self.connection = Database(self.url).open(NOW + 1e6)

    @rule(charge_point=CHARGE_POINTS, meter=METERS)
    def die_before_the_commit(self, charge_point: str, meter: int) -> None:
        transaction = self.connection.begin()
        ledger = Ledger(self.connection, "accept", Memory())
        ledger.answer(charge_point, start(meter=meter), NOW)
        ledger.answer(charge_point, values(sample(str(meter))), NOW)
        ledger.flush()
        transaction.rollback()

    @invariant()
    def what_runs_is_known(self) -> None:
        with self.connection.begin():
            ledger = Ledger(self.connection, "accept", Memory())
            for charge_point in ("CP_1", "CP_2"):
                running = [each.id for each in ledger.running(charge_point)]
                assert running == [
                    number
                    for number, each in reversed(self.begun.items())
                    if each.key[0] == charge_point and each.stop is None
                ]

    @invariant()
    def the_rows_are_those_of_the_model(self) -> None:
        begun, stray, value = transactions.c, stray_stops.c, meter_values.c
        columns = begun.id, begun.meter_stop, begun.stop_tag
        stops = {row.id: (row.meter_stop, row.stop_tag) for row in self.rows(*columns)}
        assert stops == {n: each.stop or (None, None) for n, each in self.begun.items()}
        found = self.rows(
            stray.charge_point, stray.transaction_id, stray.meter_stop, stray.stop_tag
        )
        assert sorted(map(str, found)) == sorted(map(str, self.strays))
        found = self.rows(value.charge_point, value.connector, value.transaction_id, value.value)
        assert sorted(map(str, found)) == sorted(map(str, self.values))

    def rows(self, *columns: Any) -> list[Any]:
        with self.connection.begin():
            return list(self.connection.execute(select(*columns)))


Kept.TestCase.settings = settings(FEW, stateful_step_count=30)
TestKept = Kept.TestCase
