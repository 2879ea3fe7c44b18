"""All charge points of the central system: who may connect, and what is sent from outside."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ocpp.v16.enums import RegistrationStatus
from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from rig.csms.commands import NotConnected, typed_request
from rig.csms.connected_point import CONNECTED_ALREADY, ConnectedPoint
from rig.csms.handshake import charge_point_id, forget_headers
from rig.csms.logic.cycle import Cycle
from rig.csms.logic.machine import ChargePointMachine
from rig.csms.refusals import Refusals
from rig.csms.store.store import Store, StoreFailed
from rig.ocppj.connection import source_of_peer
from rig.ocppj.schemas import payload_of
from rig.ocppj.sender import end_connection
from rig.ocppj.telling import Teller
from rig.role.log import Named, RateLimited
from rig.role.logic.charge_point_id import LENGTH, normal_form
from rig.role.logic.connection_limit import ConnectionLimit, EvictionQueue
from rig.role.logic.rate_limit import RateLimit
from rig.role.logic.supply import Supply
from rig.role.logic.tally import Tally
from rig.role.runner import wall_clock

HANDSHAKES = 100  # besides the connections that are served, each for the 10 s that one may take
FORGETTING = 2  # times the connections: charge points that are remembered while they are away
SECOND_CONNECTION = "SecondConnection"
LINES_AT_ONCE = 30  # about one charge point, besides what it says; then one each SELDOM
SELDOM = 60.0  # s; also from one row of a second connection to the next one of the same id

Refusal = tuple[HTTPStatus, str]


@dataclass(frozen=True, slots=True)
class Policy:
    """How this central system treats charge points. `connections`: at once, at most."""

    cycle: Cycle
    supply: Supply | None = None
    registration: RegistrationStatus = RegistrationStatus.accepted
    connections: int = 1000


class CentralSystem:
    """All charge points that connected since it started, each with its own ChargePointMachine."""

    def __init__(
        self, policy: Policy, store: Store, log: logging.Logger, teller: Teller | None
    ) -> None:
        self._policy, self._store, self._log, self._teller = policy, store, log, teller
        self._points: dict[str, ConnectedPoint] = {}
        self._served: dict[ServerConnection, ConnectedPoint] = {}
        self.connection_limit: ConnectionLimit[ServerConnection] = ConnectionLimit(
            policy.connections + HANDSHAKES
        )
        self._is_offline = False
        self._alike, self._full = Tally(), Tally()
        self._refusals = Refusals(log, teller, policy.connections)
        self._lines = RateLimit(LINES_AT_ONCE, SELDOM, policy.connections)
        self._second = RateLimit(1, SELDOM, policy.connections)
        self._closing: set[asyncio.Task[None]] = set()

    # from outside: rig.csms.commands.Commands, and `rig control`

    def charge_points(self) -> list[dict[str, Any]]:
        """Each charge point that connected: id, connected, since, and what it told."""
        return [point.table() for _, point in sorted(self._points.items())]

    def charge_point(self, charge_point: str) -> dict[str, Any] | None:
        """One of them; None if there is none of this id."""
        point = self._points.get(normal_form(charge_point))
        return None if point is None else point.table()

    async def send(self, charge_point: str, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a CALL. Raises InvalidRequest, NotConnected, Busy, CallFailed."""
        request, name = typed_request(action, payload), normal_form(charge_point)
        if name not in self._points:
            raise NotConnected(f"{name[:LENGTH]} is not connected")
        return payload_of(await self._points[name].send(request))

    def control(self, command: dict[str, Any]) -> None:
        """`disconnect` (with charge_point), `offline`, `online`. Raises ValueError."""
        match command:
            case {"command": "disconnect", "charge_point": str(name)}:
                if name not in self._points or not self._points[name].is_connected:
                    raise ValueError(f"{name} is not connected")
                self._disconnect(self._points[name])
            case {"command": "offline"}:
                self._is_offline = True
                for point in self._points.values():
                    self._disconnect(point)
            case {"command": "online"}:
                self._is_offline = False
            case _:
                raise ValueError("commands are disconnect (with a charge_point), offline, online")

    def _disconnect(self, point: ConnectedPoint) -> None:
        self._close(point.disconnect("asked to"))

    def _close(self, work: Coroutine[Any, Any, None]) -> None:
        closing = asyncio.ensure_future(work)
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    # connections

    async def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Before the upgrade: None, or the refusal."""
        refusal = await self._refusal(connection, request)
        if refusal is None:
            return None
        status, why = refusal
        self._refusals.tell(connection, request.path, why)
        return connection.respond(status, f"{why}\n")

    async def serve(self, connection: ServerConnection) -> None:
        """One connection, until it is gone."""
        assert connection.request
        name = charge_point_id(connection.request.path)
        if connection.subprotocol is None:  # OCPP-J 1.6, 3.2: complete the handshake, then close
            self._refusals.tell_of(name, "ocpp1.6 only")
            await end_connection(connection, CloseCode.PROTOCOL_ERROR, "ocpp1.6 only")
            return
        forget_headers(connection)
        try:
            await self._serve(name, connection, await self._point(name))
        finally:
            self._forget(name)

    async def _serve(self, name: str, connection: ServerConnection, point: ConnectedPoint) -> None:
        if not self._make_room(point):  # several shook hands at once
            self._refusals.tell_of(name, "too many connections")
            await end_connection(connection, CloseCode.TRY_AGAIN_LATER, "too many connections")
            return
        self._served[connection] = point
        self.connection_limit.settle(connection)
        try:
            await point.serve(connection)
        finally:
            self._served.pop(connection, None)
            self.connection_limit.wait(connection)  # it is still to be closed

    async def _refusal(self, connection: ServerConnection, request: Request) -> Refusal | None:
        if self._is_offline:
            return HTTPStatus.SERVICE_UNAVAILABLE, "offline"
        if "Origin" in request.headers:  # a web page; no charge point sends one
            return HTTPStatus.FORBIDDEN, "not for browsers"
        try:
            name = charge_point_id(request.path)
        except ValueError as error:
            return HTTPStatus.NOT_FOUND, f"the path ends in the id of a charge point: {error}"
        if await self._is_second(name, connection):
            return HTTPStatus.CONFLICT, CONNECTED_ALREADY
        if self._is_full and not (self._stranger() and await self._has_booted(name)):
            return HTTPStatus.SERVICE_UNAVAILABLE, "too many connections"
        return None

    async def _is_second(self, name: str, connection: ServerConnection) -> bool:
        """Whether the id's connection lives; without authentication, none takes its place then."""
        point = self._points.get(name)
        if point is None or not point.is_connected:
            return False
        lives = await point.is_alive()
        what = "refused, the first one lives" if lives else "replaces the first one, which is dead"
        if number := self._second.tells(name, asyncio.get_running_loop().time()):
            detail = f"second connection, from {connection.remote_address}: {what}"
            detail += f" ({number} since the last one told)" * (number > 1)
            Named(self._log, name).warning("ocpp = %s", detail)
            self._store.note_security(name, SECOND_CONNECTION, detail, time.time())
        return lives

    # room: who has booted here goes before who has not

    @property
    def _is_full(self) -> bool:
        return len(self._served) >= self._policy.connections

    def _make_room(self, point: ConnectedPoint) -> bool:
        """Whether there is room for one more; for one that has booted, a stranger's if need be."""
        if not self._is_full:
            return True
        stranger = self._stranger() if point.machine.has_booted else None
        if stranger is None:
            return False
        del self._served[stranger]
        self.connection_limit.wait(stranger)
        self._close(
            end_connection(stranger, CloseCode.TRY_AGAIN_LATER, "its place went to a known one")
        )
        self._tell_full("one that never booted gave its place to one that had")
        return True

    def cut_off(self) -> None:
        """One was cut off while it shook hands, for a newcomer."""
        self._tell_full("one that did not shake hands was cut off for a newcomer")

    def _tell_full(self, what: str) -> None:
        if self._full.count(what):
            self._log.warning("ocpp = full: %s, %d so far", what, self._full.counts[what])

    def _stranger(self) -> ServerConnection | None:
        """The first to go of those that are served and never booted here."""
        crowd: EvictionQueue[ServerConnection] = EvictionQueue()
        for connection, point in self._served.items():
            if not point.machine.has_booted:
                crowd.add(connection, source_of_peer(connection.transport))
        return crowd.first_to_go()

    async def _has_booted(self, name: str) -> bool:
        point = self._points.get(name)
        return point.machine.has_booted if point else (await self._remembered(name))[0]

    # the charge points

    async def _point(self, name: str) -> ConnectedPoint:
        if name not in self._points:
            is_known, running = await self._remembered(name)
            if name not in self._points:  # not by another connection meanwhile
                self._tell_apart(name)
                self._points[name] = self._new_point(name, is_known, running)
        return self._points[name]

    def _tell_apart(self, name: str) -> None:
        """Ids have cases: the log says so where that may be a mistake of somebody."""
        folded = name.casefold()
        like = next((other for other in self._points if other.casefold() == folded), None)
        if like and self._alike.count("ids"):
            number = self._alike.counts["ids"]
            text = "ocpp = %s and %s are two charge points, %d such so far"
            self._log.warning(text, like, name, number)

    def _new_point(
        self, name: str, is_known: bool, running: Sequence[tuple[int, int]]
    ) -> ConnectedPoint:
        policy = self._policy
        machine = ChargePointMachine(
            policy.cycle,
            wall_clock(),
            is_known=is_known,
            running=running,
            supply=policy.supply,
            registration=policy.registration,
        )
        log = RateLimited(self._log, name, self._lines)
        return ConnectedPoint(name, machine, self._store, log, self._teller)

    async def _remembered(self, name: str) -> tuple[bool, list[tuple[int, int]]]:
        """Whether it booted here, and what runs, oldest first, by the database."""
        try:
            is_known = await self._store.knows(name)
            running = await self._store.running(name)
        except StoreFailed as error:
            log = RateLimited(self._log, name, self._lines)
            log.warning("nothing is remembered of it: %s", error)
            return False, []
        return is_known, [(each.id, each.connector) for each in reversed(running)]

    def _forget(self, name: str) -> None:
        """So that strange ids do not gather: one that never booted, or the oldest that is away."""
        away = [key for key, point in self._points.items() if point.connections == 0]
        if name in away and not self._points[name].machine.is_accepted:
            del self._points[name]
        elif len(away) > FORGETTING * self._policy.connections:
            del self._points[away[0]]
