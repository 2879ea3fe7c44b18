"""The control side of a role: a Unix socket that takes JSON lines and answers each with one.

    {"command": "unplug", "connector": 1}      ->  {"ok": true}
    {"command": "fly"}                         ->  {"ok": false, "error": "commands are ..."}

Off unless the role is started with --control SOCKET. Only the user who started it may connect.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import stat
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from rig.errors import UserError

EXAMPLES = """\
examples:
  rig cp --control /tmp/cp.sock            in one terminal
  rig control /tmp/cp.sock unplug          the car is gone: Stop
  rig control /tmp/cp.sock plug"""

TIMEOUT = 5.0  # s to the answer

OnCommand = Callable[[dict[str, Any]], None]


class Control:
    """Serves the control socket at `path`; nothing if that is None.

    `on_command` gets each JSON object and raises ValueError for one that it does not take.
    Raises UserError on entering if the socket cannot be made.
    """

    def __init__(self, path: str | None, on_command: OnCommand) -> None:
        self._path, self._on_command = path, on_command
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "Control":
        if self._path is None:
            return self
        with contextlib.suppress(FileNotFoundError):
            _remove_stale(self._path)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path)
            os.chmod(self._path, 0o600)
        except OSError as error:
            raise UserError(f"cannot make the socket {self._path}: {error.strerror}") from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server and self._path:
            self._server.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError):  # ValueError: an endless line
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(line)).encode() + b"\n")
                await writer.drain()
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


def _remove_stale(path: str) -> None:
    """Remove the socket of a role that was killed; never that of a living one, nor a file."""
    if not stat.S_ISSOCK(os.stat(path).st_mode):
        raise UserError(f"{path} is there and no socket: choose another --control SOCKET")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except OSError:
            return
        else:
            raise UserError(f"{path} is in use by another role: choose another --control SOCKET")


def main(argv: Sequence[str] | None = None) -> int:
    """`rig control SOCKET COMMAND [CONNECTOR]`; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="rig control",
        description="Tell a role that was started with --control what happens around it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("socket", help="the role's --control SOCKET")
    parser.add_argument("command", help="cp: plug, unplug")
    parser.add_argument("connector", nargs="?", type=int, default=1, help="default: %(default)s")
    options = parser.parse_args(argv)
    command = {"command": options.command, "connector": options.connector}
    try:
        answer = _send(options.socket, command)
    except (OSError, ValueError) as error:
        answer = {"ok": False, "error": f"no role answers at {options.socket}: {error}"}
    if not answer.get("ok"):
        print(f"rig control: {answer.get('error')}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _send(path: str, command: dict[str, Any]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(path)
        connection.sendall(json.dumps(command).encode() + b"\n")
        answer: dict[str, Any] = json.loads(connection.makefile().readline())
        return answer


if __name__ == "__main__":
    raise SystemExit(main())
