"""The order of the transactions that a charge point tells: what cannot follow on what."""

from typing import Any

from rig.ocppj.logic.framing import Call, CallError, CallResult, OcppMessage

REMEMBERED = 64  # CALLs that wait for their answer, and transactions that are over


class Transactions:
    """Of one charge point, as far as they were heard. A request that was not answered may come
    again (OCPP 1.6, 4.8 and 4.10), so only what was answered counts."""

    def __init__(self) -> None:
        self._asked: dict[str, Call] = {}
        self._open: dict[int | None, set[int | None]] = {}  # by connector; two where one is wrong
        self._over: dict[int, None] = {}  # in order

    def receive(self, message: OcppMessage, by_point: bool) -> str | None:
        """A message of either side; what is wrong with it, in words."""
        match message:
            case Call() if by_point:
                return self._request(message)
            case CallResult(unique_id, payload) if not by_point and unique_id in self._asked:
                self._answered(self._asked.pop(unique_id), payload)
            case CallError(unique_id) if not by_point:
                self._asked.pop(unique_id, None)
        return None

    def _request(self, call: Call) -> str | None:
        payload = call.payload
        match call.action:
            case "StartTransaction":
                self._remember(call)
                number = _whole(payload, "connectorId")
                if self._open.get(number):
                    return f"StartTransaction at connector {number}, which has one that is open"
            case "StopTransaction":
                self._remember(call)
                if (over := _whole(payload, "transactionId")) in self._over:
                    return f"StopTransaction {over}, which is over"
            case "MeterValues":
                return self._metered(payload)
        return None

    def _metered(self, payload: dict[str, Any]) -> str | None:
        number, transaction = _whole(payload, "connectorId"), _whole(payload, "transactionId")
        known = self._open.get(number)
        if not known or transaction is None or transaction in known or transaction in self._over:
            return None  # samples of one that is over may come late
        has = ", ".join(map(str, known))
        return f"MeterValues of transaction {transaction} at connector {number}, which has {has}"

    def _remember(self, call: Call) -> None:
        self._asked[call.unique_id] = call
        if len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]

    def _answered(self, call: Call, payload: dict[str, Any]) -> None:
        if call.action == "StartTransaction":
            begun = self._open.setdefault(_whole(call.payload, "connectorId"), set())
            begun.add(_whole(payload, "transactionId"))
            return
        over = _whole(call.payload, "transactionId")
        for begun in self._open.values():
            begun.discard(over)
        if over is not None and over > 0:  # charge points have others for what was not numbered
            self._over[over] = None
            if len(self._over) > REMEMBERED:
                del self._over[next(iter(self._over))]


def _whole(payload: dict[str, Any], key: str) -> int | None:
    """A whole number of it; None for anything else."""
    value = payload.get(key)
    return value if isinstance(value, int) else None
