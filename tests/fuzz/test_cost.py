"""What one text may cost, whatever it holds: instructions and memory.

A piece that once cost too much is added to tests/fuzz/pieces.py. The texts of tests/fuzz/corpus
grow besides, by an item of a list or by any part of one that is damaged; `scripts/test.sh --all`
has twenty times as many.

Instructions are counted by QEMU, whose clock goes on 1 ns for each: nothing else counts them on
any machine, and the same work takes the same number of them. By hand:

    RIG_ICOUNT=1 scripts/socketcan_vm.sh --adapters pytest -m instructions tests/fuzz
"""

import asyncio
import json
import os
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.role.logic.secrets import hide
from rig.role.logic.values import FREE_VALUES
from tests.fuzz.pieces import HONEST, PIECES, full_text, long_text
from tests.fuzz.test_fuzz import CORPUS, TEXTS, damaged
from tests.memory import memory_within
from tests.ocpp_ends import ENDS, Other, joined

# For a text of 262,000 characters, by both ends together. An honest one takes 72 million, the worst
# that was found 200; where every error of a text is put into words, one takes 530.
MOST_INSTRUCTIONS = 300e6
MOST_MEMORY = 50 << 20  # bytes; that one took 200 MiB, now the worst takes 12
GOOD = [text for path, text in zip(CORPUS, TEXTS, strict=True) if path.stem.startswith("good-")]
JUNK: list[Any] = [None, 0, 1e300, 10**300, "", "x" * 300, [], {}, {"x": 0}, [[]], "://a@"]
PART = re.compile(r'\{[^{}]*\}|\[[^\[\]]*\]|"[^"]*"|[^\[\]{}",:]+')  # of a JSON text


pytestmark = pytest.mark.instructions


@pytest.fixture(autouse=True, scope="module")
def _each_is_counted() -> None:
    assert "RIG_ICOUNT" in os.environ, "only QEMU counts instructions: see the top of this file"


async def instructions_of(other: Other, text: str) -> float:
    """Until a text was read and answered, by both ends."""
    begun = time.process_time_ns()
    await other.says(text)
    await other.settled()
    return time.process_time_ns() - begun


async def costs_little(end: str, text: str) -> None:
    """Once both ends have served another, so that nothing is imported meanwhile."""
    async with joined(end) as other:
        await instructions_of(other, long_text(*HONEST).replace('"a"', '"honest"', 1))
        with memory_within(MOST_MEMORY):
            assert await instructions_of(other, text) <= MOST_INSTRUCTIONS


def hides_at_no_more_cost(text: str) -> None:
    """As a recording does."""
    with memory_within(MOST_MEMORY):
        hide(text.replace('"a"', r'"\u0061"', 1))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("made", [long_text, full_text])
@pytest.mark.parametrize("kind", PIECES)
async def test_no_piece_costs_much_however_often_it_comes(
    end: str, kind: str, made: Callable[[str, str, str], str]
) -> None:
    text = made(*PIECES[kind])
    await costs_little(end, text)
    hides_at_no_more_cost(text)


@pytest.mark.parametrize("end", ENDS)
async def test_many_keys_cost_little(end: str) -> None:
    keys = ",".join(f'"{number:x}":0' for number in range(FREE_VALUES - 10))
    await costs_little(end, f'[2,"a","Reset",{{{keys}}}]')


def lists_in(value: Any) -> list[list[Any]]:
    """The lists in a value that hold something, at any depth."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [value] if isinstance(value, list) and value else []
    return found + [each for one in inside for each in lists_in(one)]


def payload_of(text: str) -> Any:
    """The last part of a text of the corpus."""
    return json.loads(text)[-1]


LISTS = [text for text in GOOD if lists_in(payload_of(text))]


@st.composite
def grown_lists(draw: st.DrawFn) -> str:
    """A good text in which one item of a list comes again and again, whole or damaged."""
    message = json.loads(draw(st.sampled_from(LISTS)))
    chosen = draw(st.sampled_from(lists_in(message[-1])))
    item, junk = chosen[0], draw(st.sampled_from(JUNK))
    damages = [item, junk, [item]]
    if isinstance(item, dict):
        name = draw(st.sampled_from([*item, "x"]))
        damages += [item | {name: junk}, {key: item[key] for key in item if key != name}]
    chosen[:] = ["here"]
    head, tail = json.dumps(message).split('"here"')
    made = draw(st.sampled_from([long_text, full_text]))
    return made(head, json.dumps(draw(st.sampled_from(damages))), tail)


@st.composite
def grown(draw: st.DrawFn) -> str:
    """A damaged text in which one part comes again and again."""
    text = draw(damaged())[:10_000]
    parts = [found.span() for found in PART.finditer(text)] or [(0, 0)]
    start, end = draw(st.sampled_from(parts))
    piece = draw(st.sampled_from([text[start:end], text[start:end][::-1], "[]", "0", "{}"]))
    made = draw(st.sampled_from([long_text, full_text]))
    return made(text[:start], piece, text[end:])


@given(grown() | grown_lists(), st.sampled_from(ENDS))
def test_no_damaged_text_costs_much(text: str, end: str) -> None:
    asyncio.run(costs_little(end, text))
