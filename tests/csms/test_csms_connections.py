"""Who may connect to the central system, and what it keeps, over a restart too."""

import asyncio
import json
import logging
import socket
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as async_connect
from websockets.exceptions import InvalidStatus

from rig.csms.__main__ import allow_descriptors
from tests.csms_bench import OCPP, REQUESTS, SOON, Csms, start
from tests.csms_bench import csms_fixture as csms_fixture
from tests.peers import ChargePoint, Payload
from tests.processes import Program, wait_for

# connections


def test_a_restarted_csms_knows_who_booted_and_stops_what_ran_before(csms: Csms) -> None:
    """OCPP-J 1.6, 5.4: a charge point that reconnects need not boot."""
    program, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as point:
        point.boot()
        transaction = point.start()
        program.process.kill()
    _, url = csms(cycle='steps = [{ do = "Stop" }]')
    with ChargePoint(url, "CP_1") as point:
        assert isinstance(point.ask("Heartbeat", {}), dict)
        point.until("RemoteStopTransaction", SOON, transactionId=transaction)
        assert "TriggerMessage" not in point.actions  # errata 3.40
        assert start(point, 1) > transaction


def stop_answering(point: ChargePoint, program: Program) -> None:
    """Read nothing more, so that pings go unanswered too. `program` is the central system."""
    point.stop_reading()
    for number in range(50):  # `websockets` itself takes a few of the answers
        point.begin("DataTransfer", {"vendorId": f"unread-{number}"})
    program.until("vendor_id=unread-49")


def test_one_that_was_cut_off_without_a_word_connects_again_at_once(csms: Csms) -> None:
    _, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as first:
        first.boot()
        first.websocket.socket.shutdown(2)
        with ChargePoint(url, "CP_1") as second:
            assert isinstance(second.ask("Heartbeat", {}, SOON), dict)


def test_a_path_of_9_kb_is_refused(csms: Csms) -> None:
    _, url = csms("--cycle", "none")
    with pytest.raises(InvalidStatus, match="414"):
        ChargePoint(url, "x" * 9000)


def test_one_connection_too_many_is_told_503_and_the_others_stay(csms: Csms) -> None:
    _, url = csms("--cycle", "none", "--max-connections", "2")
    with ChargePoint(url, "CP_1") as one:
        with ChargePoint(url, "CP_2") as two:
            two.boot()
            with pytest.raises(InvalidStatus, match="503"):
                ChargePoint(url, "CP_3")
        one.boot()
        assert isinstance(one.ask("Heartbeat", {}), dict)


async def test_a_thousand_charge_points_of_one_address_get_in_at_once(csms: Csms) -> None:
    """As of a simulator, or behind a reverse proxy."""
    allow_descriptors(1200, logging.getLogger("rig.test"))
    _, url = csms("--cycle", "none")
    boot = json.dumps([2, "1", "BootNotification", REQUESTS["BootNotification"]])

    async def booted(number: int) -> str:
        name = f"{url}CP_{number}"
        point = await async_connect(name, subprotocols=[OCPP], proxy=None, open_timeout=None)
        points.append(point)
        await point.send(boot)
        _, _, answer = json.loads(await point.recv())
        return str(answer["status"])

    points: list[ClientConnection] = []
    answers = await asyncio.gather(*map(booted, range(1000)))
    assert answers == ["Accepted"] * 1000
    for point in points:
        point.transport.abort()


def test_one_that_floods_and_one_that_reads_nothing_hold_up_no_other(csms: Csms) -> None:
    program, url = csms("--cycle", "none")
    with (
        ChargePoint(url, "STUCK") as stuck,
        ChargePoint(url, "FLOOD") as flood,
        ChargePoint(url, "CP_1") as bystander,
    ):
        for point in (stuck, flood, bystander):
            point.boot()
        stop_answering(stuck, program)
        begun = [flood.begin("MeterValues", REQUESTS["MeterValues"]) for _ in range(1000)]
        for _ in range(20):
            assert isinstance(bystander.ask("Heartbeat", {}, SOON), dict)
        assert flood.answer_to(begun[-1]) in ({}, "InternalError")  # 100 may wait at once


def test_a_boot_is_answered_as_the_option_says(csms: Csms) -> None:
    _, url = csms("--registration", "pending")
    with ChargePoint(url, "CP_1") as point:
        answer = point.boot()
        assert isinstance(answer, dict)
        assert (answer["status"], answer["interval"]) == ("Pending", 10)
        assert point.ask("Heartbeat", {}) == "SecurityError"
        assert point.actions == []


def test_a_charge_point_is_cut_off_and_the_csms_taken_away_by_control(
    csms: Csms, tmp_path: Path
) -> None:
    path = str(tmp_path / "control")
    _, url = csms("--cycle", "none", "--control", path)

    def control(**command: str) -> Payload:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            connection.sendall(json.dumps(command).encode() + b"\n")
            answer: Payload = json.loads(connection.makefile().readline())
            return answer

    with ChargePoint(url, "CP_1") as point:
        point.boot()
        assert control(command="disconnect", charge_point="CP_1") == {"ok": True}
        assert point.closed() == 1001
    # The charge point may see the end first.
    wait_for(lambda: control(command="disconnect", charge_point="CP_1")["ok"] is False)
    assert control(command="offline") == {"ok": True}
    with pytest.raises(InvalidStatus, match="503"):
        ChargePoint(url, "CP_1")
    assert control(command="online") == {"ok": True}
    with ChargePoint(url, "CP_1") as point:
        assert isinstance(point.boot(), dict)


# storage


def test_tags_are_those_of_the_file(csms: Csms, tmp_path: Path) -> None:
    tags = tmp_path / "tags.toml"
    tags.write_text('[tags.RIG]\n[tags.STOLEN]\nstatus = "Blocked"\n')
    _, url = csms("--cycle", "none", "--tags", str(tags), "--unknown-tags", "invalid")
    with ChargePoint(url, "CP_1") as point:
        point.boot()
        answers = [point.ask("Authorize", {"idTag": tag}) for tag in ("RIG", "STOLEN", "X")]
    statuses = [answer["idTagInfo"]["status"] for answer in answers if isinstance(answer, dict)]
    assert statuses == ["Accepted", "Blocked", "Invalid"]
