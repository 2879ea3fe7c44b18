"""The programs of scripts/bench that need a real CAN work, at tiny counts."""

import os
from collections.abc import Iterator

import pytest

from scripts.bench.bridge import bridge
from scripts.bench.lag import lag
from tests.can_bench import run

pytestmark = pytest.mark.socketcan


@pytest.fixture(scope="module", autouse=True)
def _interfaces() -> Iterator[None]:
    """Those that the programs made are gone when other tests make theirs."""
    before = set(os.listdir("/sys/class/net"))
    yield
    for interface in set(os.listdir("/sys/class/net")) - before:
        run("ip", "link", "del", interface)


def test_messages_cross_the_bridge_and_the_bare_one_beside_it() -> None:
    rows = bridge(3, slices=1)
    assert len(rows) == 4  # two ways, without a transaction and in one


def test_each_current_is_told_or_counted_as_left_out() -> None:
    _, account = lag([50], seconds=1)
    assert (account.ours, account.bare) == (50, 50)
