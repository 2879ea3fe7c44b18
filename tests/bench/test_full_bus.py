"""A command gets through a bus full of Current, on a processor of 1 G instructions a second.

By hand: `RIG_ICOUNT=1 scripts/socketcan_vm.sh --adapters pytest -m instructions tests/bench`
"""

import os

import pytest

from scripts.bench.full_bus import full_bus

pytestmark = pytest.mark.instructions


def test_each_limit_is_accepted_while_currents_take_the_whole_bus() -> None:
    assert "RIG_ICOUNT" in os.environ, "only there the processor is that slow"
    (row,) = full_bus()
    assert (row.ours, row.bare) == (15, 15)
    heard = int(row.besides.removesuffix("/s heard"))
    assert heard > 8000  # of 8700: the bus was full meanwhile
