"""When the texts of a connection are served."""

import asyncio
import functools

import pytest
from ocpp.v16 import call_result

import rig.ocppj.turns
from rig.ocppj.logic.rate_limit import LONG, Pace, Quota
from rig.ocppj.turns import Turns
from rig.role.closing import cancel
from tests.event_loop import turn
from tests.messages import sample, values
from tests.ocpp_ends import joined

TIME = "2026-01-31T12:00:00.000Z"
HEARTBEAT_CONF = call_result.Heartbeat(current_time=TIME)


class Connection:
    """One that is closed when it is told to."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def wait_closed(self) -> None:
        await self.closed.wait()


def turns(
    connection: Connection | None = None, quota: Quota | None = None
) -> tuple[Turns, list[str]]:
    held = list[str]()
    return Turns(connection or Connection(), held.append, quota), held


async def test_one_text_is_free_in_each_turn() -> None:
    one, _ = turns()
    assert one.is_free(10)
    one.begin()
    assert not one.is_free(10)
    await turn()
    assert one.is_free(10)


async def test_a_long_text_has_to_wait_even_alone() -> None:
    one, _ = turns()
    assert one.is_free(LONG - 1)
    assert not one.is_free(LONG)


async def test_none_is_free_while_another_waits_or_order_would_be_lost() -> None:
    one, _ = turns()
    one.begin()
    waiting = asyncio.ensure_future(one.wait(10, is_call=True))
    await turn()
    assert not one.is_free(10)
    await waiting
    assert not one.is_free(10)
    one.begin()
    await turn()
    assert one.is_free(10)


@pytest.mark.parametrize(("is_call", "is_held"), [(True, True), (False, False)])
async def test_calls_that_come_ahead_of_their_turn_are_held_up_and_answers_never(
    is_call: bool, is_held: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends a CALL waits for its answer (OCPP-J 1.6, 4.1.1); answers come as asked for."""
    monkeypatch.setattr(rig.ocppj.turns, "Pace", functools.partial(Pace, rate=1000.0, burst=0.0))
    one, held = turns()
    await one.wait(10, is_call=is_call)
    one.begin()
    assert held == []
    assert not one.is_free(10)
    await turn()  # it is still ahead: it came in the turn of the one before
    await one.wait(10, is_call=is_call)
    assert bool(held) == is_held


async def test_who_is_held_up_is_let_go_when_the_connection_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rig.ocppj.turns, "Pace", functools.partial(Pace, rate=0.001, burst=0.0))
    connection = Connection()
    one, held = turns(connection)
    one.begin()
    assert not one.is_free(10)
    waiting = asyncio.ensure_future(one.wait(10, is_call=True))
    await turn()
    assert held == ["it sends faster than it may"]
    connection.closed.set()
    with pytest.raises(ConnectionAbortedError, match="closed the connection"):
        await waiting


# rows


def in_debt() -> Quota:
    """Of one that will not have paid in this test."""
    quota = Quota(asyncio.get_running_loop().time(), rate=0.001, burst=1.0)
    quota.charge(values(sample("1"), sample("2")), 0, asyncio.get_running_loop().time())
    return quota


async def test_who_owes_for_rows_is_held_up_at_its_next_call() -> None:
    one, held = turns(quota=Quota(asyncio.get_running_loop().time(), rate=0.001, burst=1.0))
    assert not one.is_free(10)  # it may owe from a connection before
    await one.wait(10, is_call=True)
    one.begin()
    one.charge(values(sample("1")), 100)
    await turn()
    assert one.is_free(10)
    one.begin()
    one.charge(values(sample("2")), 100)
    await turn()
    assert not one.is_free(10)
    waiting = asyncio.ensure_future(one.wait(10, is_call=True))
    await turn()
    assert held == ["it has the database written faster than it may"]
    assert not waiting.done()
    await cancel(waiting)


async def test_a_new_connection_pays_no_debt() -> None:
    one, held = turns(quota=in_debt())
    assert not one.is_free(10)
    waiting = asyncio.ensure_future(one.wait(10, is_call=True))
    await turn()
    assert held == ["it has the database written faster than it may"]
    await cancel(waiting)


async def test_an_answer_to_us_waits_for_no_rows() -> None:
    one, held = turns(quota=in_debt())
    assert not one.is_free(10)
    await one.wait(10, is_call=False)
    assert held == []


# on a real connection


def flood(length: int) -> list[str]:
    return [f'[2,"{number}","Heartbeat",{{}}]' for number in range(length)]


async def test_a_flood_is_read_more_slowly_and_never_refused(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rig.ocppj.turns, "Pace", functools.partial(Pace, rate=50.0, burst=10.0))
    async with joined() as other:
        other.on_asked = lambda event: other.peer.answer(event.unique_id, HEARTBEAT_CONF)
        await other.says(*flood(30))
        answers = [await other.hears() for _ in range(30)]
    assert [answer[:2] for answer in answers] == [[3, str(number)] for number in range(30)]
    assert "held up: it sends faster than it may, 1 so far" in caplog.text


async def test_a_flood_that_is_held_up_ends_with_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not when all that it sent before was served: here 90 s later."""
    monkeypatch.setattr(rig.ocppj.turns, "Pace", functools.partial(Pace, rate=1.0, burst=10.0))
    async with joined() as other:
        other.on_asked = lambda event: other.peer.answer(event.unique_id, HEARTBEAT_CONF)
        await other.says(*flood(100))
        for _ in range(10):
            await other.hears()
        other.socket.transport.abort()
        await other.ended()
        assert len(other.asked) < 50
