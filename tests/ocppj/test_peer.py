"""One OCPP-J connection: what it answers, what it ignores, and that nothing makes it wait.

All over a real WebSocket; the table of bad inputs is `tests/test_bad_input.py`.
"""

import asyncio
import json
from typing import Any

import pytest
from ocpp.v16 import call, call_result

from rig.ocppj.logic.exchange import Answer, Ask, Asked, Refuse
from rig.ocppj.peer import MALFORMED_ALLOWED, MAX_SIZE, WAITING_ALLOWED, WAITING_LENGTH
from rig.ocppj.turns import Turns
from tests.ocpp_ends import HEARTBEAT, HEARTBEAT_CONF, TIME, both_ends, joined

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
@pytest.mark.parametrize(
    "outcome", [Answer("a", HEARTBEAT_CONF), Refuse("a", "NotSupported", "no")], ids=["yes", "no"]
)
async def test_the_same_call_again_gets_the_same_answer_and_is_not_handed_over(
    end: str, outcome: Answer | Refuse
) -> None:
    """Errata OCPP-J 3.7: a request may be sent again under its id."""
    async with joined(end) as other:
        await other.asks(HEARTBEAT)
        other.peer.do(outcome)
        first = await other.hears_text()
        await other.says('[2, "a", "Heartbeat", null]')  # the same content in other words
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
