"""A process that has imported the roles and forks itself for each one that a test wants.

To start a role then costs milliseconds instead of its imports. The child is as a process of
`python -m` would be: its own arguments, environment, output, signals and exit; only the seed of
hash() is the server's. tests/processes.py talks to it, and tells what may not differ.
"""

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, NoReturn

REQUEST = 1 << 18  # bytes, more than a socket takes at once
STDOUT, STDERR = 1, 2
READ_WRITE, EXECUTE, POPULATE_WRITE = 3, 4, 23  # asm-generic/mman-common.h

_libc = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Request:
    """What to run: `module.main()` with these arguments, after the server has imported `needs`."""

    module: str
    arguments: list[str]
    environment: dict[str, str]
    needs: list[str]


class Server:
    """Forks for each request that comes on `control`: a Request as JSON, where the output goes, and
    a socket that gets the child's id with a handle (pidfd), and its exit status in the end.
    """

    def __init__(self, control: int) -> None:
        self._control = socket.socket(fileno=control)
        self._children: dict[int, tuple[int, int]] = {}  # handle: id, reply
        self._waiting = select.poll()
        self._waiting.register(control, select.POLLIN)
        # For the server a Ctrl-C is not, since whoever uses it still wants the exit statuses. A
        # child gets it as soon as it can take it.
        self._signals = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])

    def serve(self) -> Request | None:
        """Return in each child what it is to run, and None when nobody asks any more."""
        while True:
            for ready, _ in self._waiting.poll():
                if ready in self._children:
                    self._report(ready)
                    continue
                data, descriptors, _, _ = socket.recv_fds(self._control, REQUEST, 2)
                if not data:
                    self._end_all()
                    return None
                request = Request(**json.loads(data))
                if self._is_child(request, *descriptors):
                    return request

    def _is_child(self, request: Request, output: int, reply: int) -> bool:
        _load(request.needs)
        assert len(os.listdir("/proc/self/task")) == 1, "a thread would be missing after the fork"
        pid = os.fork()
        if pid == 0:
            self._become(request, output)
            return True
        os.close(output)
        handle = os.pidfd_open(pid)
        with socket.socket(fileno=os.dup(reply)) as sock:
            socket.send_fds(sock, [str(pid).encode()], [handle])
        self._children[handle] = pid, reply
        self._waiting.register(handle, select.POLLIN)
        return False

    def _become(self, request: Request, output: int) -> None:
        """Turn into what a new process would be."""
        os.dup2(output, STDOUT)
        os.dup2(output, STDERR)
        self._control.detach()
        os.closerange(STDERR + 1, os.sysconf("SC_OPEN_MAX"))
        os.environ.clear()
        os.environ.update(request.environment)
        time.tzset()
        if os.environ.get("RIG_GUEST") == "uml":
            _copy_memory()
        signal.pthread_sigmask(signal.SIG_SETMASK, self._signals)

    def _report(self, handle: int) -> None:
        pid, reply = self._children.pop(handle)
        self._waiting.unregister(handle)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(reply, str(status).encode())
        os.close(reply)
        os.close(handle)

    def _end_all(self) -> None:
        for pid, _ in self._children.values():
            os.kill(pid, signal.SIGKILL)


def _copy_memory() -> None:
    """Copy what the child shares with the server at once, not each page when it is written to.

    That is twice as fast in User Mode Linux, where a page fault takes 60 µs. The change of the
    protection and back makes it map the pages all together as well.
    """
    with open("/proc/self/maps") as maps:
        areas = [line.split()[:2] for line in maps]
    for place, flags in areas:
        if flags == "rw-p":
            begin, end = (int(address, 16) for address in place.split("-"))
            area = ctypes.c_void_p(begin), ctypes.c_size_t(end - begin)
            _libc.madvise(*area, POPULATE_WRITE)
            _libc.mprotect(*area, READ_WRITE | EXECUTE)
            _libc.mprotect(*area, READ_WRITE)


def _load(modules: list[str]) -> None:
    """Import what is not there yet, and keep the collector from copying it into each child."""
    if all(module in sys.modules for module in modules):
        return
    for module in modules:
        with contextlib.suppress(Exception):  # the child will fail on it, and say so
            importlib.import_module(module)
    gc.collect()
    gc.freeze()


def _leave(status: int) -> NoReturn:
    """End as the interpreter does, but without taking its modules apart, which takes longest."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status & 0xFF)


def main() -> Any:
    """Serve; the end of a child is the end of its module's main()."""
    request = Server(int(sys.argv[1])).serve()
    if request is None:
        os._exit(0)
    module = importlib.import_module(request.module)
    sys.argv = [str(module.__file__), *request.arguments]
    try:
        status = module.main()
    except SystemExit as end:
        status = end.code
    return _leave(status or 0) if isinstance(status, int | None) else status


if __name__ == "__main__":
    sys.exit(main())
