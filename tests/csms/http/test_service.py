"""The HTTP interface as `rig csms` starts and ends it."""

import argparse
import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rig.csms.http.service import HttpAddress, add_http_options, http_control, read_place
from rig.role.errors import UserError
from tests.steered import LOG, OCPP_PORT, FakeSystem, FakeTags, options, steered


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("0", HttpAddress("127.0.0.1", 0)),
        ("8080", HttpAddress("127.0.0.1", 8080)),
        ("0.0.0.0:8080", HttpAddress("0.0.0.0", 8080)),
        ("[::1]:8080", HttpAddress("::1", 8080)),
        ("bench.example:0", HttpAddress("bench.example", 0)),
        ("none", None),
    ],
)
def test_a_place_is_a_port_of_loopback_unless_a_host_is_named(
    text: str, place: HttpAddress | None
) -> None:
    assert read_place(text) == place


@pytest.mark.parametrize(
    "text", ["", "http", ":80", "::1", "host:", "host:99999", "host:80/x", "a..b:0"]
)
def test_anything_else_is_one_clear_line(text: str) -> None:
    with pytest.raises(UserError, match=r"--http is \[HOST:\]PORT or none, not"):
        read_place(text)


def test_only_a_name_that_is_no_address_is_one_of_ours() -> None:
    assert HttpAddress("Bench.example", 80).name == "bench.example"
    assert HttpAddress("192.0.2.7", 80).name is None
    assert HttpAddress("::1", 80).name is None


def test_by_default_the_kernel_chooses_a_port_of_loopback() -> None:
    parser = argparse.ArgumentParser()
    add_http_options(parser)
    assert read_place(parser.parse_args([]).http) == HttpAddress("127.0.0.1", 0)


async def test_the_token_file_tells_where_it_is_and_goes_with_it(tmp_path: Path) -> None:
    async with steered(tmp_path) as interface:
        content = json.loads(interface.token_file.read_text())
        assert content == {"url": f"http://{interface.host}", "token": interface.access.token}
        assert interface.host.startswith("127.0.0.1:")
        assert stat.S_IMODE(interface.token_file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == []


async def test_the_token_file_is_named_by_the_ocpp_port_if_nothing_else_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    given = argparse.Namespace(http="0", token_file=None)
    async with http_control(given, OCPP_PORT, FakeSystem(), FakeTags(), LOG):
        assert (tmp_path / "ev-charging-rig" / "csms-9000.json").exists()


async def test_every_start_has_a_token_of_its_own_of_256_bits(tmp_path: Path) -> None:
    tokens = set()
    for _ in range(2):
        async with steered(tmp_path) as interface:
            tokens.add(interface.access.token)
    assert len(tokens) == 2
    assert all(len(token) == 43 for token in tokens)  # 32 bytes in base64 without padding


async def test_the_log_tells_the_address_and_never_the_token(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with steered(tmp_path) as interface:
        await interface.get("/charge-points")
        await interface.get(f"/charge-points?token={interface.access.token}", authorization=None)
        url, token = interface.access.url, interface.access.token
    assert f"http = {url}/docs, token in {tmp_path / 'csms.json'}" in caplog.text
    assert token not in caplog.text


async def test_none_serves_nothing_and_writes_nothing(tmp_path: Path) -> None:
    async with http_control(
        options(tmp_path / "csms.json", "none"), OCPP_PORT, FakeSystem(), FakeTags(), LOG
    ):
        assert os.listdir(tmp_path) == []


async def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is taken: choose another --http PORT"):
            async with steered(tmp_path, http=str(port)):
                pass
    assert os.listdir(tmp_path) == []


async def test_a_host_that_is_not_here_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot serve HTTP at 192\.0\.2\.7"):
        async with steered(tmp_path, http="192.0.2.7:0"):
            pass


async def test_a_token_file_that_cannot_be_written_frees_the_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    given = options(tmp_path / "missing" / "csms.json", str(port))
    with pytest.raises(UserError, match="cannot write the token file"):
        async with http_control(given, OCPP_PORT, FakeSystem(), FakeTags(), LOG):
            pass
    with socket.create_server(("127.0.0.1", port)):
        pass


async def test_on_all_addresses_it_warns_and_is_reached_at_one_of_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with steered(tmp_path, http="0.0.0.0:0") as interface:
        assert interface.host.startswith("127.0.0.1:")
        assert (await interface.get("/charge-points")).status == 200
    assert "http = other machines reach it unencrypted" in caplog.text


async def test_a_name_that_the_user_gave_is_served_under_that_name(tmp_path: Path) -> None:
    async with steered(tmp_path, http="localhost:0") as interface:
        port = interface.host.rpartition(":")[2]
        assert (await interface.get("/charge-points", host=f"localhost:{port}")).status == 200


async def test_an_interface_that_breaks_ends_the_role(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ImportError("no fastapi")

    monkeypatch.setattr("rig.csms.http.service._make_server", broken)
    defects: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: defects.put_nowait(context))
    async with steered(tmp_path):
        context = await asyncio.wait_for(defects.get(), 60)
        assert isinstance(context["exception"], ImportError)


def test_the_framework_is_imported_only_once_it_is_needed() -> None:
    code = "import sys, rig.csms.http.service; sys.exit('fastapi' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
