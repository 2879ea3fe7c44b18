"""What must be on the disk before others hear of it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from rig.cp.logic.kept import Keep
from rig.cp.state import State
from rig.cp.write_ahead import WriteAhead
from tests.cp.disks import row
from tests.event_loop import turn
from tests.processes import PATIENCE

ONE, TWO, THREE = (row("queue", str(number), number) for number in (1, 2, 3))


class Disk:
    """A state that writes when it is told to, what must be there first, and what was done then."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Keep[Any, Any]]] = []
        self.has_batch = asyncio.Event()
        self.done: list[Any] = []
        self.ahead = WriteAhead(cast(State, self))
        self._written: list[Callable[[], None]] = []

    def keep(self, values: Sequence[Keep[Any, Any]], done: Callable[[], None]) -> None:
        self.batches.append(values)
        self.has_batch.set()
        self._written.append(done)

    def write(self) -> None:
        self._written.pop(0)()

    def then(self, word: Any) -> None:
        """To be done once all is there that was kept before."""
        self.ahead.then(lambda: self.done.append(word))


async def test_with_nothing_to_keep_an_action_is_done_at_once() -> None:
    disk = Disk()
    disk.then("asked")
    assert disk.done == ["asked"]


async def test_an_action_waits_for_what_was_kept_before_it() -> None:
    disk = Disk()
    disk.ahead.keep(ONE)
    disk.then("asked")
    await turn()
    assert (disk.batches, disk.done) == ([[ONE]], [])
    disk.write()
    assert disk.done == ["asked"]


async def test_an_action_does_not_wait_for_what_was_kept_after_it() -> None:
    disk = Disk()
    disk.ahead.keep(ONE)
    disk.then("first")
    await turn()
    disk.ahead.keep(TWO)
    disk.then("second")
    await turn()
    disk.write()
    assert disk.done == ["first"]
    disk.write()
    assert disk.done == ["first", "second"]


async def test_what_is_kept_in_one_turn_is_written_in_one_piece() -> None:
    disk = Disk()
    for value in (ONE, TWO, THREE):
        disk.ahead.keep(value)
    await turn()
    assert disk.batches == [[ONE, TWO, THREE]]


async def test_actions_never_overtake_each_other() -> None:
    disk = Disk()
    disk.ahead.keep(ONE)
    disk.then(1)
    disk.then(2)
    await turn()
    disk.write()
    disk.then(3)
    assert disk.done == [1, 2, 3]


async def test_what_an_action_keeps_holds_up_the_ones_after_it() -> None:
    disk = Disk()
    disk.ahead.keep(ONE)
    disk.ahead.then(lambda: disk.ahead.keep(TWO))
    disk.then("told before")
    await turn()
    disk.write()
    disk.then("told after")
    assert disk.done == ["told before"]
    await turn()
    disk.write()
    assert disk.done == ["told before", "told after"]


async def test_it_is_settled_when_all_is_on_the_disk() -> None:
    disk = Disk()
    await disk.ahead.settled()
    disk.ahead.keep(ONE)
    await turn()
    disk.write()
    await disk.ahead.settled()


SOON = row("limit", "1", 16, may_wait=True)


async def test_what_may_wait_goes_with_what_may_not_and_nothing_waits_for_it() -> None:
    disk = Disk()
    disk.ahead.keep(SOON)
    disk.then("asked")
    await turn()
    assert (disk.batches, disk.done) == ([], ["asked"])
    disk.ahead.keep(ONE)
    await turn()
    assert disk.batches == [[SOON, ONE]]


async def test_of_what_may_wait_the_last_value_is_written_within_half_a_second() -> None:
    disk = Disk()
    earlier = row("limit", "1", 6, may_wait=True)
    disk.ahead.keep(earlier)
    disk.ahead.keep(SOON)
    await asyncio.wait_for(disk.has_batch.wait(), PATIENCE)
    assert disk.batches == [[SOON]]


async def test_what_may_wait_and_comes_after_a_value_of_its_key_is_written_after_it() -> None:
    disk = Disk()
    disk.ahead.keep(row("limit", "1", 6))
    disk.ahead.keep(SOON)
    await turn()
    assert disk.batches == [[row("limit", "1", 6), SOON]]


async def test_nothing_is_settled_while_something_may_wait() -> None:
    disk = Disk()
    disk.ahead.keep(SOON)
    settling = asyncio.ensure_future(disk.ahead.settled())
    await turn()
    assert not settling.done()
    assert disk.batches == [[SOON]]
    disk.write()
    await settling
