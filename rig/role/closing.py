"""Closing what is open, which no cancellation cuts short.

What asks a role to end cancels it, and what is being closed then has its own waits and time limits.
They run in a task of their own here: a second cancellation waits until they are done, none of them
can take it for their own, and `asyncio.timeout` works (before Python 3.11.3 it raises
CancelledError, not TimeoutError, in a task that was cancelled).
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Do the work, whatever cancels the caller meanwhile; that is raised again afterwards."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        if not task.cancelled():
            task.result()  # a defect goes before
        raise cancelled
    return task.result()


async def cancel(task: "asyncio.Future[Any]") -> None:
    """Cancel a task and wait until it has ended. Raises what it ended in instead, if anything."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
