"""The tool: what it prints, what it refuses, and that it is the same each time."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rig.score.__main__ import main
from rig.score.logic.normals import NORMALS
from rig.score.sessions import judged

FEW = ("--kinds", "idle,suspension", "--seeds", "1", "--jobs", "1")


def printed(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main([*FEW, *arguments]) == 0
    return capfd.readouterr().out


def refused(capfd: pytest.CaptureFixture[str], arguments: Sequence[str]) -> str:
    """The one line on stderr of a mistake."""
    assert main(arguments) == 2
    (line,) = capfd.readouterr().err.splitlines()
    return line


def test_a_score_has_the_normal_hours_and_the_recall(capfd: pytest.CaptureFixture[str]) -> None:
    found: dict[str, Any] = json.loads(printed(capfd, "--json"))
    assert found["events"] == 1
    assert found["kinds"]["suspension"]["recall"] == 1.0  # the charger is silent for 15 s or more
    assert found["false_alarms"]["all"]["hours"] == 0.5


def test_it_says_that_no_point_was_adjusted(capfd: pytest.CaptureFixture[str]) -> None:
    assert "no point adjustment" in printed(capfd)


def test_it_is_the_same_each_time(capfd: pytest.CaptureFixture[str]) -> None:
    assert printed(capfd, "--json") == printed(capfd, "--json")


def test_more_processes_give_the_same() -> None:
    kinds, seeds = ["idle", "fuzz"], [1, 2]
    assert judged(kinds, seeds, "all", 2) == judged(kinds, seeds, "all", 1)


@pytest.mark.parametrize("rule", ["all", "seed_variance"])
def test_the_rule_is_the_one_that_was_asked_for(
    rule: str, capfd: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(printed(capfd, "--json", "--rule", rule))
    by = found["kinds"]["suspension"]["found_by"]
    assert ("seed_variance" in by) is (rule == "seed_variance")


def test_without_a_normal_session_it_is_no_score(capfd: pytest.CaptureFixture[str]) -> None:
    line = refused(capfd, ["--kinds", "suspension", "--seeds", "1", "--jobs", "1"])
    assert line == (
        "rig score: no normal session: that is no score; add a normal kind to --kinds, such as idle"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--kinds", "idle,nonsense"], "there is no kind 'nonsense', only idle,"),
        (["--seeds", "some"], "some"),
        (["--seeds", "3-1"], "3-1 has no seed in it"),
        (["--jobs", "0"], "at least 1"),
        (["--write", "folder", "nonsense", "1"], "there is no kind 'nonsense'"),
        (["--write", "folder", "idle", "one"], "--write takes a folder, a kind and a seed"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(
    arguments: list[str], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert words in refused(capfd, arguments)


@pytest.mark.parametrize("kinds", ["idle,suspension", "idle"])
def test_a_picture_is_drawn_also_where_all_is_normal(kinds: str, tmp_path: Path) -> None:
    file = tmp_path / "score.png"
    assert main([*FEW, "--kinds", kinds, "--png", str(file)]) == 0
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    line = refused(capfd, [*FEW, "--png", str(tmp_path / "none" / "score.png")])
    assert line.endswith("none/score.png: No such file or directory")


def test_a_session_is_written_for_other_programs(tmp_path: Path) -> None:
    assert main(["--write", str(tmp_path / "run"), "spoof300", "1"]) == 0
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {"can.log", "ocpp.jsonl", "events.csv"}


def test_every_normal_kind_is_among_those_that_are_scored_without_options() -> None:
    from rig.score.__main__ import parser

    assert set(NORMALS) <= set(parser().parse_args([]).kinds)
