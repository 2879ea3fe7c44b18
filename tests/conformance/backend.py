"""What the table of clauses of the central system is written with.

A charge point by hand, the machine that answers it and a real database, all without a socket.
S is OCPP 1.6 edition 2, E its errata sheet 2025-04, J is OCPP-J 1.6, JE its errata; W is a rule of
the RPC framework as the facts number them; TC is a case of the OCPP compliance testing tool for
the central system (`_CSMS`).
"""

from collections.abc import Iterator
from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus, Reason

from rig.csms.commands import typed_request
from rig.csms.logic.cycle import Cycle
from rig.csms.logic.requests import is_accepted, payload_of
from rig.csms.logic.tags import Tag, Unknown
from rig.csms.logic.transactions import Transaction
from rig.csms.store.database import Database
from rig.csms.store.ledger import Ledger, Memory
from rig.csms.store.statements import select_transactions, transaction_of
from rig.ocppj.logic.exchange import Answered, Failed
from rig.ocppj.schemas import payload_of as wire_of
from rig.ocppj.schemas import response_of
from tests.csms.logic.machines import BOOT, NONE, NOON, TIME, Point

NAME = "CP_1"
Payload = dict[str, Any]
ACCEPTED: Payload = {"status": "Accepted"}


class Backend(Point):
    """A charge point by hand in front of the central system and its database."""

    def __init__(
        self,
        cycle: Cycle = NONE,
        tags: tuple[Tag, ...] = (),
        unknown: Unknown = "accept",
        **options: Any,
    ) -> None:
        super().__init__(cycle, **options)
        self.connection = Database("sqlite://").open(NOON)
        self._unknown: Unknown = unknown
        for tag in tags:
            self._ledger(lambda ledger, tag=tag: ledger.tags.put(tag))

    def _ledger(self, job: Any) -> Any:
        with self.connection.begin():
            ledger = Ledger(self.connection, self._unknown, Memory())
            outcome = job(ledger)
            ledger.flush()
        return outcome

    def database(self, request: Any) -> Any:
        """In place of that of Point, which knows nothing wrong."""
        return self._ledger(lambda ledger: ledger.answer(NAME, request, NOON + self.now))

    def booted(self) -> "Backend":
        """Connected and accepted."""
        self.connect()
        assert self.say(BOOT).status == "Accepted"
        return self

    def sessions(self) -> list[Transaction]:
        """What `rig sessions` shows, oldest first."""
        with self.connection.begin():
            found = self.connection.execute(select_transactions().order_by("id"))
            return [transaction_of(row) for row in found]

    # what a charge point says

    def status(
        self, status: str, connector: int = 1, error: str = "NoError", info: str | None = None
    ) -> Payload:
        """StatusNotification; what it is answered."""
        code = ChargePointErrorCode(error)
        told = call.StatusNotification(connector, code, ChargePointStatus(status), info=info)
        return wire_of(self.say(told))

    def authorize(self, tag: str = "RIG") -> Payload:
        """The idTagInfo."""
        info: Payload = wire_of(self.say(call.Authorize(tag)))["idTagInfo"]
        return info

    def start(
        self, tag: str = "RIG", connector: int = 1, meter: int = 1000, at: str = TIME
    ) -> tuple[int, Payload]:
        """StartTransaction; the id and the idTagInfo."""
        answer = wire_of(self.say(call.StartTransaction(connector, tag, meter, at)))
        return answer["transactionId"], answer["idTagInfo"]

    def stop(
        self,
        transaction: int,
        reason: str | None = None,
        tag: str | None = None,
        meter: int = 3000,
        at: str = "2026-01-31T13:00:00Z",
    ) -> Payload:
        """StopTransaction; what it is answered."""
        why = None if reason is None else Reason(reason)
        return wire_of(self.say(call.StopTransaction(meter, at, transaction, why, tag)))

    # what it is asked from outside

    def send(self, action: str, answer: Payload | str, **options: Any) -> Payload:
        """`rig send` with these options, an underscore for a dash; what is on the wire.

        `answer`: that of the charge point, or the code of its CALLERROR.
        """
        given = {name.replace("_", "-"): value for name, value in options.items()}
        return self.send_json(action, answer, payload_of(action, given))

    def send_json(self, action: str, answer: Payload | str, payload: Payload) -> Payload:
        """The same with the whole payload."""
        self.command("key", typed_request(action, payload))
        request, self.outstanding = self.outstanding, None
        event: Any = Failed(request, str(answer), str(answer))
        if not isinstance(answer, str):
            event = Answered(request, response_of(action, answer))
        self.took(self.machine.receive(event, self.now))
        assert type(request).__name__ == action
        return wire_of(request)

    @property
    def was_accepted(self) -> bool:
        """Whether `rig send` says so, by its exit status."""
        outcome = self.done["key"]
        return not isinstance(outcome, Failed) and is_accepted(wire_of(outcome))

    @property
    def told(self) -> Payload:
        """What `rig send` prints."""
        return wire_of(self.done["key"])


def central(name: str, **options: Any) -> pytest.MarkDecorator:
    """The clause that a test is about, and what its central system is like."""
    return pytest.mark.parametrize("backend", [options], indirect=True, ids=[name])


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Not connected yet."""
    made = Backend(**getattr(request, "param", {}))
    yield made
    made.connection.close()
