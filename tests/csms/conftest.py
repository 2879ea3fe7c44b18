"""The HTTP interface of a central system, for each test that asks it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.steered import Steered, steered


@pytest.fixture
async def interface(tmp_path: Path) -> AsyncIterator[Steered]:
    async with steered(tmp_path) as it:
        yield it
