"""What an order is answered with."""

from typing import Any

import pytest
from ocpp.v16 import call_result
from ocpp.v16.enums import RemoteStartStopStatus, UnlockStatus

from rig.cp.logic.outcome import answer_to, opposite, rejected
from rig.cp.logic.transaction import StartOrder
from rig.ocppj.logic.exchange import Answer, Note

ACCEPTED, REJECTED = RemoteStartStopStatus.accepted, RemoteStartStopStatus.rejected


@pytest.mark.parametrize("status", [ACCEPTED, REJECTED])
def test_an_order_that_waits_for_an_answer_gets_it(status: RemoteStartStopStatus) -> None:
    answer = Answer("7", call_result.RemoteStartTransaction(status))
    assert answer_to(StartOrder("RIG", unique_id="7"), status) == [answer]


def test_an_order_that_nobody_waits_for_gets_none() -> None:
    assert answer_to(StartOrder("RIG"), ACCEPTED) == []


@pytest.mark.parametrize(
    ("instead_of", "answered"),
    [
        (call_result.RemoteStopTransaction(ACCEPTED), call_result.RemoteStopTransaction(REJECTED)),
        (
            call_result.UnlockConnector(UnlockStatus.unlocked),
            call_result.UnlockConnector(UnlockStatus.unlock_failed),
        ),
    ],
)
def test_what_the_bus_did_not_carry_is_answered_with_the_opposite(
    instead_of: Any, answered: Any
) -> None:
    assert opposite(Answer("7", instead_of)) == Answer("7", answered)


def test_the_log_says_why_something_is_rejected() -> None:
    assert rejected("RemoteStartTransaction", "no echo") == Note(
        "RemoteStartTransaction Rejected: no echo", is_warning=True
    )
