"""Bodies that are no JSON object, on every route that takes one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.steered import Steered, steered


@pytest.fixture
async def interface(tmp_path: Path) -> AsyncIterator[Steered]:
    async with steered(tmp_path) as it:
        yield it


PUTS = {"POST": "/charge-points/CP_1/Reset", "PUT": "/tags/ABC"}


@pytest.mark.parametrize("method", PUTS)
@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"\xff", b"[" * 100_000, b"[]", b"1", b'{"type": NaN}', b"1" * 5000],
    ids=["empty", "text", "bytes", "deep", "array", "number", "nan", "long number"],
)
async def test_a_body_that_is_no_json_object_is_400_in_a_short_answer(
    interface: Steered, method: str, body: bytes
) -> None:
    answer = await interface.ask(method, PUTS[method], body)
    assert answer.status == 400
    assert len(answer.body) < 512
    assert interface.system.sent == []
    assert len(interface.tags.known) == 1
