"""Which tests run where: those on real CAN only where a `-m` expression asks for them."""

import gc
import os
import signal
from collections.abc import Iterator

import pytest

from tests.processes import begin_fork_servers, embedded_bus, end_fork_servers

pytest_plugins = ["tests.side_by_side"]


@pytest.fixture(scope="session", autouse=True)
def _fork_servers() -> Iterator[None]:
    yield
    end_fork_servers()


@pytest.fixture(scope="module")
def bus() -> Iterator[list[str]]:
    """The options that join an embedded bus."""
    with embedded_bus() as options:
        yield options


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    os.umask(0o022)  # what others could write, as with 002, the rig refuses
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        # nohup: a handler goes on ignoring it here, but not in what the tests start.
        signal.signal(signal.SIGHUP, lambda *_: None)
    if config.pluginmanager.has_plugin("hypothesispytest"):
        _register_profiles()
    if not config.option.markexpr:
        elsewhere = ("socketcan", "adapters", "instructions", "postgresql", "thirdparty")
        config.option.markexpr = " and ".join(f"not {mark}" for mark in elsewhere)


def _register_profiles() -> None:
    """Imported here, since it takes a second in a virtual machine, where no test needs it."""
    from hypothesis import settings

    # No deadline, since a machine that is busy must not fail a test. Of 36 bugs planted in the
    # logic that 100 examples found, 45 found all.
    settings.register_profile("rig", deadline=None, max_examples=45)
    settings.register_profile("long", deadline=None, max_examples=1000)  # scripts/test.sh --all
    settings.load_profile("rig")


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is there now stays: the collector need not look through it again and again (a tenth).

    And it looks more seldom at the rest (a twentieth).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
    if session.config.option.processes > 1:
        begin_fork_servers()
