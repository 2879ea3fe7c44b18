"""What OCPP says against what is on the bus, both ways (`cross_layer`).

A command on the bus that OCPP does not explain; a command of OCPP that was accepted and does not
come to the bus; a meter value that is not what the charger reports. Times in s, currents in A.
"""

import math
from collections import deque
from collections.abc import Mapping

from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.detect.events import Connection, Listening, Said
from rig.detect.metered import Metered
from rig.detect.ordered import CHARGING, Ordered
from rig.detect.verdict import Detector, Hear, Verdict
from rig.ocppj.logic.framing import Call, Malformed

WITHIN = 1.5  # s from a command to its other side: the facts' detector, which had no false alarm
EXACT = 1.0  # A: a step of the DBC, by which a limit is rounded down and a current either way
REPORTS = 3  # the last ones that a meter value may be of
SAMPLES = 2  # meter values in a row that are none of them
STANDS = 8.0  # s at least
NO_OCPP = "no OCPP is heard: neither end offers it"
OFFLINE = "the charge point is not connected"
OK = "the bus and OCPP say the same"
FOREIGN = "ForeignCommand"  # the security event of our own charge point


class CrossLayer(Detector):
    """Of one connector; judged at the end of the charge point, or of the central system alone."""

    looks_back = STANDS

    def __init__(self, ordered: Ordered, connector: int = 1) -> None:
        super().__init__("cross_layer", connector)
        self._connector, self._ordered, self._metered = connector, ordered, Metered(connector)
        self._ends: dict[str, bool] = {}  # who is heard, and whether it is connected
        self._running: bool | None = None  # on the bus
        self._limit: float | None = None
        self._reports: deque[float] = deque(maxlen=REPORTS)
        self._off = 0  # meter values in a row
        # Commands on the bus that nothing explains yet, by kind, and when they came.
        self._unexplained: dict[str, tuple[str, float]] = {}
        self._compared_at = math.inf  # after a command that was accepted
        self._wrong: dict[str, tuple[str, float]] = {}  # what differs, and how long at least

    @property
    def hears(self) -> Mapping[type, Hear]:
        commands: dict[type, Hear] = {Start: self._start, Stop: self._stop, SetLimit: self._set}
        ocpp: dict[type, Hear] = {Said: self._said, Connection: self._link, Listening: self._hears}
        return commands | ocpp | {Current: self._measured, LinkDown: self._down, LinkUp: self._up}

    def tick(self, now: float) -> Verdict | None:
        if not any(self._ends.values()):
            return self._blind(now)
        for kind, (what, at) in [*self._unexplained.items()]:
            if self._is_explained(kind, at):
                del self._unexplained[kind]
            elif now >= at + WITHIN:
                del self._unexplained[kind]
                self._differ(kind, f"{what} on the bus, and no OCPP message asks for it", now)
        if now >= self._compared_at:
            self._compared_at = math.inf
            self._compare(now)
        return self._judge(now)

    def _judge(self, now: float) -> Verdict | None:
        for kind, (_, least) in [*self._wrong.items()]:
            if now >= least and self._agree(kind):
                del self._wrong[kind]
        if not self._wrong:
            return self.say("ok", OK, now)
        why = "; ".join(what for what, _ in self._wrong.values())
        return self.say("alarm", why, now, len(self._wrong), 1)

    def _blind(self, now: float) -> Verdict | None:
        self._unexplained.clear()
        self._wrong.clear()
        self._compared_at, self._off = math.inf, 0
        return self.say("unknown", OFFLINE if self._ends else NO_OCPP, now)

    def _differ(self, kind: str, what: str, now: float) -> None:
        self._wrong[kind] = what, now + STANDS

    # --- OCPP

    def _hears(self, end: Listening, now: float) -> Verdict | None:
        self._ends.pop(end.end, None)
        if end.why_not is None:
            self._ends[end.end] = False  # until something comes
        return self.tick(now)

    def _link(self, link: Connection, now: float) -> Verdict | None:
        if link.change != "refused":
            self._ends[link.end] = link.change == "connected"
        return self.tick(now)

    def _said(self, said: Said, now: float) -> Verdict | None:
        begins = not self._ends.get(said.end)
        self._ends[said.end] = True
        message = said.message
        if isinstance(message, Malformed):
            return None
        if isinstance(message, Call) and said.by_charge_point:
            self._told(message, said.end, now)
        if (
            said.end == self._nearer("cp", "csms")
            and self._ordered.receive(message, said.by_charge_point, now)
            and self._compared_at == math.inf
        ):
            self._compared_at = now + WITHIN
        return self.tick(now) if begins or self._wrong else None

    def _nearer(self, first: str, second: str) -> str:
        """The end that is listened to of two: one if it is heard, else the other."""
        return first if first in self._ends else second

    def _told(self, call: Call, end: str, now: float) -> None:
        if call.action == "MeterValues" and end == self._nearer("csms", "cp"):
            for amps in self._metered.currents(call.payload, now):
                self._compare_meter(amps, now)
        if call.action == "SecurityEventNotification" and call.payload.get("type") == FOREIGN:
            what = str(call.payload.get("techInfo") or "")
            if what.startswith(f"connector {self._connector}:"):
                self._differ("foreign", f"the charge point tells of {what}", now)

    def _compare_meter(self, amps: float, now: float) -> None:
        is_one = any(abs(amps - report) <= EXACT for report in self._reports)
        self._off = 0 if is_one or not self._reports else self._off + 1
        if self._off >= SAMPLES:
            what = f"the meter says {amps:g} A, the charger reported {self._reports[-1]:g} A"
            self._differ("meter", what, now)

    # --- the bus

    def _measured(self, report: Current, now: float) -> None:
        self._reports.append(report.current)

    def _start(self, _start: Start, now: float) -> None:
        before, self._running = self._running, True
        self._commanded("start", "Start", now, changes=before is not True)

    def _stop(self, _stop: Stop, now: float) -> None:
        before, self._running = self._running, False
        self._commanded("stop", "Stop", now, changes=before is True)

    def _set(self, command: SetLimit, now: float) -> None:
        before, self._limit = self._limit, command.limit
        changes = before is None or abs(command.limit - before) > EXACT
        self._commanded("limit", f"SetLimit {command.limit:g} A", now, changes=changes)

    def _commanded(self, kind: str, what: str, now: float, *, changes: bool) -> None:
        if changes and any(self._ends.values()) and not self._is_explained(kind, now):
            self._unexplained.setdefault(kind, (what, now))

    def _down(self, down: LinkDown, now: float) -> Verdict | None:
        self._running = self._limit = None
        self._reports.clear()
        return self._blind(now)

    def _up(self, _up: LinkUp, now: float) -> Verdict | None:
        return self.tick(now)

    # --- both

    def _is_explained(self, kind: str, at: float) -> bool:
        """Whether OCPP said something, about that time, that a command on the bus follows from."""
        ordered = self._ordered
        if ordered.moments[kind] >= at - WITHIN:
            return True
        return self._agree(kind)

    def _agree(self, kind: str) -> bool:
        """Whether the two sides say the same now, as far as this kind goes."""
        ordered = self._ordered
        match kind:
            case "start" | "stop":
                return ordered.running is self._running or not (ordered.running or self._running)
            case "limit":
                known = ordered.known_limits
                return any(abs(limit - (self._limit or 0.0)) <= EXACT for limit in known)
            case "meter":
                return self._off == 0
            case "order":
                return self._difference() is None
        return True

    def _compare(self, now: float) -> None:
        if difference := self._difference():
            self._differ("order", difference, now)

    def _difference(self) -> str | None:
        """What OCPP told the charge point and the charger was not told."""
        ordered, running = self._ordered, self._running
        if ordered.running is False and running:
            return "the end of the transaction was accepted, no Stop on the bus"
        if not ordered.running or ordered.status not in (None, CHARGING, "Preparing"):
            return None
        if not running:
            return "a start was accepted, no Start on the bus"
        limit, told = ordered.limit, self._limit
        if limit is None or (told is not None and abs(limit - told) <= EXACT):
            return None
        words = "none" if told is None else f"{told:g} A"
        return f"a limit of {limit:g} A was accepted, the charger was told {words}"
