"""One OCPP-J connection: what it answers, what it ignores, and that nothing makes it wait.

All over a real WebSocket; the table of bad inputs is `tests/test_bad_input.py`.
"""

import asyncio
import json
import logging
from typing import Any

import pytest
from ocpp.v16 import call, call_result
from ocpp.v16.enums import ConfigurationStatus

from rig.ocppj.logic.exchange import Answer, Answered, Ask, Asked, Failed, Refuse
from rig.ocppj.logic.rate_limit import LONG
from rig.ocppj.peer import MALFORMED_ALLOWED, MAX_SIZE, WAITING_ALLOWED, WAITING_LENGTH, Peer
from rig.ocppj.turns import Turns
from tests.ocpp_ends import (
    ACCEPTED,
    ENDS,
    HEARTBEAT,
    HEARTBEAT_CONF,
    LOG,
    PATIENCE,
    TIME,
    Other,
    joined,
)

both_ends = pytest.mark.parametrize("end", ENDS)


# what the other end asks


@both_ends
async def test_a_valid_call_is_asked_and_its_answer_sent(end: str) -> None:
    async with joined(end) as other:
        assert await other.asks(HEARTBEAT) == Asked("a", call.Heartbeat())
        other.peer.answer("a", HEARTBEAT_CONF)
        assert await other.hears() == [3, "a", {"currentTime": TIME}]


async def test_what_a_machine_wants_sent_is_sent() -> None:
    async with joined() as other:
        await other.asks(HEARTBEAT)
        other.peer.do(Answer("a", HEARTBEAT_CONF))
        assert await other.hears() == [3, "a", {"currentTime": TIME}]
        await other.asks('[2,"b","Heartbeat",{}]')
        other.peer.do(Refuse("b", "NotSupported", "no"))
        assert await other.hears() == [4, "b", "NotSupported", "no", {}]
        other.peer.do(Ask(call.ClearCache(), "once more"))
        assert await other.hears() == [2, "once more", "ClearCache", {}]


async def test_a_refusal_is_a_callerror() -> None:
    async with joined() as other:
        await other.asks(HEARTBEAT)
        other.peer.refuse("a", "NotSupported", "no")
        assert await other.hears() == [4, "a", "NotSupported", "no", {}]


@both_ends
async def test_too_many_malformed_texts_end_the_connection(end: str) -> None:
    async with joined(end) as other:
        await other.says(*["nonsense"] * MALFORMED_ALLOWED)
        assert await other.settled() == []
        await other.says("nonsense")
        assert "1008" in await other.ended()
        assert other.socket.close_code == 1008  # RFC 6455, 7.4.1: policy violation


async def test_unknown_message_types_are_ignored_however_many() -> None:
    """OCPP-J 1.6, 4.1.3."""
    async with joined() as other:
        await other.says(*['[5,"a",{}]'] * 100)
        assert await other.settled() == []


async def test_a_second_call_with_the_id_of_a_waiting_one_is_refused_and_the_first_answered() -> (
    None
):
    """OCPP-J 1.6, 4.2.3. Answering it twice once ended the whole process."""
    async with joined() as other:
        await other.says(HEARTBEAT, HEARTBEAT)
        assert [message[:3] for message in await other.settled()] == [[4, "a", "ProtocolError"]]
        assert len(other.asked) == 1
        other.peer.answer("a", HEARTBEAT_CONF)
        assert (await other.hears())[:2] == [3, "a"]


@both_ends
async def test_the_same_call_again_gets_the_same_answer_and_is_not_handed_over(end: str) -> None:
    """Errata OCPP-J 3.7: a request may be sent again under its id."""
    async with joined(end) as other:
        await other.asks(HEARTBEAT)
        other.peer.answer("a", HEARTBEAT_CONF)
        first = await other.hears_text()
        await other.says('[2, "a", "Heartbeat", null]')  # the same content in other words
        assert await other.hears_text() == first
        assert len(other.asked) == 1


async def test_the_same_call_again_gets_the_same_refusal() -> None:
    async with joined() as other:
        await other.asks(HEARTBEAT)
        other.peer.refuse("a", "NotSupported", "no")
        first = await other.hears_text()
        await other.says(HEARTBEAT)
        assert await other.hears_text() == first
        assert len(other.asked) == 1


async def test_another_call_under_an_id_that_was_used_is_refused() -> None:
    """OCPP-J 1.6, 4.1.4: an id is never used for two messages."""
    async with joined() as other:
        await other.asks(HEARTBEAT)
        other.peer.answer("a", HEARTBEAT_CONF)
        await other.hears()
        await other.says('[2,"a","Authorize",{"idTag":"RIG"}]')
        assert (await other.hears())[:3] == [4, "a", "ProtocolError"]
        assert len(other.asked) == 1


async def test_calls_that_wait_are_bounded() -> None:
    async with joined() as other:
        for number in range(WAITING_ALLOWED):
            await other.asks(f'[2,"{number}","Heartbeat",{{}}]')
        await other.says(HEARTBEAT)
        assert (await other.hears())[:3] == [4, "a", "InternalError"]
        other.peer.answer("0", HEARTBEAT_CONF)
        await other.hears()
        await other.asks('[2,"once more","Heartbeat",{}]')


async def test_long_calls_that_wait_are_bounded_by_their_length() -> None:
    """100 of 1 MiB would take a gigabyte."""
    half = "x" * (WAITING_LENGTH // 2)
    async with joined() as other:
        for number in range(2):
            await other.asks(transfer(str(number), half[:-100]))
        await other.says(transfer("a", half))
        assert (await other.hears())[:3] == [4, "a", "InternalError"]
        await other.asks(HEARTBEAT)  # a short one has its place
        other.peer.refuse("0", "NotSupported", "no")
        await other.hears()
        await other.asks(transfer("once more", half[:-300]))


async def test_the_longest_text_is_taken_where_none_waits() -> None:
    async with joined() as other:
        await other.asks(transfer("a", "x" * (MAX_SIZE - 100)))


async def test_many_values_count_as_a_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """1000 of them as 16 000 characters, in 2 kB."""
    lengths: list[int] = []

    async def wait(_: Turns, length: int, *, is_call: bool) -> None:
        lengths.append(length)

    monkeypatch.setattr(Turns, "wait", wait)
    monkeypatch.setattr(Turns, "is_free", lambda *_: False)
    async with joined() as other:
        await other.says('[2,"a","Reset",{"type":[' + "0," * 1000 + "0]}]")
        assert (await other.hears())[:3] == [4, "a", "TypeConstraintViolation"]
    assert lengths == [16 * 1006]


def transfer(unique_id: str, data: str) -> str:
    """A DataTransfer."""
    return json.dumps([2, unique_id, "DataTransfer", {"vendorId": "v", "data": data}])


async def test_an_answer_to_a_call_of_a_lost_connection_is_not_sent() -> None:
    async with joined() as other:
        other.peer.answer("of another connection", HEARTBEAT_CONF)
        assert await other.settled() == []


async def test_a_defect_of_this_end_is_an_internal_error_and_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def defect(_: Asked) -> None:
        raise ZeroDivisionError("numberPhases")

    async with joined() as other:
        other.on_asked = defect
        await other.says(HEARTBEAT)
        assert (await other.hears())[:3] == [4, "a", "InternalError"]
        assert "ZeroDivisionError: numberPhases" in caplog.text
        assert await other.settled() == []


@pytest.mark.parametrize(
    "response",
    [
        call_result.Heartbeat(current_time="yesterday"),
        call_result.Heartbeat(current_time=1),  # type: ignore[arg-type]
        call_result.Heartbeat(current_time="\ud800"),
        call_result.Authorize(id_tag_info={"status": {1, 2}}),  # type: ignore[arg-type]
        {"currentTime": TIME},
        None,
    ],
    ids=str,
)
async def test_an_own_answer_that_is_not_valid_is_not_sent(response: Any) -> None:
    async with joined() as other:
        await other.asks(HEARTBEAT)
        other.peer.answer("a", response)
        assert (await other.hears())[:3] == [4, "a", "InternalError"]


# what this end asks


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


async def test_a_call_may_be_sent_under_an_id_of_the_callers() -> None:
    async with joined() as other:
        other.peer.ask(call.Heartbeat(), "once more")
        assert await other.hears() == [2, "once more", "Heartbeat", {}]


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


# fairness


async def test_a_peer_that_does_not_wait_gives_way_after_each_text() -> None:
    """Another task gets its turn between two CALLs that came at once."""
    order: list[str] = []
    async with joined() as other:
        loop = asyncio.get_running_loop()

        def asked(event: Asked) -> None:
            order.append(event.unique_id)
            loop.call_soon(order.append, "another task")

        other.on_asked = asked
        await other.says('[2,"1","Heartbeat",{}]', '[2,"2","Heartbeat",{}]')
        await other.settled()
        assert order == ["1", "another task", "2", "another task"]


# secrets


async def test_a_secret_is_in_no_log_whoever_says_it(caplog: pytest.LogCaptureFixture) -> None:
    secret = "00112233445566778899"
    request = call.ChangeConfiguration(key="AuthorizationKey", value=secret)
    with caplog.at_level(logging.DEBUG):
        async with joined() as other:
            await other.asks(
                json.dumps(
                    [2, "a", "ChangeConfiguration", {"key": "authorizationkey", "value": secret}]
                )
            )
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
async def test_a_lost_connection_says_why_and_settles_nothing_that_was_asked(end: str) -> None:
    async with joined(end) as other:
        await asking(other)
        await other.socket.close(1000, "bye")
        assert "1000" in await other.ended()
        assert other.outcomes.empty()


@both_ends
async def test_a_connection_that_breaks_settles_nothing_that_was_asked(end: str) -> None:
    """Without a closing frame, as where a cable or a process is cut."""
    async with joined(end) as other:
        await asking(other)
        other.socket.transport.abort()
        await other.ended()
        assert other.outcomes.empty()


@both_ends
async def test_a_connection_that_is_closed_half_ends(end: str) -> None:
    async with joined(end) as other:
        await asking(other)
        other.socket.transport.write_eof()
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
