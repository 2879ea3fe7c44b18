"""Handshake, frames and connections of the central system, by the clauses, as a process.

Each test's id is its clause; W is a rule of the RPC framework as the facts number them.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.conformance.clauses import rows
from tests.ports import free_port
from tests.processes import Program, role

PATIENCE = 30.0  # s; generous, since timings never decide a test
BOOT = {"chargePointVendor": "v", "chargePointModel": "m"}
NUMBERS = itertools.count(1)


class Wire:
    """A central system, and charge points that are bare WebSockets."""

    def __init__(self, program: Program, url: str) -> None:
        self.program, self.url = program, url
        self.name = f"CP_{next(NUMBERS)}"

    @contextmanager
    def connect(
        self, path: str | None = None, offered: tuple[str, ...] = ("ocpp1.6",), **more: Any
    ) -> Iterator[ClientConnection]:
        protocols = [Subprotocol(item) for item in offered] or None
        path = self.name if path is None else path
        with connect(self.url + path, subprotocols=protocols, proxy=None, **more) as point:
            yield point

    @contextmanager
    def booted(self) -> Iterator[ClientConnection]:
        with self.connect() as point:
            assert ask(point, "BootNotification", BOOT)[2]["status"] == "Accepted"
            yield point

    def is_refused(self, path: str | None = None, **more: Any) -> str:
        """Why a handshake is."""
        with pytest.raises(InvalidStatus) as raised, self.connect(path, **more):
            raise AssertionError("it was not")
        return str(raised.value)


def header(point: ClientConnection, name: str) -> str | None:
    """Of the answer to a handshake."""
    assert point.response is not None
    return point.response.headers.get(name)


def hear(point: ClientConnection) -> Any:
    return json.loads(point.recv(PATIENCE))


def tell(point: ClientConnection, text: str | bytes) -> Any:
    """Send a text; the next message."""
    point.send(text)
    return hear(point)


def ask(point: ClientConnection, action: str, payload: Any, unique_id: str | None = None) -> Any:
    return tell(point, json.dumps([2, unique_id or str(next(NUMBERS)), action, payload]))


@pytest.fixture(scope="module")
def central_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, str]]:
    url = f"ws://127.0.0.1:{free_port()}/ocpp/"
    database: Path = tmp_path_factory.mktemp("csms") / "csms.db"
    options = ("--cycle", "none", "--http", "none", "--database", f"sqlite:///{database}")
    with role("csms", "--listen", url, *options) as program:
        yield program.ready(), url


@pytest.fixture
def wire(request: pytest.FixtureRequest, central_system: tuple[Program, str]) -> Wire:
    return Wire(*central_system)


def clause(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("wire", [None], indirect=True, ids=[name])


# the handshake


@clause("J3.1.1 W1 the id is percent-encoded")
def test_the_id_is_the_last_part_of_the_address_decoded(wire: Wire) -> None:
    with wire.connect("a%20b%2F" + wire.name) as point:
        assert ask(point, "BootNotification", BOOT)[2]["status"] == "Accepted"
    wire.program.until(f"a b/{wire.name} ocpp < BootNotification")


@clause("J3.1.2 W2 the subprotocol")
def test_of_the_versions_that_are_offered_1_6_is_taken(wire: Wire) -> None:
    with wire.connect(offered=("ocpp2.0.1", "ocpp1.6", "ocpp1.5")) as point:
        assert point.subprotocol == "ocpp1.6"


@rows(
    "offered",
    {"J3.2 W3 none": (), "J3.2 W3 another": ("ocpp2.0.1",), "J3.2 W3 the case": ("OCPP1.6",)},
)
def test_without_a_common_version_the_handshake_ends_and_then_the_connection(
    wire: Wire, offered: tuple[str, ...]
) -> None:
    with wire.connect(offered=offered) as point:
        assert header(point, "Sec-WebSocket-Protocol") is None
        with pytest.raises(ConnectionClosed, match="1002"):
            point.recv(PATIENCE)


@rows("path", {"J3.2 W4 no id": "", "J3.2 W4 no good id": "%1b[2J", "J3.2 W4 dots": ".."})
def test_a_charge_point_that_cannot_be_is_not_found(wire: Wire, path: str) -> None:
    assert "404" in wire.is_refused(path)


@rows("origin", {"RFC6455 10.2 a web page": "http://evil.example", "RFC6455 10.2 null": "null"})
def test_a_web_page_is_refused(wire: Wire, origin: str) -> None:
    """Any page that a browser shows may connect to loopback."""
    assert "403" in wire.is_refused(origin=Origin(origin))


@clause("J5.1 W17 compression")
def test_no_compression_is_agreed_on(wire: Wire) -> None:
    with wire.connect(compression="deflate") as point:
        assert header(point, "Sec-WebSocket-Extensions") is None


@clause("J3 a second connection while the first lives")
def test_without_authentication_a_second_connection_is_refused(wire: Wire) -> None:
    with wire.booted() as first:
        assert "409" in wire.is_refused()
        assert "currentTime" in ask(first, "Heartbeat", {})[2]
    wire.program.until(f"{wire.name} ocpp = second connection, .*: refused")


@clause("J5.3 W15 pings")
def test_a_ping_is_answered(wire: Wire) -> None:
    with wire.connect() as point:
        assert point.ping().wait(PATIENCE)


@clause("J5.4 W16 no boot after a reconnect")
def test_one_that_booted_reconnects_without_a_boot(wire: Wire) -> None:
    with wire.booted():
        pass
    with wire.connect() as point:
        assert "currentTime" in ask(point, "Heartbeat", {})[2]


@clause("JE3.10 W13 before the boot")
def test_before_the_boot_a_call_is_a_security_error(wire: Wire) -> None:
    with wire.connect() as point:
        assert ask(point, "Heartbeat", {}, "h")[:3] == [4, "h", "SecurityError"]


# frames


@rows(
    "text",
    {
        "J4.1.3 W8 type 5": '[5,"x","Heartbeat",{}]',
        "J4.1.3 W8 type 2.0": '[2.0,"x","Heartbeat",{}]',
        "J4.1.4 W9 an id that is a number": '[2,1,"Heartbeat",{}]',
        "J4.1.4 W9 an id of 37 characters": f'[2,"{"x" * 37}","Heartbeat",{{}}]',
        "J4.1.2 W7 a binary frame": b'[2,"x","Heartbeat",{}]',
        "J4.1.2 W7 no JSON": "Heartbeat",
        "J4.1.2 W7 NaN": '[2,"x","Heartbeat",NaN]',
        "J4.2.2 W10 an answer to nothing": '[3,"x",{}]',
        "J4.2.3 W10 an error to nothing": '[4,"x","GenericError","",{}]',
    },
)
def test_what_cannot_be_answered_is_ignored(wire: Wire, text: str | bytes) -> None:
    with wire.booted() as point:
        point.send(text)
        assert ask(point, "Heartbeat", {}, "next")[:2] == [3, "next"]


@clause("J4.2.1 W7 no payload")
def test_null_is_an_empty_payload(wire: Wire) -> None:
    with wire.booted() as point:
        assert tell(point, '[2,"x","Heartbeat",null]')[:2] == [3, "x"]


@clause("J4.1.4 JE3.7 W9 the same again")
def test_the_same_call_again_gets_the_same_answer(wire: Wire) -> None:
    with wire.booted() as point:
        text = json.dumps([2, "same", "Heartbeat", {}])
        assert tell(point, text) == tell(point, text)


@clause("J4.2.3 W10 an id that was used")
def test_another_call_with_a_used_id_is_a_protocol_error(wire: Wire) -> None:
    with wire.booted() as point:
        ask(point, "Heartbeat", {}, "same")
        assert ask(point, "DataTransfer", {"vendorId": "v"}, "same")[2] == "ProtocolError"


STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
START = {"connectorId": 1, "idTag": "RIG", "meterStart": 0, "timestamp": "2026-01-31T12:00:00Z"}
EMPTY = {"connectorId": 1, "meterValue": []}
PROPERTY = "PropertyConstraintViolation"


@rows(
    ("action", "payload", "code"),
    {
        "J7 W11 an unknown action": ("Nonsense", {}, "NotImplemented"),
        "J7 W11 what a central system sends": ("ClearCache", {}, "NotSupported"),
        "J7 W11 a field is missing": ("Authorize", {}, "ProtocolError"),
        "J7 W11 a field too many": ("Heartbeat", {"x": 1}, "FormationViolation"),
        "J7 W11 a payload that is a list": ("Heartbeat", [], "FormationViolation"),
        "J7 W11 a wrong type": ("Authorize", {"idTag": 7}, "TypeConstraintViolation"),
        "J7 W11 no such value": ("StatusNotification", STATUS | {"status": "Asleep"}, PROPERTY),
        "J7 W11 too long": ("Authorize", {"idTag": "x" * 21}, PROPERTY),
        "J7 W11 no moment": ("StartTransaction", START | {"timestamp": "yesterday"}, PROPERTY),
        "S6.45 J7 no connector of a point": (
            "StartTransaction",
            START | {"connectorId": 0},
            PROPERTY,
        ),
        "J7 W11 an empty list": ("MeterValues", EMPTY, "OccurenceConstraintViolation"),
    },
)
def test_a_call_that_breaks_the_rules_is_refused_with_the_code_for_it(
    wire: Wire, action: str, payload: Any, code: str
) -> None:
    with wire.booted() as point:
        answer = ask(point, action, payload, "x")
        assert answer[:3] == [4, "x", code]
        assert len(answer[3]) <= 255  # J table 6
        assert answer[4] == {}
