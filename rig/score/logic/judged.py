"""A session that was judged: what was on the wire by its labels, and what the detectors said."""

from dataclasses import dataclass

Span = tuple[float, float]  # from, to (s of the session's clock)


@dataclass(frozen=True, slots=True)
class Label:
    """One anomaly: on the wire in [start, end), and its effect there until `recovered`. `effect`:
    when that began. Times in s of the session's clock.
    """

    kind: str
    start: float
    end: float
    effect: float
    recovered: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A session of a kind, from 0 s on for `length` s. A normal one has no label.

    `alarms`: the spans in which each detector alarmed, by its name, in order.
    """

    kind: str
    seed: int
    length: float
    labels: tuple[Label, ...]
    alarms: dict[str, list[Span]]
