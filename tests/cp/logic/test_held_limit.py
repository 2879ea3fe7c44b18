"""Which limit a charger is held to, and when it is told."""

from rig.bus.logic.link import LinkUp, NotSent, Sent
from rig.bus.logic.messages import Message, SetLimit
from rig.cp.logic.actuator import Transmit
from rig.cp.logic.charger_link import ChargerLink, Output
from rig.cp.logic.condition import Condition
from rig.cp.logic.held_limit import HeldLimit
from rig.cp.logic.kept import Saved
from tests.cp.logic.rigged import Profiles
from tests.cp.logic.world import codec


class Held:
    """A limit and its charger, on a bus that carries everything at once."""

    def __init__(self, saved: Saved | None = None) -> None:
        self.profiles, self.condition = Profiles(), Condition()
        self.charger = ChargerLink(1, codec(), None, saved or {})
        self.limit = HeldLimit(1, self.profiles.around(), self.charger, self.condition)
        self.carry(self.charger.receive(LinkUp(), 0.0))

    def carry(self, outputs: list[Output]) -> list[Message]:
        sent = [output for output in outputs if isinstance(output, Transmit)]
        for frame in sent:
            self.charger.receive(Sent(frame.key), 0.0)
        return [frame.message for frame in sent]

    def in_force(self, limit: float | None, *, is_busy: bool = False) -> list[Message]:
        self.profiles.limit = limit
        return self.carry(self.limit.put_in_force(0.0, is_busy=is_busy))

    def to_start_with(self, limit: float | None, *, brings_its_own: bool = False) -> float | None:
        self.profiles.limit = limit
        return self.limit.to_start_with(0.0, brings_its_own=brings_its_own)


def test_a_limit_is_told_when_it_comes_into_force_and_once() -> None:
    held = Held()
    assert held.in_force(16) == [SetLimit(16)]
    assert held.in_force(16) == []
    assert held.in_force(10.7) == [SetLimit(10)]
    assert held.in_force(10.2) == []
    assert held.in_force(0) == [SetLimit(0)]


def test_without_a_profile_nothing_is_told() -> None:
    """The charger has its own limit until it is told one."""
    held = Held()
    assert held.in_force(None) == []
    assert held.in_force(None, is_busy=True) == []
    assert held.to_start_with(None) is None


def test_an_old_limit_may_stay_until_there_is_a_transaction() -> None:
    held = Held()
    held.in_force(16)
    assert held.in_force(None) == []
    assert held.to_start_with(None) == 32  # that of the bench
    assert held.in_force(None, is_busy=True) == [SetLimit(32)]
    assert held.to_start_with(None) is None


def test_what_is_told_for_certain_need_not_be_told_before_a_start() -> None:
    held = Held()
    assert held.to_start_with(16.5) == 16
    held.in_force(16)
    assert held.to_start_with(16.5) is None
    assert held.to_start_with(16.5, brings_its_own=True) == 16
    assert held.to_start_with(10) == 10


def test_what_another_life_told_is_told_again_before_a_start() -> None:
    held = Held({"lived": {"once": True}, "limit": {"1": 32}})
    assert held.to_start_with(32) == 32
    assert held.to_start_with(None) == 32


def test_after_another_life_a_limit_is_told_before_a_start_even_if_none_is_known() -> None:
    """One may have been carried just before the crash, and is not on the disk."""
    assert Held({"lived": {"once": True}}).to_start_with(None) == 32


def test_a_limit_that_may_have_been_told_binds_the_next_transaction_no_more_than_one_that_was() -> (
    None
):
    """Its frame was lost, or its echo was."""
    held = Held()
    (frame,) = held.charger.set_limit("rejected", 63)
    assert isinstance(frame, Transmit)
    held.charger.receive(NotSent(frame.key, "no echo"), 0.0)
    assert held.in_force(None) == []
    assert held.to_start_with(None) == 32


def test_a_tag_that_is_not_accepted_gets_nothing_whatever_the_profiles_say() -> None:
    held = Held()
    held.in_force(16)
    held.condition.deauthorized = True
    assert held.in_force(32, is_busy=True) == [SetLimit(0)]
    assert held.to_start_with(32) is None  # it was told 0 A
    assert held.in_force(None, is_busy=True) == []
    held.condition.deauthorized = False
    assert held.in_force(32) == [SetLimit(32)]
