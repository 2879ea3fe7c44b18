"""One run of pytest as several processes, here (`--processes N`) or in machines beside each other.

All that have the same `--share DIR` share the work: each takes the next file that none has taken.
"""

import functools
import itertools
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

Others = dict[int, int]  # process id: the file of what it says


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--share", metavar="DIR", help="leave out the files that another run with this DIR takes"
    )
    parser.addoption(
        "--processes", type=int, default=1, metavar="N", help="that share the work, with --share"
    )


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    options = session.config.option
    if options.share is None or session.testsfailed or options.collectonly:
        return None
    others = _fork(session.config, options.processes - 1)
    try:
        _run(session, Path(options.share))
    finally:
        _wait(session, others)
    return True


def _run(session: pytest.Session, share: Path) -> None:
    for item, following in itertools.pairwise(itertools.chain(_mine(session, share), [None])):
        assert item
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)


def _mine(session: pytest.Session, share: Path) -> Iterator[pytest.Item]:
    """First those that start programs: they wait most, which the others fill."""
    for item in sorted(session.items, key=_only_computes):
        if _take(share / item.nodeid.partition("::")[0].replace("/", ".")):
            yield item


def _only_computes(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    names = vars(item.module).values()
    return all(getattr(each, "__module__", None) != "tests.processes" for each in names)


@functools.cache
def _take(mark: Path) -> bool:
    """Whether nobody was here before. A directory, since only that is atomic on hostfs."""
    try:
        mark.mkdir()
    except FileExistsError:
        return False
    return True


def _fork(config: pytest.Config, number: int) -> Others:
    """Processes that have collected what this one has, which takes seconds. In them, none.

    Each captures what its tests say in files of its own.
    """
    capture = config.pluginmanager.getplugin("capturemanager")
    assert capture
    capture.stop_global_capturing()
    others = _forked(number)
    capture.start_global_capturing()
    capture.suspend_global_capture()
    return others


def _forked(number: int) -> Others:
    others: Others = {}
    assert threading.active_count() == 1  # a fork copies no others
    # Python counts that of pyarrow's allocator, which is made for a fork.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    sys.stdout.flush()
    for _ in range(number):
        says = os.memfd_create("says")
        pid = os.fork()
        if pid == 0:
            os.dup2(says, 1)
            os.dup2(says, 2)
            return {}
        others[pid] = says
    return others


def _wait(session: pytest.Session, others: Others) -> None:
    """Wait for them, and say what they said. A failure of theirs is one of this run."""
    statuses = {pid: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in others}
    for pid, says in others.items():
        os.lseek(says, 0, os.SEEK_SET)
        with open(says, errors="replace") as text:
            print("", text.read(), sep="\n")  # noqa: T201
        if statuses[pid] not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            print(f"process {pid}, which shared the work, ended with {statuses[pid]}")  # noqa: T201
            session.testsfailed += 1
