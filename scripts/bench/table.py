"""The table of results: how a row is judged, and how it is told."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS = ("what", "unit", "ours", "bare", "ratio", "gate", "", "besides")


@dataclass(frozen=True)
class Row:
    """One result. `most` or `least` is the gate of `ratio`; neither: it is only reported."""

    what: str
    unit: str
    ours: float
    bare: float
    ratio: float
    most: float | None = None
    least: float | None = None
    besides: str = ""

    @property
    def holds(self) -> bool:
        above = self.most is not None and self.ratio > self.most
        below = self.least is not None and self.ratio < self.least
        return not (above or below)

    def cells(self) -> list[str]:
        gate = f"<= {self.most:g}" if self.most is not None else ""
        gate = f">= {self.least:g}" if self.least is not None else gate
        verdict = "" if not gate else "ok" if self.holds else "FAIL"
        numbers = [number(self.ours), number(self.bare), f"{self.ratio:.2f}"]
        return [self.what, self.unit, *numbers, gate, verdict, self.besides]


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def compare(
    what: str,
    unit: str,
    pairs: Sequence[tuple[float, float]],
    most: float | None = None,
    least: float | None = None,
    besides: str = "",
) -> Row:
    """The row of pairs (ours, bare), each measured right after the other.

    The ratio is the median of theirs: what else the machine did meanwhile hit both. It is infinite
    where the bare one took less than a tick of the clock.
    """
    ratio = statistics.median(ours / bare if bare else math.inf for ours, bare in pairs)
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Row(what, unit, ours, bare, ratio, most, least, besides)


def percentiles(seconds: Sequence[float]) -> str:
    """The median and the 99th percentile of durations, as ms."""
    ordered = sorted(seconds)
    last = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"{statistics.median(ordered) * 1e3:.2f}/{last * 1e3:.2f}"


def markdown(rows: Sequence[Row]) -> str:
    """The table, aligned so that it reads on a terminal as well."""
    cells = [list(COLUMNS), *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
