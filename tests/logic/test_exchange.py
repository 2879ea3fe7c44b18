"""The queue that keeps one CALL outstanding (OCPP-J 1.6, 4.1.1)."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ocpp.v16 import call

from rig.logic.exchange import Ask, Outbox


def values(text: str, transaction: int | None = None) -> call.MeterValues:
    """MeterValues that can be told apart by their text."""
    return call.MeterValues(
        connector_id=1, meter_value=[{"timestamp": text}], transaction_id=transaction
    )


def start(tag: str) -> call.StartTransaction:
    return call.StartTransaction(connector_id=1, id_tag=tag, meter_start=0, timestamp="t")


def stop(transaction: int) -> call.StopTransaction:
    return call.StopTransaction(meter_stop=0, timestamp="t", transaction_id=transaction)


def boot() -> call.BootNotification:
    return call.BootNotification(charge_point_model="m", charge_point_vendor="v")


def drained(box: Outbox, asks: list[Ask]) -> list[Any]:
    """Every request in the order of its sending, each answered before the next."""
    sent = []
    while asks:
        (ask,) = asks
        sent.append(ask.request)
        asks = box.done(ask.request)
    return sent


def test_nothing_is_asked_before_the_box_is_open() -> None:
    box = Outbox()
    assert box.put(start("A")) == []
    assert box.open() == [Ask(start("A"))]


def test_the_second_request_waits_for_the_answer_to_the_first() -> None:
    box = Outbox()
    box.open()
    (first,) = box.put(start("A"))
    assert box.put(start("B")) == []
    assert box.done(first.request) == [Ask(start("B"))]


def test_an_answer_to_something_else_does_not_let_the_next_one_out() -> None:
    box = Outbox()
    box.open()
    box.put(start("A"))
    box.put(start("B"))
    assert box.done(start("A")) == []  # equal, but not the one that is outstanding


def test_a_request_cut_off_by_a_lost_connection_is_the_first_one_on_the_next() -> None:
    box = Outbox()
    box.open()
    box.put(start("A"))
    box.put(start("B"))
    box.close()
    assert drained(box, box.open()) == [start("A"), start("B")]


def test_cut_off_meter_values_of_no_transaction_are_not_sent_again() -> None:
    box = Outbox()
    box.open()
    box.put(values("idle"))
    box.close()
    assert box.open() == []


def test_cut_off_meter_values_of_a_transaction_are_sent_again() -> None:
    box = Outbox()
    box.open()
    box.put(values("5 A", transaction=4))
    box.close()
    assert box.open() == [Ask(values("5 A", transaction=4))]


def test_only_the_newest_waiting_meter_values_are_kept_and_the_others_counted() -> None:
    box = Outbox()
    for second in range(5):
        box.put(values(f"second {second}"))
    assert drained(box, box.open()) == [values("second 4")]
    assert box.left_out == 4


def test_meter_values_of_two_transactions_do_not_replace_each_other() -> None:
    box = Outbox()
    box.put(values("a", transaction=1))
    box.put(values("b", transaction=2))
    assert len(box) == 2
    assert box.left_out == 0


def test_a_boot_goes_first_even_before_the_box_is_open() -> None:
    box = Outbox()
    box.put(start("A"))
    assert box.put_first(boot()) == [Ask(boot())]
    assert box.open() == []  # the boot is still outstanding


def test_a_boot_that_was_cut_off_is_not_asked_a_second_time() -> None:
    """The owner asks it anew on each connection: OCPP 1.6 edition 2, 4.2."""
    box = Outbox()
    for _ in range(3):
        box.put_first(boot())
        box.close()
    assert drained(box, box.put_first(boot())) == [boot()]
    assert box.open() == []


def test_a_boot_that_waited_when_the_connection_was_lost_is_gone_with_it() -> None:
    box = Outbox()
    box.open()
    box.put(start("A"))
    box.put_first(boot())
    box.close()
    assert drained(box, box.open()) == [start("A")]


def test_a_stand_in_becomes_the_transaction_id_once_it_is_known() -> None:
    box = Outbox()
    box.open()
    (asked,) = box.put(start("A"))
    box.put(stop(-1))
    box.name_transaction(-1, 4711)
    assert box.done(asked.request) == [Ask(stop(4711))]


def test_a_transaction_that_was_never_named_is_stopped_as_minus_one() -> None:
    box = Outbox()
    box.put(stop(-3))
    assert box.open() == [Ask(stop(-1))]  # errata 3.18


def test_minus_one_cut_off_by_a_lost_connection_is_not_taken_for_a_stand_in() -> None:
    box = Outbox()
    box.name_transaction(-1, 4711)
    box.put(stop(-3))
    assert box.open() == [Ask(stop(-1))]
    box.close()
    assert box.open() == [Ask(stop(-1))]


def test_a_transaction_may_have_a_negative_id() -> None:
    box = Outbox()
    box.name_transaction(-1, -2)
    box.name_transaction(-2, 4711)
    box.put(stop(-1))
    assert box.open() == [Ask(stop(-2))]
    box.close()
    assert box.open() == [Ask(stop(-2))]


def test_meter_values_of_a_transaction_that_was_never_named_carry_none() -> None:
    box = Outbox()
    box.put(values("5 A", transaction=-3))
    assert box.open() == [Ask(values("5 A"))]  # errata 3.16: only a known transaction


def test_it_is_idle_only_when_open_and_empty() -> None:
    box = Outbox()
    assert not box.is_idle
    box.open()
    assert box.is_idle
    (asked,) = box.put(start("A"))
    assert not box.is_idle
    box.done(asked.request)
    assert box.is_idle


@given(st.lists(st.sampled_from(["start", "stop", "idle"]), max_size=30))
def test_nothing_but_older_meter_values_is_ever_left_out(kinds: list[str]) -> None:
    box = Outbox()
    put: list[Any] = []
    for number, kind in enumerate(kinds):
        request: Any = {
            "start": start(str(number)),
            "stop": stop(number),
            "idle": values(str(number)),
        }[kind]
        put.append(request)
        box.put(request)
    sent = drained(box, box.open())
    idle = [item for item in put if isinstance(item, call.MeterValues)]
    assert sent == [item for item in put if item not in idle[:-1]]
    assert box.left_out == len(idle[:-1])


class Boxes(RuleBasedStateMachine):
    """Any use: one outstanding at most, order kept, nothing lost but counted values."""

    @initialize()
    def begin(self) -> None:
        self.box = Outbox()
        self.number = 0
        self.outstanding: Any = None
        self.is_open = False
        self.expected: list[str] = []  # tags of what must still be answered, in order
        self.answered: list[str] = []
        self.values_put = self.values_answered = self.values_cut_off = 0

    def asked(self, asks: list[Ask]) -> None:
        for ask in asks:
            assert self.outstanding is None
            self.outstanding = ask.request

    @rule()
    def put_start(self) -> None:
        self.number += 1
        self.expected.append(str(self.number))
        self.asked(self.box.put(start(str(self.number))))

    @rule(transaction=st.sampled_from([None, 1, 2]))
    def put_values(self, transaction: int | None) -> None:
        self.number += 1
        self.values_put += 1
        self.asked(self.box.put(values(str(self.number), transaction)))

    @precondition(lambda self: not self.is_open)
    @rule()
    def open(self) -> None:
        self.is_open = True
        self.asked(self.box.open())

    @precondition(lambda self: self.is_open)
    @rule()
    def close(self) -> None:
        self.is_open = False
        if isinstance(self.outstanding, call.MeterValues):
            self.values_cut_off += self.outstanding.transaction_id is None
        self.outstanding = None
        self.box.close()

    @precondition(lambda self: self.outstanding is not None)
    @rule()
    def answer(self) -> None:
        request, self.outstanding = self.outstanding, None
        if isinstance(request, call.StartTransaction):
            self.answered.append(request.id_tag)
        else:
            self.values_answered += 1
        self.asked(self.box.done(request))

    @invariant()
    def order_is_kept(self) -> None:
        assert self.answered == self.expected[: len(self.answered)]

    @invariant()
    def nothing_is_lost(self) -> None:
        unanswered = len(self.expected) - len(self.answered)
        values_left = (
            self.values_put - self.values_answered - self.values_cut_off - self.box.left_out
        )
        assert len(self.box) == unanswered + values_left

    @invariant()
    def it_never_stands_still(self) -> None:
        assert self.outstanding is not None or not self.is_open or len(self.box) == 0


TestBoxes = Boxes.TestCase
