"""More connections than the HTTP server takes: who is cut off, and who stays."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.csms.http.test_server import PATIENCE, answered, asked, connect, head, jammed, released
from tests.csms.http.test_server import clean as clean
from tests.steered import FakeSystem, steered


@pytest.mark.parametrize("sent", [b"", b"GET /docs HTTP/1.1\r\nHost:", b"POST"])
async def test_of_those_that_let_it_wait_the_oldest_goes_for_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    monkeypatch.setattr("rig.csms.http.server.CONNECTIONS", 3)
    monkeypatch.setattr("rig.csms.http.server.PATIENCE", 3600.0)
    async with steered(tmp_path) as interface:
        slow = [await connect(interface) for _ in range(3)]
        for _, writer in slow:
            writer.write(head(interface, 100) if sent == b"POST" else sent)
        for _ in range(3):
            assert (await interface.get("/charge-points")).status == 200
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(slow[0][0].read(), PATIENCE) == b""
        for _, writer in slow:
            writer.close()
    (told, *_) = [line for line in caplog.messages if "full" in line]
    assert told == "http = full: one that kept it waiting was cut off for a newcomer, 1 so far"


async def test_a_request_that_is_being_answered_stays_however_many_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.csms.http.server.CONNECTIONS", 2)
    async with steered(tmp_path, FakeSystem(is_slow=True)) as interface:
        asking = await asked(interface)
        for _ in range(10):
            _, writer = await connect(interface)
            writer.write(head(interface, 100))
            assert (await interface.get("/charge-points")).status == 200
            writer.close()
        assert (await released(interface, asking)).status == 200


async def test_where_all_are_being_answered_a_new_one_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.csms.http.server.CONNECTIONS", 1)
    async with steered(tmp_path, FakeSystem(is_slow=True)) as interface:
        asking = await asked(interface)
        with pytest.raises(ConnectionError):
            await interface.get("/charge-points")
        assert (await released(interface, asking)).status == 200


async def test_whoever_does_not_read_its_answer_goes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.csms.http.server.CONNECTIONS", 1)
    monkeypatch.setattr("rig.csms.http.server.PATIENCE", 3600.0)
    async with steered(tmp_path) as interface:
        with jammed(interface):
            is_served = False
            while not is_served:  # as soon as the kernel takes no more for the other one
                with contextlib.suppress(ConnectionError):
                    is_served = (await interface.get("/docs")).status == 200


async def test_a_connection_that_is_kept_goes_when_it_is_the_oldest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.csms.http.server.CONNECTIONS", 1)
    async with steered(tmp_path) as interface:
        _, writer = await answered(interface)
        assert (await interface.get("/charge-points")).status == 200
        writer.close()
