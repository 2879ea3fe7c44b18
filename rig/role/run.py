"""What every role has in common: options, log, signals, exit status."""

import argparse
import asyncio
import ctypes
import errno
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from rig.role.arguments import Parser
from rig.role.bench import add_bench_argument
from rig.role.errors import BadAnswer, UserError
from rig.role.log import LEVELS, start_log, stop_log
from rig.role.logic.exits import Exit
from rig.role.logic.tally import Tally

# What the event loop says where a connection waits for a file descriptor or memory; it tries again.
EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
PARENT = "RIG_PARENT"  # environment: the process that this one must not outlive
PR_SET_PDEATHSIG = 1  # linux/prctl.h
Serve = Callable[[argparse.Namespace, logging.Logger], Awaitable[None]]


def role_parser(role: str, description: str | None, examples: str, *, words: str = "") -> Parser:
    """A parser whose help ends in examples, with the options that all roles share."""
    parser = Parser(f"rig {role}", description, f"examples:\n{examples}", words)
    add_bench_argument(parser)
    add_log_option(parser)
    return parser


def add_log_option(parser: argparse.ArgumentParser) -> None:
    """Which lines of the log are wanted."""
    parser.add_argument(
        "--log-level",
        choices=LEVELS,
        default="info",
        help="the least that is logged (default: %(default)s)",
    )


def run_role(
    role: str, parser: argparse.ArgumentParser, serve: Serve, argv: Sequence[str] | None
) -> int:
    """Run a role until a signal asks it to end, or its own end. Returns the exit status.

    The signal cancels `serve`, which then closes what it opened (rig/role/closing.py). Raises
    UserError and BadAnswer as `serve` does.
    """
    if not _tethered():
        return Exit.ASKED
    options = parser.parse_args(argv)
    log = start_log(role, options.log_level)
    try:
        asyncio.run(_until_signal(serve(options, log), log))
    except (UserError, BadAnswer):
        raise
    except Exception:
        log.exception("ended by a defect of the rig; please report it")
        return Exit.DEFECT
    finally:
        stop_log()
    return Exit.ASKED


def _tethered() -> bool:
    """SIGTERM when the parent that asked for it dies, however it dies. False: it is dead already.

    Done here, not between fork and exec: there no code of Python is safe beside threads.
    """
    parent = os.environ.pop(PARENT, None)  # not that of what this process starts
    if parent is None:
        return True
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    return os.getppid() == int(parent)


def ending_signals() -> list[signal.Signals]:
    """Those that ask to end. A terminal that closes (SIGHUP) does not where `nohup` began it."""
    asking = [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT]
    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return asking if ignored else [*asking, signal.SIGHUP]


async def _until_signal(work: Awaitable[None], log: logging.Logger) -> None:
    """Do the work until it ends, a signal comes, or a callback raises, which is then raised."""
    task = asyncio.ensure_future(work)
    ending = False
    defects: list[BaseException] = []
    short = Tally()

    def defect(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or RuntimeError(context["message"])
        if isinstance(error, OSError) and error.errno in EXHAUSTED:
            if short.count("short"):
                log.error("no connection more is taken now: %s (ulimit -n)", error.strerror)
            return
        defects.append(error)
        end()

    def end() -> None:
        nonlocal ending
        if not ending:  # once: a second Ctrl-C must not cut the closing short
            ending = True
            task.cancel()

    # add_signal_handler also where a script started this role with SIGINT ignored (`role &`).
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(defect)
    for number in ending_signals():
        loop.add_signal_handler(number, end)
    try:
        await task
    except asyncio.CancelledError:
        if not ending:
            raise
    if defects:
        raise defects[0]
