"""Charge points that never rest, on a store that says each message which it answered.

    python -m tests.store_load URL LAST [FIRST...]      one FIRST for each charge point

A charge point sends its messages FIRST to LAST - 1: message n begins (n % 6 = 0), meters or ends
(n % 6 = 5) session n // 6, and n is its reading. Where FIRST is within a session, it sends that
from the start again, as one does that was not answered. A line says `CHARGE_POINT n`.
"""

import asyncio
import logging
import sys
from typing import Any

from rig.csms.store.store import Store
from tests.messages import NOW, sample, start, stop, values
from tests.stores import answer

SESSION = 6  # messages


def message(number: int, transaction: int) -> Any:
    match number % SESSION:
        case 0:
            return start(meter=number)
        case 5:
            return stop(transaction, number)
    return values(sample(str(number)), transaction=transaction)


async def charge_point(store: Store, name: str, first: int, last: int) -> None:
    transaction = 0
    for number in range(first - first % SESSION, last):
        answered = await answer(store, name, message(number, transaction), NOW)
        transaction = getattr(answered, "transaction_id", transaction)
        sys.stdout.write(f"{name} {number}\n")
        sys.stdout.flush()


async def main(url: str, last: str, *first: str) -> None:
    store = Store(url, logging.getLogger("rig.test"))
    points = [charge_point(store, f"CP_{n}", int(at), int(last)) for n, at in enumerate(first)]
    await asyncio.gather(*points)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
