"""The lines of verdicts.jsonl, there and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.link import LinkDown, LinkUp, Lost
from rig.bus.logic.messages import Current
from rig.detect.events import Heard, Listening, OnBus
from rig.detect.hold import Late
from rig.detect.verdict import Verdict
from rig.watch.logic.account import (
    Account,
    late_line,
    link_line,
    read_account,
    verdict_line,
    watch_line,
)

T = 1795384276.638926
STAMPS = st.floats(0.0, 4e9)
LINKS = st.one_of(
    st.just(LinkUp()), st.builds(LinkDown, st.text()), st.builds(Lost, st.integers(0, 10**9))
)


def test_a_verdict_is_a_line_with_all_that_it_says() -> None:
    verdict = Verdict("limit_exceeded", "alarm", "32 A flow, it was told Stop", T, 32.0, 0.0)
    assert json.loads(verdict_line(verdict, T)) == {
        "t": T,
        "detector": "limit_exceeded",
        "connector": 1,
        "state": "alarm",
        "since": T,
        "score": 32.0,
        "threshold": 0.0,
        "why": "32 A flow, it was told Stop",
    }


def test_a_frame_is_no_line_since_the_log_of_the_bus_has_it() -> None:
    assert link_line(OnBus(1, Heard(Current(20.0))), T) is None


@given(STAMPS, st.lists(st.tuples(STAMPS, st.integers(1, 64), LINKS)))
def test_what_a_watcher_tells_of_the_buses_is_read_back(
    begins: float, links: list[tuple[float, int, LinkUp | LinkDown | Lost]]
) -> None:
    events = [(at, OnBus(connector, event)) for at, connector, event in links]
    lines = [watch_line(begins, "begins", rule="twin")]
    lines += [line for at, event in events if (line := link_line(event, at))]
    (account,) = read_account("\n".join(lines))
    assert account == Account(begins, "twin", None, events, {})


@given(STAMPS, STAMPS)
def test_where_late_events_were_judged_is_read_back_in_order(stamp: float, judged: float) -> None:
    frame, ocpp = OnBus(2, Heard(Current(20.0))), Listening("cp")
    lines = [
        watch_line(0.0, "begins", rule="all"),
        late_line(Late(frame, stamp, judged)),
        late_line(Late(frame, stamp, judged + 1.0)),
        late_line(Late(ocpp, stamp, judged)),
        watch_line(9.0, "ends"),
    ]
    (account,) = read_account("\n".join(lines))
    assert account.ends == 9.0
    assert account.late == {
        ("can2", stamp): [judged, judged + 1.0],
        ("ocpp cp link", stamp): [judged],
    }


def test_a_watcher_that_was_started_again_is_another_one() -> None:
    lines = [watch_line(1.0, "begins", rule="all"), watch_line(5.0, "begins", rule="all")]
    assert read_account("\n".join(lines)) == [Account(1.0), Account(5.0)]


@pytest.mark.parametrize(
    "line",
    ["", "{}", "[]", "7", '{"t": "x", "link": "up", "connector": 1}', '{"t": 1, "link": "up"}'],
)
def test_a_line_that_is_none_is_named_by_its_number(line: str) -> None:
    text = f"{watch_line(1.0, 'begins', rule='all')}\n{line}\n{watch_line(2.0, 'ends')}"
    with pytest.raises(ValueError, match="line 2 is no line of a watcher"):
        read_account(text)


def test_a_file_that_does_not_begin_with_a_watcher_is_none() -> None:
    with pytest.raises(ValueError, match="line 1 is no line of a watcher"):
        read_account(verdict_line(Verdict("d"), 1.0))
