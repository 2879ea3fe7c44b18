"""A tiny central system and a tiny charge point on bare `websockets`, to test the rig against.

They know nothing of the `ocpp` package nor of the rig: texts are what OCPP-J 1.6 clause 4 says.
Each end answers by a script, can leave a CALL unanswered and can stop reading, so that the TCP
buffer of the rig's end fills up.

    with CentralSystem() as csms, role("cp", "--csms", csms.url, ...):
        point = csms.connected()
        point.until("BootNotification")
        assert point.ask("RemoteStartTransaction", {"idTag": "RIG"}) == {"status": "Accepted"}
"""

import contextlib
import itertools
import json
import queue
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.connection import Connection
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tests.processes import Program
from tests.tcp_queues import STILL, gets_through, queued_bytes, small_socket

PATIENCE = 60.0  # s; generous, since timings never decide a test
NOW = "2026-01-31T12:00:00Z"

Payload = dict[str, Any]
Script = dict[str, Payload | Callable[[Payload], Payload | None] | None]

UNANSWERED = None
ACCEPTED_BOOT: Payload = {"currentTime": NOW, "interval": 300, "status": "Accepted"}


class End:
    """One end of a connection: what the other one asked, and asking it."""

    def __init__(self, websocket: Connection, script: Script) -> None:
        self.websocket, self.script = websocket, script
        self.heard: list[tuple[float, str, Payload]] = []  # time.monotonic(), action, payload
        self.texts: list[str] = []  # all that was received
        self._news: queue.Queue[tuple[float, str, Payload] | None] = queue.Queue()
        self._answers: dict[str, queue.Queue[list[Any]]] = {}
        self._reads = threading.Event()
        self._reads.set()
        self._ids = itertools.count(1)

    def until(self, action: str, patience: float = PATIENCE, **fields: Any) -> Payload:
        """The next CALL of this action with these fields, from the last one waited for on."""
        deadline = time.monotonic() + patience
        while True:
            try:
                news = self._news.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"{action} {fields} never came in {self.actions}") from None
            assert news is not None, f"closed before {action} {fields}: {self.actions}"
            if news[1] == action and fields.items() <= news[2].items():
                return news[2]

    def ask(self, action: str, payload: Payload, patience: float = PATIENCE) -> Payload | str:
        """Send a CALL; the payload of its CALLRESULT, or the code of its CALLERROR."""
        return self.answer_to(self.begin(action, payload), patience)

    def begin(self, action: str, payload: Payload) -> str:
        """Send a CALL without waiting; its id."""
        unique_id = str(next(self._ids))
        self._answers[unique_id] = queue.Queue()
        self.send(json.dumps([2, unique_id, action, payload]))
        return unique_id

    def answer_to(self, unique_id: str, patience: float = PATIENCE) -> Payload | str:
        """The answer to a CALL that was begun, as `ask` gives it."""
        answer: Payload | str = self._answers[unique_id].get(timeout=patience)[2]
        return answer

    def send(self, text: str | bytes) -> None:
        """Send whatever."""
        self.websocket.send(text)

    def stop_reading(self) -> None:
        """Read nothing more. The other end's TCP buffer fills up as it goes on sending."""
        self._reads.clear()

    def jam(self, program: Program) -> None:
        """Read nothing more, and ask until the answers fill the TCP buffer and more.

        `program` is the other end, which logs each request. Nothing may get through any more: our
        kernel, whose buffer is full, drops the other one's acknowledgements as well. But what did
        get through must have been read.
        """
        self.stop_reading()
        theirs = self.websocket.remote_address[1], self.websocket.local_address[1]
        full, before = 0, -1
        for batch in itertools.count():
            for number in range(100):
                if not self._takes_more():
                    break
                self.begin(*self.filler(f"jam-{batch}-{number}"))
            if not gets_through(program, rf"=jam-{batch}-99\b", theirs):
                return
            queued, _ = queued_bytes(*theirs)
            full, before = (full + 1 if queued == before else 0), queued
            if full == 2:  # 200 answers more than the kernel took
                return

    def _takes_more(self) -> bool:
        """Whether our kernel takes a message: in the end it holds all it can for the other one."""
        return bool(select.select([], [self.websocket.socket], [], STILL)[1])

    def filler(self, mark: str) -> tuple[str, Payload]:
        """What a charge point gives a long answer to: keys that it does not know."""
        return "GetConfiguration", {"key": [mark] + ["unknown".ljust(50, "-")] * 10}

    def read_again(self) -> None:
        """Read what has piled up, and go on."""
        self._reads.set()

    def closed(self, patience: float = PATIENCE) -> int | None:
        """Wait until the connection is gone; the close code that the other end sent."""
        deadline = time.monotonic() + patience
        while self._news.get(timeout=max(0.0, deadline - time.monotonic())) is not None:
            pass
        self._news.put(None)
        return self.websocket.close_code

    @property
    def actions(self) -> list[str]:
        """What was heard, by name, in order."""
        return [action for _, action, _ in self.heard]

    def run(self) -> None:
        """Read until the connection is gone."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                text = self.websocket.recv()
                self._reads.wait()
                self._take(str(text))
        self._news.put(None)

    def _take(self, text: str) -> None:
        self.texts.append(text)
        message = json.loads(text)
        if message[0] == 2:
            self._answer(*message[1:])
        elif message[1] in self._answers:
            self._answers[message[1]].put(message)

    def _answer(self, unique_id: str, action: str, payload: Payload) -> None:
        news = (time.monotonic(), action, payload)
        scripted = self.script.get(action, {})
        answer = scripted(payload) if callable(scripted) else scripted
        if answer is not UNANSWERED:
            self.send(json.dumps([3, unique_id, answer]))
        self.heard.append(news)
        self._news.put(news)


class CentralSystem:
    """Listens on loopback. `script`: what to answer to each action, besides the usual."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        port: int = 0,
        subprotocols: Iterable[str] = ("ocpp1.6",),
    ) -> None:
        numbers = itertools.count(4)
        accepted = {"status": "Accepted"}
        self.script: Script = {
            "BootNotification": ACCEPTED_BOOT,
            "Heartbeat": {"currentTime": NOW},
            "Authorize": {"idTagInfo": accepted},
            "StartTransaction": lambda _: {"transactionId": next(numbers), "idTagInfo": accepted},
            "StopTransaction": {"idTagInfo": accepted},
            "DataTransfer": {"status": "UnknownVendorId"},
        }
        self.script |= script or {}
        self.paths: list[str] = []
        self._new: queue.Queue[End] = queue.Queue()
        self._sock = small_socket()
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._sock.bind(("127.0.0.1", port))
        self._sock.listen()
        self.port: int = self._sock.getsockname()[1]
        self._server = serve(
            self._serve,
            sock=self._sock,
            subprotocols=[Subprotocol(name) for name in subprotocols],
            select_subprotocol=lambda _, offered: offered[0] if subprotocols and offered else None,
            compression=None,
            max_queue=1,
            close_timeout=0.2,
            ping_interval=None,
        )
        self._ends: list[End] = []

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    def __enter__(self) -> "CentralSystem":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go()

    def go(self) -> None:
        """Stop listening and drop every connection without a word, as a crash would."""
        for sock in (self._sock, *(end.websocket.socket for end in self._ends)):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for end in self._ends:
            end.read_again()
        self._server.shutdown()

    def connected(self, patience: float = PATIENCE) -> End:
        """The next charge point that connects."""
        return self._new.get(timeout=patience)

    def _serve(self, websocket: ServerConnection) -> None:
        assert websocket.request
        self.paths.append(websocket.request.path)
        end = End(websocket, self.script)
        self._ends.append(end)
        self._new.put(end)
        end.run()


class ChargePoint(End):
    """Connected to `url`/`name` at once. It accepts whatever it is asked, if not scripted."""

    def __init__(
        self,
        url: str,
        name: str,
        script: Script | None = None,
        *,
        subprotocols: Iterable[str] = ("ocpp1.6",),
    ) -> None:
        offered = [Subprotocol(item) for item in subprotocols]
        where = urlsplit(url)
        sock = small_socket()
        sock.connect((where.hostname, where.port))
        websocket = connect(
            url.rstrip("/") + "/" + name,
            sock=sock,
            subprotocols=offered or None,
            compression=None,
            proxy=None,
            max_queue=1,
            close_timeout=0.2,
            ping_interval=None,
        ).__enter__()
        usual = "SetChargingProfile RemoteStartTransaction RemoteStopTransaction TriggerMessage"
        accepted: Script = {action: {"status": "Accepted"} for action in usual.split()}
        super().__init__(websocket, accepted | (script or {}))
        self._thread = threading.Thread(target=self.run, daemon=True)
        self._thread.start()

    def __enter__(self) -> "ChargePoint":
        return self

    def __exit__(self, *_: object) -> None:
        self.read_again()
        self.websocket.close()
        self._thread.join(PATIENCE)

    def filler(self, mark: str) -> tuple[str, Payload]:
        """A central system gives long answers to nothing."""
        return "DataTransfer", {"vendorId": mark}

    def boot(self) -> Payload | str:
        """Boot as a charge point does."""
        return self.ask("BootNotification", {"chargePointVendor": "bare", "chargePointModel": "p"})

    def start(self) -> int:
        """Tell that a transaction began; its id."""
        start = {"connectorId": 1, "idTag": "RIG", "meterStart": 0, "timestamp": NOW}
        answer = self.ask("StartTransaction", start)
        assert isinstance(answer, dict)
        return int(answer["transactionId"])

    def stop(self, transaction_id: int) -> Payload | str:
        """Tell that a transaction ended."""
        stop = {"transactionId": transaction_id, "meterStop": 0, "timestamp": NOW}
        return self.ask("StopTransaction", stop)
