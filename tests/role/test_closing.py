import asyncio
from typing import Any

import pytest

from rig.role.closing import cancel, to_the_end
from tests.event_loop import turn


@pytest.fixture
def old_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """As before Python 3.11.3: it takes each cancellation of its task for one of after it began."""
    enter = asyncio.Timeout.__aenter__

    async def old_enter(self: asyncio.Timeout) -> asyncio.Timeout:
        await enter(self)
        self._cancelling = 0  # type: ignore[attr-defined]
        return self

    monkeypatch.setattr(asyncio.Timeout, "__aenter__", old_enter)


async def give_up(said: list[str]) -> None:
    """Something that is closed, and never answers."""
    try:
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()
    except TimeoutError:
        said.append("gave up")


@pytest.mark.parametrize(
    ("closes", "says"),
    [(to_the_end, ["gave up"]), (lambda work: work, [])],
    ids=["to the end", "plainly, or this were no test"],
)
async def test_a_timeout_of_what_is_closed_is_one_also_on_python_3_11_2(
    old_timeout: None, closes: Any, says: list[str]
) -> None:
    said: list[str] = []

    async def live() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await closes(give_up(said))

    living = asyncio.create_task(live())
    await turn()
    living.cancel()
    await asyncio.wait([living])
    assert said == says
    assert living.cancelled()


async def test_neither_a_first_nor_a_second_cancellation_cuts_it_short_and_both_come_after() -> (
    None
):
    go_on, said = asyncio.Event(), []

    async def close() -> str:
        await go_on.wait()
        said.append("closed")
        return "done"

    async def live() -> None:
        await to_the_end(close())
        said.append("went on")

    living = asyncio.create_task(live())
    for _ in range(2):
        await turn()
        living.cancel()
    await turn()
    go_on.set()
    await asyncio.wait([living])
    assert said == ["closed"]
    assert living.cancelled()


async def test_without_a_cancellation_it_gives_what_the_work_does() -> None:
    async def close() -> str:
        return "done"

    assert await to_the_end(close()) == "done"


async def test_a_defect_of_what_is_closed_is_raised_also_when_cancelled() -> None:
    async def close() -> None:
        await turn()
        raise RuntimeError("a defect")

    living = asyncio.ensure_future(to_the_end(close()))
    await turn()
    living.cancel()
    with pytest.raises(RuntimeError, match="a defect"):
        await living


async def test_a_task_is_cancelled_and_waited_for() -> None:
    said = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await turn()
            said.append("ended")

    task = asyncio.create_task(work())
    await turn()
    await cancel(task)
    assert said == ["ended"]


async def test_whoever_cancels_a_task_may_be_cancelled_meanwhile() -> None:
    """`suppress(CancelledError)` around the wait took that for the task's own."""

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await turn()
    ending = asyncio.create_task(cancel(task))
    await turn()
    ending.cancel()
    await asyncio.wait([ending])
    assert ending.cancelled()
    task.cancel()


async def test_a_defect_of_a_cancelled_task_is_not_kept_quiet() -> None:
    async def broken() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise RuntimeError("a defect")

    task = asyncio.create_task(broken())
    await turn()
    with pytest.raises(RuntimeError, match="a defect"):
        await cancel(task)
