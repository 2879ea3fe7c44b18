"""The end of the HTTP server, and that it is a guest: signals and log belong to the role."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.steered import Answer, FakeSystem, Steered, steered

PATIENCE = 60.0  # s; generous, since timings never decide a test
RESET = "/charge-points/CP_1/Reset"


@pytest.fixture(autouse=True)
async def clean(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """Nothing runs and nothing was complained of afterwards."""
    yield
    assert asyncio.all_tasks() == {asyncio.current_task()}
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [each.message for each in warnings if "http = full" not in each.message] == []


async def connect(interface: Steered) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = interface.host.split(":")
    return await asyncio.open_connection(host, int(port))


async def answered(interface: Steered) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that is kept after its answer."""
    reader, writer = await connect(interface)
    writer.write(f"GET /openapi.json HTTP/1.1\r\nHost: {interface.host}\r\n\r\n".encode())
    assert b"200 OK" in await asyncio.wait_for(reader.readline(), PATIENCE)
    return reader, writer


async def asked(interface: Steered) -> "asyncio.Task[Answer]":
    """A command that its charge point has not answered yet."""
    asking = asyncio.create_task(interface.post(RESET, {"type": "Hard"}))
    await asyncio.wait_for(interface.system.asked.wait(), PATIENCE)
    return asking


async def released(interface: Steered, asking: "asyncio.Task[Answer]") -> Answer:
    """The charge point answers."""
    interface.system.released.set()
    return await asyncio.wait_for(asking, PATIENCE)


async def test_it_ends_at_once_after_it_began(tmp_path: Path) -> None:
    async with steered(tmp_path):
        pass


async def test_a_kept_connection_is_closed_at_the_end(tmp_path: Path) -> None:
    async with steered(tmp_path) as interface:
        reader, writer = await answered(interface)
    await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()


@pytest.mark.parametrize(
    ("length", "begins"), [(None, b""), (100, b"HTTP/1.1 503")], ids=["head", "body"]
)
async def test_half_a_request_is_cut_off_at_the_end(
    tmp_path: Path, length: int | None, begins: bytes
) -> None:
    async with steered(tmp_path) as interface:
        await interface.get("/docs")
        reader, writer = await connect(interface)
        writer.write(head(interface, length) if length else b"GET /docs HTTP/1.1\r\nHost:")
        await interface.get("/docs")
    answer = await asyncio.wait_for(reader.read(), PATIENCE)
    assert answer.startswith(begins)
    assert bool(answer) is bool(begins)
    writer.close()


@pytest.mark.parametrize("sent", [b"", b"GET /docs HTTP/1.1\r\nHost:", b"POST", b"next"])
async def test_a_request_that_does_not_come_is_cut_off(
    interface: Steered, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """A hundred of these would shut out everybody else for ever."""
    monkeypatch.setattr("rig.csms.http.server.PATIENCE", 0.05)
    await interface.get("/docs")
    reader, writer = await connect(interface)
    if sent == b"POST":
        sent = head(interface, 100)
    if sent == b"next":  # half a second one
        sent = f"GET /docs HTTP/1.1\r\nHost: {interface.host}\r\n\r\nGET".encode()
    writer.write(sent)
    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()


async def test_an_answer_that_nobody_reads_is_cut_off(
    interface: Steered, monkeypatch: pytest.MonkeyPatch
) -> None:
    await interface.get("/docs")
    monkeypatch.setattr("rig.csms.http.server.PATIENCE", 0.05)
    with jammed(interface):
        await interface.get("/docs")  # what came before is being answered by now
        while is_answering():  # or the time of a test is over
            await asyncio.to_thread(int)


@contextlib.contextmanager
def jammed(interface: Steered) -> Iterator[None]:
    """Somebody asks for 28 MB and reads none of it."""
    host, port = interface.host.split(":")
    asset = f"GET /assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: {interface.host}\r\n\r\n"
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect((host, int(port)))
        sock.sendall(asset.encode() * 20)
        yield


def is_answering() -> bool:
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return "RequestResponseCycle.run_asgi" in names


async def test_a_command_that_takes_long_is_not_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.csms.http.server.PATIENCE", 0.01)
    async with steered(tmp_path, FakeSystem(is_slow=True)) as interface:
        asking = await asked(interface)
        looked = asyncio.Event()
        asyncio.get_running_loop().call_later(0.1, looked.set)
        await looked.wait()
        assert (await released(interface, asking)).status == 200


async def test_a_command_in_flight_is_told_that_the_central_system_ended(tmp_path: Path) -> None:
    async with steered(tmp_path, FakeSystem(is_slow=True)) as interface:
        asking = await asked(interface)
    answer = await asyncio.wait_for(asking, PATIENCE)
    assert (answer.status, answer.detail) == (503, "the central system ended")


async def test_a_client_that_goes_away_takes_its_command_back(tmp_path: Path) -> None:
    system = FakeSystem(is_slow=True)
    async with steered(tmp_path, system) as interface:
        _, writer = await connect(interface)
        writer.write(head(interface, 16) + b'{"type": "Hard"}')
        await asyncio.wait_for(system.asked.wait(), PATIENCE)
        writer.close()
        await asyncio.wait_for(system.given_up.wait(), PATIENCE)
        assert not system.answered.is_set()
        assert (await interface.get("/charge-points")).status == 200


async def test_a_client_that_had_gone_before_it_was_served_sends_nothing(tmp_path: Path) -> None:
    """Its request and the end of its connection wait together, as after a stop of the process."""
    system = FakeSystem()
    async with steered(tmp_path, system) as interface:
        assert (await interface.get("/charge-points")).status == 200
        host, port = interface.host.split(":")
        with socket.create_connection((host, int(port))) as sock:  # the loop has no turn in here
            sock.sendall(head(interface, 16) + b'{"type": "Hard"}')
        assert (await interface.get("/charge-points")).status == 200
    assert system.sent == []


def head(interface: Steered, length: int) -> bytes:
    """A Reset up to its body, which is to have this length."""
    return (
        f"POST {RESET} HTTP/1.1\r\nHost: {interface.host}\r\nContent-Length: {length}\r\n"
        f"Authorization: Bearer {interface.access.token}\r\n"
        "Content-Type: application/json\r\n\r\n"
    ).encode()


async def test_the_signals_stay_the_roles(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with steered(tmp_path) as interface:
        await interface.get("/docs")
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize(
    "text", [b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/9\r\n\r\n"]
)
async def test_what_is_no_http_gets_a_short_answer_and_no_line_in_the_log(
    interface: Steered, text: bytes
) -> None:
    reader, writer = await connect(interface)
    writer.write(text)
    writer.write_eof()
    with contextlib.suppress(ConnectionError):
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
        assert len(answer) < 512
    writer.close()
    assert (await interface.get("/charge-points")).status == 200


async def test_what_is_no_http_after_the_answer_ends_its_connection_alone(
    interface: Steered,
) -> None:
    """uvicorn would answer a second time and raise: without a token, that ended the role."""
    raised: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: raised.append(context))
    reader, writer = await connect(interface)
    chunked = head(interface, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    writer.write(chunked.replace(b"Bearer", b"Bearer wrong"))
    assert b"401" in await asyncio.wait_for(reader.readline(), PATIENCE)
    writer.write(b"zz\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    assert (await interface.get("/charge-points")).status == 200
    assert raised == []


async def test_a_body_that_breaks_off_is_no_defect(interface: Steered) -> None:
    await interface.get("/docs")
    _, writer = await connect(interface)
    writer.write(head(interface, 100) + b"{")
    await writer.drain()
    assert (await interface.get("/charge-points")).status == 200
    writer.transport.abort()
    assert (await interface.get("/charge-points")).status == 200


async def test_the_server_does_not_tell_what_it_runs_on(interface: Steered) -> None:
    headers = (await interface.get("/docs")).headers
    assert headers["Server"] is None
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
