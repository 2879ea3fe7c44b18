"""In which order, how often and under which id the charge point tells things."""

import math
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ocpp.v16 import call
from ocpp.v16.datatypes import MeterValue, SampledValue
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus

from rig.cp.logic import request_queue
from rig.cp.logic.delivery import Delivery
from rig.cp.logic.events import Output
from rig.cp.logic.kept import Fetch, Keep
from rig.cp.logic.saved import read
from rig.ocppj.logic.exchange import Ask, Note
from tests.cp.logic.on_disk import begun_with, keep_on, read_on
from tests.cp.logic.world import codec

TIME = "2026-01-31T12:00:00.000Z"
HEARTBEAT = call.Heartbeat()
START = call.StartTransaction(connector_id=1, id_tag="RIG", meter_start=0, timestamp=TIME)
STOP = call.StopTransaction(meter_stop=9, timestamp=TIME, transaction_id=0)
STATUS = call.StatusNotification(1, ChargePointErrorCode.no_error, ChargePointStatus.available)
BOOT = call.BootNotification(charge_point_model="m", charge_point_vendor="v")


def values(amperes: str = "20", connector: int = 1) -> call.MeterValues:
    return call.MeterValues(connector, [MeterValue(TIME, [SampledValue(amperes)])])


class Office:
    """A delivery, the disk that it keeps things on, and what it asked."""

    def __init__(self, boot: str = "b") -> None:
        self.disk: dict[str, dict[str, Any]] = {}
        self.asked: list[Ask] = []
        self.notes: list[str] = []
        self.now = 0.0
        self.fetching: Fetch | None = None
        self.delivery = Delivery(boot, read(begun_with(self.disk), codec()))

    def do(self, outputs: list[Output]) -> list[Any]:
        """Do them; the requests among them."""
        requests = []
        for output in outputs:
            match output:
                case Keep():
                    keep_on(self.disk, output)
                case Fetch():
                    assert self.fetching is None, "two portions are fetched"
                    self.fetching = output
                case Note(text):
                    self.notes.append(text)
                case Ask(request):
                    self.asked.append(output)
                    requests.append(request)
        return requests

    def restart(self, boot: str = "c", size: int = 100) -> None:
        """As after a kill -9: only the disk is left."""
        self.fetching = None
        self.delivery = Delivery(boot, read(begun_with(self.disk, size), codec()))

    def read(self, size: int = 100) -> list[Any]:
        """The disk gives the requests that are fetched."""
        assert self.fetching
        after, self.fetching = self.fetching.after, None
        return self.do(self.delivery.fetched(read_on(self.disk, after, size)))

    def open(self) -> list[Any]:
        return self.do(self.delivery.open())

    def answer(self) -> list[Any]:
        """The outstanding request is answered; what is asked next."""
        return self.do(self.delivery.done(self.asked[-1].request))

    def fail(self, attempts: int = 3, interval: float = 60.0) -> list[Any]:
        return self.do(
            self.delivery.failed(
                self.asked[-1].request, "why", self.now, attempts=attempts, interval=interval
            )
        )

    def certain(self, request: Any, transaction: int = 0) -> list[Any]:
        return self.do(self.delivery.tell_for_certain(request, transaction))


def opened() -> Office:
    office = Office()
    office.open()
    return office


def names(requests: list[Any]) -> list[str]:
    return [type(request).__name__ for request in requests]


def test_one_request_is_outstanding_and_the_next_one_waits_for_its_answer() -> None:
    office = opened()
    assert office.do(office.delivery.tell(STATUS)) == [STATUS]
    assert office.do(office.delivery.tell(HEARTBEAT)) == []
    assert office.answer() == [HEARTBEAT]


def test_nothing_is_asked_before_the_charge_point_is_accepted_but_its_boot() -> None:
    office = Office()
    assert office.do(office.delivery.tell(STATUS)) == []
    assert office.do(office.delivery.tell_first(BOOT)) == [BOOT]
    assert office.answer() == []
    assert office.open() == [STATUS]


def test_a_boot_goes_out_after_what_was_triggered_before_the_charge_point_was_accepted() -> None:
    office = Office()
    assert office.do(office.delivery.tell_first(HEARTBEAT)) == [HEARTBEAT]
    assert office.do(office.delivery.tell_first(BOOT)) == []
    assert office.answer() == [BOOT]


def test_what_belongs_to_a_transaction_is_kept_before_it_is_asked_and_forgotten_when_answered() -> (
    None
):
    office = opened()
    outputs = office.delivery.tell_for_certain(START, 1)
    assert [type(output) for output in outputs] == [Keep, Ask]
    office.do(outputs)
    assert list(office.disk["queue"]) == ["1"]
    office.answer()
    assert office.disk["queue"] == {}


def test_what_was_kept_is_told_in_its_order_whatever_order_the_disk_has() -> None:
    office = Office()
    office.certain(START)
    office.certain(STOP)
    office.disk["queue"] = dict(reversed(office.disk["queue"].items()))
    office.restart()
    assert office.open() == [START]


def test_requests_and_other_requests_go_in_the_order_in_which_they_were_told() -> None:
    office = Office()
    office.do(office.delivery.tell(STATUS))
    office.certain(START)
    office.do(office.delivery.tell(HEARTBEAT))
    assert office.open() == [STATUS]
    assert office.answer() == [START]
    assert office.answer() == [HEARTBEAT]


def test_the_id_of_a_transaction_is_filled_in_once_it_is_known() -> None:
    office = opened()
    assert office.certain(START, 5) == [START]
    assert office.certain(values(), 5) == []
    assert office.delivery.started(office.asked[-1].request) == 5
    office.do(office.delivery.name(5, 77))
    assert office.answer()[0].transaction_id == 77
    office.certain(STOP, 5)
    assert office.answer()[0].transaction_id == 77


def test_without_an_id_a_stop_says_minus_1_and_meter_values_say_nothing() -> None:
    """Errata 3.18."""
    office = opened()
    office.certain(START, 5)
    office.certain(values(), 5)
    office.certain(STOP, 5)
    assert office.fail(attempts=1)[0].transaction_id is None
    assert office.answer()[0].transaction_id == -1


def test_the_id_of_a_transaction_is_known_after_a_restart_until_its_stop_is_answered() -> None:
    office = opened()
    office.certain(START)
    office.do(office.delivery.name(0, 77))
    office.certain(STOP)
    office.restart()
    assert names(office.open()) == ["StartTransaction"]  # its answer was not seen to the end
    assert office.answer()[0].transaction_id == 77
    office.answer()
    assert office.disk["names"] == {}


def test_a_request_is_tried_again_after_the_interval_times_the_attempts_before() -> None:
    """3.7.1: with 3 attempts and 60 s, after 60 s and after 120 s, then it is discarded."""
    office = opened()
    office.certain(START)
    assert office.fail() == []
    assert office.delivery.wake_at == 60
    office.now = 60
    assert office.do(office.delivery.tick()) == [START]
    assert office.fail() == []
    assert office.delivery.wake_at == 180
    office.now = 180
    assert office.do(office.delivery.tick()) == [START]
    office.fail()
    assert office.delivery.wake_at == math.inf
    assert office.notes == ["StartTransaction discarded after 3 attempts (why); 1 so far"]
    assert len({ask.unique_id for ask in office.asked}) == 1


def test_a_lost_connection_does_not_shorten_the_wait_for_the_next_attempt() -> None:
    """Else a central system that refuses and hangs up would use up all attempts in seconds."""
    office = opened()
    office.certain(START)
    office.fail()
    office.delivery.close()
    assert office.open() == []
    assert office.delivery.wake_at == 60
    office.delivery.close()
    assert office.do(office.delivery.tick()) == []
    assert office.delivery.wake_at == math.inf
    assert office.open() == [START]


def test_what_belongs_to_no_transaction_is_kept_too() -> None:
    """3.7: clock-aligned values."""
    office = opened()
    office.do(office.delivery.tell_for_certain(values(), None))
    office.restart()
    (again,) = office.open()
    assert again.transaction_id is None
    office.answer()
    assert office.disk["queue"] == {}


def test_other_requests_overtake_a_request_that_waits_to_be_tried_again() -> None:
    office = opened()
    office.certain(START)
    office.certain(STOP)
    office.fail()
    assert office.do(office.delivery.tell(HEARTBEAT)) == [HEARTBEAT]
    assert office.answer() == []  # the stop never overtakes its start


def test_a_lost_connection_is_no_attempt_and_the_request_keeps_its_id() -> None:
    office = opened()
    office.certain(START)
    for _ in range(10):
        assert office.delivery.close() == []
        assert office.open() == [START]
    assert {ask.unique_id for ask in office.asked} == {"b-1"}
    assert office.notes == []


def test_the_newest_live_value_of_a_connector_replaces_the_one_that_waits() -> None:
    office = opened()
    office.do(office.delivery.tell(HEARTBEAT))
    for amperes in ("1", "2", "3"):
        office.do(office.delivery.tell_live(values(amperes), None))
    office.do(office.delivery.tell_live(values("9", connector=2), None))
    assert office.answer() == [values("3")]
    assert office.answer() == [values("9", connector=2)]
    assert office.delivery.left_out == 2


def test_a_live_value_never_replaces_one_that_is_kept() -> None:
    office = opened()
    office.do(office.delivery.tell(HEARTBEAT))
    office.certain(values("1"))
    office.do(office.delivery.tell_live(values("2"), 1))
    assert office.answer() == [values("1")]
    assert office.answer() == [values("2")]


def test_a_live_value_that_was_told_before_its_transaction_had_an_id_gets_it() -> None:
    office = opened()
    office.certain(START, 5)
    office.do(office.delivery.tell_live(values(), 5))
    office.do(office.delivery.name(5, 77))
    assert office.answer()[0].transaction_id == 77


def test_after_a_lost_connection_a_status_is_told_again_and_what_was_for_its_moment_is_not() -> (
    None
):
    office = opened()
    authorize = call.Authorize("RIG")
    office.do(office.delivery.tell(STATUS))
    office.do(office.delivery.tell(authorize))
    office.do(office.delivery.tell(HEARTBEAT))
    office.do(office.delivery.tell_live(values(), None))
    assert office.delivery.close() == [authorize, HEARTBEAT, values()]
    assert office.open() == [STATUS]
    assert office.answer() == []
    assert office.delivery.left_out == 1


def test_each_connection_has_a_boot_of_its_own() -> None:
    office = Office()
    office.do(office.delivery.tell_first(BOOT))
    assert office.delivery.close() == [BOOT]
    assert office.do(office.delivery.tell_first(BOOT)) == [BOOT]


def test_an_answer_to_what_is_not_outstanding_changes_nothing() -> None:
    office = opened()
    office.certain(START)
    assert office.do(office.delivery.done(STOP)) == []
    assert list(office.disk["queue"]) == ["1"]


def test_it_is_idle_only_when_a_request_would_go_out_at_once() -> None:
    office = Office()
    assert not office.delivery.is_idle
    office.open()
    assert office.delivery.is_idle
    office.certain(START)
    assert not office.delivery.is_idle
    office.fail()
    assert office.delivery.is_idle  # the request waits to be tried again: others may overtake it
    office.do(office.delivery.tick())
    assert not office.delivery.is_idle
    office.answer()
    assert office.delivery.is_idle


class Deliveries(RuleBasedStateMachine):
    """Whatever happens, the central system holds every request, in order, or it was discarded.

    Of the queue no more than 4 requests are in memory; the disk may be slow to give the next ones.
    """

    ATTEMPTS = 3
    PORTION = 3

    @initialize()
    def begin(self) -> None:
        self.sizes = pytest.MonkeyPatch()
        self.sizes.setattr(request_queue, "PORTION", self.PORTION)
        self.sizes.setattr(request_queue, "FEW", 2)
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
