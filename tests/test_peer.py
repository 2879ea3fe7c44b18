"""One OCPP-J connection: what it answers, what it ignores, and that nothing makes it wait.

The wire here is two lists; `tests/test_cp.py` and `tests/test_csms.py` use real WebSockets.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ocpp.v16 import call, call_result
from websockets.exceptions import ConnectionClosedOK
from websockets.frames import Close

import rig.peer
from rig.logic.exchange import Asked
from rig.peer import MALFORMED_ALLOWED, UNSENT_ALLOWED, CallFailed, NoAnswer, Peer

LOG = logging.getLogger("rig.test")
PATIENCE = 10.0  # s
HEARTBEAT = '[2,"a","Heartbeat",{}]'
HEARTBEAT_CONF = call_result.Heartbeat(current_time="2026-01-31T12:00:00Z")


class Wire:
    """A connection whose other end is the test. `reads` False: it takes nothing any more."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.outgoing: asyncio.Queue[str] = asyncio.Queue()
        self.reads = True
        self.closed: int | None = None

    async def recv(self) -> str | bytes:
        text = await self.incoming.get()
        if text is None:
            raise ConnectionClosedOK(Close(1000, "bye"), Close(1000, "bye"), rcvd_then_sent=True)
        return text

    async def send(self, message: str) -> None:
        while not self.reads:
            await asyncio.Event().wait()
        self.outgoing.put_nowait(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = code
        self.incoming.put_nowait(None)

    def says(self, *texts: str | bytes) -> None:
        for text in texts:
            self.incoming.put_nowait(text)

    async def hears(self) -> Any:
        return json.loads(await asyncio.wait_for(self.outgoing.get(), PATIENCE))


class Other:
    """The test's end of a peer."""

    def __init__(self) -> None:
        self.wire, self.asked = Wire(), list[Asked]()
        self.texts: list[tuple[str, str]] = []
        self.defect: Exception | None = None
        self.heard_asked: asyncio.Queue[Asked] = asyncio.Queue()
        self.peer = Peer(
            "CP_1", self.wire, self._on_asked, LOG, lambda *text: self.texts.append(text)
        )
        self.running = asyncio.create_task(self.peer.run())

    def _on_asked(self, event: Asked) -> None:
        if self.defect:
            raise self.defect
        self.asked.append(event)
        self.heard_asked.put_nowait(event)

    async def settled(self) -> None:
        """All that was said so far was read: a Heartbeat said after it arrived."""
        self.wire.says('[2,"settled","Heartbeat",{}]')
        while (await asyncio.wait_for(self.heard_asked.get(), PATIENCE)).unique_id != "settled":
            pass


@asynccontextmanager
async def joined() -> AsyncIterator[Other]:
    other = Other()
    yield other
    other.running.cancel()
    await asyncio.gather(other.running, return_exceptions=True)


# what the other end asks


async def test_a_valid_call_is_asked_and_its_answer_sent() -> None:
    async with joined() as other:
        other.wire.says(HEARTBEAT)
        await other.settled()
        assert other.asked[0] == Asked("a", call.Heartbeat())
        other.peer.answer("a", HEARTBEAT_CONF)
        assert await other.wire.hears() == [3, "a", {"currentTime": "2026-01-31T12:00:00Z"}]


async def test_a_refusal_is_a_callerror() -> None:
    async with joined() as other:
        other.wire.says(HEARTBEAT)
        await other.settled()
        other.peer.refuse("a", "NotSupported", "no")
        assert await other.wire.hears() == [4, "a", "NotSupported", "no", {}]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[2,"a","Nonsense",{}]', "NotImplemented"),  # OCPP-J 1.6 table 7
        ('[2,"a","heartbeat",{}]', "NotImplemented"),
        ('[2,"a","Heartbeat"]', "FormationViolation"),
        ('[2,"a","Heartbeat",[]]', "FormationViolation"),
        ('[2,"a","Heartbeat",{"x":1}]', "FormationViolation"),
        ('[2,"a","Authorize",{}]', "ProtocolError"),
        ('[2,"a","Authorize",{"idTag":1}]', "TypeConstraintViolation"),
        ('[2,"a","Authorize",{"idTag":"' + "x" * 100_000 + '"}]', "PropertyConstraintViolation"),
        ('[2,"a","MeterValues",{"connectorId":1,"meterValue":[]}]', "OccurenceConstraintViolation"),
    ],
    ids=lambda value: value[:40],
)
async def test_a_bad_call_gets_its_code_in_a_short_answer(text: str, code: str) -> None:
    async with joined() as other:
        other.wire.says(text)
        answer = await other.wire.hears()
        assert answer[:3] == [4, "a", code]
        assert len(json.dumps(answer)) < 200
        assert other.asked == []


@pytest.mark.parametrize("text", ["nonsense", "[]", '[2,1,"Heartbeat",{}]', b"[]", "[" * 100_000])
async def test_what_cannot_be_answered_is_ignored(text: str | bytes) -> None:
    async with joined() as other:
        other.wire.says(text)
        await other.settled()
        assert other.wire.outgoing.empty()
        assert len(other.asked) == 1


async def test_too_many_malformed_texts_end_the_connection() -> None:
    async with joined() as other:
        other.wire.says(*["nonsense"] * MALFORMED_ALLOWED)
        await other.settled()
        assert other.wire.closed is None
        other.wire.says("nonsense")
        await asyncio.wait_for(other.running, PATIENCE)
        assert other.wire.closed == 1008  # RFC 6455, 7.4.1: policy violation


async def test_unknown_message_types_are_ignored_however_many() -> None:
    """OCPP-J 1.6, 4.1.3."""
    async with joined() as other:
        other.wire.says(*['[5,"a",{}]'] * 100)
        await other.settled()
        assert other.wire.closed is None
        assert other.wire.outgoing.empty()


async def test_a_second_call_with_the_id_of_a_waiting_one_is_refused_and_the_first_answered() -> (
    None
):
    """OCPP-J 1.6, 4.2.3. Answering it twice once ended the whole process."""
    async with joined() as other:
        other.wire.says(HEARTBEAT, HEARTBEAT)
        await other.settled()
        assert [event.unique_id for event in other.asked] == ["a", "settled"]
        assert (await other.wire.hears())[:3] == [4, "a", "ProtocolError"]
        other.peer.answer("a", HEARTBEAT_CONF)
        assert (await other.wire.hears())[:2] == [3, "a"]


async def test_an_answer_to_a_call_of_a_lost_connection_is_not_sent() -> None:
    async with joined() as other:
        other.peer.answer("of another connection", HEARTBEAT_CONF)
        other.wire.says(HEARTBEAT)
        await other.settled()
        other.peer.answer("a", HEARTBEAT_CONF)
        assert (await other.wire.hears())[1] == "a"


async def test_a_defect_of_this_end_is_an_internal_error_and_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with joined() as other:
        other.defect = ZeroDivisionError("numberPhases")
        other.wire.says(HEARTBEAT)
        assert (await other.wire.hears())[:3] == [4, "a", "InternalError"]
        assert "ZeroDivisionError: numberPhases" in caplog.text
        other.defect = None
        await other.settled()


async def test_an_own_answer_that_breaks_its_schema_is_not_sent() -> None:
    async with joined() as other:
        other.wire.says(HEARTBEAT)
        await other.settled()
        other.peer.answer("a", call_result.Heartbeat(current_time="yesterday"))
        assert (await other.wire.hears())[:3] == [4, "a", "InternalError"]


# what this end asks


async def asking(other: Other) -> tuple["asyncio.Task[Any]", str]:
    """An Authorize that was sent; its task and its id."""
    task = asyncio.create_task(other.peer.call(call.Authorize(id_tag="RIG")))
    kind, unique_id, action, payload = await other.wire.hears()
    assert (kind, action, payload) == (2, "Authorize", {"idTag": "RIG"})
    return task, unique_id


async def test_a_response_is_given_to_who_asked() -> None:
    async with joined() as other:
        task, unique_id = await asking(other)
        other.wire.says(f'[3,"{unique_id}",{{"idTagInfo":{{"status":"Accepted"}}}}]')
        response = await asyncio.wait_for(task, PATIENCE)
        assert response == call_result.Authorize(id_tag_info={"status": "Accepted"})  # type: ignore[arg-type]


async def test_each_call_has_an_id_of_its_own_of_at_most_36_characters() -> None:
    async with joined() as other:
        first, one = await asking(other)
        second, two = await asking(other)
        assert one != two
        assert len(one) <= 36
        assert len(two) <= 36
        first.cancel()
        second.cancel()


@pytest.mark.parametrize(
    ("answer", "why", "code"),
    [
        ('[4,"ID","InternalError","sorry",{}]', "CALLERROR InternalError: sorry", "InternalError"),
        ('[3,"ID",{}]', r"breaks the schema \(ProtocolError\)", None),
        ('[3,"ID",{"idTagInfo":{"status":"Maybe"}}]', "breaks the schema", None),
    ],
)
async def test_a_response_that_is_none_fails_the_call(
    answer: str, why: str, code: str | None
) -> None:
    async with joined() as other:
        task, unique_id = await asking(other)
        other.wire.says(answer.replace("ID", unique_id))
        with pytest.raises(CallFailed, match=why) as failed:
            await asyncio.wait_for(task, PATIENCE)
        assert failed.value.code == code


async def test_no_answer_in_time_fails_the_call_and_a_late_one_is_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rig.peer, "CALL_TIMEOUT", 0.01)
    async with joined() as other:
        task, unique_id = await asking(other)
        with pytest.raises(NoAnswer, match="no answer within"):
            await asyncio.wait_for(task, PATIENCE)
        other.wire.says(f'[3,"{unique_id}",{{"idTagInfo":{{"status":"Accepted"}}}}]')
        await other.settled()
        assert not other.running.done()


async def test_a_flood_of_answers_to_nothing_is_ignored_and_the_next_call_works() -> None:
    """The `ocpp` package recurses over them, until RecursionError."""
    async with joined() as other:
        other.wire.says(*['[3,"x",{}]'] * 5000)
        await other.settled()
        task, unique_id = await asking(other)
        other.wire.says(f'[3,"{unique_id}",{{"idTagInfo":{{"status":"Accepted"}}}}]')
        assert await asyncio.wait_for(task, PATIENCE)


async def test_the_second_of_two_answers_to_one_call_is_ignored() -> None:
    async with joined() as other:
        task, unique_id = await asking(other)
        answer = f'[3,"{unique_id}",{{"idTagInfo":{{"status":"Accepted"}}}}]'
        other.wire.says(answer, answer)
        assert await asyncio.wait_for(task, PATIENCE)
        await other.settled()
        assert not other.running.done()


async def test_the_other_end_may_ask_while_it_owes_an_answer() -> None:
    async with joined() as other:
        task, _ = await asking(other)
        other.wire.says(HEARTBEAT)
        await other.settled()
        assert other.asked[0].unique_id == "a"
        task.cancel()


# the end


async def test_a_lost_connection_says_why_and_cancels_what_was_asked() -> None:
    async with joined() as other:
        task, _ = await asking(other)
        other.wire.incoming.put_nowait(None)
        assert "1000" in await asyncio.wait_for(other.running, PATIENCE)
        await asyncio.wait({task}, timeout=PATIENCE)
        assert task.cancelled()


async def test_a_call_on_a_lost_connection_is_cancelled_at_once() -> None:
    """Else its failure would come 30 s later, on the next connection."""
    async with joined() as other:
        other.wire.incoming.put_nowait(None)
        await asyncio.wait_for(other.running, PATIENCE)
        task = asyncio.create_task(other.peer.call(call.Heartbeat()))
        await asyncio.wait({task}, timeout=PATIENCE)
        assert task.cancelled()


async def test_an_end_that_reads_nothing_never_makes_an_answer_wait_and_is_cut_off() -> None:
    async with joined() as other:
        other.wire.reads = False
        for number in range(UNSENT_ALLOWED + 10):
            other.wire.says(f'[2,"{number}","Nonsense",{{}}]')
        why = await asyncio.wait_for(other.running, PATIENCE)
        assert why == "it reads nothing: cut off"


async def test_every_text_is_told_with_its_direction() -> None:
    async with joined() as other:
        other.wire.says(HEARTBEAT)
        await other.settled()
        other.peer.answer("a", HEARTBEAT_CONF)
        await other.wire.hears()
        assert other.texts[0] == ("<", HEARTBEAT)
        assert other.texts[-1] == (">", '[3,"a",{"currentTime":"2026-01-31T12:00:00Z"}]')
