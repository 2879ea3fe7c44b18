"""What one end tells, and whom, by its options."""

import argparse
import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from rig.ocppj.logic import told
from rig.ocppj.telling import Teller, add_telling_options, telling

LOG = logging.getLogger("rig.test")
WHY_OVER = "this charge point ended"


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_telling_options(parser)
    return parser.parse_args(words)


def what(text: bytes) -> list[dict[str, Any]]:
    """The lines without their stamps."""
    lines = [json.loads(line) for line in text.splitlines()]
    return [{key: line[key] for key in line if key not in ("timestamp", "t")} for line in lines]


def tell(teller: Teller | None) -> None:
    assert teller
    teller.connection("CP_1", "connected")
    teller.message("CP_1", "[1]", by_charge_point=True)
    teller.connection("CP_1", "closed", "it went")


TOLD: list[dict[str, Any]] = [
    {"point": "cp", "offers": True},
    {"point": "cp", "cp_id": "CP_1", "connection": "connected", "why": ""},
    {"point": "cp", "cp_id": "CP_1", "dir": "cp>cs", "message": [1]},
    {"point": "cp", "cp_id": "CP_1", "connection": "closed", "why": "it went"},
    {"point": "cp", "offers": False, "why": WHY_OVER},
]


async def test_a_file_and_a_reader_get_the_same(tmp_path: Path) -> None:
    words = ("--record-ocpp", str(tmp_path / "ocpp"), "--offer-ocpp", str(tmp_path / "s"))
    async with telling(options(*words), "cp", WHY_OVER, LOG) as teller:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        begin = await reader.readline()
        tell(teller)
    assert what(begin + await reader.read()) == TOLD
    assert what((tmp_path / "ocpp").read_bytes()) == TOLD
    writer.close()


async def test_without_the_options_nobody_is_told() -> None:
    async with telling(options(), "cp", WHY_OVER, LOG) as teller:
        assert teller is None


async def test_the_usual_socket_has_the_name_of_the_role(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    caplog.set_level(logging.INFO)
    path = tmp_path / "ev-charging-rig" / "csms-ocpp.sock"
    async with telling(options("--offer-ocpp"), "csms", WHY_OVER, LOG):
        assert path.is_socket()
    assert caplog.messages == [f"ocpp = offered at {path}"]


async def test_where_nobody_reads_no_line_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A central system of 1000 charge points pays nothing for an offer that nobody takes."""
    words = ("--offer-ocpp", str(tmp_path / "s"))
    async with telling(options(*words), "cp", WHY_OVER, LOG) as teller:
        with monkeypatch.context() as patched:
            patched.setattr(told, "hide", None)  # fails when it is called
            tell(teller)
