"""Whatever happens to a delivery, nothing is lost, told in another order or under another id."""

import math

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ocpp.v16 import call

from rig.cp.logic import delivery
from rig.cp.logic.events import Output
from rig.ocppj.logic.exchange import Ask
from tests.cp.logic.office import HEARTBEAT, Office, values


class Deliveries(RuleBasedStateMachine):
    """Whatever happens, the central system holds every request, in order, or it was discarded.

    Of the queue no more than 4 requests are in memory; the disk may be slow to give the next ones.
    """

    ATTEMPTS = 3
    PORTION = 3

    @initialize()
    def begin(self) -> None:
        self.sizes = pytest.MonkeyPatch()
        self.sizes.setattr(delivery, "PORTION", self.PORTION)
        self.sizes.setattr(delivery, "FEW", 2)
        self.office = Office()
        self.lives = 0
        self.told: list[str] = []  # what each request says, in order
        self.held: list[str] = []  # by the central system, in order of arrival
        self.ids: dict[str, str] = {}  # of each request
        self.failures: dict[str, int] = {}
        self.outstanding: Ask | None = None
        self.is_open = False

    def took(self, outputs: list[Output]) -> None:
        before = len(self.office.asked)
        self.office.do(outputs)
        self.look_at_asked(before)

    def look_at_asked(self, before: int) -> None:
        for ask in self.office.asked[before:]:
            assert self.outstanding is None, "two outstanding CALLs"
            assert self.is_open
            self.outstanding = ask
            if isinstance(ask.request, call.StopTransaction):
                word = ask.request.timestamp
                assert ask.unique_id
                assert self.ids.setdefault(word, ask.unique_id) == ask.unique_id
                self.held.append(word)  # it arrives, whether its answer does or not

    @rule()
    def tell_a_request(self) -> None:
        word = f"request {len(self.told)}"
        self.told.append(word)
        self.took(self.office.delivery.tell_for_certain(call.StopTransaction(0, word, 0), 0))

    @rule()
    def tell_something(self) -> None:
        self.took(self.office.delivery.tell(HEARTBEAT))

    @rule(amperes=st.sampled_from(["1", "2"]))
    def tell_a_live_value(self, amperes: str) -> None:
        self.took(self.office.delivery.tell_live(values(amperes), None))

    @precondition(lambda self: not self.is_open)
    @rule()
    def connect(self) -> None:
        self.is_open = True
        self.took(self.office.delivery.open())

    @precondition(lambda self: self.is_open)
    @rule()
    def disconnect(self) -> None:
        self.is_open, self.outstanding = False, None
        self.office.delivery.close()

    @rule()
    def die(self) -> None:
        self.lives += 1
        self.is_open, self.outstanding = False, None
        self.office.restart(f"life{self.lives}", self.PORTION)

    @precondition(lambda self: self.office.fetching)
    @rule()
    def read(self) -> None:
        before = len(self.office.asked)
        self.office.read(self.PORTION)
        self.look_at_asked(before)

    @precondition(lambda self: self.outstanding)
    @rule(accepted=st.booleans())
    def respond(self, accepted: bool) -> None:
        assert self.outstanding
        request, self.outstanding = self.outstanding.request, None
        if accepted:
            self.took(self.office.delivery.done(request))
            return
        if isinstance(request, call.StopTransaction):
            self.failures[request.timestamp] = self.failures.get(request.timestamp, 0) + 1
        failed = self.office.delivery.failed
        self.took(failed(request, "no", self.office.now, attempts=self.ATTEMPTS, interval=60))

    @rule()
    def wait(self) -> None:
        if self.office.delivery.wake_at < math.inf:
            self.office.now = self.office.delivery.wake_at
            self.took(self.office.delivery.tick())

    @invariant()
    def requests_first_arrive_in_order(self) -> None:
        first = list(dict.fromkeys(self.held))
        assert first == self.told[: len(first)]

    @invariant()
    def none_is_tried_more_often_than_allowed(self) -> None:
        assert all(count <= self.ATTEMPTS for count in self.failures.values())

    @invariant()
    def each_is_on_the_disk_or_was_held(self) -> None:
        kept = {item["payload"]["timestamp"] for item in self.office.disk.get("queue", {}).values()}
        assert set(self.told) <= kept | set(self.held)

    @invariant()
    def all_that_are_on_the_disk_are_counted_and_few_are_in_memory(self) -> None:
        kept = self.office.delivery._kept
        assert len(kept) == len(self.office.disk.get("queue", {}))
        assert len(kept.near) <= self.PORTION + 1

    def teardown(self) -> None:
        if not hasattr(self, "office"):
            return
        self.deliver_all()
        self.sizes.undo()

    def deliver_all(self) -> None:
        if not self.is_open:
            self.connect()
        for _ in range(20 * len(self.told) + 100):
            if self.outstanding:
                self.respond(accepted=True)
            if self.office.fetching:
                self.read()
            self.wait()
        assert list(dict.fromkeys(self.held)) == self.told
        assert len(self.office.delivery) == 0


TestDeliveries = Deliveries.TestCase
