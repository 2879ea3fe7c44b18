"""Which requests are refused before anything else, whatever their token."""

import pytest

from rig.http_guard import refusal

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


def test_port_80_need_not_be_named() -> None:
    assert refused(server=("127.0.0.1", 80), host="localhost") is None


def test_ipv6_has_its_brackets() -> None:
    assert refused(server=("::1", 43211), host="[::1]:43211") is None


def test_on_the_network_the_address_that_was_reached_is_ours_and_localhost_is_not() -> None:
    assert refused(server=OPEN, host="192.0.2.7:43211") is None
    assert refused(server=OPEN, host="localhost:43211") == 421
    assert refused(server=OPEN, host="192.0.2.8:43211") == 421


def test_the_name_that_the_user_gave_is_ours() -> None:
    assert refused(server=OPEN, name="bench.example", host="bench.example:43211") is None
    assert refused(server=OPEN, name="bench.example", host="other.example:43211") == 421


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
