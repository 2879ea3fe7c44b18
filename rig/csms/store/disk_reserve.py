"""What the central system's database takes while its disk is down to the reserve of free space.

Transactions, tags, boots and errors; not meter values and statuses without an error, which are
answered all the same: who refused them would hold up the stops that come after them.
"""

import logging
import time
from collections import Counter

from rig.csms.store.ledger import Ledger
from rig.role.free_space import FreeSpace

RESERVE = "DiskReserve"  # a security event of ours, of no charge point
BEGINS = "the disk is down to its reserve: only transactions and errors are stored"
ENDS = "the disk has room again: everything is stored; left out meanwhile: %s"


class DiskReserve:
    """Of the database in this file; None: that of a server, whose disk is its own."""

    def __init__(self, file: str | None, log: logging.Logger) -> None:
        self._space = FreeSpace(file) if file else None
        self._log = log
        self._left_out: Counter[str] = Counter()
        self._is_told = False
        self.is_on = False

    def look(self) -> bool:
        """Whether to save space from now on; returns whether that is news."""
        self.is_on = self._space is not None and self._space.is_scarce(time.monotonic())
        return self.is_on != self._is_told

    def note(self, ledger: Ledger) -> None:
        """Keep the news, so that who reads the database knows of the gap."""
        ledger.note_security("", RESERVE, self._text(), time.time())

    def committed(self, left_out: Counter[str]) -> None:
        """A group is, of which this was left out: say the news."""
        if self.is_on:
            self._left_out += left_out
        if self.is_on != self._is_told:
            self._log.warning("database: %s", self._text())
            self._is_told = self.is_on
            if not self.is_on:
                self._left_out.clear()

    def _text(self) -> str:
        told = (f"{number} {kind}" for kind, number in sorted(self._left_out.items()))
        return BEGINS if self.is_on else ENDS % (", ".join(told) or "nothing")
