"""The outputs of a machine, done on whatever peer is connected now."""

import asyncio
import logging
from typing import Any

import pytest
from ocpp.v16 import call, call_result

from rig.logic.exchange import Answer, Answered, Ask, Failed, Note, Refuse
from rig.ocpp_link import OcppLink
from rig.peer import CallFailed, NoAnswer

LOG = logging.getLogger("rig.test")


class Connected:
    """What OcppLink uses of a peer; `outcome` is what a call comes to."""

    def __init__(self, outcome: Any = None) -> None:
        self.did: list[tuple[Any, ...]] = []
        self._outcome = outcome

    def answer(self, *arguments: Any) -> None:
        self.did.append(("answer", *arguments))

    def refuse(self, *arguments: Any) -> None:
        self.did.append(("refuse", *arguments))

    def call(self, request: Any, unique_id: str | None = None) -> "asyncio.Future[Any]":
        self.did.append(("call", request, unique_id))
        response: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        match self._outcome:
            case asyncio.CancelledError():
                response.cancel()
            case Exception():
                response.set_exception(self._outcome)
            case _:
                response.set_result(self._outcome)
        return response


def link(peer: Any) -> OcppLink:
    made = OcppLink(LOG)
    made.peer = peer
    return made


async def fed_back(outcome: Any) -> Any:
    fed: asyncio.Queue[Any] = asyncio.Queue()
    joined = link(Connected(outcome))
    joined.do(Ask(call.Heartbeat()), fed.put_nowait)
    return await asyncio.wait_for(fed.get(), 10)


async def test_a_response_is_fed_back_with_its_request() -> None:
    response = call_result.Heartbeat(current_time="t")
    assert await fed_back(response) == Answered(call.Heartbeat(), response)


@pytest.mark.parametrize(
    ("error", "failed"),
    [
        (NoAnswer("no answer within 30 s"), ("no answer within 30 s", None, False)),
        (CallFailed("CALLERROR X: no", "X"), ("CALLERROR X: no", "X", True)),
        (CallFailed("breaks the schema"), ("breaks the schema", None, True)),
    ],
)
async def test_a_failure_is_fed_back_with_its_reason(
    error: CallFailed, failed: tuple[str, str | None, bool]
) -> None:
    assert await fed_back(error) == Failed(call.Heartbeat(), *failed)


async def test_a_call_cut_off_by_the_end_of_the_connection_feeds_nothing_back() -> None:
    """Disconnected says so already."""
    fed: list[Any] = []
    peer = Connected(asyncio.CancelledError())
    link(peer).do(Ask(call.Heartbeat(), "once more"), fed.append)
    later: asyncio.Queue[Any] = asyncio.Queue()
    link(Connected()).do(Ask(call.Heartbeat()), later.put_nowait)
    await asyncio.wait_for(later.get(), 10)
    assert peer.did == [("call", call.Heartbeat(), "once more")]
    assert fed == []


async def test_answers_and_refusals_go_to_the_peer() -> None:
    peer = Connected()
    joined = link(peer)
    joined.do(Answer("a", "response"), print)
    joined.do(Refuse("b", "NotSupported", "no"), print)
    assert peer.did == [("answer", "a", "response"), ("refuse", "b", "NotSupported", "no")]


@pytest.mark.parametrize("output", [Answer("a", 1), Refuse("a", "b", "c"), Ask(call.Heartbeat())])
async def test_without_a_peer_nothing_is_done(output: Any) -> None:
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
