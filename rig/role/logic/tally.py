"""Counts of things that go wrong, and when a count is worth a log line."""

from collections import Counter


class Tally:
    """Counts by name. Says the 1st, 10th, 100th, ... of a kind, so that a flood stays readable."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, kind: str, by: int = 1) -> bool:
        """Add `by` to a kind; True if the new count is worth a log line."""
        before = self.counts[kind]
        self.counts[kind] += by
        return len(str(self.counts[kind])) > len(str(before)) or before == 0

    def __str__(self) -> str:
        return ", ".join(f"{kind}: {number}" for kind, number in sorted(self.counts.items()))
