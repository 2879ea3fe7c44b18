"""A session of a kind and a seed: the same events each time, with labels where it is an anomaly."""

import random
from dataclasses import dataclass

from rig.score.logic.anomalies.kinds import ANOMALIES, ATTACKED, play
from rig.score.logic.bench import Bench, simulated
from rig.score.logic.judged import Label
from rig.score.logic.normals import CHARGERS, LENGTH, NO_NOISE, NORMALS
from rig.score.logic.world import Formats, Timed

# No threshold was ever looked at with a seed of JUDGING. An even one has our charge point.
TUNING, JUDGING = range(1, 11), range(5001, 5027)
KINDS = (*NORMALS, *ANOMALIES)


@dataclass(frozen=True, slots=True)
class Session:
    """What a watcher is told, by stamp (s since 1970), and the labels (s from BEGINS)."""

    kind: str
    seed: int
    length: float
    events: list[Timed]
    labels: tuple[Label, ...]

    @property
    def charge_point(self) -> str:
        """Which one it has: the rig's, or a plain one."""
        return "rig" if self.seed % 2 == 0 else "plain"


def session(kind: str, seed: int, formats: Formats) -> Session:
    """Raises KeyError for a kind that is none."""
    rng = random.Random(f"{kind} {seed}")
    charger = CHARGERS.get(kind, simulated)
    bench = Bench(formats, rng, is_ours=seed % 2 == 0, charger=charger, noise=kind not in NO_NOISE)
    if kind in NORMALS:
        length = LENGTH
        NORMALS[kind](bench)
    else:
        length = ATTACKED
        play(ANOMALIES[kind], bench)
    bench.world.run(length)
    labels = tuple(bench.world.labels_of(kind)) if kind in ANOMALIES else ()
    return Session(kind, seed, length, bench.world.told, labels)
