"""One OCPP-J connection: what it asks the other end, and how it ends. All over a real WebSocket."""

import asyncio
import json
import logging
from typing import Any

import pytest
from ocpp.v16 import call, call_result
from ocpp.v16.enums import ConfigurationStatus

from rig.ocppj.logic.exchange import Answered, Failed
from rig.ocppj.logic.rate_limit import LONG
from rig.ocppj.peer import Peer
from tests.ocpp_ends import (
    ACCEPTED,
    HEARTBEAT,
    HEARTBEAT_CONF,
    LOG,
    PATIENCE,
    TIME,
    Other,
    both_ends,
    joined,
)

AUTHORIZE = call.Authorize(id_tag="RIG")


async def asking(other: Other) -> str:
    """An Authorize was sent; its id."""
    other.peer.ask(AUTHORIZE)
    kind, unique_id, action, payload = await other.hears()
    assert (kind, action, payload) == (2, "Authorize", {"idTag": "RIG"})
    return str(unique_id)


async def outcome(other: Other) -> Any:
    """What the CALL came to that was asked."""
    return await asyncio.wait_for(other.outcomes.get(), PATIENCE)


# what this end asks


@both_ends
async def test_a_response_is_told_with_its_request(end: str) -> None:
    async with joined(end) as other:
        unique_id = await asking(other)
        await other.says(json.dumps([3, unique_id, ACCEPTED]))
        expected = call_result.Authorize(id_tag_info={"status": "Accepted"})  # type: ignore[arg-type]
        assert await outcome(other) == Answered(AUTHORIZE, expected)


@pytest.mark.parametrize("answer", ['[4,"ID","GenericError","sorry",{}]', '[3,"ID",{}]'])
async def test_an_answer_that_is_no_response_fails_its_call_and_nothing_else(answer: str) -> None:
    async with joined() as other:
        unique_id = await asking(other)
        await other.says(answer.replace("ID", unique_id))
        assert isinstance(await outcome(other), Failed)
        assert await other.settled() == []


async def test_a_defect_in_what_follows_from_an_answer_is_the_defect_of_the_role() -> None:
    """It ends (rig/role/run.py): a charge point must not go on without knowing what it did."""
    defects = list[Any]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: defects.append(context))

    def broken(_: Any) -> None:
        raise RuntimeError("a defect")

    async with joined() as other:
        other.on_outcome = broken
        other.peer.ask(call.Heartbeat(), "a")
        await other.hears()
        await other.says('[3,"a",{"currentTime":"2026-01-31T12:00:00Z"}]')
        assert await other.settled() == []
    assert [str(context["exception"]) for context in defects] == ["a defect"]


async def test_each_call_has_an_id_of_its_own_of_at_most_36_characters() -> None:
    async with joined() as other:
        one, two = await asking(other), await asking(other)
        assert one != two
        assert len(one) <= 36
        assert len(two) <= 36


async def test_an_own_request_that_is_not_valid_is_not_sent() -> None:
    async with joined() as other:
        request = call.Authorize(id_tag="x" * 21)
        other.peer.ask(request)
        assert await outcome(other) == Failed(request, "our request is not valid: not sent")
        assert await other.settled() == []


async def test_a_response_comes_before_a_call_that_was_sent_after_it() -> None:
    """RemoteStartTransaction.conf, and at once StartTransaction.req."""
    order: list[str] = []
    async with joined() as other:
        other.on_asked = lambda event: order.append("asked")
        other.on_outcome = lambda event: order.append("answered")
        other.peer.ask(AUTHORIZE)
        unique_id = (await other.hears())[1]
        await other.says(json.dumps([3, unique_id, ACCEPTED]), HEARTBEAT)
        await other.settled()
        assert order == ["answered", "asked"]


async def test_a_flood_of_answers_to_nothing_is_ignored_and_the_next_call_works() -> None:
    """The `ocpp` package recurses over them, until RecursionError."""
    async with joined() as other:
        await other.says(*['[3,"x",{}]'] * 5000)
        assert await other.settled() == []
        unique_id = await asking(other)
        await other.says(json.dumps([3, unique_id, ACCEPTED]))
        assert await outcome(other)


async def test_the_second_of_two_answers_to_one_call_is_ignored() -> None:
    async with joined() as other:
        unique_id = await asking(other)
        await other.says(*[json.dumps([3, unique_id, ACCEPTED])] * 2)
        assert await outcome(other)
        assert await other.settled() == []


async def test_the_other_end_may_ask_while_it_owes_an_answer() -> None:
    async with joined() as other:
        await asking(other)
        assert (await other.asks(HEARTBEAT)).unique_id == "a"


# secrets


async def test_a_secret_is_in_no_log_whoever_says_it(caplog: pytest.LogCaptureFixture) -> None:
    secret = "00112233445566778899"
    request = call.ChangeConfiguration(key="AuthorizationKey", value=secret)
    with caplog.at_level(logging.DEBUG):
        async with joined() as other:
            payload = {"key": "authorizationkey", "value": secret}
            await other.asks(json.dumps([2, "a", "ChangeConfiguration", payload]))
            other.peer.answer("a", call_result.ChangeConfiguration(ConfigurationStatus.accepted))
            await other.hears()
            other.peer.ask(request, "b")
            assert (await other.hears())[3]["value"] == secret
            await other.says(json.dumps([4, "b", "InternalError", f"{secret} is too short", {}]))
            await other.settled()
            LOG.warning("%s", (await outcome(other)).why)
    own = [record for record in caplog.records if record.name.split(".")[0] != "websockets"]
    assert "key=AuthorizationKey value=***" in caplog.text
    assert not [record for record in own if secret in record.getMessage()]


# the end


@both_ends
async def test_a_connection_that_is_closed_says_why_and_settles_nothing_that_was_asked(
    end: str,
) -> None:
    async with joined(end) as other:
        await asking(other)
        await other.socket.close(1000, "bye")
        assert "1000" in await other.ended()
        assert other.outcomes.empty()


@both_ends
@pytest.mark.parametrize("how", ["abort", "write_eof"])
async def test_a_connection_that_breaks_or_is_closed_half_settles_nothing_either(
    end: str, how: str
) -> None:
    """Without a closing frame, as where a cable or a process is cut."""
    async with joined(end) as other:
        await asking(other)
        getattr(other.socket.transport, how)()
        await other.ended()
        assert other.outcomes.empty()


async def test_a_call_on_a_lost_connection_comes_to_nothing() -> None:
    """Else its failure would come 30 s later, on the next connection."""
    async with joined() as other:
        await other.socket.close()
        await other.ended()
        other.peer.ask(call.Heartbeat())
        assert other.outcomes.empty()


@both_ends
async def test_an_end_that_reads_nothing_never_makes_a_call_wait_and_is_cut_off(end: str) -> None:
    request = call.DataTransfer(vendor_id="rig", data="x" * 50_000)
    async with joined(end) as other:
        other.socket.transport.pause_reading()
        while not other.running.done():
            other.peer.ask(request)
            await asyncio.wait({other.running}, timeout=0)
        assert other.running.result() == "it reads nothing: cut off"


@pytest.mark.parametrize("text", [HEARTBEAT, " " * LONG + HEARTBEAT], ids=["at once", "in turn"])
async def test_a_defect_that_escapes_ends_the_connection_and_not_the_role(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with joined() as other:

        def full(*_: str) -> None:
            raise ZeroDivisionError("recording")

        peer = Peer(other.their_socket, other.feed, LOG, full)
        other.running.cancel()
        await asyncio.wait({other.running})
        running = asyncio.ensure_future(peer.run())
        await other.says(text)
        assert await asyncio.wait_for(running, PATIENCE) == "a defect of this end"
        assert "ZeroDivisionError: recording" in caplog.text


async def test_every_text_is_told_with_its_direction() -> None:
    async with joined() as other:
        await other.asks(HEARTBEAT)
        other.peer.answer("a", HEARTBEAT_CONF)
        assert other.texts == [("<", HEARTBEAT), (">", f'[3,"a",{{"currentTime":"{TIME}"}}]')]
