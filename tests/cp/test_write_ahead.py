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
    """A state that writes when it is told to."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Keep[Any, Any]]] = []
        self.has_batch = asyncio.Event()
        self._done: list[Callable[[], None]] = []

    def keep(self, values: Sequence[Keep[Any, Any]], done: Callable[[], None]) -> None:
        self.batches.append(values)
        self.has_batch.set()
        self._done.append(done)

    def write(self) -> None:
        self._done.pop(0)()


def write_ahead() -> tuple[WriteAhead, Disk]:
    disk = Disk()
    return WriteAhead(cast(State, disk)), disk


async def test_with_nothing_to_keep_an_action_is_done_at_once() -> None:
    one, _ = write_ahead()
    done: list[Any] = []
    one.then(lambda: done.append("asked"))
    assert done == ["asked"]


async def test_an_action_waits_for_what_was_kept_before_it() -> None:
    one, disk = write_ahead()
    done: list[Any] = []
    one.keep(ONE)
    one.then(lambda: done.append("asked"))
    await turn()
    assert (disk.batches, done) == ([[ONE]], [])
    disk.write()
    assert done == ["asked"]


async def test_an_action_does_not_wait_for_what_was_kept_after_it() -> None:
    one, disk = write_ahead()
    done: list[Any] = []
    one.keep(ONE)
    one.then(lambda: done.append("first"))
    await turn()
    one.keep(TWO)
    one.then(lambda: done.append("second"))
    await turn()
    disk.write()
    assert done == ["first"]
    disk.write()
    assert done == ["first", "second"]


async def test_what_is_kept_in_one_turn_is_written_in_one_piece() -> None:
    one, disk = write_ahead()
    for value in (ONE, TWO, THREE):
        one.keep(value)
    await turn()
    assert disk.batches == [[ONE, TWO, THREE]]


async def test_actions_never_overtake_each_other() -> None:
    one, disk = write_ahead()
    done: list[Any] = []
    one.keep(ONE)
    one.then(lambda: done.append(1))
    one.then(lambda: done.append(2))
    await turn()
    disk.write()
    one.then(lambda: done.append(3))
    assert done == [1, 2, 3]


async def test_what_an_action_keeps_holds_up_the_ones_after_it() -> None:
    one, disk = write_ahead()
    done: list[Any] = []
    one.keep(ONE)
    one.then(lambda: one.keep(TWO))
    one.then(lambda: done.append("told before"))
    await turn()
    disk.write()
    one.then(lambda: done.append("told after"))
    assert done == ["told before"]
    await turn()
    disk.write()
    assert done == ["told before", "told after"]


async def test_it_is_settled_when_all_is_on_the_disk() -> None:
    one, disk = write_ahead()
    await one.settled()
    one.keep(ONE)
    await turn()
    disk.write()
    await one.settled()


SOON = row("limit", "1", 16, may_wait=True)


async def test_what_may_wait_goes_with_what_may_not_and_nothing_waits_for_it() -> None:
    one, disk = write_ahead()
    done: list[Any] = []
    one.keep(SOON)
    one.then(lambda: done.append("asked"))
    await turn()
    assert (disk.batches, done) == ([], ["asked"])
    one.keep(ONE)
    await turn()
    assert disk.batches == [[SOON, ONE]]


async def test_of_what_may_wait_the_last_value_is_written_within_half_a_second() -> None:
    one, disk = write_ahead()
    earlier = row("limit", "1", 6, may_wait=True)
    one.keep(earlier)
    one.keep(SOON)
    await asyncio.wait_for(disk.has_batch.wait(), PATIENCE)
    assert disk.batches == [[SOON]]


async def test_what_may_wait_and_comes_after_a_value_of_its_key_is_written_after_it() -> None:
    one, disk = write_ahead()
    one.keep(row("limit", "1", 6))
    one.keep(SOON)
    await turn()
    assert disk.batches == [[row("limit", "1", 6), SOON]]


async def test_nothing_is_settled_while_something_may_wait() -> None:
    one, disk = write_ahead()
    one.keep(SOON)
    settling = asyncio.ensure_future(one.settled())
    await turn()
    assert not settling.done()
    assert disk.batches == [[SOON]]
    disk.write()
    await settling
