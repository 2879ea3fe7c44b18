"""A charge point's question to the store, as something to be awaited."""

import asyncio
from typing import Any

from rig.csms.store.store import Store, StoreFailed


async def answer(store: Store, charge_point: str, request: Any, now: float) -> Any:
    """What the store answers. Raises StoreFailed."""
    answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    store.answer(charge_point, request, now, answered.set_result)
    outcome = await answered
    if isinstance(outcome, StoreFailed):
        raise outcome
    return outcome
