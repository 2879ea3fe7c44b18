"""Which transactions run on a charge point, as far as it told."""

from collections.abc import Iterable

LATE = 16  # ended transactions whose MeterValues may still come
CONNECTORS = 100  # of one charge point that are remembered


class RunningTransactions:
    """Transaction ids by connector. A connector runs one at a time (OCPP 1.6, 4.8)."""

    __slots__ = ("_connectors", "_ended")

    def __init__(self, running: Iterable[tuple[int, int]] = ()) -> None:
        """`running`: id and connector of each that the database knows, in order of their start."""
        self._connectors: dict[int, int] = {}
        self._ended: tuple[int, ...] = ()
        for transaction_id, connector in running:
            self.started(transaction_id, connector)

    def started(self, transaction_id: int, connector: int) -> None:
        """It runs now; whatever ran on this connector does not any more."""
        if connector in self._connectors or len(self._connectors) < CONNECTORS:
            self._connectors[connector] = transaction_id

    def ended(self, transaction_id: int) -> None:
        """Its StopTransaction came."""
        self._ended = (*self._ended[1 - LATE :], transaction_id)
        self.forget(transaction_id)

    def forget(self, transaction_id: int) -> None:
        """It does not run, the charge point says."""
        kept = {c: known for c, known in self._connectors.items() if known != transaction_id}
        self._connectors = kept

    def forget_all(self) -> None:
        """The charge point booted: what ran is over, or its MeterValues will tell."""
        self._connectors = {}

    def seen(self, transaction_id: int | None, connector: int) -> None:
        """MeterValues tell of one that began before this central system did."""
        if transaction_id is None or transaction_id < 0 or connector in self._connectors:
            return
        if transaction_id not in self._ended:
            self.started(transaction_id, connector)

    def on(self, connector: int) -> int | None:
        """The transaction that runs on a connector."""
        return self._connectors.get(connector)

    def all(self) -> list[tuple[int, int]]:
        """Id and connector of each."""
        return [(transaction, connector) for connector, transaction in self._connectors.items()]
