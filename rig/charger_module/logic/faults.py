"""What may be wrong with a charger, and the ordinary life of its car: one catalogue, a name each.

Each stands between the bus and the charger's machine, and changes what it hears, what flows, or
which frames it sends. `plant`: the power electronics; `tel`: what it reports; `can`: its frames;
`ev`: nothing is wrong, the car takes less. Currents in A, times in s on the clock of `now`.
"""

import math
from collections.abc import Callable
from random import Random

from rig.bus.logic.messages import Frame, SetLimit, Start, Stop

OVER = 1.25  # of what it was told
SLOW = 0.25  # share of the way that is left, in one report
DRIFT = 0.05  # A/s
LATENESS, APART = 0.3, 0.1  # s
NOISE = 1.0  # A, most
LESS = 0.6  # of what it may take
CYCLE, PAUSE = 120.0, 40.0  # s
TAPERS_AFTER, TAPER = 60.0, 120.0  # s; time constant

Command = Start | Stop | SetLimit
Sent = list[tuple[float, Frame]]  # frames, each with how much later it leaves (s)


class Fault:
    """One that changes nothing, from `begun` on."""

    def __init__(self, begun: float) -> None:
        self._begun = begun

    def hears(self, command: Command) -> bool:
        """Whether the charger takes notice of a command."""
        return True

    def flows(self, current: float, now: float) -> float:
        """The current that is reported, of the one that the charger means."""
        return current

    def says(self, frame: Frame) -> Sent:
        """What is sent in place of the frame of a report."""
        return [(0.0, frame)]


class IgnoresStop(Fault):
    """It does not stop."""

    def hears(self, command: Command) -> bool:
        return not isinstance(command, Stop)


class IgnoresLimit(Fault):
    """It keeps the limit that it has."""

    def hears(self, command: Command) -> bool:
        return not isinstance(command, SetLimit)


class NoStart(Fault):
    """It does not start."""

    def hears(self, command: Command) -> bool:
        return not isinstance(command, Start)


class Deaf(Fault):
    """It obeys nothing."""

    def hears(self, command: Command) -> bool:
        return False


class OverLimit(Fault):
    """A quarter more flows than it was told."""

    def flows(self, current: float, now: float) -> float:
        return current * OVER


class WrongRamp(Fault):
    """The current follows late: each report goes a quarter of the way that is left."""

    def __init__(self, begun: float) -> None:
        super().__init__(begun)
        self._current: float | None = None

    def flows(self, current: float, now: float) -> float:
        before = current if self._current is None else self._current
        self._current = before + (current - before) * SLOW
        return self._current


class Frozen(Fault):
    """It reports the first current again and again."""

    def __init__(self, begun: float) -> None:
        super().__init__(begun)
        self._current: float | None = None

    def flows(self, current: float, now: float) -> float:
        self._current = current if self._current is None else self._current
        return self._current


class Drift(Fault):
    """What it reports moves away from what flows, 0.05 A more each second."""

    def flows(self, current: float, now: float) -> float:
        return current + DRIFT * (now - self._begun)


class Silent(Fault):
    """It reports nothing."""

    def says(self, frame: Frame) -> Sent:
        return []


class Late(Fault):
    """Each report leaves 0.3 s late."""

    def says(self, frame: Frame) -> Sent:
        return [(LATENESS, frame)]


class Doubled(Fault):
    """Each report is sent twice, 0.1 s apart."""

    def says(self, frame: Frame) -> Sent:
        return [(0.0, frame), (APART, frame)]


class WrongLength(Fault):
    """The last byte of each report is missing."""

    def says(self, frame: Frame) -> Sent:
        return [(0.0, frame._replace(data=frame.data[:-1]))]


class Noise(Fault):
    """The current is up to 1 A off while any flows, the same way in each run."""

    def __init__(self, begun: float) -> None:
        super().__init__(begun)
        self._random = Random(0)

    def flows(self, current: float, now: float) -> float:
        return current + self._random.uniform(-NOISE, NOISE) if current >= NOISE else current


class Limited(Fault):
    """The car takes 60 % of what it may."""

    def flows(self, current: float, now: float) -> float:
        return current * LESS


class Pauses(Fault):
    """The car takes nothing for the last 40 s of each 2 min."""

    def flows(self, current: float, now: float) -> float:
        return 0.0 if (now - self._begun) % CYCLE >= CYCLE - PAUSE else current


class Taper(Fault):
    """After a minute the car takes less and less, as when its battery is nearly full."""

    def flows(self, current: float, now: float) -> float:
        return current * math.exp(-max(0.0, now - self._begun - TAPERS_AFTER) / TAPER)


FAULTS: dict[str, Callable[[float], Fault]] = {
    "plant.ignore_stop": IgnoresStop,
    "plant.ignore_limit": IgnoresLimit,
    "plant.no_start": NoStart,
    "plant.deaf": Deaf,
    "plant.over_limit": OverLimit,
    "plant.wrong_ramp": WrongRamp,
    "tel.frozen": Frozen,
    "tel.drift": Drift,
    "tel.silent": Silent,
    "tel.late": Late,
    "tel.doubled": Doubled,
    "can.wrong_length": WrongLength,
    "ev.noise": Noise,
    "ev.limited": Limited,
    "ev.pauses": Pauses,
    "ev.taper": Taper,
}
