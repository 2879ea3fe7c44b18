"""Tells a file, and whoever reads at a socket, the messages and connections of one end."""

import argparse
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from rig.ocppj.logic.told import Change, Lines
from rig.ocppj.offering import OPTION, OcppOffer, offered
from rig.ocppj.recording import OcppRecording, recorded
from rig.role.unix_socket import usual_socket


class Teller:
    """What one end tells. Where nobody keeps or reads it, that costs next to nothing."""

    def __init__(
        self, lines: Lines, recording: OcppRecording | None, offer: OcppOffer | None
    ) -> None:
        self._lines, self._recording, self._offer = lines, recording, offer

    def message(self, charge_point: str, text: str, *, by_charge_point: bool) -> None:
        """A message as it was on the wire."""
        if self._is_heard:
            now = time.time()
            line = self._lines.message(now, charge_point, text, by_charge_point=by_charge_point)
            self._tell(line, now)

    def connection(self, charge_point: str, change: Change, why: str = "") -> None:
        """A connection of this charge point: made, gone, or refused."""
        if self._is_heard:
            now = time.time()
            self._tell(self._lines.connection(now, charge_point, change, why), now)

    @property
    def _is_heard(self) -> bool:
        return self._recording is not None or (self._offer is not None and self._offer.has_readers)

    def _tell(self, line: bytes, now: float) -> None:
        if self._recording:
            self._recording.add(line)
        if self._offer:
            self._offer.tell(line, now)


def add_telling_options(parser: argparse.ArgumentParser) -> None:
    """`--record-ocpp FILE` and `--offer-ocpp [SOCKET]` of a role."""
    parser.add_argument(
        "--record-ocpp",
        metavar="FILE",
        help="append each message and connection as a JSON line",
    )
    parser.add_argument(
        OPTION,
        nargs="?",
        const="",
        metavar="SOCKET",
        help="offer the same to your own programs (default socket: by the role's name)",
    )


@asynccontextmanager
async def telling(
    options: argparse.Namespace, point: str, why_over: str, log: logging.Logger
) -> AsyncIterator[Teller | None]:
    """What tells as the options ask for, None if they do not; at its end it says why it is over.

    Raises UserError for a file or a socket that cannot be had.
    """
    lines, file, path = Lines(point), options.record_ocpp, options.offer_ocpp
    recording: OcppRecording | None = None
    offer: OcppOffer | None = None
    async with AsyncExitStack() as stack:
        if file:
            recording = stack.enter_context(recorded(file, lines, why_over, log))
        if path is not None:
            path = path or usual_socket(f"{point}-ocpp")
            offer = await stack.enter_async_context(offered(path, lines, why_over))
            log.info("ocpp = offered at %s", path)
        yield Teller(lines, recording, offer) if recording or offer else None
