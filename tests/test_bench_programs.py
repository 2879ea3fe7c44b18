"""The programs of scripts/bench work, at tiny counts. What they measure decides nothing here."""

import math
import os
from collections.abc import Iterator

import pytest

from scripts.bench import texts
from scripts.bench.__main__ import BEGIN, BEGIN_ICOUNT, END, README, RUNS, parser
from scripts.bench.bystander import bystander
from scripts.bench.central import memory, per_message, saturation
from scripts.bench.hostile import masked
from scripts.bench.table import Row, compare, markdown, percentiles


@pytest.fixture(scope="module", autouse=True)
def _all_processors() -> Iterator[None]:
    """The programs keep to one processor, which is for them alone."""
    before = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, before)


def test_every_meter_values_that_is_answered_is_found_in_the_database() -> None:
    cost, kept = per_message(3, seconds=1, slices=1)
    assert cost.ours > 0
    assert cost.bare > 0
    assert (kept.ours, kept.bare) == (6, 6)  # 3 charge points, 1 s to warm up and 1 s slice
    assert kept.holds


def test_saturation_counts_the_answers_of_both() -> None:
    (row,) = saturation(2, 0.05, slices=1)
    assert row.ours > 0
    assert row.bare > 0


def test_memory_is_that_of_each_connection() -> None:
    (row,) = memory(20)
    assert 1 < row.ours < 1000  # KiB
    assert 1 < row.bare < 1000


def test_a_bystander_is_answered_beside_each_kind_of_hostile_connection() -> None:
    rows = bystander(0.1, slices=1)
    assert len(rows) == 3
    assert all(row.bare > 0 for row in rows)


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


def test_a_client_masks_its_frames() -> None:
    # RFC 6455, 5.2: FIN and text 0x81; mask bit and length 2; the mask; the data
    assert masked("hi") == b"\x81\x82\0\0\0\0hi"
    assert masked("x" * 126)[:4] == b"\x81\xfe\x00\x7e"


def test_each_meter_values_is_another_one() -> None:
    assert texts.meter_values(7).startswith('[2,"7","MeterValues"')
    assert texts.meter_values(7) != texts.meter_values(1007)


def test_the_readme_has_room_for_the_table_and_names_each_run() -> None:
    text = README.read_text()
    assert text.index(BEGIN) < text.index(END) < text.index(BEGIN_ICOUNT) < text.rindex(END)
    assert all(f"| {name} |" in text for name in RUNS)
    assert parser().parse_args(["bridge", "--quick"]).name == ["bridge"]
