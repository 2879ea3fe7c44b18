"""All charge points of the central system."""

import asyncio
import logging
import re
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from rig.csms.central import CentralSystem, Policy
from rig.csms.handshake import charge_point_id
from tests.served import LOG, NONE, Memory, Served, served


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/CP_1", "CP_1"),
        ("/ocpp/CP_1", "CP_1"),
        ("//CP_1", "CP_1"),  # an address that ends in / and a charge point that adds one
        ("/CP_1?token=x", "CP_1"),
        ("/CP%201%2F2", "CP 1/2"),
        ("/%C3%A9", "\u00e9"),
        ("/e%CC%81", "\u00e9"),  # an e and an accent: the same id
        ("/" + "x" * 48, "x" * 48),
    ],
)
def test_the_id_is_the_last_part_of_the_path(path: str, name: str) -> None:
    assert charge_point_id(path) == name


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/" + "x" * 49, "more than 48 characters"),
        ("/", "names none"),
        ("", "names none"),
        ("/CP_1/", "names none"),
        ("/..", "names none"),
        ("/%0d%0aforged", "cannot be printed"),
        ("/%1b[2J", "cannot be printed"),
        ("/CP_1%20", "a blank at an end"),
        ("/%20CP_1", "a blank at an end"),
        ("/%ff", "not UTF-8"),  # every such id would be the same
    ],
)
def test_what_is_no_id_is_refused_with_its_reason(path: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        charge_point_id(path)


async def test_the_refusal_says_why(caplog: pytest.LogCaptureFixture) -> None:
    async with served() as central:
        with pytest.raises(InvalidStatus) as refused:
            await central.connect("CP_1%20")
    why = "the path ends in the id of a charge point: it has a blank at an end"
    assert (refused.value.response.status_code, refused.value.response.body) == (
        404,
        f"{why}\n".encode(),
    )
    assert any(why in line for line in caplog.messages)


async def test_ids_that_differ_in_their_case_are_two_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served() as central:
        await central.booted("CP_1")
        await central.booted("cp_1")
        await central.booted("CP_2")
        assert [each["id"] for each in central.system.charge_points()] == ["CP_1", "CP_2", "cp_1"]
    told = [line for line in caplog.messages if "two charge points" in line]
    assert told == ["ocpp = CP_1 and cp_1 are two charge points, 1 such so far"]


async def gone(central: Served) -> None:
    """Until the central system knows that nobody is connected any more."""
    while any(each["connected"] for each in central.system.charge_points()):
        await asyncio.to_thread(int)  # lets the others have a turn


async def test_all_that_connected_are_shown() -> None:
    async with served() as central:
        await central.booted("CP_2")
        one = await central.booted("CP_1")
        await one.websocket.close()
        shown = central.system.charge_points()
        assert [each["id"] for each in shown] == ["CP_1", "CP_2"]
        assert [each["vendor"] for each in shown] == ["v", "v"]
        assert shown[1]["connected"] is True
        assert central.system.charge_point("CP_2") == shown[1]
        assert central.system.charge_point("CP_3") is None
        assert shown[1]["since"].endswith("Z")


@pytest.mark.parametrize(
    "command",
    [
        {},
        {"command": "fly"},
        {"command": "disconnect"},
        {"command": "disconnect", "charge_point": 1},
        {"command": "disconnect", "charge_point": "CP_1"},  # not connected
    ],
)
async def test_a_wrong_command_of_rig_control_says_so(command: dict[str, object]) -> None:
    system = CentralSystem(Policy(NONE), Memory(), LOG, None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"commands are|is not connected"):
        system.control(command)


async def test_offline_it_ends_what_is_connected_and_refuses_until_it_is_online() -> None:
    async with served() as central:
        point = await central.booted()
        central.system.control({"command": "offline"})
        with pytest.raises(ConnectionClosed, match="1001"):
            await point.heard()
        with pytest.raises(InvalidStatus, match="503"):
            await central.connect()
        central.system.control({"command": "online"})
        await central.booted()


# connections


async def test_a_second_connection_is_a_security_event() -> None:
    async with served() as central:
        await central.booted()
        with pytest.raises(InvalidStatus, match="409"):
            await central.connect()
        ((name, event, detail),) = central.store.security
        assert (name, event) == ("CP_1", "SecondConnection")
        assert "refused, the first one lives" in detail


async def test_second_connections_are_told_once_a_minute_and_id(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served() as central:
        for name in ("CP_1", "CP_2"):
            await central.booted(name)
            await refused(central, name, 409, 50)
        assert [name for name, _, _ in central.store.security] == ["CP_1", "CP_2"]
        assert len([line for line in caplog.messages if "second connection" in line]) == 2
        later(monkeypatch, 61.0)
        await refused(central, "CP_1", 409, 2)
    (_, _, (name, _, detail)) = central.store.security
    assert (name, detail[-29:]) == ("CP_1", " (50 since the last one told)")


async def refused(central: Served, name: str, status: int, times: int) -> None:
    for _ in range(times):
        with pytest.raises(InvalidStatus, match=str(status)):
            await central.connect(name)


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """From now on the clock of the event loop and of the log is so much later."""
    loop, monotonic = asyncio.get_running_loop(), time.monotonic
    monkeypatch.setattr(loop, "time", lambda: monotonic() + seconds)


async def test_one_that_comes_and_goes_all_the_time_fills_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with served() as central:
        for _ in range(50):
            point = await central.connect("STRANGE")
            assert await point.ask("Heartbeat", {}) == "SecurityError"
            await point.websocket.close()
            await gone(central)
    told = [line for line in caplog.messages if re.search(r"STRANGE .*(connected|CALLERROR)", line)]
    assert len(told) == 30  # of 150; what it says and is asked is the record


async def test_one_that_has_booted_here_gets_the_place_of_a_stranger(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served(Policy(NONE, connections=2)) as central:
        central.store.known.add("CP_9")
        booted = await central.booted("CP_1")
        stranger = await central.connect("STRANGE")
        await refused(central, "CP_2", 503, 1)
        known = await central.connect("CP_9")
        assert "currentTime" in await known.ask("Heartbeat", {})
        with pytest.raises(ConnectionClosed, match="its place went to a known one"):
            await stranger.heard()
        central.store.known.add("CP_8")
        await refused(central, "CP_8", 503, 1)  # all have booted
        assert "currentTime" in await booted.ask("Heartbeat", {})
    assert [line for line in caplog.messages if "full" in line] == [
        "ocpp = full: one that never booted gave its place to one that had, 1 so far"
    ]


async def test_the_headers_of_the_handshake_are_not_kept() -> None:
    async with served() as central:
        point = await central.booted()
        assert point.websocket.response
        assert "Sec-WebSocket-Accept" in point.websocket.response.headers
        connection = central.system._points["CP_1"]._connection
        assert connection
        assert connection.request
        assert connection.response
        assert (len(connection.request.headers), len(connection.response.headers)) == (0, 0)


async def test_ids_that_never_boot_do_not_gather() -> None:
    async with served() as central:
        for number in range(20):
            await (await central.connect(f"STRANGE_{number}")).websocket.close()
        await gone(central)
        assert len(central.system.charge_points()) <= 1


async def test_of_those_that_are_away_only_some_are_remembered() -> None:
    async with served(Policy(NONE, connections=2)) as central:
        for number in range(10):
            await (await central.booted(f"CP_{number}")).websocket.close()
            await gone(central)
        shown = [each["id"] for each in central.system.charge_points()]
        assert shown == ["CP_6", "CP_7", "CP_8", "CP_9"]


# what it remembers


async def test_without_the_database_it_is_unknown_and_served_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served() as central:
        central.store.fails = True
        await central.booted()
    assert "CP_1 nothing is remembered of it: the disk is full" in caplog.messages
