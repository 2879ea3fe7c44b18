"""RemoteStopTransaction: which transaction it stops, where one has no id yet.

The id comes with StartTransaction.conf. Until then the answer is held: a transaction that is not
the one meant must go on, and Rejected must be true (OCPP 1.6 edition 2, 5.12). Times in s on the
clock of `now`.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from ocpp.v16 import call, call_result
from ocpp.v16.enums import Reason, RemoteStartStopStatus

from rig.cp.logic.connector import Connector
from rig.cp.logic.events import Output, answering, rejected
from rig.cp.logic.saved import Ending
from rig.cp.logic.shared import Shared
from rig.ocppj.logic.exchange import Answer

REJECTED = call_result.RemoteStopTransaction(RemoteStartStopStatus.rejected)
HELD = 20.0  # s that an answer is held at most; central systems wait 30 s and more


class _Held(NamedTuple):
    unique_id: str
    transaction_id: int
    until: float


class RemoteStops:
    """The RemoteStopTransactions of one central system."""

    def __init__(self, shared: Shared, connectors: Mapping[int, Connector]) -> None:
        self._shared, self._connectors = shared, connectors
        self.held: list[_Held] = []
        self.wake_at = math.inf

    def answer(
        self, unique_id: str, request: call.RemoteStopTransaction, now: float
    ) -> list[Output]:
        """Stop the transaction that is meant, say that there is none, or wait for its id."""
        self.held.append(_Held(unique_id, request.transaction_id, now + HELD))
        return self.settle(now)

    def settle(self, now: float) -> list[Output]:
        """Answer what need not be held any longer."""
        held, self.held = self.held, []
        outputs = [output for one in held for output in self._settled(one, now)]
        self.wake_at = self.held[0].until if self.held else math.inf
        return outputs

    def lost(self) -> list[Output]:
        """The connection is gone, and with it whoever waits for an answer: nothing is stopped."""
        held, self.held, self.wake_at = self.held, [], math.inf
        return [output for one in held for output in _reject(one, "the CSMS is gone")]

    def _settled(self, held: _Held, now: float) -> list[Output]:
        connector = self._where(held.transaction_id)
        if connector:
            accepted = call_result.RemoteStopTransaction(RemoteStartStopStatus.accepted)
            then = answering(held.unique_id, accepted, REJECTED)
            return connector.stop_for(Ending(Reason.remote), then)
        if not any(self._waits_for_id(one) for one in self._connectors.values()):
            return _reject(held, f"transaction {held.transaction_id} does not run here")
        if held.until <= now:
            return _reject(held, f"the CSMS named no transaction within {HELD:g} s")
        self.held.append(held)
        return []

    def _where(self, transaction_id: int) -> Connector | None:
        """Where it runs. One that will never have an id may be meant: in doubt, Stop."""
        running = [one for one in self._connectors.values() if one.transaction]
        for connector in running:
            if connector.transaction and connector.transaction.transaction_id == transaction_id:
                return connector
        nameless = [one for one in running if self._is_nameless(one)]
        return nameless[0] if nameless else None

    def _waits_for_id(self, connector: Connector) -> bool:
        running = connector.transaction
        return running is not None and running.transaction_id is None

    def _is_nameless(self, connector: Connector) -> bool:
        """Whether its StartTransaction was given up."""
        running = connector.transaction
        is_given_up = running and running.number in self._shared.delivery.nameless
        return bool(is_given_up) and self._waits_for_id(connector)


def _reject(held: _Held, why: str) -> list[Output]:
    return [Answer(held.unique_id, REJECTED), rejected("RemoteStopTransaction", why)]
