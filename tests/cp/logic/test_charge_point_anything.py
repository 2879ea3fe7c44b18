"""Nothing that happens to a charge point, in any order, breaks a promise.

Two connectors; the bus loses frames or carries them late, cars and tags come and go, the central
system asks anything and answers or not, the process dies in the middle of it.
"""

from typing import Any

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from ocpp.v16 import call
from ocpp.v16.enums import (
    AvailabilityType,
    Reason,
    ResetType,
)

from rig.bus.logic.messages import SetLimit, Stop
from rig.cp.logic.events import Plugged, Shutdown, Unplugged
from rig.cp.logic.profile_reading import Policy
from tests.cp.logic.any_bench import connectors
from tests.cp.logic.any_requests import AnyRequests, amperes, connected
from tests.cp.logic.crashing import Books, Crashing
from tests.cp.logic.said import profile
from tests.cp.logic.world import CSMS_TIMEOUT

# 4.9: from each status the ones that may follow. Faulted is left to whatever holds then.
ANY_TIME = {"Faulted"}
SUSPENDED = {"SuspendedEV", "SuspendedEVSE"}
CHARGES = {"Charging"} | SUSPENDED
ENDS = {"Available", "Finishing", "Unavailable"} | ANY_TIME
MAY_FOLLOW = {
    "Available": {"Preparing", "Unavailable"} | CHARGES | ANY_TIME,
    "Preparing": {"Available", "Finishing"} | CHARGES | ANY_TIME,
    "Charging": SUSPENDED | ENDS,
    "SuspendedEV": {"Charging", "SuspendedEVSE"} | ENDS,
    "SuspendedEVSE": {"Charging", "SuspendedEV"} | ENDS,
    "Finishing": {"Available", "Preparing", "Unavailable"} | ANY_TIME,
    "Unavailable": {"Available", "Preparing"} | CHARGES | ANY_TIME,
}
disconnected = precondition(lambda self: not self.world.is_connected)
outstanding = precondition(lambda self: self.world.outstanding is not None)
old_enough = precondition(lambda self: self.age > 10)


class AnyWorld(AnyRequests):
    """World asserts what holds at any time; here is what needs a memory."""

    @initialize(
        policy=st.sampled_from(["strict", "seed"]),
        new=st.booleans(),
        attempts=st.sampled_from(["1", "2"]),
        count=st.sampled_from([1, 2]),
    )
    def begin(self, policy: Policy, new: bool, attempts: str, count: int) -> None:
        self.world = Crashing(
            policy,
            connectors=count,
            TransactionMessageAttempts=attempts,
            TransactionMessageRetryInterval="0",
        )
        if not new:
            self.world.registered()
        self.count, self.books, self.tags = count, Books(), 0
        self.asked_for: dict[str, str] = {}  # unique id of a RemoteStart -> its tag
        self.promised: set[str] = set()  # those that were accepted before anything was started
        self.status: dict[int, str] = {}  # of each connector, as told on this connection
        self.is_behind = False  # of what happened before this connection
        self.without_csms_since = 0  # number of frames transmitted until then
        self.age = 0  # steps of this life
        self.limits_seen = 0  # of a transaction that ran

    # time, and the end of the process

    @disconnected
    @precondition(lambda self: not self.world.in_flight)
    @rule()
    def wait_in_vain(self) -> None:
        self.world.advance(CSMS_TIMEOUT)
        assert Stop() in self.world.transmitted[self.without_csms_since :]

    @old_enough
    @rule(torn=st.booleans(), what=st.sampled_from(["echo", "answer", "unplug"]))
    def die(self, torn: bool, what: str) -> None:
        """kill -9, perhaps before the disk has what just happened."""
        self.age, self.world.is_torn = 0, torn
        if what == "echo" and self.world.in_flight:
            self.world.echo()
        if what == "answer" and self.world.outstanding is not None:
            self.answer(good=True)
        if what == "unplug":
            self.world.feed(Unplugged())
        self.settle_accounts()
        self.without_csms_since = len(self.world.transmitted)
        self.world.die()

    @old_enough
    @rule(clean=st.booleans())
    def shut_down(self, clean: bool) -> None:
        """The way out, whether the bus works or not."""
        assert self.world.feed(Shutdown())[:1] == [Stop()]
        if clean:
            self.world.echo_all()
        self.die(torn=False, what="")

    @old_enough
    @connected
    @rule(hard=st.booleans())
    def reset(self, hard: bool) -> None:
        before = len(self.world.restarts)
        self.world.ask(call.Reset(ResetType.hard if hard else ResetType.soft))
        if len(self.world.restarts) > before:  # it is not while its boot was rejected
            self.world.feed(Plugged())
            self.world.feed(Shutdown(self.world.restarts[-1]))
            self.world.echo_all()
            self.die(torn=False, what="")

    # the central system

    @disconnected
    @rule()
    def connect(self) -> None:
        self.status, self.is_behind = {}, not self.world.point.is_told
        self.world.connect()

    @connected
    @rule()
    def disconnect(self) -> None:
        self.without_csms_since = len(self.world.transmitted)
        self.settle_accounts()
        self.world.disconnect()

    @connected
    @rule(limit=amperes, connector=st.sampled_from([None, 1, 1, 2, 3]))
    def remote_start(self, limit: float | None, connector: int | None) -> None:
        carried = None if limit is None else profile(limit, "TxProfile")
        self.ask_to_start(connector_id=connector, charging_profile=carried)

    @connected
    @rule(connector=connectors)
    def charge(self, connector: int) -> None:
        """The bus works, the car is there, the central system answers: a transaction runs."""
        self.put_right(self.number(connector))
        self.ask_to_start(connector_id=self.number(connector))
        self.world.echo_all()

    @connected
    @rule(connector=connectors)
    def charge_by_tag(self, connector: int) -> None:
        self.put_right(self.number(connector))
        if self.world.point.connectors[self.number(connector)].transaction is None:
            self.swipe(connector)
        self.answer_everything()
        self.world.echo_all()

    def put_right(self, number: int) -> None:
        """Whatever keeps a connector from charging is over."""
        if not self.world.is_up:
            self.world.link_up()
        self.fault(number, "NoError")
        self.plug(number)
        self.world.echo_all()
        self.answer_everything()
        self.world.ask(call.ChangeAvailability(0, AvailabilityType.operative))

    def ask_to_start(self, **fields: Any) -> None:
        self.tags += 1
        tag = f"REMOTE{self.tags}"
        unique_id = self.world.ask(call.RemoteStartTransaction(tag, **fields))
        self.asked_for[unique_id] = tag
        if str(getattr(self.world.answers.get(unique_id), "status", "")) == "Accepted":
            self.promised.add(tag)  # it waits for its car, or for Authorize

    @connected
    @rule(wrong=st.sampled_from([0, 0, 0, 1]), older=st.integers(0, 2))
    def remote_stop(self, wrong: int, older: int) -> None:
        transaction = self.books.next_id - older + 1000 * wrong
        self.world.ask(call.RemoteStopTransaction(transaction_id=transaction))

    @outstanding
    @rule(good=st.sampled_from([True, True, True, False]))
    def answer(self, good: bool) -> None:
        request, unique_id = self.world.outstanding, self.world.ids[-1]
        self.notice()
        bad = {call.BootNotification: "Pending" if self.tags % 2 else "Rejected"}
        status = "Accepted" if good else bad.get(type(request), "Blocked")
        self.world.answer(self.books.answer(unique_id, request, status))
        if isinstance(request, call.StartTransaction) and not good and not self.world.is_torn:
            self.check_refused(self.books.named[str(unique_id)])

    def check_refused(self, transaction_id: int) -> None:
        """A tag that is not accepted gets no more energy (errata 3.17)."""
        for number, connector in self.world.point.connectors.items():
            running = connector.transaction
            if running and running.transaction_id == transaction_id:
                told = [one.message for one in self.world.in_flight if one.connector == number]
                is_told = Stop() in told or SetLimit(0) in told or not self.world.is_up
                assert is_told or connector.charger.stop_owed or connector.charger.limit == 0

    @outstanding
    @rule()
    def fail(self) -> None:
        self.notice()
        self.books.nameless += isinstance(self.world.outstanding, call.StartTransaction)
        self.world.fail()

    def notice(self) -> None:
        """What the central system learns from what it is asked."""
        request = self.world.outstanding
        self.books.receive(self.world.ids[-1], request)
        self.is_behind = self.is_behind and not self.world.point.is_told
        if isinstance(request, call.BootNotification):  # all begins anew once that is accepted
            self.status, self.is_behind = {}, True
        if isinstance(request, call.StatusNotification) and not self.is_behind:
            before = self.status.get(request.connector_id)
            self.status[request.connector_id] = status = str(request.status)
            if request.connector_id and before not in (None, "Faulted", status):
                assert status in MAY_FOLLOW[str(before)], f"{before} -> {status}"

    def settle_accounts(self) -> None:
        """What arrived counts, though its answer may be lost."""
        if self.world.outstanding is not None:
            self.books.receive(self.world.ids[-1], self.world.outstanding)

    # the promises

    @invariant()
    def grow_older(self) -> None:
        self.age += 1

    @invariant()
    def the_books_are_in_order(self) -> None:
        self.books.check()

    @precondition(lambda self: not self.world.in_flight)
    @rule()
    def the_last_on_the_bus_is_what_is_right(self) -> None:
        """Whoever else told a charger something."""
        self.limits_seen += self.world.has_the_last_word()

    def teardown(self) -> None:
        """In the end the bus works, the central system answers, and nothing is left open."""
        world = self.world
        self.the_last_on_the_bus_is_what_is_right()
        event(f"limits seen: {min(self.limits_seen, 3)}")
        held = (call.RemoteStopTransaction,)  # until a transaction has its id, or is over
        assert all(isinstance(one, held) for one, _ in world.waiting.values()), "never answered"
        assert world.feed(Shutdown(Reason.other))[:1] == [Stop()]
        world.echo_all()
        world.advance(1.0)
        assert world.waiting == {}, "never answered"
        assert world.point.is_stopped
        assert not any(world.runs(number) for number in range(1, self.count + 1))
        if not world.is_connected:
            self.connect()
        self.answer_everything()
        self.books.check()
        assert len(self.books.starts) == len(self.books.stops)
        self.check_accepted()

    def check_accepted(self) -> None:
        """Of each accepted request there is one transaction, of each other one none."""
        told = [one.id_tag for one in self.books.starts]
        for unique_id, tag in self.asked_for.items():
            status = str(getattr(self.world.answers.get(unique_id), "status", "lost"))
            if tag not in self.promised and status != "lost":
                assert told.count(tag) == (status == "Accepted"), f"{tag}: {status}"

    def answer_everything(self) -> None:
        while not self.world.point.is_told or self.world.outstanding is not None:
            if self.world.outstanding is None:
                self.world.advance(11.0)  # longer than the pause before another BootNotification
            else:
                self.answer(good=True)


AnyWorld.TestCase.settings = settings(max_examples=2 * settings().max_examples)
TestAnyWorld = AnyWorld.TestCase
