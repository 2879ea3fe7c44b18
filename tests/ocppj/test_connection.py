"""Connections of which none takes more than its share: real ones, over loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidMessage
from websockets.protocol import State

from rig.ocppj.connection import (
    CHUNK,
    PINGS_AT_ONCE,
    BoundedServerConnection,
    FairServerConnection,
    answers_ping,
)
from rig.role.logic.connection_limit import ConnectionLimit
from tests.event_loop import stand_still_at_ping
from tests.ocpp_ends import HEARTBEAT, PATIENCE, both_ends, joined
from tests.peers import ChargePoint


@both_ends
async def test_a_ping_is_answered(end: str) -> None:
    async with joined(end) as other:
        await asyncio.wait_for(await other.socket.ping(), PATIENCE)


@both_ends
async def test_a_flood_of_pings_ends_the_connection(end: str) -> None:
    async with joined(end) as other:
        for number in range(int(PINGS_AT_ONCE) * 2):
            await other.socket.ping(str(number))
        assert "1008" in await other.ended()
        assert (other.socket.close_code, other.socket.close_reason) == (1008, "too many pings")


@both_ends
async def test_a_flood_of_pongs_ends_the_connection(end: str) -> None:
    async with joined(end) as other:
        for _ in range(int(PINGS_AT_ONCE) * 2):
            await other.socket.pong()
        assert "1008" in await other.ended()


@both_ends
async def test_pings_without_haste_end_nothing(end: str) -> None:
    async with joined(end) as other:
        for number in range(int(PINGS_AT_ONCE) // 2):
            await asyncio.wait_for(await other.socket.ping(str(number)), PATIENCE)
        await other.asks(HEARTBEAT)


@both_ends
async def test_little_is_read_in_one_turn_and_a_long_text_is_whole_all_the_same(end: str) -> None:
    text = " " * (CHUNK * 10) + HEARTBEAT
    async with joined(end) as other:
        sizes: list[int] = []
        received = other.their_socket.data_received

        def count(data: bytes) -> None:
            sizes.append(len(data))
            received(data)

        other.their_socket.data_received = count
        await other.asks(text)
    assert max(sizes) == CHUNK
    assert sum(sizes) > len(text)


@both_ends
async def test_an_end_that_is_there_no_more_is_noticed_by_its_missing_pongs(end: str) -> None:
    """Half-open: its cable is cut, and nothing says so. OCPP-J 1.6, 5.4."""
    async with joined(end, ping=0.05) as other:
        other.socket.transport.pause_reading()
        assert "keepalive ping timeout" in await other.ended()


async def test_an_end_that_leaves_no_room_for_a_ping_is_not_ended_for_want_of_a_pong() -> None:
    """It has longer: rig/ocppj/logic/backlog.py."""
    async with joined(ping=0.05) as other:
        other.socket.transport.pause_reading()
        transport = other.their_socket.transport
        transport.set_write_buffer_limits(high=1)
        while transport.get_write_buffer_size() == 0:
            transport.write(bytes(100_000))
        assert not (await asyncio.wait([other.running], timeout=0.5))[0]
        assert other.their_socket.state is State.OPEN


async def test_a_pong_that_came_while_this_process_stood_still_was_in_time() -> None:
    connections: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def keep(connection: ServerConnection) -> None:
        connections.put_nowait(connection)
        await connection.wait_closed()

    fair: dict[str, Any] = {"create_connection": FairServerConnection, "close_timeout": 0.2}
    async with serve(keep, "127.0.0.1", 0, ping_interval=0.05, ping_timeout=0.1, **fair) as server:
        url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"
        with await asyncio.to_thread(ChargePoint, url, "CP_1", subprotocols=()):
            connection = await connections.get()
            await stand_still_at_ping(connection, 0.3).wait()
            await asyncio.wait_for(await connection.ping(), PATIENCE)
            assert connection.state is State.OPEN


async def test_a_pong_that_we_do_not_read_is_not_missing() -> None:
    """A peer that sends faster than it may is read more slowly."""
    async with joined() as other:
        other.their_socket.transport.pause_reading()
        answers = asyncio.ensure_future(answers_ping(other.their_socket, 0.04))
        assert not (await asyncio.wait([answers], timeout=0.2))[0]
        other.their_socket.transport.resume_reading()
        assert await asyncio.wait_for(answers, PATIENCE)


@both_ends
async def test_a_text_is_served_in_the_turn_that_it_came_in(end: str) -> None:
    async with joined(end) as other:
        await other.asks(HEARTBEAT)
        serve, took = other.their_socket.take, list[bool]()

        def take(data: bytes) -> bool:
            took.append(serve(data))
            return took[-1]

        other.their_socket.take = take
        await other.asks(HEARTBEAT.replace('"a"', '"b"'))
        assert took == [True]


@both_ends
async def test_a_text_in_fragments_is_served_like_any_other(end: str) -> None:
    async with joined(end) as other:
        await other.socket.send(iter([HEARTBEAT[:5], HEARTBEAT[5:]]))
        asked = await asyncio.wait_for(other.heard_asked.get(), PATIENCE)
        assert asked.unique_id == "a"


@both_ends
async def test_texts_are_served_in_order_however_they_come(end: str) -> None:
    """One at once, those that came with it in their turn, a long one between them."""
    calls = [f'[2,"{number}","Heartbeat",{{}}]' for number in range(6)]
    async with joined(end) as other:
        calls[3] = " " * CHUNK + calls[3]
        await other.says(*calls)
        for _ in calls:
            await asyncio.wait_for(other.heard_asked.get(), PATIENCE)
    assert [asked.unique_id for asked in other.asked] == ["0", "1", "2", "3", "4", "5"]


# more than there is room for


@asynccontextmanager
async def bounded(most: int) -> AsyncIterator[tuple[str, list[None]]]:
    """The address of a server with so much room, which settles what has shaken hands, and echoes;
    and what it cut off for others."""
    limit: ConnectionLimit[ServerConnection] = ConnectionLimit(most)

    async def echo(connection: ServerConnection) -> None:
        limit.settle(connection)
        async for text in connection:
            await connection.send(text)

    told: list[None] = []
    create: Any = partial(
        BoundedServerConnection, limit=limit, on_cut_off=lambda: told.append(None)
    )
    async with serve(echo, "127.0.0.1", 0, close_timeout=0.2, create_connection=create) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/", told


async def half_open(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(b"GET /CP_1 HTTP/1.1\r\n")
    return reader, writer


async def test_the_oldest_that_does_not_shake_hands_goes_for_a_newcomer() -> None:
    async with bounded(10) as (url, cut_off), AsyncExitStack() as stack:
        first = await stack.enter_async_context(connect(url, proxy=None))
        silent = [await half_open(url) for _ in range(50)]
        second = await stack.enter_async_context(connect(url, proxy=None))
        more = [await half_open(url) for _ in range(50)]
        for socket in (first, second):
            await socket.send("still here")
            assert await asyncio.wait_for(socket.recv(), PATIENCE) == "still here"
        for reader, _ in silent:
            with suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        assert len(cut_off) == 102 - 10
        for _, writer in (*silent, *more):
            writer.close()


async def test_where_all_have_shaken_hands_a_newcomer_is_cut_off() -> None:
    async with bounded(1) as (url, _), connect(url, proxy=None) as first:
        await first.send("here")
        await first.recv()
        with pytest.raises((ConnectionError, InvalidMessage)):
            await connect(url, proxy=None)
        await first.send("still here")
        assert await asyncio.wait_for(first.recv(), PATIENCE) == "still here"


async def test_what_is_gone_makes_room() -> None:
    async with bounded(1) as (url, cut_off):
        for _ in range(3):
            async with connect(url, proxy=None) as socket:
                await socket.send("here")
                assert await asyncio.wait_for(socket.recv(), PATIENCE) == "here"
        assert cut_off == []
