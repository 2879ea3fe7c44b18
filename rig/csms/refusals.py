"""Tells of connections that were refused: in the log, and beside the messages of their id."""

import logging
import time

from websockets.asyncio.server import ServerConnection

from rig.csms.handshake import charge_point_id
from rig.ocppj.telling import Teller
from rig.role.logic.charge_point_id import LENGTH
from rig.role.logic.rate_limit import RateLimit
from rig.role.logic.tally import Tally

AT_ONCE = 10  # refusals of one id; then one each SELDOM, since anybody may try as often as he likes
SELDOM = 60.0  # s


class Refusals:
    """Of one central system. `most`: ids that are kept apart."""

    def __init__(self, log: logging.Logger, teller: Teller | None, most: int) -> None:
        self._log, self._teller = log, teller
        self._tally, self._limit = Tally(), RateLimit(AT_ONCE, SELDOM, most)

    def tell(self, connection: ServerConnection, path: str, why: str) -> None:
        """One that asked for this path, before the upgrade."""
        if self._tally.count(why):
            peer, number = connection.remote_address, self._tally.counts[why]
            text = "ocpp = refused %s from %s: %s, %d so far"
            self._log.warning(text, path[:LENGTH], peer, why, number)
        try:
            name = charge_point_id(path)
        except ValueError:  # the log has it; there is no charge point to tell it of
            return
        self.tell_of(name, why)

    def tell_of(self, charge_point: str, why: str) -> None:
        """One of this id."""
        if self._teller and (number := self._limit.tells(charge_point, time.monotonic())):
            left_out = f" ({number - 1} before it left out)" if number > 1 else ""
            self._teller.connection(charge_point, "refused", why + left_out)
