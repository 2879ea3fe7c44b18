"""Which requests are refused before anything else, whatever their token."""

import logging
import re
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from rig.csms.http.guard import Guard, refusal
from tests.steered import Steered

HERE = ("127.0.0.1", 43211)
OPEN = ("192.0.2.7", 43211)  # of a machine on the network; RFC 5737


def refused(
    method: str = "GET", server: tuple[str, int] = HERE, name: str | None = None, **headers: str
) -> int | None:
    """The status of the refusal, if it is one."""
    pairs = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    answer = refusal(method, pairs, server, name)
    return answer[0] if answer else None


@pytest.mark.parametrize("host", ["127.0.0.1:43211", "localhost:43211", "LOCALHOST:43211"])
def test_the_names_of_loopback_are_ours(host: str) -> None:
    assert refused(host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:43211",  # resolves to 127.0.0.1: DNS rebinding
        "127.0.0.1.evil.example:43211",
        "localhost.evil.example:43211",
        "127.0.0.1:43212",
        "127.0.0.1",
        "localhost",
        "[::1]:43211",
        "0.0.0.0:43211",
        "user@127.0.0.1:43211",
        "127.0.0.1:43211/x",
        "127.0.0.1:43211?x",
        "127.0.0.1:99999",
        "127.0.0.1:port",
        "[",
        "",
    ],
)
def test_any_other_host_is_refused(host: str) -> None:
    assert refused(host=host) == 421


def test_no_host_at_all_is_refused() -> None:
    assert refused() == 421


@pytest.mark.parametrize(
    ("server", "name", "host", "status"),
    [
        (("127.0.0.1", 80), None, "localhost", None),  # port 80 need not be named
        (("::1", 43211), None, "[::1]:43211", None),
        (OPEN, None, "192.0.2.7:43211", None),  # the address that was reached
        (OPEN, None, "localhost:43211", 421),
        (OPEN, None, "192.0.2.8:43211", 421),
        (OPEN, "bench.example", "bench.example:43211", None),  # the name that the user gave
        (OPEN, "bench.example", "other.example:43211", 421),
    ],
)
def test_what_is_ours_depends_on_where_it_listens(
    server: tuple[str, int], name: str | None, host: str, status: int | None
) -> None:
    assert refused(server=server, name=name, host=host) == status


def test_our_own_page_may_ask() -> None:
    host = "127.0.0.1:43211"
    assert refused(host=host, origin="http://127.0.0.1:43211") is None


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "https://127.0.0.1:43211",
        "http://127.0.0.1",
        "http://127.0.0.1:8988",  # another program of this machine, such as the plot
        "http://localhost:43211",  # ours, but not the one that was asked
        "http://127.0.0.1:43211/",
    ],
)
def test_the_page_of_any_other_origin_may_not(origin: str) -> None:
    assert refused(host="127.0.0.1:43211", origin=origin) == 403


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
def test_a_body_is_json(kind: str) -> None:
    assert refused("POST", host="127.0.0.1:43211", content_type=kind) is None


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", ""],
)
def test_what_a_form_can_send_is_refused(kind: str) -> None:
    assert refused("POST", host="127.0.0.1:43211", content_type=kind) == 415


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_method_that_may_change_something_needs_a_content_type(method: str) -> None:
    assert refused(method, host="127.0.0.1:43211") == 415


def test_letters_beyond_ascii_break_nothing() -> None:
    assert refused(host="ü.example:43211", origin="http://ü") == 421


NEARLY = st.text(st.sampled_from("127.0:4321localhstLOCALHST[]@/?#%\\ \t\n\x00\xa0é"))
OURS = re.compile(r"(127\.0\.0\.1|localhost):0*43211", re.IGNORECASE | re.ASCII)


@given(
    st.one_of(st.text(), NEARLY, st.builds("{}localhost:43211{}".format, NEARLY, NEARLY)),
    st.one_of(st.none(), st.text(), NEARLY, st.builds("http://{}".format, NEARLY)),
)
def test_no_text_gets_through_that_does_not_name_us(host: str, origin: str | None) -> None:
    if (refused(host=host) if origin is None else refused(host=host, origin=origin)) is None:
        assert OURS.fullmatch(host)
        assert origin is None or OURS.fullmatch(origin.removeprefix("http://"))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example:80"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"content_type": "text/plain"}, 415),
    ],
)
async def test_not_even_the_token_helps(
    interface: Steered, headers: dict[str, str], status: int
) -> None:
    answer = await interface.post("/charge-points/CP_1/ClearCache", {}, **headers)
    assert answer.status == status
    assert interface.system.sent == []


async def test_a_browser_that_asks_first_is_not_encouraged(interface: Steered) -> None:
    """The preflight request of Fetch, which precedes JSON from another origin."""
    preflight = {
        "origin": "http://evil.example",
        "access_control_request_method": "POST",
        "access_control_request_headers": "authorization,content-type",
    }
    path = "/charge-points/CP_1/ClearCache"
    answer = await interface.ask("OPTIONS", path, None, authorization=None, **preflight)
    assert answer.status == 403
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_no_query_and_no_cookie_is_read_even_without_the_token() -> None:
    """A cookie like this one takes Python 3.11.7 3 s."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def unused(*_: object) -> NoReturn:
        raise AssertionError

    headers = [(b"host", b"127.0.0.1:43211"), (b"cookie", b'a="' + b"\\1" * 30_000 + b'"')]
    request = {"method": "GET", "path": "/docs", "query_string": b"a&" * 30_000, "server": HERE}
    guard = Guard(app, None, logging.getLogger("rig.test"))
    await guard(request | {"headers": headers}, unused, unused)
    assert [(scope["query_string"], scope["headers"]) for scope in seen] == [(b"", headers[:1])]


async def test_a_long_path_is_refused_before_a_route_looks_at_it(interface: Steered) -> None:
    answer = await interface.get("/charge-points/" + "/a" * 1000)
    assert (answer.status, answer.detail) == (414, "the path is too long")
    assert (await interface.get("/charge-points/" + "a" * 1000)).status == 404


async def test_a_flood_of_refused_requests_stays_readable(
    interface: Steered, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(12):
        await interface.get("/charge-points", host="evil.example\x7f")
    lines = [record.getMessage() for record in caplog.records]
    refused = [line for line in lines if "refused" in line]
    assert refused == [
        "http < refused: Host is not this server, 1 so far",
        "http < refused: Host is not this server, 10 so far",
    ]
