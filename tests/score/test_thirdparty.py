"""Our affiliation against that of telemeval, which has the code of the paper's authors."""

import json
import os
import random
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from rig.score.logic.affiliation import affiliation
from rig.score.logic.judged import Span

pytestmark = [pytest.mark.thirdparty, pytest.mark.timeout(300)]

PACKAGE = "telemeval==0.3.4"  # PyPI
SCRIPT = Path(__file__).parent / "thirdparty" / "affiliation.py"

Case = tuple[list[int], list[int]]  # alarmed, anomalous: a 0 or a 1 for each second


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, installed by pip for this run alone."""
    folder = tmp_path_factory.mktemp("pip")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    subprocess.run([*pip, "--target", str(folder), PACKAGE], check=True)
    return folder


def steady(rng: random.Random, length: int, ones: float) -> list[int]:
    """Zeros and ones in runs, with so large a share of ones."""
    values: list[int] = []
    while len(values) < length:
        values += [int(rng.random() < ones)] * rng.randint(1, 12)
    return values[:length]


def cases(count: int) -> list[Case]:
    rng = random.Random("affiliation")
    made = []
    for _ in range(count):
        length = rng.randint(20, 120)
        anomalous = steady(rng, length, rng.choice([0.1, 0.3, 0.6]))
        anomalous[rng.randrange(length)] = 1  # telemeval asks for one at least
        made.append((steady(rng, length, rng.choice([0.02, 0.2, 0.5, 0.9])), anomalous))
    return made


def spans(values: list[int]) -> list[Span]:
    runs = [list(run) for is_one, run in groupby(range(len(values)), values.__getitem__) if is_one]
    return [(float(run[0]), float(run[-1] + 1)) for run in runs]


def test_precision_and_recall_are_those_of_telemeval(modules: Path) -> None:
    made = cases(300)
    theirs = subprocess.run(
        [sys.executable, str(SCRIPT)],
        input=json.dumps(made),
        env=os.environ | {"PYTHONPATH": str(modules)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(theirs.stdout)
    assert len(found) == 300
    assert any(precision is None for precision, _ in found)  # no alarm at all is among them
    for (alarmed, anomalous), expected in zip(made, found, strict=True):
        ours = affiliation(spans(alarmed), spans(anomalous), len(alarmed))
        assert ours == pytest.approx(tuple(expected))
