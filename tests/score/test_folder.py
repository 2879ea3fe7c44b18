"""A session as a folder: read back it is the same, and it is judged the same."""

import csv
import json
from pathlib import Path

import pytest

from rig.bus.logic.link import LinkUp
from rig.detect.events import Event, OnBus
from rig.role.errors import UserError
from rig.score.folder import write_folder
from rig.score.logic.recorded import files
from rig.score.logic.world import BEGINS
from rig.watch.folder import read_folder
from tests.cp.logic.world import codec
from tests.score.played import OURS, PLAIN, label_of, played

BOTH = pytest.mark.parametrize("seed", [PLAIN, OURS], ids=["plain", "ours"])
UP = OnBus(1, LinkUp())  # a log does not tell of it


def written(kind: str, seed: int, folder: Path) -> Path:
    write_folder(folder, files(played(kind, seed), codec()))
    return folder


def by_source(events: list[tuple[float, Event]]) -> list[list[tuple[float, Event]]]:
    """What came of the bus, and what was told of OCPP, each in its order."""
    known = [timed for timed in events if timed[1] != UP]
    is_bus = [isinstance(event, OnBus) for _, event in known]
    return [
        [one for one, bus in zip(known, is_bus, strict=True) if bus is of] for of in (True, False)
    ]


@BOTH
@pytest.mark.parametrize("kind", ["fuzz", "dup_id", "reconnecting", "mitm_limit"])
def test_what_is_read_back_is_the_same(kind: str, seed: int, tmp_path: Path) -> None:
    recording = read_folder(written(kind, seed, tmp_path), codec())
    assert recording.bad == {}
    assert by_source(recording.events) == by_source(played(kind, seed).events)


def test_the_labels_are_rows_in_time_since_1970(tmp_path: Path) -> None:
    label = label_of("spoof_stop", OURS)
    with (written("spoof_stop", OURS, tmp_path) / "events.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["event_id"], row["kind"], row["layer"]) == ("1", "spoof_stop", "bus")
    assert float(row["t_start"]) == pytest.approx(BEGINS + label.start, abs=1e-6)
    assert float(row["t_end"]) == pytest.approx(BEGINS + label.end, abs=1e-6)
    assert float(row["t_recovered"]) == pytest.approx(BEGINS + label.recovered, abs=1e-6)
    assert row["t_effect"] == row["t_start"]
    assert row["target"] == "CP_1"
    assert json.loads(row["params_json"]) == {"seed": OURS, "charge_point": "rig"}


def test_a_normal_session_has_no_row(tmp_path: Path) -> None:
    written("idle", PLAIN, tmp_path)
    assert len((tmp_path / "events.csv").read_text().splitlines()) == 1


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    written("idle", PLAIN, tmp_path)
    with pytest.raises(UserError, match=r"can\.log is there already: name another folder"):
        written("idle", PLAIN, tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        written("idle", PLAIN, tmp_path / "file" / "folder")
