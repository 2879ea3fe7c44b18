"""A real disk that fills up: transactions and errors are stored, recordings rest, and go on."""

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.can_bench import small_disk
from tests.csms_bench import REQUESTS, start
from tests.peers import ChargePoint
from tests.ports import free_port
from tests.processes import Program, role, wait_for

MB = 1_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """32 MB, so that 3.2 MB are its reserve."""
    with small_disk(tmp_path / "disk", "size=32000000") as folder:
        yield folder


def free(disk: Path) -> int:
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


def fill(disk: Path) -> None:
    """Leave 2 MB."""
    with (disk / "filler").open("wb") as filler:
        filler.write(bytes(free(disk) - 2 * MB))


def rows(disk: Path, what: str) -> list[Any]:
    with sqlite3.connect(disk / "csms.db") as other:
        return list(other.execute(f"SELECT {what}"))


def events(disk: Path) -> list[str]:
    return [detail for (detail,) in rows(disk, "detail FROM security_events ORDER BY at")]


def gaps(file: Path) -> list[str | None]:
    """What the lines of an OCPP recording say of gaps."""
    said = (json.loads(line).get("gap") for line in file.read_text().splitlines())
    return [gap for gap in said if gap]


@pytest.fixture
def csms(disk: Path) -> Iterator[tuple[Program, str]]:
    url = f"ws://127.0.0.1:{free_port()}/"
    options = ["--database", f"sqlite:///{disk}/csms.db", "--record-ocpp", str(disk / "ocpp.jsonl")]
    with role("csms", "--listen", url, "--cycle", "none", "--http", "none", *options) as program:
        yield program.ready(), url


def test_on_a_full_disk_transactions_are_stored_and_the_database_tells_the_gap(
    csms: tuple[Program, str], disk: Path
) -> None:
    program, url = csms
    with ChargePoint(url, "CP_1") as point:
        point.boot()

        def meters() -> bool:
            return point.ask("MeterValues", REQUESTS["MeterValues"]) == {}

        assert meters()
        fill(disk)
        wait_for(lambda: meters() and len(events(disk)) == 1)
        program.until("database: the disk is down to its reserve")
        wait_for(lambda: meters() and gaps(disk / "ocpp.jsonl") == ["begins"])
        written = (disk / "ocpp.jsonl").stat().st_size
        number = start(point, 7)
        fault = {"connectorId": 1, "errorCode": "GroundFailure", "status": "Faulted"}
        assert point.ask("StatusNotification", fault) == {}
        stop = REQUESTS["StopTransaction"] | {"transactionId": number}
        assert isinstance(point.ask("StopTransaction", stop), dict)
        assert rows(disk, "id FROM transactions WHERE stop_at IS NOT NULL") == [(number,)]
        assert rows(disk, "error_code FROM statuses") == [("GroundFailure",)]
        assert (disk / "ocpp.jsonl").stat().st_size == written
        (disk / "filler").unlink()
        wait_for(lambda: meters() and len(events(disk)) == 2)
        wait_for(lambda: meters() and gaps(disk / "ocpp.jsonl") == ["begins", "ends"])
    program.until(r"database: the disk has room again: .*; left out meanwhile: \d+ meter values")
    assert program.end() == 0


def test_on_a_full_disk_the_recorder_rests_and_marks_the_gap(disk: Path) -> None:
    file = disk / "can.log"
    with (
        role("record", str(file)).ready() as recorder,
        Program("cangen", "vcan0", "-g", "20", "-I", "i"),
    ):
        wait_for(lambda: file.stat().st_size > 1000)
        fill(disk)
        recorder.until("nothing more is written to")
        size = file.stat().st_size
        assert free(disk) > MB
        (disk / "filler").unlink()
        recorder.until(r"can\.log goes on: \d+ frames left out so far")
        wait_for(lambda: file.stat().st_size > size)
        assert recorder.end() == 0
    text = file.read_text()
    (gap,) = Path(f"{file}.gaps").read_text().splitlines()
    stamps = [line[1:18] for line in text.splitlines()]
    before, after = (f"{json.loads(gap)[name]:017.6f}" for name in ("from", "to"))
    assert stamps.index(after) == stamps.index(before) + 1
    assert len(text[: text.index(f"({after})")]) == size
