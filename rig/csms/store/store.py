"""What the central system keeps: tags, transactions, meter values, what each charge point said.

In SQLite or PostgreSQL, by URL. What is answered is committed before; `kill -9` loses none of it.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Iterable
from typing import Any

from ocpp.v16 import call

from rig.csms.logic.tags import Tag, Unknown
from rig.csms.logic.transactions import Transaction
from rig.csms.store.committer import StoreFailed
from rig.csms.store.database import Database
from rig.csms.store.expiry import Progress
from rig.csms.store.ledger import Ledger
from rig.csms.store.writer import Done, Writer
from rig.role.logic.rate_limit import RateLimit

__all__ = ["Store", "StoreFailed"]

# Security events of one charge point that are kept at once, then one each so many s.
EVENTS_AT_ONCE, EVENTS_EVERY, CHARGE_POINTS = 100, 60.0, 1000
PAUSE = 0.1  # s


class Store:
    """The database at a URL. `unknown`: what becomes of tags that are not known.

    Moments are s since 1970. Raises UserError if it cannot be opened; the methods that are awaited
    raise StoreFailed if it fails later. What is not awaited is written with the next group.
    """

    def __init__(self, url: str, log: logging.Logger, unknown: Unknown = "accept") -> None:
        self._writer = Writer(Database(url), unknown, log)
        self._events = RateLimit(EVENTS_AT_ONCE, EVENTS_EVERY, CHARGE_POINTS)

    def answer(self, charge_point: str, request: Any, now: float, done: Done) -> None:
        """Give `done` the typed response, committed, to Authorize, StartTransaction,
        StopTransaction or MeterValues, or StoreFailed; MeterValues in groups."""
        who = charge_point if isinstance(request, call.MeterValues) else None
        self._writer.consult(lambda ledger: ledger.answer(charge_point, request, now), done, who)

    def note(self, charge_point: str, request: Any, now: float) -> None:
        """Keep what a BootNotification, StatusNotification or Heartbeat says."""
        self._writer.tell(lambda ledger: ledger.note(charge_point, request, now))

    def note_security(self, charge_point: str, event: str, detail: str, now: float) -> None:
        """Keep a security event. Of many, few are kept; a row says how many before it were not."""
        number = self._events.tells(charge_point, time.monotonic())
        if number == 0:
            return
        detail += f" ({number - 1} before this one are not kept)" * (number > 1)
        self._writer.tell(lambda ledger: ledger.note_security(charge_point, event, detail, now))

    async def running(self, charge_point: str) -> list[Transaction]:
        """The charge point's transactions without a stop, newest first."""
        return await self._writer.ask(lambda ledger: ledger.running(charge_point))

    async def knows(self, charge_point: str) -> bool:
        """Whether it ever sent a BootNotification."""
        return await self._writer.ask(lambda ledger: ledger.knows(charge_point))

    def set_tags(self, tags: Iterable[Tag]) -> None:
        """Know the tags of a file, and no longer those that it had before; in order with `answer`.

        Those of `put_tag` stay, unless the file has them as well.
        """
        listed = list(tags)
        self._writer.tell(lambda ledger: ledger.tags.set(listed))

    async def put_tag(self, tag: Tag) -> None:
        """Know this tag from now on."""
        await self._writer.ask(lambda ledger: ledger.tags.put(tag))

    async def tags(self) -> list[Tag]:
        """All known tags."""
        return await self._writer.ask(lambda ledger: ledger.tags.all())

    async def delete_older(self, age: float, now: float) -> int:
        """Delete what has been over for more than `age` (s); how many rows. In batches between the
        groups, PAUSE apart, so that whoever asks meanwhile waits for one of them at most."""
        place: Progress | None = Progress()
        deleted, newest = 0, max(now, await self._writer.ask(Ledger.last_seen)) + age
        while place:
            job = functools.partial(
                Ledger.delete_batch, place=place, oldest=now - age, newest=newest
            )
            place, number = await self._writer.ask(job)
            deleted += number
            await asyncio.sleep(PAUSE)
        return deleted

    async def close(self) -> None:
        """Write all that waits, answer whoever asked, and end."""
        await self._writer.close()
