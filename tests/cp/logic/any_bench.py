"""What may happen around a charge point at any time: on its buses, with cars, with tags."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from ocpp.v16.enums import ChargePointErrorCode

from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.cp.logic.events import Plugged, Raised, Swiped, Unplugged
from tests.cp.logic.crashing import Crashing

ERRORS = ["NoError", "NoError", "GroundFailure", "WeakSignal", "EVCommunicationError"]

flying = precondition(lambda self: bool(self.world.in_flight))
connectors = st.sampled_from([1, 1, 2])


class AnyBus(RuleBasedStateMachine):
    """The rules of the buses: each frame is echoed, lost or late, and the links come and go."""

    world: Crashing

    @flying
    @rule()
    def echo(self) -> None:
        self.world.echo()

    @flying
    @rule()
    def echo_all(self) -> None:
        self.world.echo_all()

    @flying
    @rule()
    def lose(self) -> None:
        self.world.lose()

    @precondition(lambda self: bool(self.world.given_up))
    @rule()
    def late(self) -> None:
        self.world.late()

    @precondition(lambda self: self.world.is_up)
    @rule()
    def link_down(self) -> None:
        self.world.link_down()

    @precondition(lambda self: not self.world.is_up)
    @rule()
    def link_up(self) -> None:
        self.world.link_up()


class AnyBench(AnyBus):
    """The rules of everything but the central system and the process."""

    count: int  # connectors
    tags: int  # that were used so far
    promised: set[str]  # tags of which something may be started later, or not

    def number(self, connector: int) -> int:
        """One of the connectors that there are."""
        return min(connector, self.count)

    # other senders

    @precondition(lambda self: self.world.is_up)
    @rule(current=st.integers(0, 63), connector=connectors)
    def measure(self, current: int, connector: int) -> None:
        self.world.feed(Current(current), self.number(connector))

    @precondition(lambda self: self.world.is_up)
    @rule(command=st.sampled_from([Start(), Stop(), SetLimit(63)]), connector=connectors)
    def another_sender(self, command: Start | Stop | SetLimit, connector: int) -> None:
        self.world.foreign(command, self.number(connector))

    # cars and tags

    @rule(connector=connectors)
    def plug(self, connector: int) -> None:
        number = self.number(connector)
        running = self.world.point.connectors[number].transaction
        self.world.may_start += running is not None and running.is_suspended
        self.world.feed(Plugged(), number)

    @rule(connector=connectors, comes_back=st.booleans())
    def unplug(self, connector: int, comes_back: bool) -> None:
        number = self.number(connector)
        assert self.world.feed(Unplugged(), number)[:1] == [Stop()]
        if comes_back:
            self.plug(connector)

    @rule(connector=connectors)
    def swipe(self, connector: int) -> None:
        """A tag that was never seen before."""
        self.tags += 1
        self.promised.add(f"SWIPE{self.tags}")
        self.world.feed(Swiped(f"SWIPE{self.tags}"), self.number(connector))

    @rule(connector=connectors)
    def swipe_again(self, connector: int) -> None:
        """The tag of what runs there."""
        number = self.number(connector)
        if running := self.world.point.connectors[number].transaction:
            self.world.feed(Swiped(running.id_tag), number)
            assert self.world.transmitted[-1] == Stop()

    @rule(connector=connectors, error=st.sampled_from(ERRORS))
    def fault(self, connector: int, error: str) -> None:
        self.world.feed(Raised(ChargePointErrorCode(error)), self.number(connector))

    @precondition(lambda self: not self.world.in_flight)
    @rule(seconds=st.sampled_from([0.2, 0.5, 1.0, 3.0]))
    def advance(self, seconds: float) -> None:
        self.world.advance(seconds)
