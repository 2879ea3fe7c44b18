"""Both ends against whatever comes: the committed texts, and what becomes of them when damaged.

`corpus/` holds one text a file: each action of the standard, good, and the bad ones of
`tests/test_bad_input.py` that are short. A text that once broke something is added there.
`scripts/test.sh --all` tries ten times as many damaged ones.
"""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call

from rig.ocppj.peer import MALFORMED_ALLOWED
from rig.ocppj.schemas import ACTIONS
from tests.ocpp_ends import ENDS, Other, joined

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
TEXTS = [path.read_text("utf-8") for path in CORPUS]
LONGEST_REPLY = 512  # bytes
CLOSED = {1007, 1008, 1009}  # RFC 6455, 7.4.1: no UTF-8, policy, too big
TOKENS = ["[", "]", "{", "}", '"', ",", ":", "\\", "\\u0000", "\\ud800", "null", "true", "1e999"]
TOKENS += [
    "-1",
    "0.15",
    "9" * 40,
    "NaN",
    '"a"',
    '"key":1',
    "\x00",
    "\u2028",
    "\ufeff",
    "ä",
    "[" * 99,
]


async def serve(other: Other, texts: list[str]) -> list[str]:
    """Send texts, while a CALL of the peer waits for its answer; what it said to each."""
    other.peer.ask(call.Authorize(id_tag="RIG"), "a")
    await other.hears()
    said = []
    for text in texts:
        await other.says(text)
        said.append(json.dumps(await other.settled()))
    return said


async def survives(end: str, texts: list[str]) -> None:
    """The replies are short, and the session lives on."""
    async with joined(end) as other:
        said = await serve(other, texts)
        assert max(map(len, said)) <= LONGEST_REPLY
        await other.still_works()
        for event in other.asked:
            other.peer.refuse(event.unique_id, "NotSupported", "no")
        assert not other.running.done()


async def ends_well(end: str, texts: list[str]) -> None:
    """Whatever the session comes to, it is no defect."""
    async with joined(end) as other:
        await other.says(*texts)
        await other.socket.close()
        assert "defect" not in await other.ended()
        assert other.socket.close_code in {1000, *CLOSED}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("text", TEXTS, ids=[path.stem for path in CORPUS])
async def test_a_text_of_the_corpus(end: str, text: str) -> None:
    await survives(end, [text, text])


def test_each_action_is_in_the_corpus() -> None:
    heads = {path.stem for path in CORPUS}
    assert {f"good-{action}" for action in ACTIONS} <= heads


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A text of the corpus, damaged in up to 3 places."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 20)))
        kept = text[start:end]
        middle = draw(
            st.sampled_from([*TOKENS, kept * 2, kept[::-1], draw(st.sampled_from(TEXTS))])
        )
        text = text[:start] + middle + text[end:]
    return text


@given(st.sampled_from(ENDS), st.lists(damaged(), min_size=1, max_size=MALFORMED_ALLOWED // 2))
def test_damaged_texts_get_short_replies_and_end_nothing(end: str, texts: list[str]) -> None:
    asyncio.run(survives(end, texts))


@given(st.sampled_from(ENDS), st.lists(damaged(), max_size=40))
def test_any_number_of_damaged_texts_at_once_ends_well(end: str, texts: list[str]) -> None:
    asyncio.run(ends_well(end, texts))
