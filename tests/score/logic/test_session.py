"""A session is the same each time, in order, and labelled only where it is an anomaly."""

import ast
from pathlib import Path

import pytest

from rig.score.logic.anomalies.kinds import ANOMALIES, HELD_OUT
from rig.score.logic.normals import NORMALS
from rig.score.logic.session import JUDGING, KINDS, TUNING, session
from rig.score.logic.world import BEGINS
from rig.score.sessions import formats
from tests.processes import ROOT
from tests.score.played import OURS, PLAIN, label_of, played

BOTH = pytest.mark.parametrize("seed", [PLAIN, OURS], ids=["plain", "ours"])


@BOTH
@pytest.mark.parametrize("kind", ["busy", "fuzz"])
def test_the_same_seed_gives_the_same_session(kind: str, seed: int) -> None:
    assert session(kind, seed, formats()) == played(kind, seed)


def test_another_seed_gives_another_session() -> None:
    assert session("busy", PLAIN + 2, formats()).events != played("busy", PLAIN).events


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_its_events_are_in_order_and_in_its_time(kind: str, seed: int) -> None:
    one = played(kind, seed)
    stamps = [at for at, _ in one.events]
    assert stamps == sorted(stamps)
    assert stamps[0] >= BEGINS
    assert stamps[-1] < BEGINS + one.length


@BOTH
@pytest.mark.parametrize("kind", NORMALS)
def test_a_normal_one_lasts_half_an_hour_and_has_no_label(kind: str, seed: int) -> None:
    assert played(kind, seed).length == 1800
    assert played(kind, seed).labels == ()


@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize("kind", ANOMALIES)
def test_an_anomaly_has_one_label_in_the_middle(kind: str, seed: int) -> None:
    """From 400 to 600 s on, where `ignore_limit` and a slow swing show a little later."""
    label = label_of(kind, seed)
    assert label.kind == kind
    assert 400 <= label.start <= 635
    assert label.start == label.effect < label.end < label.recovered < 1000


def test_the_seeds_of_tuning_and_judging_are_apart_and_make_150_hours_of_normal() -> None:
    assert not set(TUNING) & set(JUDGING)
    assert len(JUDGING) * len(NORMALS) * 0.5 >= 150
    assert {seed % 2 for seed in JUDGING} == {0, 1}


def test_there_are_the_kinds_that_are_promised() -> None:
    assert len(NORMALS) >= 10
    assert len(ANOMALIES) >= 24
    assert set(HELD_OUT) <= set(ANOMALIES)
    assert not set(NORMALS) & set(ANOMALIES)


def test_the_generator_knows_nothing_of_the_detectors() -> None:
    """But for what they are told: `events`."""
    generator = {"world", "bench", "central", "chargers", "normals", "session"}
    logic = ROOT / "rig" / "score" / "logic"
    paths = [logic / f"{name}.py" for name in generator]
    paths += [*logic.glob("*_point.py"), *(logic / "anomalies").glob("*.py")]
    assert len(paths) > 12
    assert {name for path in paths for name in _imported(path) if ".detect" in name} == {
        "rig.detect.events"
    }


def _imported(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    return [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
