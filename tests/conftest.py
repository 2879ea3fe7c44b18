"""Which tests run where: those on real CAN only where a `-m` expression asks for them."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.processes import end_fork_server

# A machine that is busy must not fail a test.
settings.register_profile("rig", deadline=None)
settings.register_profile("long", deadline=None, max_examples=1000)  # scripts/test.sh --all
settings.load_profile("rig")


@pytest.fixture(scope="session", autouse=True)
def _fork_server() -> Iterator[None]:
    yield
    end_fork_server()


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.markexpr:
        config.option.markexpr = (
            "not socketcan and not adapters and not postgresql and not thirdparty"
        )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", metavar="K/N", default="1/1", help="every Nth file, from the Kth on")


@pytest.hookimpl(trylast=True)  # after -m has selected
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The K-th of N parts of what was selected, so that several machines can share the work."""
    part, parts = map(int, config.getoption("--part").split("/"))
    files = sorted({item.path for item in items})
    mine = set(files[part - 1 :: parts])
    config.hook.pytest_deselected(items=[item for item in items if item.path not in mine])
    items[:] = [item for item in items if item.path in mine]
