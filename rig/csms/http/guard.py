"""Who may speak HTTP to the central system at all: what any web page could send is refused.

A page in the user's browser can reach loopback, also under a name of its own that it lets resolve
to 127.0.0.1 (DNS rebinding), and can post forms anywhere. So `Host` must be ours, `Origin` too
where there is one, and a body must be JSON, which no form sends. No answer allows another origin
(CORS) and none sets a cookie; what is asked needs the token besides (rig.csms.http.app).
"""

import asyncio
import ipaddress
import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rig.role.logic.tally import Tally

MAX_BODY = 1 << 20  # bytes, as of an OCPP message
LONGEST_PATH = 1024  # characters, which each of 60 routes looks at; an id has 48
Address = tuple[str, int]
Headers = Sequence[tuple[bytes, bytes]]


def refusal(
    method: str, headers: Headers, server: Address, name: str | None
) -> tuple[int, str] | None:
    """The status and the reason to refuse a request with; None for one that may go on.

    `server`: where the request came in; `name`: what the user calls this host besides.
    """
    sent = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in headers}
    host = _address(f"http://{sent.get('host', '')}")
    if host not in _ours(server, name):
        return 421, "Host is not this server"
    if "origin" in sent and _address(sent["origin"]) != host:
        return 403, "Origin is another site"
    kind = sent.get("content-type", "").partition(";")[0].strip().lower()
    if method not in ("GET", "HEAD") and kind != "application/json":
        return 415, "Content-Type is not application/json"
    return None


def _ours(server: Address, name: str | None) -> set[Address]:
    """The addresses that are this server. An IP address is safe: no DNS stands behind it."""
    host, port = server
    names = {host, name} if name else {host}
    if ipaddress.ip_address(host).is_loopback:
        names.add("localhost")
    return {(item, port) for item in names}


def _address(url: str) -> Address | None:
    """Host and port of an http:// URL without anything more; None for any other text."""
    try:
        parts = urlsplit(url)
        if url.lower() != f"http://{parts.netloc}".lower() or "@" in parts.netloc:
            return None
        return parts.hostname or "", parts.port or 80
    except ValueError:  # a port or an address that cannot be one
        return None


class Guard:
    """Lets through to `app` what `refusal` allows; no request can end in anything but an answer."""

    def __init__(self, app: ASGIApp, name: str | None, log: logging.Logger) -> None:
        self._app, self._name, self._log = app, name, log
        self._refused = Tally()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = refusal(scope["method"], scope["headers"], scope["server"], self._name)
        if len(scope["path"]) > LONGEST_PATH:
            refused = 414, "the path is too long"
        if refused:
            await self._refuse(*refused)(scope, receive, send)
            return
        try:
            await self._app(_without_extras(scope), _bounded(receive), send)
        except asyncio.CancelledError:
            ending = JSONResponse({"detail": "the central system ended"}, 503)
            await ending(scope, receive, send)
        except Exception:  # answered with 500 by starlette
            self._log.exception("http < ended in a defect of the rig; please report it")

    def _refuse(self, status: int, why: str) -> JSONResponse:
        if self._refused.count(why):
            self._log.warning("http < refused: %s, %d so far", why, self._refused.counts[why])
        return JSONResponse({"detail": why}, status)


def _without_extras(scope: Scope) -> Scope:
    """The same request without its query and cookies: no route has any, and FastAPI reads them
    before it looks for the token. Python 3.11 takes 3 s for one cookie of 60 kB (CVE-2024-7592).
    """
    headers = [(key, value) for key, value in scope["headers"] if key.lower() != b"cookie"]
    return {**scope, "query_string": b"", "headers": headers}


def _bounded(receive: Receive) -> Receive:
    """The same request, cut off with 413 where its body is too long."""
    left = MAX_BODY

    async def receive_bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, f"the body is longer than {MAX_BODY} bytes")
        return message

    return receive_bounded
