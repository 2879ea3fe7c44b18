"""Which tests run where: those on real CAN only where a `-m` expression asks for them."""

import functools
import gc
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import end_fork_servers


@pytest.fixture(scope="session", autouse=True)
def _fork_servers() -> Iterator[None]:
    yield
    end_fork_servers()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.has_plugin("hypothesispytest"):
        _register_profiles()
    if not config.option.markexpr:
        config.option.markexpr = (
            "not socketcan and not adapters and not postgresql and not thirdparty"
        )


def _register_profiles() -> None:
    """Imported here, since it takes a second in a virtual machine, where no test needs it."""
    from hypothesis import settings

    # No deadline, since a machine that is busy must not fail a test. Of 36 bugs planted in the
    # logic that 100 examples found, 45 found all.
    settings.register_profile("rig", deadline=None, max_examples=60)
    settings.register_profile("long", deadline=None, max_examples=1000)  # scripts/test.sh --all
    settings.load_profile("rig")


def pytest_collection_finish() -> None:
    """What is there now stays: the collector need not look through it again and again (a tenth)."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--share", metavar="DIR", help="leave out the files that another run with this DIR takes"
    )


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Several processes share the work: each takes the next file that none has taken."""
    folder = session.config.getoption("--share")
    if folder is None or session.testsfailed or session.config.option.collectonly:
        return None
    mine = (item for item in session.items if _take(Path(folder) / _file(item)))
    for item, following in itertools.pairwise(itertools.chain(mine, [None])):
        assert item
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
    return True


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0].replace("/", ".")


@functools.cache
def _take(mark: Path) -> bool:
    """Whether nobody was here before. A directory, since only that is atomic on hostfs."""
    try:
        mark.mkdir()
    except FileExistsError:
        return False
    return True
