"""What a charge point does about a charger that does not do as it was told by us.

It does not stop; others tell it something; it was silent, or its bus was gone, while a transaction
ran. What flows against what may: rig/detect/flow.py. Times in s on the clock of `now`, limits in A.
"""

import math

from rig.bus.logic.messages import SetLimit, Start, Stop
from rig.cp.logic.charger import Charger
from rig.cp.logic.events import Output
from rig.cp.logic.foreign import ForeignCommand, ForeignCommands
from rig.cp.logic.shared import Shared
from rig.cp.logic.transaction import Session, Transaction
from rig.ocppj.logic.exchange import Note
from rig.role.logic.tally import Tally

AGAIN = 1.0  # s between two Stops to one that does not
TOLD_FOR = 60.0  # s that the status names the last command of another sender
SILENT = "the charger was silent"


class Supervision:
    """Of one connector. `told`: what the status says of the last command of another sender."""

    def __init__(self, number: int, shared: Shared, charger: Charger, session: Session) -> None:
        self._charger, self._session, self._expect = charger, session, shared.expect
        self._foreign = ForeignCommands(number, shared)
        self.told: str | None = None
        self._told_until = math.inf
        self._stopped_at = -math.inf
        self._ends_at = math.inf  # a transaction that gets no energy
        self._notes = Tally()

    @property
    def wake_at(self) -> float:
        return min(self._told_until, self._ends_at)

    def tick(self, now: float) -> bool:
        """Say no more of a foreign command that was long ago. Whether a transaction has got no
        energy for too long."""
        if self._told_until <= now:
            self.told, self._told_until = None, math.inf
        is_too_long = self._ends_at <= now
        self._ends_at = math.inf if is_too_long else self._ends_at
        return is_too_long

    def foreign(self, command: ForeignCommand, now: float) -> list[Output]:
        """Another sender told the charger something: our limit counts, and in doubt Stop."""
        self.told, told = self._foreign.seen(command, now)
        self._told_until = now + TOLD_FOR
        running = self._session.transaction
        match command:
            case SetLimit(limit):
                after = self._foreign.pause(now)
                return [*told, *self._charger.was_limited_by(limit, now, after=after)]
            case Start() if running is None or not self._charger.running:
                return [*told, *self._charger.stop()]
            case Stop() if running and self._charger.running and not self._session.ending:
                self._charger.was_stopped()
                running.held = "Stop by another sender"
        return told

    def came_back(self) -> list[Output]:
        """A charger that was silent in a transaction may have been reset: it is to stop first."""
        running = self._session.transaction
        if running is None or self._session.ending or not self._charger.running:
            return []
        running.held = SILENT
        return self._charger.stop()

    def may_resume(self, running: Transaction) -> bool:
        """Whether its car was gone, or its charger silent and the bench wants it to go on."""
        if running.held:
            return self._expect.resume and running.held == SILENT
        return running.is_suspended

    def watch(self, now: float) -> None:
        """A transaction gets no energy, or does."""
        running, charger = self._session.transaction, self._charger
        if running and (running.held or charger.is_silent or not charger.is_up):
            self._ends_at = min(self._ends_at, now + self._expect.held)
        else:
            self._ends_at = math.inf

    def is_stop_due(self, now: float) -> bool:
        """More flows than may: whether to tell it Stop, at once and then each second."""
        if now - self._stopped_at < AGAIN:
            return False
        self._stopped_at = now
        return True

    def ignored(self) -> list[Output]:
        """It reported more than any charger of this bench can deliver."""
        return self.note(f"Current above {self._expect.max:g} A, the bench's max: ignored")

    def note(self, text: str) -> list[Output]:
        """For the log, the 1st, the 10th, the 100th time."""
        if not self._notes.count(text):
            return []
        count = self._notes.counts[text]
        return [Note(text if count == 1 else f"{text} ({count} so far)", is_warning=True)]
