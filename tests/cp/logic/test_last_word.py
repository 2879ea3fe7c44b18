"""Whatever else is on the bus, the last word that its charger hears is the charge point's.

Nothing here keeps a transaction from running but other senders, the bus, and the central system.
"""

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from ocpp.v16 import call

from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from tests.cp.logic.any_bench import AnyBus
from tests.cp.logic.crashing import Crashing
from tests.cp.logic.said import profile, remote_start

is_up = precondition(lambda self: self.world.is_up)
commands = st.sampled_from([Start(), Stop(), SetLimit(63)])
amperes = st.sampled_from([0, 16, 32])


class Contested(AnyBus):
    """World asserts what holds at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Crashing()
        self.world.registered()
        self.fought = 0

    # the others

    @is_up
    @rule(command=commands, times=st.sampled_from([1, 1, 8]))
    def another_sender(self, command: Start | Stop | SetLimit, times: int) -> None:
        self.fought += self.world.point.connectors[1].transaction is not None
        for _ in range(times):
            self.world.foreign(command, 1)

    @is_up
    @rule(commands=st.lists(commands, min_size=1, max_size=3))
    def others_while_it_charges(self, commands: list[Start | Stop | SetLimit]) -> None:
        self.charge()
        for command in commands:
            self.another_sender(command, 1)

    @is_up
    @rule(current=amperes)
    def measure(self, current: int) -> None:
        self.world.feed(Current(current))

    @rule(seconds=st.sampled_from([0.2, 1.0, 3.0]))
    def advance(self, seconds: float) -> None:
        self.world.echo_all()
        self.world.advance(seconds)

    # the central system

    @rule()
    def start(self) -> None:
        self.world.ask(remote_start(connector_id=1))

    @rule()
    def charge(self) -> None:
        """A transaction runs, if nothing is in its way."""
        self.start()
        self.world.echo_all()
        self.world.answer_all()

    @rule()
    def stop(self) -> None:
        self.world.answer_all()
        if running := self.world.point.connectors[1].transaction:
            self.world.ask(call.RemoteStopTransaction(running.transaction_id or 0))

    @rule(limit=amperes)
    def limit(self, limit: int) -> None:
        self.world.ask(call.SetChargingProfile(1, profile(limit)))

    def teardown(self) -> None:
        self.world.answer_all()
        running = self.world.has_the_last_word()
        event(f"runs: {running}, fought over: {min(self.fought, 2)}")


TestContested = Contested.TestCase
TestContested.settings = settings(max_examples=4 * settings().max_examples)
