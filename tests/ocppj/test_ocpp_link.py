"""The outputs of a machine, done on whatever peer is connected now."""

import logging
from typing import Any

import pytest
from ocpp.v16 import call, call_result

from rig.ocppj.logic.exchange import Answer, Answered, Ask, Failed, Note, Refuse
from rig.ocppj.ocpp_link import OcppLink
from rig.ocppj.outstanding import CallFailed, NoAnswer, Settle

LOG = logging.getLogger("rig.test")


class Connected:
    """What OcppLink uses of a peer; `outcome` is what a CALL comes to at once."""

    def __init__(self, outcome: Any = None) -> None:
        self.did: list[tuple[Any, ...]] = []
        self._outcome = outcome

    def answer(self, *arguments: Any) -> None:
        self.did.append(("answer", *arguments))

    def refuse(self, *arguments: Any) -> None:
        self.did.append(("refuse", *arguments))

    def ask(self, request: Any, settle: Settle, unique_id: str | None = None) -> None:
        self.did.append(("ask", request, unique_id))
        if self._outcome is not None:
            settle(self._outcome)


def link(peer: Any) -> OcppLink:
    made = OcppLink(LOG)
    made.peer = peer
    return made


def fed_back(outcome: Any) -> Any:
    fed: list[Any] = []
    link(Connected(outcome)).do(Ask(call.Heartbeat()), fed.append)
    (event,) = fed
    return event


def test_a_response_is_fed_back_with_its_request() -> None:
    response = call_result.Heartbeat(current_time="t")
    assert fed_back(response) == Answered(call.Heartbeat(), response)


@pytest.mark.parametrize(
    ("error", "failed"),
    [
        (NoAnswer("no answer within 30 s"), ("no answer within 30 s", None, False)),
        (CallFailed("CALLERROR X: no", "X"), ("CALLERROR X: no", "X", True)),
        (CallFailed("breaks the schema"), ("breaks the schema", None, True)),
    ],
)
def test_a_failure_is_fed_back_with_its_reason(
    error: CallFailed, failed: tuple[str, str | None, bool]
) -> None:
    assert fed_back(error) == Failed(call.Heartbeat(), *failed)


def test_a_call_is_asked_under_its_id_and_nothing_is_fed_back_meanwhile() -> None:
    fed: list[Any] = []
    peer = Connected()
    link(peer).do(Ask(call.Heartbeat(), "once more"), fed.append)
    assert peer.did == [("ask", call.Heartbeat(), "once more")]
    assert fed == []


def test_answers_and_refusals_go_to_the_peer() -> None:
    peer = Connected()
    joined = link(peer)
    joined.do(Answer("a", "response"), print)
    joined.do(Refuse("b", "NotSupported", "no"), print)
    assert peer.did == [("answer", "a", "response"), ("refuse", "b", "NotSupported", "no")]


@pytest.mark.parametrize("output", [Answer("a", 1), Refuse("a", "b", "c"), Ask(call.Heartbeat())])
def test_without_a_peer_nothing_is_done(output: Any) -> None:
    fed: list[Any] = []
    link(None).do(output, fed.append)
    assert fed == []


@pytest.mark.parametrize(("is_warning", "level"), [(False, "INFO"), (True, "WARNING")])
def test_a_note_is_logged_as_it_is(
    is_warning: bool, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "rig.test"):
        link(None).do(Note("100 % of %s", is_warning), print)
    assert [(entry.levelname, entry.getMessage()) for entry in caplog.records] == [
        (level, "100 % of %s")
    ]
