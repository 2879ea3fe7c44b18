from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.echoes import ECHO_TIMEOUT, REMEMBERED, Echoes
from rig.bus.logic.link import Late, NotSent, Sent
from rig.bus.logic.messages import Frame
from tests.role.logic.looks import ticks

START, STOP, LIMIT = Frame(0x200), Frame(0x201), Frame(0x210, b"\x10\x00")
TIMED_OUT = "no echo within 100 ms"


def handed(*frames: Frame) -> Echoes:
    """All handed over at 0 s, with tokens from 1 on."""
    echoes = Echoes()
    for token, frame in enumerate(frames, 1):
        echoes.handed_over(token, frame, 0.0)
    return echoes


def test_a_frame_is_sent_when_its_echo_comes() -> None:
    echoes = handed(START)
    assert echoes.echoed(START) == Sent(1)
    assert echoes.wake_at == float("inf")
    assert ticks(echoes, 1.0) == []


def test_what_was_sent_has_the_stamp_of_its_echo() -> None:
    sent = handed(START).echoed(START, 1795384276.5)
    assert sent is not None
    assert sent.stamp == 1795384276.5
    late = handed(STOP)
    late.tick(0.05)
    assert ticks(late, 9.0) == [NotSent(1, TIMED_OUT)]
    came = late.echoed(STOP, 1795384286.5)
    assert isinstance(came, Late)
    assert came.stamp == 1795384286.5


def test_a_frame_without_echo_is_given_up_after_100_ms() -> None:
    echoes = handed(START)
    assert ticks(echoes, 0.099) == []
    assert ticks(echoes, 0.1) == [NotSent(1, TIMED_OUT)]
    assert ticks(echoes, 9.0) == []


def test_an_echo_that_came_while_this_process_stood_still_is_in_time() -> None:
    """A timer may be first, and the echo is read after it."""
    echoes = handed(START)
    assert echoes.tick(60.0) == []
    assert echoes.echoed(START) == Sent(1)


def test_a_frame_whose_echo_did_not_come_meanwhile_either_is_given_up_within_100_ms() -> None:
    echoes = handed(START)
    assert echoes.tick(60.0) == []
    assert ticks(echoes, 60.1) == [NotSent(1, TIMED_OUT)]


def test_what_was_given_up_before_a_late_echo_is_lost() -> None:
    echoes = handed(LIMIT, STOP)
    ticks(echoes, ECHO_TIMEOUT)
    assert echoes.echoed(STOP) == Late(2)
    echoes.handed_over(3, LIMIT, 1.0)
    assert echoes.echoed(LIMIT) == Sent(3)


def test_an_echo_after_that_is_late() -> None:
    echoes = handed(START)
    ticks(echoes, 0.1)
    assert echoes.echoed(START) == Late(1)
    assert echoes.echoed(START) is None


def test_what_was_never_handed_over_is_no_echo() -> None:
    assert handed(START).echoed(STOP) is None
    assert Echoes().echoed(START) is None


def test_only_a_frame_that_is_the_same_in_all_is_an_echo() -> None:
    echoes = handed(LIMIT)
    assert echoes.echoed(Frame(0x210, b"\x11\x00")) is None
    assert echoes.echoed(Frame(0x210, b"\x10\x00", extended=True)) is None
    assert echoes.echoed(Frame(0x210, b"\x10\x00", fd=True, flags=4)) is None
    assert echoes.echoed(Frame(0x210, b"\x10\x00", error=True)) is None
    assert echoes.echoed(LIMIT) == Sent(1)


def test_a_remote_frame_with_the_number_of_a_start_is_no_echo_of_it() -> None:
    """It has no data either."""
    echoes = handed(START)
    assert echoes.echoed(Frame(0x200, remote=True, dlc=0)) is None
    assert echoes.echoed(START) == Sent(1)


def test_equal_frames_in_time_are_told_one_by_one() -> None:
    echoes = handed(STOP, STOP)
    assert echoes.echoed(STOP) == Sent(1)
    assert echoes.echoed(STOP) == Sent(2)


def test_a_refused_frame_is_not_sent_and_can_never_be_late() -> None:
    echoes = handed(START)
    assert echoes.refused(1, "the send queue is full") == NotSent(1, "the send queue is full")
    assert echoes.echoed(START) is None
    assert echoes.refused(1, "again") is None


def test_a_frame_that_is_refused_after_it_was_given_up_is_told_once() -> None:
    echoes = handed(START)
    assert ticks(echoes, 0.1) == [NotSent(1, TIMED_OUT)]
    assert echoes.refused(1, "too late") is None


def test_when_the_bus_goes_all_that_waits_goes_with_it() -> None:
    echoes = handed(START, STOP)
    echoes.handed_over(3, LIMIT, 0.05)
    ticks(echoes, 0.1)
    assert echoes.flushed("can0 went down") == [NotSent(3, "can0 went down")]
    assert [echoes.echoed(frame) for frame in (START, STOP, LIMIT)] == [None] * 3


def test_a_lost_frame_does_not_take_the_echo_of_a_later_equal_one() -> None:
    echoes = handed(START)
    ticks(echoes, 0.1)  # lost for good
    echoes.handed_over(2, STOP, 1.0)
    assert echoes.echoed(STOP) == Sent(2)  # the bus keeps the order, so 1 will never come
    echoes.handed_over(3, START, 2.0)
    assert echoes.echoed(START) == Sent(3)


def test_after_a_lost_frame_an_equal_one_is_late_once_and_not_for_ever() -> None:
    echoes = handed(STOP)
    ticks(echoes, 0.1)  # lost for good, but it might as well come late
    echoes.handed_over(2, STOP, 1.0)
    assert echoes.echoed(STOP) == Late(1)
    assert ticks(echoes, 1.1) == [NotSent(2, TIMED_OUT)]  # on a bus that worked: it is lost
    echoes.handed_over(3, STOP, 2.0)
    assert echoes.echoed(STOP) == Sent(3)


def test_two_lost_frames_do_not_make_a_pair_of_later_ones_late_for_ever() -> None:
    echoes = handed(STOP, LIMIT)
    ticks(echoes, 0.1)
    for now in (1.0, 2.0):
        echoes.handed_over(int(now) * 10, STOP, now)
        echoes.handed_over(int(now) * 10 + 1, LIMIT, now)
        outcomes = [echoes.echoed(STOP), echoes.echoed(LIMIT)]
        ticks(echoes, now + 0.1)
    assert outcomes == [Sent(20), Sent(21)]


def test_a_bus_that_stood_still_carries_all_that_was_given_up_in_order() -> None:
    echoes = handed(LIMIT, STOP, LIMIT)
    ticks(echoes, 0.1)
    outcomes = [echoes.echoed(frame) for frame in (LIMIT, STOP, LIMIT)]
    assert outcomes == [Late(1), Late(2), Late(3)]


def test_a_frame_that_was_overtaken_may_still_come_but_only_in_time() -> None:
    echoes = handed(START, STOP)
    assert echoes.echoed(STOP) == Sent(2)
    assert echoes.echoed(START) == Sent(1)

    echoes = handed(START, STOP)
    echoes.echoed(STOP)
    assert ticks(echoes, 0.1) == [NotSent(1, TIMED_OUT)]
    echoes.handed_over(3, START, 1.0)
    assert echoes.echoed(START) == Sent(3)


def test_it_remembers_64_frames_that_were_given_up() -> None:
    assert REMEMBERED == 64
    echoes = handed(*[Frame(0x210, bytes([number, 0])) for number in range(65)])
    ticks(echoes, 0.1)
    assert echoes.echoed(Frame(0x210, bytes([0, 0]))) is None
    assert echoes.echoed(Frame(0x210, bytes([1, 0]))) == Late(2)


@dataclass
class FifoBus:
    """A bus of one sender that delays and loses frames but keeps their order."""

    echoes: Echoes = field(default_factory=Echoes)
    queue: list[tuple[int, Frame]] = field(default_factory=list)
    told: list[Sent | NotSent | Late] = field(default_factory=list)
    handed_at: dict[int, int] = field(default_factory=dict)  # token -> frames on the bus by then
    seen: list[Frame] = field(default_factory=list)  # on the bus
    now: float = 0.0

    def hand_over(self, frame: Frame) -> int:
        token = len(self.handed_at) + 1
        self.handed_at[token] = len(self.seen)
        self.queue.append((token, frame))
        self.echoes.handed_over(token, frame, self.now)
        return token

    def carry(self) -> None:
        if self.queue:
            frame = self.queue.pop(0)[1]
            self.seen.append(frame)
            told = self.echoes.echoed(frame)
            self.told += [told] if told else []

    def lose(self) -> None:
        self.queue[:1] = []

    def refuse(self) -> None:
        if self.queue:
            told = self.echoes.refused(self.queue.pop()[0], "full")
            self.told += [told] if told else []

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.told += ticks(self.echoes, self.now)

    def stand_still(self, seconds: float) -> None:
        """This process does; the bus does not, and what it carried is read after the timer."""
        self.now += seconds
        self.told += self.echoes.tick(self.now)

    def reset(self) -> None:
        self.queue.clear()
        self.told += self.echoes.flushed("down")


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("hand_over"), st.sampled_from([START, STOP, LIMIT])),
        st.tuples(st.just("wait"), st.sampled_from([0.03, ECHO_TIMEOUT])),
        st.tuples(st.just("stand_still"), st.sampled_from([0.01, 60.0])),
        st.tuples(st.sampled_from(["carry", "lose", "refuse", "reset"])),
    ),
    max_size=60,
)


def play(operations: list[tuple[object, ...]]) -> tuple[FifoBus, dict[int, Frame]]:
    bus, frames = FifoBus(), dict[int, Frame]()
    for name, *arguments in operations:
        result = getattr(bus, str(name))(*arguments)
        if result is not None:
            frames[result] = arguments[0]  # type: ignore[assignment]
    return bus, frames


@given(OPERATIONS)
def test_each_frame_is_told_once_and_late_only_after_it_was_given_up(
    operations: list[tuple[object, ...]],
) -> None:
    bus, frames = play(operations)
    bus.wait(ECHO_TIMEOUT)
    verdicts = Counter(event.token for event in bus.told if not isinstance(event, Late))
    assert verdicts == dict.fromkeys(frames, 1)
    given_up: set[int] = set()
    for event in bus.told:
        assert not isinstance(event, Late) or event.token in given_up
        if isinstance(event, NotSent):
            given_up.add(event.token)
    lates = Counter(event.token for event in bus.told if isinstance(event, Late))
    assert all(count == 1 for count in lates.values())


@given(OPERATIONS)
def test_what_is_told_as_sent_was_on_the_bus_after_it_was_handed_over(
    operations: list[tuple[object, ...]],
) -> None:
    bus, frames = play(operations)
    for event in bus.told:
        if isinstance(event, Sent | Late):
            assert frames[event.token] in bus.seen[bus.handed_at[event.token] :]


@given(OPERATIONS, st.lists(st.sampled_from([START, STOP, LIMIT]), min_size=1, max_size=3))
def test_after_any_losses_a_bus_that_works_is_soon_believed_again_and_for_good(
    operations: list[tuple[object, ...]], frames: list[Frame]
) -> None:
    bus, _ = play(operations)
    bus.queue.clear()  # all of it was lost
    bus.wait(ECHO_TIMEOUT)
    believed = []
    for _ in range(4):
        tokens = [bus.hand_over(frame) for frame in frames]
        before = len(bus.told)
        for _ in frames:
            bus.carry()
        believed.append(bus.told[before:] == [Sent(token) for token in tokens])
        bus.wait(ECHO_TIMEOUT)
    assert believed == [believed[0], True, True, True]
