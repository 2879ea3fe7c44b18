"""Staying connected to a central system, over real connections on loopback.

How soon it tries again is asked for in the log; no test waits for that.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Response
from websockets.typing import Subprotocol

import rig.cp.csms_link
from rig.cp.csms_link import CsmsLink
from tests.ports import free_port
from tests.processes import PATIENCE

LOG = logging.getLogger("rig.test")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(rig.cp.csms_link, "BACKOFF", (0.01, 0.02))
    caplog.set_level(logging.INFO)


class Held:
    """A link that is to stay connected, and the connections that it was given one after the other.

    Each lasts until it is closed.
    """

    def __init__(self, port: int, name: str = "CP 1") -> None:
        self.refused: list[str] = []
        self.link = CsmsLink(f"ws://127.0.0.1:{port}/", name, LOG, self.refused.append)
        self.connections: asyncio.Queue[ClientConnection] = asyncio.Queue()
        self.given = 0

    async def _serve(self, connection: ClientConnection) -> None:
        self.given += 1
        self.connections.put_nowait(connection)
        await connection.wait_closed()

    async def connected(self) -> ClientConnection:
        return await asyncio.wait_for(self.connections.get(), PATIENCE)

    @asynccontextmanager
    async def staying(self) -> AsyncIterator["Held"]:
        task = asyncio.create_task(self.link.stay(self._serve, 0))
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def central(
    port: int = 0, subprotocol: str | None = "ocpp1.6", **options: Any
) -> AsyncIterator[tuple[Server, list[ServerConnection]]]:
    """A central system that says nothing, and who connected to it."""
    accepted: list[ServerConnection] = []

    async def on_connection(connection: ServerConnection) -> None:
        accepted.append(connection)
        await connection.wait_closed()

    spoken = Subprotocol(subprotocol) if subprotocol else None
    async with serve(
        on_connection,
        "127.0.0.1",
        port,
        select_subprotocol=lambda connection, offered: spoken if spoken in offered else None,
        close_timeout=0.2,
        **options,
    ) as server:
        yield server, accepted


def port_of(server: Server) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port


async def until(holds: Callable[[], bool]) -> None:
    """Look at each turn of the event loop or two whether something holds now."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            turned = asyncio.Event()
            asyncio.get_running_loop().call_later(0.005, turned.set)
            await turned.wait()


async def logged(caplog: pytest.LogCaptureFixture, text: str, times: int = 1) -> None:
    """Wait for lines with this text."""
    await until(lambda: sum(text in line for line in caplog.messages) >= times)


async def test_it_connects_as_its_charge_point_and_speaks_ocpp() -> None:
    """OCPP-J 1.6, 3.1.1 and 3.1.2."""
    async with central() as (server, accepted), Held(port_of(server)).staying() as held:
        connection = await held.connected()
        assert connection.subprotocol == "ocpp1.6"
        assert accepted[0].request is not None
        assert accepted[0].request.path == "/CP%201"


async def test_a_password_in_the_address_is_sent() -> None:
    """RFC 7617: the base64 of CP_1:a@b."""
    async with central() as (server, accepted):
        held = Held(port_of(server))
        held.link = CsmsLink(f"ws://CP_1:a%40b@127.0.0.1:{port_of(server)}/", "CP_1", LOG)
        async with held.staying():
            await held.connected()
        assert accepted[0].request is not None
        assert accepted[0].request.headers["Authorization"] == "Basic Q1BfMTphQGI="


async def test_it_connects_again_when_the_connection_is_gone() -> None:
    async with central() as (server, accepted), Held(port_of(server)).staying() as held:
        await held.connected()
        await accepted[0].close()
        await held.connected()
        assert len(accepted) == 2


async def test_it_tries_until_there_is_a_central_system(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    async with Held(port).staying() as held:
        await logged(caplog, f"no CSMS at ws://127.0.0.1:{port}/", times=2)
        async with central(port):
            await held.connected()


async def test_a_refusal_is_told_once_until_its_reason_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reasons, over = iter(["gone", "gone", "full", "gone"]), asyncio.Event()

    async def fail(_: float) -> ClientConnection:
        for reason in reasons:
            raise OSError(reason)
        over.set()
        return await asyncio.Future()

    held = Held(free_port())
    monkeypatch.setattr(held.link, "_open", fail)
    async with held.staying():
        await asyncio.wait_for(over.wait(), PATIENCE)
    assert held.refused == ["gone", "full", "gone"]


async def test_a_refusal_is_told_again_after_a_connection() -> None:
    port = free_port()
    async with Held(port).staying() as held:
        await until(lambda: len(held.refused) == 1)
        async with central(port):
            await held.connected()
        await until(lambda: held.refused.count(held.refused[0]) == 2)
    assert "Connect call failed" in held.refused[0]


async def test_who_does_not_speak_ocpp_is_left_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """OCPP-J 1.6, 3.2."""
    async with central(subprotocol=None) as (server, _), Held(port_of(server)).staying() as held:
        await logged(caplog, "it does not speak ocpp1.6", times=2)
        assert held.given == 0


@pytest.mark.parametrize(
    "address",
    ["https://csms.lan/CP_1", "ws://a..b/", "ws://127.0.0.1:99999/", "ws://[::1", "ws://h/#x"],
)
async def test_who_redirects_to_no_websocket_is_tried_again(
    caplog: pytest.LogCaptureFixture, address: str
) -> None:
    def redirect(connection: ServerConnection, _: Any) -> Response:
        response = connection.respond(HTTPStatus.MOVED_PERMANENTLY, "")
        response.headers["Location"] = address
        return response

    async with (
        central(process_request=redirect) as (server, _),
        Held(port_of(server)).staying() as held,
    ):
        await logged(caplog, f"no CSMS at ws://127.0.0.1:{port_of(server)}/", times=2)
        assert held.given == 0


async def test_it_tries_ever_more_slowly_but_after_a_steady_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rig.cp.csms_link, "BACKOFF", (0.1, 0.2, 0.4))
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    async with central(subprotocol=None) as (server, _), Held(port_of(server)).staying():
        await logged(caplog, "next attempt in 0.4 s")
    assert [line[-5:] for line in caplog.messages if "next" in line] == ["0.1 s", "0.2 s", "0.4 s"]
    caplog.clear()
    monkeypatch.setattr(rig.cp.csms_link, "STEADY", 0.0)
    async with central() as (server, accepted), Held(port_of(server)).staying() as held:
        for number in range(3):
            await held.connected()
            await accepted[number].close()
        await logged(caplog, "next attempt in", times=3)
    assert [line[-5:] for line in caplog.messages if "next" in line] == ["0.1 s"] * 3


# offline and online


async def test_offline_it_leaves_and_stays_away_until_it_is_online() -> None:
    async with central() as (server, accepted), Held(port_of(server)).staying() as held:
        connection = await held.connected()
        held.link.offline()
        await asyncio.wait_for(connection.wait_closed(), PATIENCE)
        assert connection.close_code == 1001  # RFC 6455, 7.4.1: going away
        assert len(accepted) == 1
        held.link.online()
        await held.connected()


async def test_offline_while_it_connects_it_does_not_stay() -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(connection: ServerConnection, request: Any) -> None:
        asked.set()
        await go_on.wait()

    async with (
        central(process_request=slow) as (server, accepted),
        Held(port_of(server)).staying() as held,
    ):
        await asyncio.wait_for(asked.wait(), PATIENCE)
        held.link.offline()
        go_on.set()
        await until(lambda: bool(accepted))
        await asyncio.wait_for(accepted[0].wait_closed(), PATIENCE)
        assert held.given == 0
        held.link.online()
        await held.connected()


async def test_online_it_connects_at_once_whatever_went_wrong_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with central() as (server, _), Held(port_of(server)).staying() as held:
        connection = await held.connected()
        monkeypatch.setattr(rig.cp.csms_link, "BACKOFF", (10 * PATIENCE,))
        held.link.offline()
        await asyncio.wait_for(connection.wait_closed(), PATIENCE)
        held.link.online()
        await held.connected()


async def test_at_its_end_it_says_goodbye() -> None:
    async with central() as (server, accepted):
        async with Held(port_of(server)).staying() as held:
            await held.connected()
        await asyncio.wait_for(accepted[0].wait_closed(), PATIENCE)
        assert accepted[0].close_code == 1001
