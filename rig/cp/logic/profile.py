"""One charging profile: what it says at a moment, and until when.

Times are seconds since 1970, limits A per phase. Source: OCPP 1.6 edition 2 (S), 3.13, 5.16 and
7.8 to 7.14, with the errata 2025-04 (E).
"""

import math
from bisect import bisect_right
from typing import NamedTuple

from ocpp.v16.enums import ChargingProfileKindType, ChargingProfilePurposeType

Kind = ChargingProfileKindType
Purpose = ChargingProfilePurposeType


class ProfileError(ValueError):
    """A profile or a request for one that this charge point must reject; the text says why."""


class Said(NamedTuple):
    """What is said at a moment: a limit (A; None: nothing), the same until a later moment (s)."""

    limit: float | None
    until: float


class Profile(NamedTuple):
    """One charging profile for one connector. `periods` are (start s, limit A), the first at 0.

    `start` and `recurrence` (s) are None where the kind has none. Each moment at which a profile
    changes is one sum of floats, here and in every comparison: none is missed by rounding.
    """

    connector: int
    profile_id: int
    stack_level: int
    purpose: Purpose
    kind: Kind
    periods: tuple[tuple[float, float], ...]
    duration: float = math.inf
    start: float | None = None
    recurrence: float | None = None
    valid_from: float = -math.inf
    valid_to: float = math.inf
    transaction_id: int | None = None

    def said(self, now: float, began: float | None) -> Said:
        """What this profile says at `now`; charging began at `began` (None: not yet)."""
        if now < self.valid_from:
            return Said(None, self.valid_from)
        if now >= self.valid_to:
            return Said(None, math.inf)
        said = self._by_schedule(now, began)
        return said if said.until <= self.valid_to else Said(said.limit, self.valid_to)

    def _by_schedule(self, now: float, began: float | None) -> Said:
        if self.kind is Kind.relative:
            if began is None:
                return self._before_charging()
            # A clock that was put back leaves no gap.
            return self._in_run(now, began if began < now else now, math.inf)
        assert self.start is not None
        if self.recurrence is None:
            return self._in_run(now, self.start, math.inf)
        turn = _turn(now, self.start, self.recurrence)
        again = self.start + (turn + 1) * self.recurrence
        return self._in_run(now, self.start + turn * self.recurrence, again)

    def _before_charging(self) -> Said:
        """A Relative schedule waits for the charging: it is as if it began now, and always so."""
        return Said(self.periods[0][1] if self.duration > 0 else None, math.inf)

    def _in_run(self, now: float, begin: float, again: float) -> Said:
        """In the run of the schedule that begins at `begin` and is cut by the next, at `again`."""
        if now < begin:
            return Said(None, begin)
        end = min(begin + self.duration, again)
        if now >= end:
            return Said(None, again)
        if len(self.periods) == 1:  # as most have
            return Said(self.periods[0][1], end)
        following = bisect_right(self.periods, now, key=lambda period: begin + period[0])
        until = begin + self.periods[following][0] if following < len(self.periods) else end
        return Said(self.periods[following - 1][1], min(until, end))


def _turn(now: float, start: float, recurrence: float) -> int:
    """The number of the run at `now`, 0 before and in the first: start + turn * recurrence <= now.

    The loops put right what the division rounded; they turn once at most.
    """
    turn = max(0, int((now - start) // recurrence))
    while start + (turn + 1) * recurrence <= now:
        turn += 1
    while turn and start + turn * recurrence > now:
        turn -= 1
    return turn
