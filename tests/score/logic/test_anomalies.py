"""Each anomaly is on the wire where its label says so, and nowhere else."""

import itertools
from typing import Any

import pytest

from rig.bus.logic.messages import Bad, SetLimit, Start, Stop
from rig.detect.events import Another
from rig.ocppj.logic.framing import Call
from tests.score.played import (
    OURS,
    PLAIN,
    calls,
    changes,
    currents,
    inside,
    label_of,
    limits,
    on_bus,
    outside,
    said,
    sent,
    where,
)

BOTH = pytest.mark.parametrize("seed", [PLAIN, OURS], ids=["plain", "ours"])
FOUR = pytest.mark.parametrize("seed", [1, 2, 3, 4], ids=["plain", "ours", "plain", "ours"])


@BOTH
def test_the_cycle_of_the_seed_is_played_every_8_s(seed: int) -> None:
    label = label_of("osc_seed", seed)
    high = where(limits("osc_seed", seed), lambda limit: limit == 100)
    gaps = [after - at for (at, _), (after, _) in itertools.pairwise(high)]
    assert len(gaps) >= 3
    assert gaps == pytest.approx([8.0] * len(gaps), abs=0.1)
    assert outside(label, high) == []
    starts, stops = sent("osc_seed", seed, Start), sent("osc_seed", seed, Stop)
    assert len(inside(label, starts)) == len(inside(label, stops)) == len(high)


@BOTH
@pytest.mark.parametrize(("kind", "swing", "half"), [("osc_stealth", 8, 5), ("osc_slow", 19, 15)])
def test_the_limit_goes_down_and_back(kind: str, swing: float, half: float, seed: int) -> None:
    label = label_of(kind, seed)
    told = [timed for timed in limits(kind, seed) if label.start <= timed[0] < label.end]
    assert len({limit for _, limit in told}) == 2
    assert max(told, key=lambda timed: timed[1])[1] - min(limit for _, limit in told) >= swing
    assert all(one != other for (_, one), (_, other) in itertools.pairwise(told))
    assert min(after - at for (at, _), (after, _) in itertools.pairwise(told)) >= half - 0.1
    assert len(told) >= 8


@BOTH
def test_fast_toggle_stops_and_starts_again_within_seconds(seed: int) -> None:
    label = label_of("fast_toggle", seed)
    stops = [at for at, _ in sent("fast_toggle", seed, Stop) if label.start <= at < label.end]
    starts = [at for at, _ in sent("fast_toggle", seed, Start) if label.start <= at < label.end]
    assert len(stops) == len(starts) in (2, 3)
    assert all(1.4 < start - stop < 4.1 for stop, start in zip(stops, starts, strict=True))


def test_over_current_is_15_to_50_percent_above_the_limit() -> None:
    label = label_of("over_current", PLAIN)
    limit = limits("over_current", PLAIN)[-1][1]
    flows = inside(label, currents("over_current", PLAIN))
    assert all(limit * 1.1 < current < limit * 1.55 for current in flows)
    assert max(outside(label, currents("over_current", PLAIN))) <= max(63, limit + 1.5)


def test_our_charge_point_stops_a_charger_that_gives_too_much() -> None:
    label = label_of("over_current", OURS)
    assert any(label.start < at <= label.end for at, _ in sent("over_current", OURS, Stop))


@BOTH
def test_a_lower_limit_is_ignored(seed: int) -> None:
    label = label_of("ignore_limit", seed)
    told = [limit for at, limit in limits("ignore_limit", seed) if label.start - 2 < at < label.end]
    assert told
    assert told[0] <= 16
    assert min(inside(label, currents("ignore_limit", seed))) > 40


def test_a_stop_is_ignored() -> None:
    label = label_of("ignore_stop", PLAIN)
    assert any(abs(at - label.start) < 2 for at, _ in sent("ignore_stop", PLAIN, Stop))
    assert min(inside(label, currents("ignore_stop", PLAIN))) >= 10
    assert currents("ignore_stop", PLAIN)[-1][1] == 0


@FOUR
@pytest.mark.parametrize("kind", ["frozen_hold", "frozen_step"])
def test_a_frozen_report_is_the_same_for_at_least_20_s(kind: str, seed: int) -> None:
    label = label_of(kind, seed)
    assert len(set(inside(label, currents(kind, seed))[:20])) == 1


def test_the_limit_goes_down_while_the_report_is_frozen() -> None:
    label = label_of("frozen_step", PLAIN)
    assert any(label.start < at < label.end for at, _ in limits("frozen_step", PLAIN))


def per_period(seed: int, at: float) -> int:
    return sum(at <= moment < at + 1.0 for moment, _ in currents("spoof300", seed))


@FOUR
def test_two_currents_a_period_are_inside_the_label_of_spoof300_and_none_outside(seed: int) -> None:
    label = label_of("spoof300", seed)
    seconds = range(int(label.start) + 1, int(label.end) - 2)
    assert {per_period(seed, second) for second in seconds} <= {1, 2, 3}
    assert sum(per_period(seed, second) for second in seconds) == pytest.approx(
        2 * len(seconds), abs=2
    )
    before = [per_period(seed, second) for second in range(10, int(label.start) - 1)]
    after = [per_period(seed, second) for second in range(int(label.end) + 1, 1190)]
    assert sum(before) == pytest.approx(len(before), abs=2)
    assert sum(after) == pytest.approx(len(after), abs=2)


@FOUR
def test_no_frame_is_added_by_a_masquerade_or_a_replay(seed: int) -> None:
    for kind in ("masquerade", "replay"):
        gaps = [after - at for (at, _), (after, _) in itertools.pairwise(currents(kind, seed))]
        assert min(gaps) > 0.98, kind
        assert max(gaps) < 1.02, kind


def test_a_masquerade_tells_85_percent_or_less() -> None:
    label = label_of("masquerade", PLAIN)
    limit = limits("masquerade", PLAIN)[-1][1]
    assert max(inside(label, currents("masquerade", PLAIN))) <= 0.85 * (limit + 1) + 0.5


def test_a_replay_tells_what_was_told_before() -> None:
    label = label_of("replay", PLAIN)
    told = [current for at, current in currents("replay", PLAIN) if at < label.start]
    assert set(inside(label, currents("replay", PLAIN))) <= set(told)


@FOUR
def test_the_charger_is_not_heard_in_a_suspension(seed: int) -> None:
    label = label_of("suspension", seed)
    heard = [at for at, _ in currents("suspension", seed) if label.start <= at < label.end - 1.0]
    assert heard == []
    assert 14 <= label.end - label.start <= 62


@FOUR
def test_a_flood_is_60_frames_a_second_or_more(seed: int) -> None:
    label = label_of("flood", seed)
    assert len(inside(label, on_bus("flood", seed))) > 55 * (label.end - label.start - 1)


@FOUR
def test_fuzzing_puts_unknown_numbers_on_the_bus_and_only_inside_its_label(seed: int) -> None:
    label = label_of("fuzz", seed)
    unknown = where(on_bus("fuzz", seed), lambda what: isinstance(what, Another | Bad))
    assert len(inside(label, unknown)) > 15 * (label.end - label.start - 1)
    assert outside(label, unknown) == []


SPOOFED = [
    ("spoof_limit", SetLimit, "SetChargingProfile"),
    ("spoof_start", Start, "RemoteStartTransaction"),
    ("spoof_stop", Stop, "RemoteStopTransaction"),
]


@FOUR
@pytest.mark.parametrize(("kind", "command", "action"), SPOOFED)
def test_nobody_asked_for_a_spoofed_command(
    kind: str, command: Any, action: str, seed: int
) -> None:
    label = label_of(kind, seed)
    at = next(at for at, _ in sent(kind, seed, command) if at >= label.start)
    assert at - label.start < 0.01
    assert all(not at - 5 < asked < at for asked, _ in calls(kind, seed, action))


def sampled(kind: str, seed: int) -> list[tuple[float, float]]:
    """The Current.Import of MeterValues, as the charge point told it."""
    return [
        (at, float(sample["value"]))
        for at, payload in calls(kind, seed, "MeterValues", "cp")
        for item in payload["meterValue"]
        for sample in item["sampledValue"]
        if sample.get("measurand") == "Current.Import"
    ]


@FOUR
def test_a_tampered_meter_tells_less_than_flows_and_an_honest_one_what_flows(seed: int) -> None:
    label, flows = label_of("meter_tamper", seed), currents("meter_tamper", seed)

    def latest(at: float) -> set[float]:
        return {current for moment, current in flows if at - 2.5 < moment <= at}

    told = sampled("meter_tamper", seed)
    lies = [(at, value) for at, value in told if value not in latest(at)]
    honest = [at for at, _ in told if at not in {lie for lie, _ in lies}]
    assert len(lies) >= 5
    assert outside(label, lies) == []
    assert not [at for at in honest if label.start <= at < label.end - 1.0]


@pytest.mark.parametrize("seed", range(1, 11))
def test_a_dropped_command_is_accepted_and_does_not_come(seed: int) -> None:
    label = label_of("cp_drops_cmd", seed)
    asked = [
        (at, message)
        for at, message in said("cp_drops_cmd", seed, "csms")
        if isinstance(message, Call) and 0 <= label.start - at < 0.1
    ]
    wanted = {
        "SetChargingProfile": SetLimit,
        "RemoteStartTransaction": Start,
        "RemoteStopTransaction": Stop,
    }
    (command,) = [wanted[message.action] for _, message in asked if message.action in wanted]
    came = sent("cp_drops_cmd", seed, command)
    assert not [at for at, _ in came if label.start - 0.1 <= at < label.end - 1.001]
    assert label.end - label.start > 4


@FOUR
def test_the_same_id_connects_again(seed: int) -> None:
    label = label_of("dup_id", seed)
    found = changes("dup_id", seed)
    assert outside(label, found) == ["connected"]
    assert inside(label, found) in (["refused"] * 3, ["connected"] * 3)


@FOUR
def test_a_flood_of_heartbeats_is_5_a_second_or_more(seed: int) -> None:
    label = label_of("ocpp_flood", seed)
    beats = calls("ocpp_flood", seed, "Heartbeat")
    assert len(inside(label, beats)) >= 4.5 * (label.end - label.start - 1)
    assert len(outside(label, beats)) <= 5


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_transaction_that_cannot_be_is_told_twice(seed: int) -> None:
    label = label_of("ocpp_sequence", seed)
    forged = [
        message.action
        for at, message in said("ocpp_sequence", seed, "cp")
        if isinstance(message, Call)
        and message.unique_id.startswith("x")
        and label.start <= at < label.end
    ]
    assert len(forged) == 2
    assert set(forged) < {"StartTransaction", "MeterValues", "StopTransaction"}


def limits_said(seed: int, end: str) -> list[tuple[float, float]]:
    return [
        (
            at,
            payload["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"],
        )
        for at, payload in calls("mitm_limit", seed, "SetChargingProfile", end)
    ]


@FOUR
def test_the_ends_differ_in_the_limit_that_somebody_between_them_changed(seed: int) -> None:
    label = label_of("mitm_limit", seed)
    pairs = list(zip(limits_said(seed, "csms"), limits_said(seed, "cp"), strict=True))
    differing = [at for (at, told), (_, got) in pairs if told != got]
    assert len(differing) == 2
    assert all(label.start <= at < label.end for at in differing)
