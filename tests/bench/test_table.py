"""The tables of scripts/bench: what a gate is, and what a person reads."""

import math
import sys
import time
from pathlib import Path

import pytest

from scripts.bench.__main__ import BEGIN, BEGIN_ICOUNT, END, README, RUNS, in_guest, main, parser
from scripts.bench.programs import Program
from scripts.bench.table import Row, compare, markdown, percentiles


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    row = compare("x", "us", [(2, 1), (9, 3), (8, 2)], most=2.5)
    assert (row.ours, row.bare, row.ratio) == (8, 2, 3)
    assert not row.holds


def test_what_took_no_time_that_shows_makes_no_ratio() -> None:
    assert compare("x", "us", [(2, 0)], most=2).ratio == math.inf


@pytest.mark.parametrize(
    ("row", "holds"),
    [
        (Row("x", "us", 2, 1, 2.0, most=2.0), True),
        (Row("x", "us", 2, 1, 2.1, most=2.0), False),
        (Row("x", "1/s", 1, 2, 0.5, least=0.5), True),
        (Row("x", "1/s", 1, 2, 0.4, least=0.5), False),
        (Row("x", "us", 9, 1, 9.0), True),  # only reported
    ],
)
def test_a_gate_holds_up_to_its_limit(row: Row, holds: bool) -> None:
    assert row.holds == holds


def test_the_table_reads_as_markdown() -> None:
    lines = markdown([Row("a", "us", 1234.5, 0.1234, 2.0, most=1.0)]).splitlines()
    assert lines[0].split("|")[1:4] == [" what ", " unit ", " ours "]
    assert set(lines[1]) == {"|", "-"}
    cells = [cell.strip() for cell in lines[2].split("|")[1:-1]]
    assert cells == ["a", "us", "1234", "0.123", "2.00", "<= 1", "FAIL", ""]


def test_percentiles_are_of_the_sorted_durations() -> None:
    assert percentiles([number / 1000 for number in range(101, 0, -1)]) == "51.00/100.00"


def test_the_readme_has_room_for_the_table_and_names_each_run() -> None:
    text = README.read_text()
    assert text.index(BEGIN) < text.index(END) < text.index(BEGIN_ICOUNT) < text.rindex(END)
    assert all(f"| {name} |" in text for name in RUNS)
    assert parser().parse_args(["bridge", "--quick"]).name == ["bridge"]


def test_what_was_measured_is_told_also_where_the_next_run_fails(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[Row]:
        raise RuntimeError("it does not come up")

    row = Row("measured", "us", 2, 1, 2.0)
    monkeypatch.setitem(RUNS, "memory", (lambda: [row], lambda: [row]))
    monkeypatch.setitem(RUNS, "saturation", (broken, broken))
    with pytest.raises(RuntimeError, match="it does not come up"):
        main(["memory", "saturation"])
    assert "| measured |" in capfd.readouterr().out


def test_what_the_guest_measured_comes_as_it_is_measured_and_its_end_is_told() -> None:
    source = """
import json, sys
row = {"what": "x", "unit": "us", "ours": 2, "bare": 1, "ratio": 2.0}
print(json.dumps(row), flush=True)
sys.exit(7)
"""
    rows = in_guest([sys.executable, "-c", source], parser().parse_args([]))
    assert next(rows) == Row("x", "us", 2, 1, 2.0)
    with pytest.raises(RuntimeError, match="status 7"):
        next(rows)


def test_a_clock_that_leaps_ends_no_program_that_is_still_coming_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, leaps = time.monotonic, iter(range(0, 10**9, 1000))
    monkeypatch.setattr(time, "monotonic", lambda: real() + next(leaps))
    looks = iter([False, False, True])
    with Program([sys.executable, "-c", "import signal; signal.pause()"], tmp_path) as program:
        program.wait_for(lambda: next(looks))
        assert program.is_alive
