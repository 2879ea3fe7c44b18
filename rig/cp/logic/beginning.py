"""A transaction that is to begin at one connector: waits for its car, for room, for the bus.

Sources: OCPP 1.6 edition 2 (clauses in the comments). Times in s on the clock of `now`.
"""

import math
from dataclasses import replace

from ocpp.v16.enums import RemoteStartStopStatus as Remote

from rig.cp.logic.charger_link import ChargerLink, Output
from rig.cp.logic.condition import Condition
from rig.cp.logic.held_limit import HeldLimit
from rig.cp.logic.outcome import Outcome, Starting, answer_to, rejected
from rig.cp.logic.session import Session
from rig.cp.logic.surroundings import Surroundings
from rig.cp.logic.transaction import StartOrder
from rig.ocppj.logic.exchange import Note

START = "RemoteStartTransaction"
STOP_CAME_FIRST = "a Stop came before its Start"

Results = list[Output | Outcome]


class Beginning:
    """The one that is to begin next, if there is one. `condition` is that of the connector."""

    def __init__(
        self,
        around: Surroundings,
        charger: ChargerLink,
        session: Session,
        limit: HeldLimit,
        condition: Condition,
    ) -> None:
        self._around, self._charger, self._session = around, charger, session
        self._limit, self._condition = limit, condition
        self.order: StartOrder | None = None  # whose Start is on its way
        self.since = 0.0  # s since 1970
        self._expected: StartOrder | None = None  # whose car is not plugged in yet
        self.wake_at = math.inf

    @property
    def is_near(self) -> bool:
        """Whether there is one."""
        return self.order is not None or self._expected is not None

    def tick(self, now: float) -> list[Outcome]:
        """The car did not come within ConnectionTimeOut."""
        tag = self._expected.id_tag if self._expected else ""
        self.expect_nobody()
        return [Note(f"no car was plugged in for {tag} (ConnectionTimeOut)", is_warning=True)]

    def begin(self, order: StartOrder, now: float) -> list[Outcome]:
        """Begin as soon as the car is plugged in, if it is not yet (4.8, 5.11)."""
        if why := self.why_not():
            return [*answer_to(order, Remote.rejected), rejected(START, why)]
        if self._condition.plugged:
            return self._begin_now(order, now)
        self._expected = replace(order, unique_id=None)
        self.wake_at = now + self._around.configuration.integer("ConnectionTimeOut")
        return answer_to(order, Remote.accepted)

    def why_not(self) -> str | None:
        """Why no transaction can begin here; None if one can."""
        if why := self._around.ends():
            return why
        reasons = {
            "the CAN link is down": not self._charger.is_up,
            "the connector is faulted": self._condition.faulted,
            "the connector is out of service": not self._condition.operative,
            "a transaction runs": self._session.transaction is not None,
            "one is about to begin": self.is_near,
            "a Stop is still owed to the charger": self._charger.stop_owed,
        }
        return next((why for why, holds in reasons.items() if holds), None)

    def plugged(self, now: float) -> list[Outcome]:
        """The car is plugged in: it may be the one that was waited for."""
        expected = self._expected
        self.expect_nobody()
        return self.begin(expected, now) if expected else []

    def expect_nobody(self) -> None:
        """Wait for no car any more."""
        self._expected, self.wake_at = None, math.inf

    def _begin_now(self, order: StartOrder, now: float) -> list[Outcome]:
        self._session.prepare()
        self.order, self.since = order, self._around.wall(now)
        self._condition.finishing = False
        return [Starting()]

    def go(self, now: float) -> Results:
        """The other connectors left room under the cap: Start, unless a Stop came meanwhile."""
        assert self.order is not None
        if self._session.ending:
            return self.not_carried(self.order, STOP_CAME_FIRST, now)
        limit = self._limit.to_start_with(now, brings_its_own=self.order.profile is not None)
        return [*self._charger.start(self.order, limit)]

    def carried(self, order: StartOrder, now: float) -> list[Outcome]:
        """The charger was told to start."""
        self.order = None
        return self._session.begin(order, now)

    def not_carried(self, order: StartOrder, why: str, now: float) -> Results:
        """Whoever was told Accepted before must see that it came to nothing: Faulted, and ended."""
        self.order = None
        if order.unique_id is not None:
            return [*answer_to(order, Remote.rejected), rejected(START, why)]
        self._condition.start_failed = self._session.ending is None
        told = self._session.come_to_nothing(order, now)
        return [rejected(START, why), *told, *self._charger.stop()]
