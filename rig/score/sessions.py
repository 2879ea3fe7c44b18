"""Plays and judges many sessions, on all processors."""

import multiprocessing
from collections.abc import Iterable, Sequence
from functools import cache, partial

from rig.bus.dbc import read_codec
from rig.bus.logic.messages import Codec
from rig.detect.watch import Watched
from rig.ocppj import schemas
from rig.role.bench import Bench
from rig.score.logic.judge import judge
from rig.score.logic.judged import Judged
from rig.score.logic.session import session
from rig.score.logic.world import CHARGE_POINT, Formats

AT_ONCE = 4  # sessions for a process


@cache
def codec() -> Codec:
    """That of the DBC that the rig has with it."""
    return read_codec(Bench())


@cache
def formats() -> Formats:
    """Those of the rig."""
    return Formats(codec(), schemas)


def judged(kinds: Sequence[str], seeds: Iterable[int], rule: str, jobs: int) -> list[Judged]:
    """Each kind with each seed, in this order."""
    one = partial(_judged, rule=rule)
    asked = [(kind, seed) for kind in kinds for seed in seeds]
    if jobs == 1:
        return [one(each) for each in asked]
    with multiprocessing.Pool(jobs) as pool:
        return pool.map(one, asked, AT_ONCE)


def _judged(asked: tuple[str, int], rule: str) -> Judged:
    watched = Watched(CHARGE_POINT, period=codec().current_period)
    return judge(session(*asked, formats()), watched, rule)
