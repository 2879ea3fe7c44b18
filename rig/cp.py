"""Charge point: OCPP 1.6J client on one side, CAN on the other.

RemoteStartTransaction becomes Start, RemoteStopTransaction Stop, SetChargingProfile SetLimit; each
Current becomes MeterValues. A command counts as sent when its own echo came back from the bus. On
every way out it sends Stop.
"""

import argparse
import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake
from websockets.typing import Subprotocol

from rig import __version__
from rig.bench import Bench, read_bench, read_codec
from rig.bus import bus_config, first_line
from rig.charger_module import seconds
from rig.control import Control
from rig.drive import Drive, wall
from rig.logic.cp.actuator import Transmit
from rig.logic.cp.bridge import Bridge, Event, Output, Plugged, Settings, Shutdown, Unplugged
from rig.logic.cp.profiles import Supply
from rig.logic.cp.registration import Identity
from rig.logic.exchange import Connected, Disconnected
from rig.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.logic.messages import Codec, Current, Stop
from rig.node import Node, NodeEvent
from rig.ocpp_link import OcppLink
from rig.peer import CLOSE_TIMEOUT, Peer, end_connection
from rig.ready import announce_ready
from rig.recording import OcppRecording
from rig.role import role_parser, run_role

EXAMPLES = """\
  rig cp                                       vcan0, CSMS at ws://127.0.0.1:9000/, as CP_1
  rig cp -c can0 --csms ws://csms.lan:8180/    a real adapter, another CSMS
  rig cp --id CP_7 --profile-policy seed       takes the seed's literal cycle
  rig cp --control /tmp/cp.sock                then: rig control /tmp/cp.sock unplug"""

IDENTITY = Identity(vendor="EV charging rig", model="rig cp", firmware=__version__)
LONGEST = 1 << 17  # bytes of a message; takes 0.07 s to read, so a Stop meanwhile is in time
PING = 10.0  # s between pings, and to the pong; then the connection is dead
OPEN_TIMEOUT = 10.0  # s
BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # s to the next attempt, the last for ever; half random
STEADY = 5.0  # s that a connection must last for the next attempts to begin at the first delay
GOING_AWAY = 1001  # RFC 6455, 7.4.1
STOP_TIMEOUT = 0.5  # s that the way out waits for the echo of Stop
TELL_TIMEOUT = 1.0  # s that the way out waits for the CSMS


def parser() -> argparse.ArgumentParser:
    """The options of this role."""
    options = role_parser("cp", __doc__, EXAMPLES)
    options.add_argument("--csms", metavar="URL", help="address of the CSMS, without the id")
    options.add_argument("--id", metavar="ID", help="charge point id (default: CP_1)")
    options.add_argument(
        "--profile-policy",
        choices=("strict", "seed"),
        default="strict",
        help="strict: OCPP 1.6; seed: also TxProfile without a transaction (default: %(default)s)",
    )
    options.add_argument(
        "--csms-timeout",
        type=seconds,
        default=60.0,
        metavar="S",
        help="send Stop when the CSMS is gone for longer (default: %(default)s)",
    )
    options.add_argument("--control", metavar="SOCKET", help="Unix socket for `rig control`")
    options.add_argument("--record-ocpp", metavar="FILE", help="append each message as a JSON line")
    return options


class ChargePoint:
    """The shell of one Bridge: its bus, its connection, its timer."""

    def __init__(
        self, options: argparse.Namespace, bench: Bench, codec: Codec, log: logging.Logger
    ) -> None:
        self._bench, self._log = bench, log
        self._recording = (
            OcppRecording(options.record_ocpp, "cp", log) if options.record_ocpp else None
        )
        supply = Supply(bench.voltage, bench.phases) if bench.voltage and bench.phases else None
        settings = Settings(IDENTITY, options.profile_policy, supply, options.csms_timeout)
        loop = asyncio.get_running_loop()
        self._bridge = Bridge(settings, codec, wall, loop.time())
        self._drive: Drive[Event, Output] = Drive(self._bridge, self._do)
        self._ocpp = OcppLink(log)
        self._keys: dict[int, int] = {}
        self._fed = asyncio.Event()
        self.node = Node(
            bus_config(options, bench), codec, log, self._on_bus, listens_to=(Current,)
        )

    def feed(self, event: Event) -> None:
        """Give the bridge an event."""
        self._drive.feed(event)
        self._fed.set()

    def _on_bus(self, event: NodeEvent) -> None:
        match event:
            case Sent(token) | NotSent(token) | Late(token) if token in self._keys:
                self.feed(replace(event, token=self._keys[token]))
            case Current() | LinkUp() | LinkDown():
                self.feed(event)

    def _do(self, output: Output) -> None:
        if isinstance(output, Transmit):
            token = self.node.send(output.message)
            self._keys[token] = output.key
            self._keys.pop(token - 1000, None)
        else:
            self._ocpp.do(output, self.feed)

    async def stay_connected(self) -> None:
        """Keep the connection to the CSMS, for ever."""
        attempt, loop = 0, asyncio.get_running_loop()
        while True:
            try:
                async with self._connect() as connection:
                    began = loop.time()
                    await self._serve(connection)
                    if loop.time() - began > STEADY:
                        attempt = 0
            except (OSError, TimeoutError, InvalidHandshake) as error:
                self._log.warning("ocpp = no CSMS at %s: %s", self._bench.csms, first_line(error))
            delay = BACKOFF[min(attempt, len(BACKOFF) - 1)] * random.uniform(0.5, 1)
            self._log.info("ocpp = next attempt in %.1f s", delay)
            attempt += 1
            await asyncio.sleep(delay)

    def _connect(self) -> connect:
        url = self._bench.csms.rstrip("/") + "/" + quote(self._bench.charge_point, safe="")
        return connect(
            url,
            subprotocols=[Subprotocol("ocpp1.6")],
            compression=None,
            proxy=None,
            max_size=LONGEST,
            open_timeout=OPEN_TIMEOUT,
            ping_interval=PING,
            ping_timeout=PING,
            close_timeout=CLOSE_TIMEOUT,
        )

    async def _serve(self, connection: ClientConnection) -> None:
        if connection.subprotocol != "ocpp1.6":
            raise OSError("it does not speak ocpp1.6")
        self._log.info("ocpp = connected to %s", self._bench.csms)
        peer = Peer(self._bench.charge_point, connection, self.feed, self._log, self._keep)
        self._ocpp.peer = peer
        self.feed(Connected())
        why = "this charge point ended"
        try:
            why = await peer.run()
        finally:
            self._ocpp.peer = None
            self._log.warning("ocpp = disconnected: %s", why)
            self.feed(Disconnected(why))
            await end_connection(connection, GOING_AWAY, "the charge point ends")

    def _keep(self, direction: str, text: str) -> None:
        if self._recording:
            self._recording.keep(self._bench.charge_point, direction == ">", text)

    async def stop(self, connection: "asyncio.Task[None]") -> None:
        """The way out: Stop on the bus, then what the CSMS must know, then close."""
        self._order_stop()
        if not await self._until(lambda: self._bridge.is_stopped, STOP_TIMEOUT):
            self._log.error("can > Stop was NOT confirmed: the charger may still run")
        if self._ocpp.peer:
            await self._until(lambda: self._bridge.is_told, TELL_TIMEOUT)
        if not self._bridge.is_told:
            self._log.warning("ocpp > the CSMS was not told everything")
        connection.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await connection
        self._drive.stop()
        if left_out := self._bridge.left_out:
            self._log.info("ocpp = %d MeterValues left out for newer ones", left_out)

    def _order_stop(self) -> None:
        try:
            self.feed(Shutdown())
        except Exception:  # a defect must not keep the Stop from the bus
            self._log.exception("the bridge is broken: Stop without it")
            self.node.send(Stop())

    async def _until(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait until a condition holds, `within` s at most; whether it does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not condition():
                    self._fed.clear()
                    await self._fed.wait()
        return condition()

    def control(self, command: dict[str, Any]) -> None:
        """A command of the control side: plug, unplug. Raises ValueError for any other."""
        events: dict[str, Event] = {"plug": Plugged(), "unplug": Unplugged()}
        event = events.get(str(command.get("command")))
        if event is None or command.get("connector", 1) != 1:
            raise ValueError("commands are plug and unplug, of connector 1")
        self._log.info("control < %s", command["command"])
        self.feed(event)


async def serve(options: argparse.Namespace, log: logging.Logger) -> None:
    """Run the charge point until cancelled."""
    bench = _with_options(read_bench(options.bench), options)
    point = ChargePoint(options, bench, read_codec(bench), log)
    async with point.node, Control(options.control, point.control):
        connection = asyncio.create_task(point.stay_connected())
        try:
            await point.node.wait_until_up()
            announce_ready()
            await asyncio.wait([connection])  # not `await connection`, which would cancel it too
            connection.result()
        finally:
            await point.stop(connection)


def _with_options(bench: Bench, options: argparse.Namespace) -> Bench:
    given = {"csms": options.csms, "charge_point": options.id}
    return replace(bench, **{key: value for key, value in given.items() if value is not None})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the role; returns its exit status."""
    return run_role("cp", parser(), serve, argv)


if __name__ == "__main__":
    raise SystemExit(main())
