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
    [b"", b"nonsense", b"\xff", b"[" * 15_000, b"[]", b"1", b'{"type": NaN}', b"1" * 5000],
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


@pytest.mark.parametrize("method", PUTS)
async def test_a_body_of_too_many_values_is_413(interface: Steered, method: str) -> None:
    body = b'{"type":[' + b"0," * 16_384 + b"0]}"
    answer = await interface.ask(method, PUTS[method], body)
    assert (answer.status, answer.detail) == (413, "the body has too many values for its length")
    assert interface.system.sent == []


async def test_a_body_with_a_byte_order_mark_is_read(interface: Steered) -> None:
    """As Windows PowerShell writes it."""
    answer = await interface.ask("POST", PUTS["POST"], b'\xef\xbb\xbf{"type":"Hard"}')
    assert answer.status == 200
