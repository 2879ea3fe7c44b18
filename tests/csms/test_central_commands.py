"""Commands to the charge points of the central system, from outside."""

import asyncio

import pytest

from rig.csms.commands import Busy, CallFailed, InvalidRequest, NotConnected
from tests.csms.test_central import gone
from tests.event_loop import turn
from tests.served import served


async def test_a_command_finds_a_charge_point_however_its_id_is_written() -> None:
    async with served() as central:
        point = await central.booted("caf%C3%A9")
        sent = asyncio.create_task(central.system.send("cafe\u0301", "ClearCache", {}))
        await point.answers({"status": "Accepted"})
        assert await sent == {"status": "Accepted"}


async def test_a_command_is_sent_and_its_answer_comes_back_as_on_the_wire() -> None:
    async with served() as central:
        point = await central.booted()
        sent = asyncio.create_task(central.system.send("CP_1", "GetConfiguration", {"key": ["x"]}))
        kind, unique_id, action, payload = await point.heard()
        assert (kind, action, payload) == (2, "GetConfiguration", {"key": ["x"]})
        await point.send([3, unique_id, {"unknownKey": ["x"]}])
        assert await sent == {"unknownKey": ["x"]}


async def test_a_callerror_is_raised_with_its_code() -> None:
    async with served() as central:
        point = await central.booted()
        sent = asyncio.create_task(central.system.send("CP_1", "ClearCache", {}))
        await point.send([4, (await point.heard())[1], "NotSupported", "no cache", {}])
        with pytest.raises(CallFailed, match="no cache") as raised:
            await sent
        assert raised.value.code == "NotSupported"


async def test_a_lost_connection_fails_every_command_that_waits() -> None:
    async with served() as central:
        point = await central.booted()
        send = central.system.send
        sent = [asyncio.create_task(send("CP_1", "ClearCache", {})) for _ in range(3)]
        await point.heard()
        await point.websocket.close()
        failed = await asyncio.gather(*sent, return_exceptions=True)
        assert all(isinstance(each, CallFailed) for each in failed)


async def test_a_command_too_many_is_told_that_it_was_not_taken() -> None:
    async with served() as central:
        point = await central.booted()
        send = central.system.send
        sent = [asyncio.create_task(send("CP_1", "ClearCache", {})) for _ in range(33)]
        unique_id = (await point.heard())[1]
        with pytest.raises(Busy, match="not sent: 32 commands wait already"):
            await send("CP_1", "ClearCache", {})
        for _ in range(32):
            await point.send([3, unique_id, {"status": "Accepted"}])
            unique_id = (await point.heard())[1]
        await point.send([3, unique_id, {"status": "Accepted"}])
        assert await asyncio.gather(*sent) == [{"status": "Accepted"}] * 33


async def test_whoever_gives_up_on_a_command_disturbs_nobody() -> None:
    async with served() as central:
        point = await central.booted()
        given_up = asyncio.create_task(central.system.send("CP_1", "ClearCache", {}))
        first = (await point.heard())[1]
        given_up.cancel()
        sent = asyncio.create_task(central.system.send("CP_1", "Reset", {"type": "Soft"}))
        await point.send([3, first, {"status": "Accepted"}])
        await point.answers({"status": "Rejected"})
        assert await sent == {"status": "Rejected"}


async def test_what_nobody_waits_for_is_not_sent(caplog: pytest.LogCaptureFixture) -> None:
    async with served() as central:
        point = await central.booted()
        send = central.system.send
        first = asyncio.create_task(send("CP_1", "ClearCache", {}))
        unique_id = (await point.heard())[1]
        given_up = asyncio.create_task(send("CP_1", "RemoteStartTransaction", {"idTag": "RIG"}))
        last = asyncio.create_task(send("CP_1", "Reset", {"type": "Soft"}))
        await turn()
        given_up.cancel()
        await turn()
        await point.send([3, unique_id, {"status": "Accepted"}])
        assert await first == {"status": "Accepted"}
        _, unique_id, action, _ = await point.heard()
        assert action == "Reset"
        await point.send([3, unique_id, {"status": "Accepted"}])
        assert await last == {"status": "Accepted"}
    why = "nobody waits for it any more"
    assert f"CP_1 command RemoteStartTransaction not sent: {why}" in caplog.messages


@pytest.mark.parametrize("name", ["CP_1", "CP_2"])
async def test_a_command_to_one_that_is_away_or_unknown_is_not_sent(name: str) -> None:
    async with served() as central:
        point = await central.booted()
        await point.websocket.close()
        await gone(central)
        with pytest.raises(NotConnected, match=f"{name} is not connected"):
            await central.system.send(name, "ClearCache", {})


async def test_a_command_that_breaks_its_schema_is_not_sent() -> None:
    async with served() as central:
        with pytest.raises(InvalidRequest, match="type is missing"):
            await central.system.send("CP_1", "Reset", {})
