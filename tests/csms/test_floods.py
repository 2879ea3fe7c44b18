"""A stranger floods the central system in all ways at once, and everybody else is served.

He is at an address of his own, 127.0.0.2. Nothing is timed: each honest step is waited for, and
what the flood leaves behind is counted.
"""

import json
import os
import socket
import sqlite3
import threading
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.peers import PATIENCE, ChargePoint
from tests.ports import free_port
from tests.processes import Program, role, wait_for

STRANGER = "127.0.0.2"
PLACES = 20  # --max-connections
ROOM = PLACES + 100 + 100  # connections that may be open: served, shaking hands, over HTTP
OTHER_FILES = 60
KEPT = 300  # connections of each kind that the stranger holds open
HALF_A_HANDSHAKE = b"GET /CP_1 HTTP/1.1\r\n"
HANDSHAKE = (
    b"GET /CP_1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)


class Stranger(threading.Thread):
    """Opens half handshakes, half requests and second connections of CP_1, until it is stopped."""

    def __init__(self, ocpp: int, http: int) -> None:
        super().__init__()
        self._ocpp, self._http = ocpp, http
        self._silent: deque[socket.socket] = deque()
        self._slow: deque[socket.socket] = deque()
        self._stopped = threading.Event()
        self.rounds = self.refused = 0

    def run(self) -> None:
        while not self._stopped.is_set():
            with suppress(OSError):  # whatever is done to it
                self._open(self._silent, self._ocpp, HALF_A_HANDSHAKE)
                self._open(self._slow, self._http, self._half_a_request())
                self._second()
            self.rounds += 1
        for each in (*self._silent, *self._slow):
            each.close()

    def stop(self) -> None:
        self._stopped.set()
        self.join(PATIENCE)

    def _open(self, kept: deque[socket.socket], port: int, text: bytes) -> None:
        if len(kept) == KEPT:
            kept.popleft().close()
        kept.append(connected(port))
        kept[-1].sendall(text)

    def _half_a_request(self) -> bytes:
        head = f"POST /charge-points/CP_1/Reset HTTP/1.1\r\nHost: 127.0.0.1:{self._http}\r\n"
        return (head + "Content-Type: application/json\r\nContent-Length: 9\r\n").encode()

    def _second(self) -> None:
        with connected(self._ocpp) as sock:
            sock.sendall(HANDSHAKE)
            self.refused += b" 409 " in sock.recv(100)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE, (STRANGER, 0))


@contextmanager
def flooded(ocpp: int, http: int) -> Iterator[Stranger]:
    stranger = Stranger(ocpp, http)
    stranger.start()
    try:
        wait_for(lambda: stranger.rounds > KEPT)
        yield stranger
    finally:
        stranger.stop()


def charge_points(token_file: Path) -> Any:
    """An honest HTTP request."""
    access = json.loads(token_file.read_text())
    headers = {"Authorization": f"Bearer {access['token']}"}
    request = urllib.request.Request(f"{access['url']}/charge-points", headers=headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def is_honest_served(url: str, name: str) -> bool:
    with ChargePoint(url, name) as point:
        return isinstance(point.boot(), dict) and isinstance(point.ask("Heartbeat", {}), dict)


def check_what_is_left(program: Program, database: Path) -> None:
    open_files = os.listdir(f"/proc/{program.process.pid}/fd")
    assert len(open_files) <= ROOM + OTHER_FILES
    assert program.end() == 0
    with closing(sqlite3.connect(database)) as kept:
        (rows,) = kept.execute("SELECT count(*) FROM security_events").fetchone()
    assert 1 <= rows <= 5  # one a minute
    assert program.text.count("second connection") == rows
    assert "Traceback" not in program.text
    assert len(program.lines) < 200


def test_a_stranger_who_floods_in_all_ways_at_once_keeps_nobody_out(tmp_path: Path) -> None:
    port, http, token_file = free_port(), free_port(), tmp_path / "token.json"
    url, database = f"ws://127.0.0.1:{port}/", tmp_path / "csms.db"
    options = ["--listen", url, "--http", str(http), "--token-file", str(token_file)]
    options += ["--cycle", "none", "--database", f"sqlite:///{database}"]
    with role("csms", *options, "--max-connections", str(PLACES)) as program:
        program.ready()
        with ChargePoint(url, "CP_1") as bystander:
            bystander.boot()
            charge_points(token_file)  # it loads until here
            with flooded(port, http) as stranger:
                for number in range(2, 12):
                    assert is_honest_served(url, f"CP_{number}")
                    assert isinstance(bystander.ask("Heartbeat", {}), dict)
                    assert len(charge_points(token_file)) == number
            assert stranger.refused > 100
            assert isinstance(bystander.ask("Heartbeat", {}), dict)
            check_what_is_left(program, database)
