"""The list of alarms: what was raised, since when, until when, how often, until acknowledged.

One row for each detector of each connector. All times are s since 1970.
"""

from collections import deque
from dataclasses import dataclass, replace

from rig.detect.verdict import Verdict

MOST = 50  # rows, unless more stand; what falls out is counted
MARKS = 500  # spans in the window; one that flaps faster shortens what is marked, not the list

Span = tuple[float, float]  # from, to


@dataclass(frozen=True, slots=True)
class Alarm:
    """One row. `until` is None while it stands; `raised` is when it was raised last; `count` is how
    often. `connector` 0 is the charge point as a whole.
    """

    connector: int
    detector: str
    why: str
    since: float
    raised: float
    until: float | None = None
    count: int = 1
    is_acknowledged: bool = False

    @property
    def stands(self) -> bool:
        return self.until is None


class AlarmList:
    """Rows until they are acknowledged and over. `dropped`: those that fell out before."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, str], Alarm] = {}
        self._marks: deque[tuple[int, float, float]] = deque(maxlen=MARKS)  # connector, from, to
        self.dropped = 0

    @property
    def rows(self) -> tuple[Alarm, ...]:
        """Those that stand first, each the newest first."""
        return tuple(sorted(self._rows.values(), key=lambda row: (not row.stands, -row.raised)))

    def take(self, verdict: Verdict, now: float) -> None:
        """What a detector says now; saying it again changes nothing but `why`."""
        key = (verdict.connector, verdict.detector)
        row = self._rows.get(key)
        if verdict.state == "alarm":
            self._rows[key] = _raised(row, verdict, now)
            self._keep_few()
        elif row is not None and row.stands:
            self._end(key, row, now if verdict.since is None else verdict.since)

    def acknowledge(self, seen: float) -> int:
        """Somebody saw the list as it was at `seen`. Returns how many rows that concerned.

        What is over leaves the list, what stands is marked. One raised after `seen` stays.
        """
        rows = [row for row in self.rows if row.raised <= seen and not row.is_acknowledged]
        for row in rows:
            key = (row.connector, row.detector)
            if row.stands:
                self._rows[key] = replace(row, is_acknowledged=True)
            else:
                del self._rows[key]
        return len(rows)

    def marks(self, connector: int, begin: float, now: float) -> list[Span]:
        """When alarms of this connector, or of the charge point as a whole, stood since `begin`."""
        while self._marks and self._marks[0][2] < begin:
            self._marks.popleft()
        standing = [(r.connector, r.raised, now) for r in self._rows.values() if r.stands]
        return [
            (max(since, begin), until)
            for of, since, until in (*self._marks, *standing)
            if of in (0, connector) and until >= begin
        ]

    def _end(self, key: tuple[int, str], row: Alarm, until: float) -> None:
        self._marks.append((row.connector, row.raised, until))
        if row.is_acknowledged:
            del self._rows[key]
        else:
            self._rows[key] = replace(row, until=until)

    def _keep_few(self) -> None:
        """The oldest that is over goes. As many as stand there are detectors, and no more."""
        oldest = self.rows[-1]
        if len(self._rows) > MOST and not oldest.stands:
            del self._rows[oldest.connector, oldest.detector]
            self.dropped += 1


def _raised(row: Alarm | None, verdict: Verdict, now: float) -> Alarm:
    """The row with this alarm: a new one, the one that stands already, or raised once more."""
    since = now if verdict.since is None else verdict.since
    if row is None:
        return Alarm(verdict.connector, verdict.detector, verdict.why, since, since)
    if row.stands:
        return replace(row, why=verdict.why)
    return replace(row, why=verdict.why, raised=since, until=None, count=row.count + 1)
