"""A session of a kind and a seed: the same events each time, with labels where it is an anomaly."""

import random
from dataclasses import dataclass
from functools import cache

from rig.bus.dbc import read_codec
from rig.bus.logic.messages import Codec
from rig.role.bench import Bench as BenchFile
from rig.score.anomalies import ANOMALIES, ATTACKED, play
from rig.score.bench import Bench, simulated
from rig.score.logic.judged import Label
from rig.score.normals import CHARGERS, LENGTH, NORMALS
from rig.score.world import Timed

TUNING, JUDGING = range(1, 11), range(5001, 5027)
NO_NOISE = {"no_noise"}
KINDS = (*NORMALS, *ANOMALIES)


@dataclass(frozen=True, slots=True)
class Session:
    """What a watcher is told, by stamp (s since 1970), and the labels (s from BEGINS)."""

    kind: str
    seed: int
    length: float
    events: list[Timed]
    labels: tuple[Label, ...]


def session(kind: str, seed: int) -> Session:
    """Raises KeyError for a kind that is none."""
    rng = random.Random(f"{kind} {seed}")
    is_ours = seed % 2 == 0
    bench = Bench(
        codec(),
        rng,
        is_ours=is_ours,
        charger=CHARGERS.get(kind, simulated),
        noise=kind not in NO_NOISE,
    )
    if kind in NORMALS:
        NORMALS[kind](bench)
        length = LENGTH
    else:
        play(ANOMALIES[kind], bench)
        length = ATTACKED
    bench.world.run(length)
    labels = tuple(bench.world.labels_of(kind)) if kind in ANOMALIES else ()
    return Session(kind, seed, length, bench.world.told, labels)


@cache
def codec() -> Codec:
    """That of the shipped DBC."""
    return read_codec(BenchFile())
