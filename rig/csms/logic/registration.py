"""Whether a charge point may talk to this central system, and how it gets there.

Sources: OCPP 1.6 edition 2, 4.2 with the errata 3.35 and 3.40; OCPP-J 1.6, 5.4 with the errata
3.10. Times in s on the clock of `now`.
"""

import math
from enum import Enum

from ocpp.v16.enums import RegistrationStatus

from rig.role.logic.timeout import Timeout

BOOT_PATIENCE = 2.0  # s that a charge point which connects has to boot by itself
TRIGGER_PATIENCE = 10.0  # s from accepting the trigger to the BootNotification


class Due(Enum):
    """What to do about a charge point that is connected and did not boot."""

    TRIGGER = "ask it to"
    BEGIN = "take it as it is"
    WAIT = "nothing yet"


class Registration:
    """One that is known need not boot when it reconnects; any other is asked to, once."""

    __slots__ = (
        "_is_triggered",
        "_policy",
        "_timeout",
        "_triggered",
        "has_booted",
        "is_accepted",
    )

    def __init__(self, policy: RegistrationStatus, *, is_known: bool) -> None:
        """`policy`: the answer to a boot; unless that is Accepted, nobody is known."""
        self._policy, self.has_booted = policy, is_known
        self.is_accepted = is_known and policy == RegistrationStatus.accepted
        self._triggered: frozenset[str] = frozenset()  # what it may say though it is not accepted
        self._timeout = Timeout(BOOT_PATIENCE)
        self._is_triggered = False

    @property
    def wake_at(self) -> float:
        return self._timeout.wake_at

    def connected(self, now: float) -> None:
        """It may be about to boot."""
        self._timeout, self._is_triggered = Timeout(BOOT_PATIENCE, now), False

    def disconnected(self) -> None:
        """Nothing is due until it connects again."""
        self._wait_no_more()

    def booted(self) -> RegistrationStatus:
        """It boots; the answer."""
        self._wait_no_more()
        self.has_booted = True
        self.is_accepted = self._policy == RegistrationStatus.accepted
        return self._policy

    def triggered(self, action: str) -> None:
        """It accepted to send this message, which it may then do while it is Pending (4.2)."""
        self._triggered |= {action}

    def spoke(self, action: str) -> tuple[bool, Due]:
        """It said something else than BootNotification: whether it is answered (errata OCPP-J
        3.10), and what is due."""
        may_say = self.is_accepted or action in self._triggered
        is_awaited = self.wake_at < math.inf and not self._is_triggered
        return may_say, self._next() if is_awaited else Due.WAIT

    def tick(self, now: float) -> Due:
        """What is due once it has timed out."""
        return self._next() if self._timeout.is_over(now) else Due.WAIT

    def _next(self) -> Due:
        self._timeout.end()
        if self.is_accepted or self._is_triggered:
            return Due.BEGIN
        self._is_triggered = True
        return Due.TRIGGER

    def will_boot(self, now: float) -> None:
        """It accepted the trigger."""
        if not self.is_accepted:
            self._timeout = Timeout(TRIGGER_PATIENCE, now)

    def take_as_it_is(self) -> bool:
        """It will not boot again, which is right for one that has (3.35); whether it may talk."""
        self.is_accepted = self._policy == RegistrationStatus.accepted
        return self.is_accepted

    def _wait_no_more(self) -> None:
        self._timeout.end()
        self._triggered = frozenset()
