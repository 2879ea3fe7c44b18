"""A central system of one charge point, steered over real HTTP on loopback."""

import argparse
import asyncio
import http.client
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rig.csms.commands import typed_request
from rig.csms.http.service import http_control
from rig.csms.http.token_file import Access, read_access
from rig.csms.logic.tags import Tag

OCPP_PORT = 9000
LOG = logging.getLogger("rig.test")


@dataclass
class FakeSystem:
    """Knows CP_1, and answers every valid request with `outcome`, or raises it."""

    outcome: dict[str, Any] | Exception = field(default_factory=lambda: {"status": "Accepted"})
    transactions: list[dict[str, int]] = field(default_factory=list)
    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    is_slow: bool = False  # answers only once it is `released`
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    given_up: asyncio.Event = field(default_factory=asyncio.Event)

    def charge_points(self) -> list[dict[str, Any]]:
        return [{"id": "CP_1", "connected": True, "transactions": self.transactions}]

    def charge_point(self, charge_point: str) -> dict[str, Any] | None:
        return self.charge_points()[0] if charge_point == "CP_1" else None

    async def send(self, charge_point: str, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        typed_request(action, payload)
        self.sent.append((charge_point, action, payload))
        self.asked.set()
        if self.is_slow:
            await self._released()
        self.answered.set()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def _released(self) -> None:
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            self.given_up.set()
            raise


@dataclass
class FakeTags:
    """Knows one tag; fails with `failure` if there is one."""

    known: list[Tag] = field(default_factory=lambda: [Tag("RIG")])
    failure: Exception | None = None

    async def tags(self) -> list[Tag]:
        if self.failure:
            raise self.failure
        return self.known

    async def put_tag(self, tag: Tag) -> None:
        if self.failure:
            raise self.failure
        self.known.append(tag)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def detail(self) -> str:
        text: str = self.json["detail"]
        return text


class Steered:
    """Asks the interface as a program with the token does; headers given as None are left out."""

    def __init__(
        self, access: Access, system: FakeSystem, tags: FakeTags, token_file: Path
    ) -> None:
        self.access, self.system, self.tags, self.token_file = access, system, tags, token_file

    @property
    def host(self) -> str:
        return self.access.url.removeprefix("http://")

    async def get(self, path: str, **headers: str | None) -> Answer:
        return await self.ask("GET", path, None, **headers)

    async def post(self, path: str, payload: Any, **headers: str | None) -> Answer:
        return await self.ask("POST", path, json.dumps(payload).encode(), **headers)

    async def put(self, path: str, payload: Any, **headers: str | None) -> Answer:
        return await self.ask("PUT", path, json.dumps(payload).encode(), **headers)

    async def ask(self, method: str, path: str, body: Any, **headers: str | None) -> Answer:
        """`headers` by their names in lower case, _ for -."""
        usual = {"host": self.host, "authorization": f"Bearer {self.access.token}"}
        if body is not None:
            usual["content-type"] = "application/json"
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in (usual | given).items() if value is not None}
        return await asyncio.to_thread(self._ask, method, path, body, kept)

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


def options(token_file: Path, http: str = "0") -> argparse.Namespace:
    """As `rig csms` parses them."""
    return argparse.Namespace(http=http, token_file=token_file)


@asynccontextmanager
async def steered(
    folder: Path, system: FakeSystem | None = None, tags: FakeTags | None = None, http: str = "0"
) -> AsyncIterator[Steered]:
    """The interface of a system, with its token file in a folder."""
    system, tags = system or FakeSystem(), tags or FakeTags()
    path = folder / "csms.json"
    async with http_control(options(path, http), OCPP_PORT, system, tags, LOG):
        yield Steered(read_access(path), system, tags, path)
