"""The charger as one connector knows it: what it was told, what it reports, what it has metered.

Currents in A, energy in Wh, times in s on the clock of `now`.
"""

from collections.abc import Sequence
from typing import Any

from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Codec, Current, SetLimit, Start
from rig.cp.logic.actuator import Actuator, Result, Transmit
from rig.cp.logic.kept import Keep, Saved
from rig.cp.logic.meter import Meter
from rig.ocppj.logic.exchange import Note
from rig.role.logic.supply import Supply
from rig.role.logic.timeout import Timeout

SILENT_AFTER = 2.5  # periods of Current after which the charger counts as silent
METER, TOLD = "meter", "limit"  # sections; the key is the connector
LIVED = "lived"  # section: whether there was a life before this one

BusEvent = Sent | NotSent | Late | LinkUp | LinkDown
Output = Result | Keep | Note


class ChargerLink:
    """One charger module, over the bus. What was kept of it is in `saved`."""

    def __init__(
        self,
        number: int,
        codec: Codec,
        supply: Supply | None,
        saved: Saved,
        actuator: Actuator | None = None,
    ) -> None:
        self._key = str(number)
        self._set_limit = codec.set_limit
        self.is_up = self.is_silent = False
        self.is_steady = False  # it reported its current, and so it had before
        self.has_spoken = False  # in this life
        self.current: float | None = None  # A, None while it is not known
        self.meter = Meter(supply, saved.get(METER, {}).get(self._key, 0.0))
        self._actuator = actuator or Actuator()
        self._told: float | None = saved.get(TOLD, {}).get(self._key)
        self._is_new = not saved.get(LIVED)
        self._patience = Timeout(SILENT_AFTER * codec.current_period)

    @property
    def wake_at(self) -> float:
        return min(self._actuator.wake_at, self._patience.wake_at)

    @property
    def stop_owed(self) -> bool:
        """Whether a Stop is owed that the bus did not carry yet."""
        return self._actuator.stop_owed

    @property
    def limit(self) -> float | None:
        """The limit (A) that the charger was told last, in this life or before; None: none ever."""
        return self._actuator.limit if self._actuator.limit is not None else self._told

    @property
    def was_limited(self) -> bool:
        """Whether it may have been told any limit, in this life or before.

        What was told just before a crash may not be on the disk.
        """
        return self._actuator.was_limited or not self._is_new

    def tick(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        if self._actuator.wake_at <= now:
            outputs += self._noted(self._actuator.tick(now))
        if self._patience.is_over(now):
            self._forget_current()
            self.is_silent = True
            so = "silent" if self.has_spoken else "not there"
            text = f"no Current for {SILENT_AFTER:g} periods: the charger is {so}"
            outputs.append(Note(text, is_warning=True))
        return outputs

    def receive(self, event: BusEvent, now: float) -> list[Output]:
        """Something happened to the bus or to a frame of ours."""
        if isinstance(event, LinkUp | LinkDown):
            self.is_up = isinstance(event, LinkUp)
            self._forget_current()
            if self.is_up:  # one that never speaks is silent as well
                self._patience.begin(now)
        return self._noted(self._actuator.receive(event, now))

    def measured(self, event: Current, now: float) -> list[Output]:
        """It reported its current. After a silence, in which it may have restarted, it is told."""
        was_silent, self.is_silent = self.is_silent, False
        self.is_steady, self.has_spoken = self.current is not None, True
        self.current = event.current
        self._patience.begin(now)
        self.meter.measured(event.current, now)
        return self._noted(self._actuator.repeat_limit()) if was_silent else []

    def start(self, tag: Any, limit: float | None = None) -> list[Output]:
        """Tell it a limit (A) if there is one, then Start; Carried or NotCarried follows."""
        messages = [] if limit is None else [SetLimit(limit)]
        return self._noted(self._actuator.order(tag, *messages, Start()))

    def stop(self, tag: Any = None) -> list[Output]:
        """Tell it to Stop, now and until the bus carried it."""
        return self._noted(self._actuator.stop(tag))

    def set_limit(self, tag: Any, limit: float) -> list[Transmit]:
        """Tell it a limit (A); Carried or NotCarried follows under the tag."""
        return self._actuator.order(tag, self._set_limit(limit))

    def restore_limit(self, limit: float) -> list[Output]:
        """See to it that it is told this limit (A), if it was not. To be asked at each event."""
        return self._noted(self._actuator.restore(self.carried(limit)))

    def was_told(self, limit: float) -> bool:
        """Whether the bus carried this limit (A) in this life, and no other one since."""
        return limit == self._actuator.limit and not self._actuator.limit_owed

    def keeps(self, limit: float) -> bool:
        """Whether it was told for certain to draw no more than this limit (A)."""
        told = self._actuator.limit
        return told is not None and told <= limit and not self._actuator.limit_owed

    def carried(self, limit: float) -> float:
        """A limit (A) as the bus carries it."""
        return self._set_limit(limit).limit

    def _noted(self, results: Sequence[Result]) -> list[Output]:
        """With the limit to keep if it is another one than before."""
        limit = self._actuator.limit
        if limit is None or limit == self._told:
            return [*results]
        self._told = limit
        return [*results, Keep(TOLD, self._key, limit, may_wait=True)]

    def _forget_current(self) -> None:
        self.current = None
        self._patience.end()
        self.meter.lost()
