"""The lines of `verdicts.jsonl`: what the detectors said, and what the watcher alone knows.

    {"t": ..., "watch": "begins", "rule": "all"}                        a watcher begins, anew
    {"t": ..., "detector": "fast_toggle", "connector": 1, "state": "alarm", "since": ..., ...}
    {"t": ..., "connector": 1, "link": "down", "why": "vcan0 is down"}  and "up"
    {"t": ..., "connector": 1, "lost": 12}                              frames that nobody read
    {"t": ..., "late": "can1", "judged_at": ...}                        an event, judged elsewhere
    {"t": ..., "watch": "ends"}

`t` is the stamp (s since 1970). With the last five kinds a recording is judged as it was live.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from rig.bus.logic.link import LinkDown, LinkUp, Lost
from rig.detect.events import OnBus
from rig.detect.hold import Late, source_of
from rig.detect.verdict import Verdict


def verdict_line(verdict: Verdict, at: float) -> str:
    """A verdict whose state began at `at`."""
    return json.dumps({"t": at} | asdict(verdict))


def watch_line(at: float, what: str, **more: str) -> str:
    """The watcher begins, or ends."""
    return json.dumps({"t": at, "watch": what} | more)


def link_line(event: OnBus, at: float) -> str | None:
    """What happened to a bus; None where it is a frame, which the log of the bus has."""
    what: dict[str, Any]
    match event.event:
        case LinkUp():
            what = {"link": "up"}
        case LinkDown(why):
            what = {"link": "down", "why": why}
        case Lost(frames):
            what = {"lost": frames}
        case _:
            return None
    return json.dumps({"t": at, "connector": event.connector} | what)


def late_line(late: Late) -> str:
    """An event that was judged at another moment than its stamp."""
    source = source_of(late.event)
    return json.dumps({"t": late.stamp, "late": source, "judged_at": late.judged_at})


@dataclass
class Account:
    """What a file of such lines says of one watcher: from when to when (s since 1970; None: not
    told), what happened to the buses, and where late events were judged, by source and stamp."""

    begins: float
    rule: str = "all"
    ends: float | None = None
    links: list[tuple[float, OnBus]] = field(default_factory=list)
    late: dict[tuple[str, float], list[float]] = field(default_factory=dict)

    def take(self, line: dict[str, Any]) -> None:
        """Another line. Raises KeyError, TypeError or ValueError for one that is none."""
        at = float(line["t"])
        if "link" in line or "lost" in line:
            self.links.append((at, OnBus(int(line["connector"]), _link(line))))
        elif "late" in line:
            judged = self.late.setdefault((str(line["late"]), at), [])
            judged.append(float(line["judged_at"]))
        elif line.get("watch") == "ends":
            self.ends = at


def _link(line: dict[str, Any]) -> LinkUp | LinkDown | Lost:
    if "lost" in line:
        return Lost(int(line["lost"]))
    return LinkUp() if line["link"] == "up" else LinkDown(str(line.get("why", "")))


def read_account(text: str) -> list[Account]:
    """The watchers of a file, one after another. Raises ValueError with the number of a line that
    is none of these."""
    accounts: list[Account] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            parsed = json.loads(line)
            if parsed.get("watch") == "begins":
                accounts.append(Account(float(parsed["t"]), str(parsed.get("rule", "all"))))
            else:
                accounts[-1].take(parsed)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
            raise ValueError(f"line {number} is no line of a watcher") from error
    return accounts
