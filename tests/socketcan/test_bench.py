"""The programs of scripts/bench that need a real CAN work, at tiny counts."""

from scripts.bench.bridge import bridge
from scripts.bench.lag import lag
from tests.can_bench import Witness


def test_messages_cross_the_bridge_and_the_bare_one_beside_it(bus: Witness) -> None:
    rows = bridge(3, slices=1)
    assert len(rows) == 4  # two ways, without a transaction and in one


def test_each_current_is_told_or_counted_as_left_out(bus: Witness) -> None:
    _, account = lag([50], seconds=1)
    assert (account.ours, account.bare) == (50, 50)
