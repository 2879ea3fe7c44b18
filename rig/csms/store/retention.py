"""How long the central system keeps what is over: `--keep DAYS`, at its start and every hour."""

import argparse
import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rig.csms.store.expiry import DAY
from rig.csms.store.store import Store, StoreFailed
from rig.role.closing import cancel

EVERY = 3600.0  # s


def add_keep_option(options: argparse.ArgumentParser) -> None:
    """`--keep`."""
    options.add_argument(
        "--keep",
        type=days,
        metavar="DAYS",
        help="delete from the database what has been over for longer (default: keep all)",
    )


@asynccontextmanager
async def kept_for(limit: float | None, store: Store, log: logging.Logger) -> AsyncIterator[None]:
    """While entered, delete what has been over for longer (days)."""
    if limit is None:
        yield
        return
    keeping = asyncio.create_task(_keep(limit, store, log))
    keeping.add_done_callback(_raise_defect)
    try:
        yield
    finally:
        await cancel(keeping)


async def _keep(limit: float, store: Store, log: logging.Logger) -> None:
    while True:
        try:
            deleted = await store.delete_older(limit * DAY, time.time())
        except StoreFailed:  # the store has said why
            deleted = 0
        if deleted:
            log.info("database: %d rows deleted that were over for %g days", deleted, limit)
        await asyncio.sleep(EVERY)


def _raise_defect(keeping: "asyncio.Task[None]") -> None:
    """To the event loop, which ends the role."""
    if not keeping.cancelled():
        keeping.result()


def days(text: str) -> float:
    """Raises ValueError, which argparse says."""
    value = float(text)
    if not 0 < value <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is no number of days above 0")
    return value
