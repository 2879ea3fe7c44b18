"""The HTTP interface of a central system, and its databases, for each test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import database_url as database_url
from tests.databases import server as server
from tests.steered import Steered, steered


@pytest.fixture
async def interface(tmp_path: Path) -> AsyncIterator[Steered]:
    async with steered(tmp_path) as it:
        yield it
