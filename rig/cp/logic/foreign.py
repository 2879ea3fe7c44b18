"""Commands on the bus of one connector that are not ours.

They are told to the log, and to the central system in words and as security events. Times in s on
the clock of `now`.
"""

import math

from ocpp.v16 import call

from rig.bus.logic.messages import SetLimit, Start, Stop, describe
from rig.cp.logic.events import Output
from rig.cp.logic.shared import Shared
from rig.ocppj.logic.exchange import Note
from rig.ocppj.logic.moments import timestamp
from rig.role.logic.rate_limit import RateLimit

BURST, EVERY = 5, 60.0  # lines and security events of each kind at once, then one each so many s
MOST = 3  # kinds of commands

ForeignCommand = Start | Stop | SetLimit


class ForeignCommands:
    """Of one connector."""

    def __init__(self, number: int, shared: Shared) -> None:
        self._number, self._shared = number, shared
        self._lines, self._answers = (
            RateLimit(BURST, EVERY, MOST),
            RateLimit(BURST, EVERY, 1),
        )
        self._pause_ends = -math.inf

    def seen(self, command: ForeignCommand, now: float) -> tuple[str, list[Output]]:
        """Somebody else sent a command: what that is, in words, and what is told of it."""
        words = f"{describe(command)} by another sender"
        count = self._lines.tells(type(command).__name__, now)
        if not count:
            return words, []
        more = f" ({count - 1} more are not told)" * (count > 1)
        event = call.SecurityEventNotification(
            "ForeignCommand",
            timestamp(self._shared.wall(now)),
            f"connector {self._number}: {words}{more}",
        )
        note = Note(f"{words} on the bus: a second charge point?{more}", is_warning=True)
        return words, [note, *self._shared.delivery.tell(event)]

    def pause(self, now: float) -> float:
        """How long (s) to wait before our limit is told again: not at all, but against one who goes
        on until a minute is over, so that two do not fight for ever."""
        if now >= self._pause_ends and not self._answers.tells("SetLimit", now):
            self._pause_ends = now + EVERY
        return max(0.0, self._pause_ends - now)
