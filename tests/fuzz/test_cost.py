"""What one text may cost, whatever it holds: CPU time and memory, beside a long honest one.

The corpus of this test is made here, since it would be megabytes: a text is a head, a piece as
often as it fits in, and a tail. A piece that once cost too much is added to PIECES.
The texts of the corpus of tests/fuzz/corpus grow besides, by an item of a list or by any part of
one that is damaged; `scripts/test.sh --all` has twenty times as many.

The bounds leave room for a busy machine, and for what honest texts come to need: they are there
for what grows without measure.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.logic.secrets import hide
from rig.logic.values import FREE_VALUES, values
from tests.fuzz.test_fuzz import CORPUS, TEXTS, damaged
from tests.memory import memory_within
from tests.ocpp_ends import ENDS, TIME, Other, joined

LONGEST = 262_000  # characters; twice what a charge point takes
MOST_TIME = 30  # times that of an honest text; one that all waited for took 450, the worst now 8
MOST_MEMORY = 50 << 20  # bytes; that one took 200 MiB, now the worst takes 12
VALUES = '[2,"a","MeterValues",{"connectorId":1,"meterValue":['
SAMPLES = VALUES + f'{{"timestamp":"{TIME}","sampledValue":['
HONEST = (
    SAMPLES,
    '{"value":"12.5","context":"Sample.Periodic","measurand":"Current.Import","unit":"A"}',
    "]}]}]",
)
PERIODS = (
    '[2,"a","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"chargingProfileId":7,'
    '"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative",'
    '"chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":['
)
TAGS = '[2,"a","SendLocalList",{"listVersion":1,"updateType":"Full","localAuthorizationList":['
KEYS = '[2,"a","GetConfiguration",{"key":['
TYPE = '[2,"a","Reset",{"type":['
DATA = '[2,"a","DataTransfer",{"vendorId":"v","data":"'
PIECES: dict[str, tuple[str, str, str]] = {
    "samples without a value": (SAMPLES, "{}", "]}]}]"),
    "samples of an unknown unit": (SAMPLES, '{"value":"","unit":"x"}', "]}]}]"),
    "samples of the least": (SAMPLES, '{"value":""}', "]}]}]"),
    "samples, the last one bad": (SAMPLES, '{"value":""}', ",0]}]}]"),
    "values that are numbers": (VALUES, "0", "]}]"),
    "values at no moment": (VALUES, '{"timestamp":"T","sampledValue":[{"value":""}]}', "]}]"),
    "periods of huge limits": (PERIODS, '{"startPeriod":0,"limit":1e308}', "]}}}]"),
    "periods of tiny limits": (PERIODS, '{"startPeriod":0,"limit":1e-300}', "]}}}]"),
    "limits of 300 digits": (PERIODS, f'{{"startPeriod":0,"limit":{"9" * 300}}}', "]}}}]"),
    "limits of 4000 digits": (PERIODS, f'{{"startPeriod":0,"limit":{"9" * 4000}}}', "]}}}]"),
    "tags without an id": (TAGS, "{}", "]}]"),
    "tags of the least": (TAGS, '{"idTag":""}', "]}]"),
    "keys that are numbers": (KEYS, "0", "]}]"),
    "keys that are empty": (KEYS, '""', "]}]"),
    "lists": (TYPE, "[]", "]}]"),
    "objects": (TYPE, "{}", "]}]"),
    "objects with a key": (TYPE, '{"":0}', "]}]"),
    "lists 180 deep": (TYPE, "[" * 180 + "]" * 180, "]}]"),
    "objects 180 deep": (TYPE, '{"":' * 180 + "0" + "}" * 180, "]}]"),
    "opening brackets": ("[2", "[" * 9, "]"),
    "opening braces": ("[2", '{"":' * 9 + "0", "]"),
    "one key again and again": ('[2,"a","Reset",{', '"a":0', "}]"),
    "elements": ('[2,"a"', ",0", "]"),
    "addresses": (DATA, "://a@", '"}]'),
    "escapes": (DATA, r"\u0041", '"}]'),
    "keys of an answer": ('[3,"a",{"configurationKey":[', '{"key":"","readonly":true}', "]}]"),
    "no keys of an answer": ('[3,"a",{"configurationKey":[', "{}", "]}]"),
}
GOOD = [text for path, text in zip(CORPUS, TEXTS, strict=True) if path.stem.startswith("good-")]
JUNK: list[Any] = [None, 0, 1e300, 10**300, "", "x" * 300, [], {}, {"x": 0}, [[]], "://a@"]
PART = re.compile(r'\{[^{}]*\}|\[[^\[\]]*\]|"[^"]*"|[^\[\]{}",:]+')  # of a JSON text


def long_text(head: str, piece: str, tail: str) -> str:
    """A text that is nearly LONGEST."""
    times = (LONGEST - len(head) - len(tail)) // (len(piece) + 1)
    return head + ",".join([piece] * times) + tail


def full_text(head: str, piece: str, tail: str) -> str:
    """A text of nearly as many values as one may have, however short."""
    most = (FREE_VALUES - values(head + tail)) // (values(piece) + 1)
    return head + ",".join([piece] * min(most, LONGEST // (len(piece) + 1))) + tail


async def time_of(other: Other, text: str) -> float:
    """s of CPU until a text was read and answered, by both ends."""
    begun = time.process_time()
    await other.says(text)
    await other.settled()
    return time.process_time() - begun


async def costs_no_more(end: str, text: str) -> None:
    """Than the longest honest text."""
    async with joined(end) as other:
        honest = await time_of(other, long_text(*HONEST).replace('"a"', '"honest"', 1))
        with memory_within(MOST_MEMORY):
            assert await time_of(other, text) <= MOST_TIME * honest


def hides_at_no_more_cost(text: str) -> None:
    """As a recording does."""
    with memory_within(MOST_MEMORY):
        hide(text.replace('"a"', r'"\u0061"', 1))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("made", [long_text, full_text])
@pytest.mark.parametrize("kind", PIECES)
async def test_no_piece_costs_more_than_an_honest_text_however_often_it_comes(
    end: str, kind: str, made: Callable[[str, str, str], str]
) -> None:
    text = made(*PIECES[kind])
    await costs_no_more(end, text)
    hides_at_no_more_cost(text)


@pytest.mark.parametrize("end", ENDS)
async def test_many_keys_cost_no_more_than_an_honest_text(end: str) -> None:
    keys = ",".join(f'"{number:x}":0' for number in range(FREE_VALUES - 10))
    await costs_no_more(end, f'[2,"a","Reset",{{{keys}}}]')


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
def test_no_damaged_text_costs_more_than_an_honest_one(text: str, end: str) -> None:
    asyncio.run(costs_no_more(end, text))
