"""OCPP as both ends offer it on this machine, for a watcher."""

import argparse
import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

from rig.detect.events import End, Event, Listening
from rig.detect.ocpp_lines import BadLine, read
from rig.ocppj.listening import OcppListener
from rig.ocppj.logic.told import socket_of
from rig.role.closing import cancel
from rig.role.errors import UserError
from rig.role.logic.tally import Tally
from rig.role.paths import runtime_directory

ENDS: tuple[End, ...] = ("csms", "cp")


def add_ocpp_option(options: argparse.ArgumentParser) -> None:
    """`--ocpp DIR` of a program that watches."""
    options.add_argument(
        "--ocpp",
        metavar="DIR",
        help="where csms and cp offer their OCPP messages (default: where rig up has them)",
    )


def ocpp_folder(options: argparse.Namespace) -> str | None:
    """The folder of the sockets; None where there is no safe place for them."""
    if options.ocpp is not None:
        return str(options.ocpp)
    try:
        return str(runtime_directory())
    except UserError:
        return None


class OcppEnds:
    """Gives what each end tells, with its stamp (s since 1970), while it is entered."""

    def __init__(
        self, folder: str | None, feed: Callable[[Event, float], None], log: logging.Logger
    ) -> None:
        self._folder, self._feed, self._log = folder, feed, log
        self._bad = Tally()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Listen to both from now on."""
        if self._folder is None:
            return
        for end in ENDS:
            lost = partial(self._lost, end)
            listener = OcppListener(socket_of(self._folder, end), self._read, lost)
            self._tasks.append(asyncio.create_task(listener.listen()))

    async def close(self) -> None:
        for task in self._tasks:
            await cancel(task)

    def _read(self, line: bytes) -> None:
        told = read(line)
        if not isinstance(told, BadLine):
            for at, event in told:
                self._feed(event, at)
        elif self._bad.count(told.why):
            so_far = self._bad.counts[told.why]
            self._log.warning("ocpp < ignored a line: %s, %d so far", told.why, so_far)

    def _lost(self, end: End, why: str) -> None:
        self._feed(Listening(end, why), time.time())
