"""The device on the bus: the charger's machine, and the faults between it and the bus.

Several faults at once: each changes what the one before leaves of a report.
"""

import heapq
import math
from dataclasses import dataclass

from rig.bus.logic.messages import COMMANDS, Codec, Current, Frame
from rig.charger_module.logic.charger import Missed, SimulatedCharger
from rig.charger_module.logic.faults import FAULTS, Fault, Sent


@dataclass(frozen=True, slots=True)
class Begin:
    """The device has this fault from now on, besides those that it has."""

    fault: str


@dataclass(frozen=True, slots=True)
class EndAll:
    """It has none any more."""


@dataclass(frozen=True, slots=True)
class Told:
    """A line for the log about a fault: it begins, it has its first effect, it ends."""

    text: str


Output = Frame | Missed | Told


class Device:
    """A charger, first without a fault."""

    def __init__(self, charger: SimulatedCharger, codec: Codec) -> None:
        self._charger, self._codec = charger, codec
        self._faults: dict[str, Fault] = {}
        self._without_effect: set[str] = set()
        self._later: list[tuple[float, int, Frame]] = []  # a heap of frames that leave later
        self._number = 0

    @property
    def wake_at(self) -> float:
        return min(self._charger.wake_at, self._later[0][0] if self._later else math.inf)

    def __str__(self) -> str:
        faults = f" fault={','.join(self._faults)}" if self._faults else ""
        return f"{self._charger}{faults}"

    def receive(self, event: object, now: float) -> list[Output]:
        match event:
            case Begin(name):
                self._faults[name] = FAULTS[name](now)
                self._without_effect.add(name)
                return [Told(f"{name} begins")]
            case EndAll():
                ended = [*self._faults]
                self._faults.clear()
                return [Told(f"{name} ends") for name in ended]
        if isinstance(event, COMMANDS):
            for name, fault in self._faults.items():
                if not fault.hears(event):
                    return self._effect(name, f"{type(event).__name__} is ignored")
        self._charger.receive(event, now)
        return []

    def tick(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        if self._charger.wake_at <= now:
            for told in self._charger.tick(now):
                outputs += [told] if isinstance(told, Missed) else self._report(told, now)
        while self._later and self._later[0][0] <= now:
            outputs.append(heapq.heappop(self._later)[2])
        return outputs

    def _report(self, report: Current, now: float) -> list[Output]:
        """What the faults leave of a report goes to those that leave later, or now."""
        outputs: list[Output] = []
        current = report.current
        for name, fault in self._faults.items():
            flows = fault.flows(current, now)
            if flows != current:
                outputs += self._effect(name, f"{flows:.1f} A instead of {current:.1f} A")
            current = flows
        sent = [(0.0, self._frame(current, report))]
        for name, fault in self._faults.items():
            before, sent = (
                sent,
                [(delay + more, said) for delay, frame in sent for more, said in fault.says(frame)],
            )
            if sent != before:
                outputs += self._effect(name, f"{_told(sent)} instead of {_told(before)}")
        for delay, frame in sent:
            self._number += 1
            heapq.heappush(self._later, (now + delay, self._number, frame))
        return outputs

    def _frame(self, current: float, report: Current) -> Frame:
        """That of a current, or of the report where the DBC cannot carry this current."""
        try:
            return self._codec.encode(Current(max(0.0, current)))
        except ValueError:
            return self._codec.encode(report)

    def _effect(self, name: str, what: str) -> list[Output]:
        """The first effect of a fault is told."""
        if name not in self._without_effect:
            return []
        self._without_effect.remove(name)
        return [Told(f"{name} has its first effect: {what}")]


def _told(sent: Sent) -> str:
    frames = [f"{frame} after {delay:g} s" if delay else str(frame) for delay, frame in sent]
    return " and ".join(frames) or "nothing"
