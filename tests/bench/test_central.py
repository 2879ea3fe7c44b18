"""The programs of scripts/bench work, at tiny counts. What they measure decides nothing here."""

import os
from collections.abc import Iterator

import pytest

from scripts.bench import texts
from scripts.bench.bystander import bystander
from scripts.bench.central import memory, per_message, saturation
from scripts.bench.hostile import masked
from scripts.bench.viewers import viewers


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
    assert len(rows) == 4
    assert all(row.bare > 0 for row in rows)


def test_viewers_of_the_plot_and_its_redraws_have_a_cost() -> None:
    rows = viewers(1, slices=1, redraws=2)
    assert len(rows) == 2
    assert all(row.ours > 0 and row.bare > 0 for row in rows)


def test_a_client_masks_its_frames() -> None:
    # RFC 6455, 5.2: FIN and text 0x81; mask bit and length 2; the mask; the data
    assert masked("hi") == b"\x81\x82\0\0\0\0hi"
    assert masked("x" * 126)[:4] == b"\x81\xfe\x00\x7e"
    assert masked("x" * 65_536)[:10] == b"\x81\xff\0\0\0\0\0\x01\0\0"


def test_each_meter_values_is_another_one() -> None:
    assert texts.meter_values(7).startswith('[2,"7","MeterValues"')
    assert texts.meter_values(7) != texts.meter_values(1007)
