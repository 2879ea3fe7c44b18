"""The OCPP session of the charge point (`ocpp_session`): a second connection, floods, an order that
cannot be, messages that are none, two ends that do not see the same. Times in s.
"""

import math
from collections import deque
from collections.abc import Mapping

from rig.detect.events import Connection, Listening, Said
from rig.detect.transactions import Transactions
from rig.detect.verdict import Detector, Hear, Verdict
from rig.ocppj.logic.framing import Call, CallResult, Malformed, OcppMessage

STANDS = 15.0  # s after the last cause: who is refused comes again after a backoff of about 10 s
FLOOD, FLOOD_WINDOW = 10, 10.0  # requests of one action: a backoff of 1 s would still be below
CONNECTS, WINDOW = 6, 60.0  # connections: the backoff of OCPP-J clients makes four of a minute
MALFORMED = 3  # in WINDOW; one may be an accident
SILENT = 2.5  # intervals of Heartbeat without any message, as with Current
REMEMBERED = 256  # messages that one end has told, and actions
# What a charge point sends as often as there is something, and all at once after it was offline.
BURSTS = {"MeterValues", "StartTransaction", "StopTransaction", "StatusNotification"}
NO_OCPP = "no OCPP is heard: neither end offers it"
OK = "one connection, in order"


class OcppSession(Detector):
    """Of the charge point as a whole."""

    looks_back = WINDOW

    def __init__(self) -> None:
        super().__init__("ocpp_session", 0)
        self._ends: set[str] = set()  # that are heard
        self._transactions = Transactions()
        self._requests: dict[str, deque[float]] = {}
        self._connects: deque[float] = deque(maxlen=CONNECTS)
        self._malformed: deque[float] = deque(maxlen=MALFORMED)
        self._altered: set[str] = set()  # the kinds of messages that were changed on their way
        self._told: dict[tuple[bool, str, str], tuple[str, OcppMessage]] = {}  # by one end
        self._boot: str | None = None  # the unique id of BootNotification
        self._interval: float = math.inf
        self._spoke_at = math.inf
        self._is_connected = False
        self._alarms_until = self._warns_until = -math.inf

    @property
    def hears(self) -> Mapping[type, Hear]:
        return {Said: self._said, Connection: self._link, Listening: self._listening}

    def tick(self, now: float) -> Verdict | None:
        if not self._ends:
            return self.say("unknown", NO_OCPP, now)
        silent = now - self._spoke_at
        if self._is_connected and silent > SILENT * self._interval:
            why = f"connected, and nothing said for {silent:.0f} s: its Heartbeat is due each"
            return self._alarm(f"{why} {self._interval:g} s", now, silent, SILENT * self._interval)
        if self._altered or now < max(self._alarms_until, self._warns_until):
            return None
        return self.say("ok", OK, now)

    def _alarm(self, why: str, now: float, score: float, threshold: float) -> Verdict | None:
        self._alarms_until = now + STANDS
        return self.say("alarm", why, now, score, threshold)

    def _warn(self, why: str, now: float) -> Verdict | None:
        self._warns_until = now + STANDS
        return None if now < self._alarms_until else self.say("warn", why, now)

    def _listening(self, end: Listening, now: float) -> Verdict | None:
        if end.why_not is None:
            self._ends.add(end.end)
        else:
            self._ends.discard(end.end)
            self._told.clear()
            self._altered.clear()
        return self.tick(now)

    def _link(self, link: Connection, now: float) -> Verdict | None:
        if link.end != self._nearer or link.change == "closed":
            self._is_connected &= link.end != self._nearer
            self._altered.clear()
            return None
        if link.change == "refused":
            return self._refused(link, now)
        was_connected, self._is_connected, self._spoke_at = self._is_connected, True, now
        self._connects.append(now)
        if was_connected:
            return self._alarm("a second connection with the same id", now, 2, 2)
        if len(self._connects) == CONNECTS and now - self._connects[0] <= WINDOW:
            span = now - self._connects[0]
            return self._alarm(f"{CONNECTS} connections in {span:.0f} s", now, CONNECTS, CONNECTS)
        return None

    def _refused(self, link: Connection, now: float) -> Verdict | None:
        if link.end == "cp":
            return None  # its central system is not there
        if self._is_connected:
            return self._alarm(f"a second connection with the same id: {link.why}", now, 2, 2)
        return self._warn(f"a connection was refused: {link.why}", now)

    @property
    def _nearer(self) -> str:
        """The central system's end, if it is heard."""
        return "csms" if "csms" in self._ends else "cp"

    def _said(self, said: Said, now: float) -> Verdict | None:
        message = said.message
        self._ends.add(said.end)
        if isinstance(message, Malformed):
            return self._none(message, now)
        differs = self._compare(said, message, now) if len(self._ends) == 2 else None
        if said.end != self._nearer:
            return differs
        if said.by_charge_point:
            self._spoke_at, self._is_connected = now, True
        return self._in_order(said, message, now) or differs

    def _none(self, message: Malformed, now: float) -> Verdict | None:
        self._malformed.append(now)
        if len(self._malformed) == MALFORMED and now - self._malformed[0] <= WINDOW:
            why = f"{MALFORMED} messages that are none, the last is {message.why}"
            return self._alarm(why, now, MALFORMED, MALFORMED)
        return self._warn(f"a message that is none: {message.why}", now)

    def _in_order(self, said: Said, message: OcppMessage, now: float) -> Verdict | None:
        if isinstance(message, CallResult) and message.unique_id == self._boot:
            interval = message.payload.get("interval")
            self._interval = interval if isinstance(interval, int) and interval > 0 else math.inf
        if wrong := self._transactions.receive(message, said.by_charge_point):
            return self._alarm(wrong, now, 1, 1)
        if not isinstance(message, Call) or not said.by_charge_point:
            return None
        if message.action == "BootNotification":
            self._boot = message.unique_id
        return None if message.action in BURSTS else self._count(message.action, now)

    def _count(self, action: str, now: float) -> Verdict | None:
        if action not in self._requests and len(self._requests) == REMEMBERED:
            return None
        times = self._requests.setdefault(action, deque(maxlen=FLOOD))
        times.append(now)
        if len(times) < FLOOD or now - times[0] > FLOOD_WINDOW:
            return None
        why = f"flood: {FLOOD} {action} in {now - times[0]:.1f} s"
        return self._alarm(why, now, FLOOD, FLOOD)

    def _compare(self, said: Said, message: OcppMessage, now: float) -> Verdict | None:
        """One end sent what the other one got, unless somebody between them changed it.

        Then the two believe other things, until one of its kind comes through as it was.
        """
        key = (said.by_charge_point, type(message).__name__, message.unique_id)
        other = self._told.get(key)
        if other is None or other[0] == said.end:
            self._told[key] = (said.end, message)
            if len(self._told) > REMEMBERED:
                del self._told[next(iter(self._told))]
            return None
        del self._told[key]
        what = message.action if isinstance(message, Call) else "an answer"
        if other[1] == message:
            self._altered.discard(what)
            return None
        if len(self._altered) < REMEMBERED:
            self._altered.add(what)
        return self._alarm(f"{what} was changed on its way between the two ends", now, 1, 1)
