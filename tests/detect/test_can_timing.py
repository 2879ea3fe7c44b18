"""Frames that come too often, not at all, or are none of ours; from a charger each second."""

import random
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.link import LinkDown, LinkUp, Lost
from rig.bus.logic.messages import Bad, Current, Frame, SetLimit, Start
from rig.detect.can_timing import CanTiming
from rig.detect.events import Another, Heard
from rig.role.logic.expect import Expect
from tests.detect.simulation import Timed, Watching, first_alarm, verdicts


def can_timing(period: float = 1.0) -> Watching:
    return Watching(CanTiming(Expect(), period))


def reports(
    first: float, last: float, period: float = 1.0, current: float = 20.0
) -> Iterator[Timed]:
    for number in range(round((last - first) / period) + 1):
        yield first + number * period, Current(current)


def merged(*streams: Iterable[Timed]) -> list[Timed]:
    return sorted((timed for stream in streams for timed in stream), key=lambda timed: timed[0])


def learnt(until: float = 19.0) -> Watching:
    """It came each second from 0 s on."""
    made = can_timing()
    verdicts(made, reports(0.0, until))
    assert made.tick(until).state == "ok"
    return made


# --- the period


def test_it_is_unknown_until_nine_reports_show_the_period() -> None:
    said = verdicts(can_timing(), reports(0.0, 10.0))
    assert [verdict.state for _, verdict in said] == ["unknown"] * 8 + ["ok"] * 3
    assert said[0][1].why == "how often Current comes is not known yet"


@pytest.mark.parametrize("period", [0.05, 0.2, 1.0])
def test_a_charger_that_reports_faster_than_the_dbc_says_is_learnt(period: float) -> None:
    said = verdicts(can_timing(1.0), reports(0.0, 40 * period, period))
    assert {verdict.state for _, verdict in said} == {"unknown", "ok"}


def test_what_comes_faster_than_twenty_times_the_dbc_is_no_report() -> None:
    said = verdicts(can_timing(1.0), reports(0.0, 2.0, 0.04))
    assert {verdict.state for _, verdict in said} == {"unknown"}


# --- too many


@pytest.mark.parametrize("offset", [0.1, 0.3, 0.37, 0.5, 0.63, 0.9])
def test_a_second_sender_is_seen_within_three_seconds(offset: float) -> None:
    own, other = reports(20.0, 40.0), reports(20.0 + offset, 40.0, current=80.0)
    assert first_alarm(learnt(), merged(own, other)) <= 23.0


def test_the_alarm_stands_while_there_are_two_and_ends_three_reports_after() -> None:
    made = learnt()
    verdicts(made, merged(reports(20.0, 60.0), reports(20.37, 60.37)))
    assert made.tick(60.9).state == "alarm"
    after = verdicts(made, reports(61.0, 64.0))
    assert [verdict.state for _, verdict in after] == ["alarm", "alarm", "alarm", "ok"]


@pytest.mark.parametrize("offset", [0.2, 0.37])
def test_two_from_the_start_are_not_taken_for_one_that_is_fast(offset: float) -> None:
    said = verdicts(can_timing(), merged(reports(0.0, 30.0), reports(offset, 30.0)))
    assert {verdict.state for at, verdict in said if at >= 6.0} == {"alarm"}
    assert said[-1][1].why == "two senders of Current: a second charger?"


def test_two_from_the_start_that_are_half_a_second_apart_show_by_their_values() -> None:
    other = reports(0.5, 30.0, current=80.0)
    said = verdicts(can_timing(), merged(reports(0.0, 30.0), other))
    assert {verdict.state for at, verdict in said if at >= 6.0} == {"alarm"}


def test_one_report_too_many_is_none_and_is_forgotten() -> None:
    made = learnt()
    once = merged(reports(20.0, 80.0), [(20.5, Current(20.0)), (60.5, Current(20.0))])
    assert first_alarm(made, once) == float("inf")


@given(st.integers(0, 2**32), st.sampled_from([0.1, 0.2, 0.5, 1.0]))
def test_a_charger_whose_reports_are_late_now_and_then_never_alarms(
    seed: int, period: float
) -> None:
    """Each by up to 0.15 periods, and each twentieth by up to 0.9: never two of these in a row."""
    drawn = random.Random(seed)
    stream: list[Timed] = []
    for number in range(600):
        most = 0.9 if number > 20 and number % 20 == 0 else 0.15
        stream.append((number * period + drawn.uniform(0.0, most) * period, Current(20.0)))
    assert first_alarm(can_timing(), stream) == float("inf")


def test_a_charger_that_reports_at_another_rate_for_a_minute_is_taken_for_what_it_is() -> None:
    made = learnt()
    said = verdicts(made, reports(20.0, 40.0, 0.2))
    assert said[3][1].state == "alarm"
    assert said[-1][1].state == "ok"
    # 60 even gaps of 0.2 s after 20 s.
    over = next(at for at, verdict in said if at > 21.0 and verdict.state == "ok")
    assert over == pytest.approx(32.0, abs=0.01)


# --- none


def test_a_charger_that_is_silent_for_more_than_two_and_a_half_periods_is_named() -> None:
    made = learnt()
    assert made.tick(21.5).state == "ok"
    silent = made.tick(22.0)
    assert (silent.state, silent.why) == ("alarm", "no Current for 3 s, it came each 1 s")
    assert (silent.score, silent.threshold) == (3.0, 2.5)
    assert made.tick(30.0).why == "no Current for 11 s, it came each 1 s"


def test_it_is_over_after_three_gaps_as_before() -> None:
    made = learnt()
    made.tick(40.0)
    after = verdicts(made, reports(41.0, 45.0))
    # The first gap of all is the silence itself.
    assert [verdict.state for _, verdict in after] == ["alarm"] * 3 + ["ok"] * 2


def test_a_bus_on_which_nothing_was_heard_yet_is_unknown() -> None:
    assert can_timing().tick(100.0).why == "no Current heard yet"


# --- frames that are none of ours


def test_a_frame_that_the_dbc_does_not_know_alarms_at_once_and_for_8_s() -> None:
    made = learnt()
    stranger = Heard(Another(Frame(0x7FF, b"\x01"), is_known=False))
    verdict = made.receive(stranger, 19.1)
    assert (verdict.state, verdict.why) == ("alarm", "a frame that the DBC does not know: 7FF#01")
    verdicts(made, reports(20.0, 27.0))
    assert made.tick(27.05).state == "alarm"
    assert made.tick(27.1).state == "ok"


def test_a_frame_that_the_dbc_knows_is_as_good_as_ours() -> None:
    assert learnt().receive(Heard(Another(Frame(0x123), is_known=True)), 19.1).state == "ok"


def test_a_bad_frame_is_named() -> None:
    bad = Bad(Frame(0x300, b"\x14"), "frame of 1 instead of 2 bytes with the number of Current")
    verdict = learnt().receive(Heard(bad), 19.1)
    assert verdict.state == "alarm"
    assert verdict.why == ("frame of 1 instead of 2 bytes with the number of Current: 300#14")


@pytest.mark.parametrize(("frames", "state"), [(39, "ok"), (40, "alarm")])
def test_forty_frames_within_a_second_are_a_flood(frames: int, state: str) -> None:
    made = learnt()
    known = Heard(Another(Frame(0x123), is_known=True))
    flood: list[Timed] = [(19.0 + number / 50, known) for number in range(frames)]
    assert verdicts(made, flood)[-1][1].state == state


def test_commands_count_for_a_flood_as_well() -> None:
    flood: list[Timed] = [
        (19.0 + number / 50, SetLimit(6.0) if number % 2 else Start()) for number in range(40)
    ]
    assert verdicts(learnt(), flood)[-1][1].why == "flood: 40 frames within 1 s"


def test_a_flood_of_reports_is_one_that_comes_too_often() -> None:
    assert first_alarm(learnt(), reports(19.01, 20.0, 0.01)) <= 19.05


# --- a bus that is not always there


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (LinkDown("vcan0 is down"), "vcan0 is down"),
        (LinkUp(), "no Current heard yet"),
        (Lost(12), "12 frames lost: this role was too slow to read"),
    ],
)
def test_what_was_not_heard_is_unknown_and_all_is_learnt_anew(event: object, why: str) -> None:
    made = learnt()
    verdict = made.receive(event, 19.5)
    assert (verdict.state, verdict.why) == ("unknown", why)
    assert made.tick(40.0).state == "unknown"
    assert {v.state for _, v in verdicts(made, reports(41.0, 48.0))} == {"unknown"}
    assert made.receive(Current(20.0), 49.0).state == "ok"
