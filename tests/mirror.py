"""A program that says what it is as a process; tests/test_fork_server.py compares two of them."""

import gc
import json
import locale
import os
import random
import resource
import signal
import sys
import threading
import time
from pathlib import Path

CHANGING = {"NOTIFY_SOCKET", "OPENBLAS_NUM_THREADS"}


def main() -> int:
    """Say it, in one line of JSON."""
    lines = Path("/proc/self/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines)
    print(  # noqa: T201
        json.dumps(
            {
                "arguments": sys.argv,
                "environment": {k: v for k, v in os.environ.items() if k not in CHANGING},
                "folder": os.getcwd(),
                "path": sys.path,
                "flags": repr(sys.flags),
                "open files": sorted(os.listdir("/proc/self/fd")),
                "input": os.readlink("/proc/self/fd/0"),
                "signals": [status[name] for name in ("SigBlk", "SigIgn", "SigCgt")],
                "at SIGINT": repr(signal.getsignal(signal.SIGINT)),
                "threads": [status["Threads"], threading.active_count()],
                "group and session": [os.getpgid(0), os.getsid(0)],
                "limits": [
                    resource.getrlimit(n) for n in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)
                ],
                "umask and nice": [status["Umask"], os.nice(0)],
                "output": [
                    (s.encoding, s.errors, s.line_buffering, s.isatty(), s.fileno())
                    for s in (sys.stdout, sys.stderr)
                ],
                "locale": locale.setlocale(locale.LC_ALL),
                "zone": time.tzname,
                "collector": [gc.isenabled(), gc.get_threshold()],
            }
        )
    )
    print(os.getpid(), random.random())  # noqa: T201
    return 3


if __name__ == "__main__":
    sys.exit(main())
