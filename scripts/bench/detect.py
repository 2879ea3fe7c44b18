"""What detection costs: all detectors on what comes for each Current, in cantools' own measure.

The measure is an uncached decode of Current by cantools, as often as there are Currents. The
sessions are those of `rig score`; first what is on the bus alone, then with whole seconds and OCPP.
"""

import math
import time
from collections.abc import Callable, Sequence

from cantools.database import load_file
from cantools.database.can import Database

from rig.bus.logic.messages import Current
from rig.detect.events import Heard, OnBus
from rig.detect.watch import Watch, Watched
from rig.score.logic.session import session
from rig.score.logic.world import BEGINS, CHARGE_POINT, Timed
from rig.score.sessions import codec, formats
from scripts.bench.programs import ROOT
from scripts.bench.table import Row, compare

SEED = 5002  # with our charge point
MOST = 3.0  # gate: decodes


def detect(slices: int) -> list[Row]:
    """The rows: of a session at one limit, on the bus alone and with all else that is judged."""
    events = session("single", SEED, formats()).events
    bus = [timed for timed in events if isinstance(timed[1], OnBus)]
    reports = sum(map(_is_report, bus))
    decode = _decoder(reports)
    on_bus = [(_timed(lambda: _judge(bus)), _timed(decode)) for _ in range(slices)]
    all_of_it = [(_timed(lambda: _judge_all(events)), _timed(decode)) for _ in range(slices)]
    return [
        compare("detect: a Current and what else is on the bus", "s a session", on_bus, most=MOST),
        compare("detect: the same with whole seconds and OCPP", "s a session", all_of_it),
    ]


def _is_report(timed: Timed) -> bool:
    event = timed[1]
    is_frame = isinstance(event, OnBus) and isinstance(event.event, Heard)
    return is_frame and isinstance(event.event.what, Current)  # type: ignore[union-attr]


def _decoder(times: int) -> Callable[[], None]:
    """So many decodes by cantools, none of them remembered."""
    database = load_file(ROOT / "dbc" / "ev_charging.dbc")
    assert isinstance(database, Database)
    number = database.get_message_by_name("Current").frame_id
    data = codec().encode(Current(20.0)).data

    def decode() -> None:
        for _ in range(times):
            database.decode_message(number, data)

    return decode


def _judge(events: Sequence[Timed]) -> None:
    watch = Watch(Watched(CHARGE_POINT))
    for at, event in events:
        watch.receive(event, at)


def _judge_all(events: Sequence[Timed]) -> None:
    watch, second = Watch(Watched(CHARGE_POINT)), math.floor(BEGINS) + 1
    for at, event in events:
        while second < at:
            watch.tick(float(second))
            second += 1
        watch.receive(event, at)


def _timed(work: Callable[[], None]) -> float:
    """The CPU time of this thread (s)."""
    begin = time.thread_time()
    work()
    return time.thread_time() - begin
