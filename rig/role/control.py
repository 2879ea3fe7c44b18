"""The control side of a role: a Unix socket that takes JSON lines and answers each with one.

    {"command": "unplug", "connector": 1}                  ->  {"ok": true}
    {"command": "swipe", "connector": 1, "id_tag": "ABC"}  ->  {"ok": true}
    {"command": "fly"}                                     ->  {"ok": false, "error": "..."}

Off unless the role is started with --control. Only the user who started it may connect.
"""

import argparse
import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from rig.role.arguments import Parser
from rig.role.entry import entry
from rig.role.errors import UserError
from rig.role.logic.exits import Exit
from rig.role.logic.programs import PROGRAMS
from rig.role.unix_socket import bound_socket, usual_socket

EXAMPLES = """\
commands:
  cp        plug, unplug, swipe id_tag=TAG, raise error=CODE [info=TEXT], clear
            (each of a connector, 1 if none is named), offline, online
  charger   fault kind=NAME, of `rig charger --help`; kind=none ends all
  csms      offline, online, disconnect charge_point=ID

examples:
  rig cp --control                     in one terminal; or rig up --control
  rig control cp unplug 1              the car is gone: Stop
  rig control cp plug 1
  rig control cp swipe 1 id_tag=ABC    starts a transaction, or stops this tag's
  rig control cp raise 1 error=GroundFailure
  rig control charger fault kind=tel.silent
  rig control /tmp/cp.sock offline     what has --control /tmp/cp.sock"""

CONTROLLED = [word for word, program in PROGRAMS.items() if program.has_control]
TIMEOUT = 5.0  # s to the answer

OnCommand = Callable[[dict[str, Any]], None]


def add_control_option(parser: argparse.ArgumentParser) -> None:
    """`--control [SOCKET]` of a role."""
    parser.add_argument(
        "--control",
        nargs="?",
        const="",
        metavar="SOCKET",
        help="take commands of `rig control` (default socket: by the role's name)",
    )


def control_path(options: argparse.Namespace, role: str) -> str | None:
    """The socket that `--control` asks for, if it does. Raises UserError as `usual_socket`."""
    given: str | None = options.control
    return usual_socket(role) if given == "" else given


def connector_of(command: dict[str, Any], connectors: int) -> int:
    """The connector that a command names, 1 if it names none. Raises ValueError."""
    number = command.get("connector", 1)
    if type(number) is not int or not 1 <= number <= connectors:
        raise ValueError(f"connectors are 1 to {connectors}, not {number!r}")
    return number


class Control:
    """Serves the control socket at `path`; nothing if that is None.

    `on_command` gets each JSON object and raises ValueError for one that it does not take.
    Raises UserError on entering if the socket cannot be made.
    """

    def __init__(self, path: str | None, on_command: OnCommand) -> None:
        self._path, self._on_command = path, on_command
        self._server: asyncio.Server | None = None
        self._place = contextlib.ExitStack()
        self._connections: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "Control":
        if self._path is not None:
            bound = self._place.enter_context(bound_socket(self._path, "--control"))
            self._server = await asyncio.start_unix_server(self._serve, sock=bound)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server:
            self._server.close()
        for connection in self._connections:
            connection.close()
        self._place.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        with contextlib.suppress(ConnectionError, ValueError):  # ValueError: an endless line
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(line)).encode() + b"\n")
                await writer.drain()
        self._connections.discard(writer)
        writer.close()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            command = json.loads(line)
            if not isinstance(command, dict):
                raise ValueError("a command is a JSON object")
            self._on_command(command)
        except (ValueError, RecursionError) as error:
            return {"ok": False, "error": str(error)}
        return {"ok": True}


def parser() -> Parser:
    """What to tell which role."""
    about = "Tell a role that was started with --control what happens around it."
    options = Parser("rig control", about, EXAMPLES, "ROLE COMMAND [CONNECTOR] [KEY=VALUE...]")
    options.add_argument(
        "role", metavar="ROLE", help=f"{', '.join(CONTROLLED)}, or the role's --control SOCKET"
    )
    options.add_argument("command", metavar="COMMAND", help="see below")
    options.add_argument(
        "details", nargs="*", default=[], metavar="CONNECTOR|KEY=VALUE", help="see below"
    )
    return options


@entry("rig control")
def main(argv: Sequence[str] | None = None) -> int:
    """`rig control ROLE COMMAND [CONNECTOR] [KEY=VALUE ...]`; returns the exit status."""
    options = parser().parse_args(argv)
    command = {"command": options.command, **_details(options.details)}
    path = options.role if "/" in options.role else usual_socket(options.role)
    try:
        answer = _send(path, command)
    except (OSError, ValueError) as error:
        why = f"no role answers at {path} ({error}): start it with --control"
        raise UserError(why) from error
    if not answer.get("ok"):
        raise UserError(str(answer.get("error")))
    return Exit.ASKED


def _details(words: Sequence[str]) -> dict[str, Any]:
    """`1 id_tag=ABC` as fields of a command. Raises UserError."""
    fields: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if word.isdecimal():
            fields["connector"] = int(word)
        elif equals and key:
            fields[key] = value
        else:
            raise UserError(f"{word!r} is neither a connector's number nor KEY=VALUE")
    return fields


def _send(path: str, command: dict[str, Any]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(path)
        connection.sendall(json.dumps(command).encode() + b"\n")
        answer: dict[str, Any] = json.loads(connection.makefile().readline())
        return answer


if __name__ == "__main__":
    raise SystemExit(main())
