"""The charging profiles of a charge point at work: what is told, answered and kept."""

import math
from typing import Any

from ocpp.v16 import call

from rig.cp.logic.kept import Keep
from rig.cp.logic.profile import Kind, Profile, Purpose
from rig.cp.logic.profiles import RunningTransaction
from rig.ocppj.logic.exchange import Note
from rig.ocppj.logic.moments import timestamp
from tests.cp.logic.limited import DEFAULT, MAX, TX, Limited
from tests.cp.logic.rigged import notes, statuses
from tests.cp.logic.said import profile
from tests.cp.logic.world import NOON

RUNS = RunningTransaction(1, 4, NOON)
OTHER = Profile(2, 8, 0, Purpose.tx_default_profile, Kind.relative, ((0.0, 10.0),))


def test_a_profile_is_accepted_and_kept_when_its_connector_was_told_and_not_before() -> None:
    one = Limited()
    assert one.ask(1, 16) == []
    assert (one.told(), one.disk["profiles"], one.of(1)) == ({1: 16.0}, {}, None)
    assert statuses(one.carried(1)) == ["Accepted"]
    assert (list(one.disk["profiles"]), one.of(1)) == (["7"], 16)


def test_a_profile_whose_connector_was_not_told_is_rejected_and_forgotten() -> None:
    one = Limited()
    one.install(1, 16)
    one.ask(1, 32)
    outputs = one.lost(1)
    assert statuses(outputs) == ["Rejected"]
    assert notes(outputs) == ["SetChargingProfile Rejected: no echo"]
    assert one.of(1) == 16


def test_a_connector_that_was_told_a_rejected_profile_gets_its_limit_back() -> None:
    """Else it would go on with 32 A, while GetCompositeSchedule says 16."""
    one = Limited()
    one.install(0, 16)
    one.ask(0, 32)
    one.carried(1)
    assert statuses(one.lost(2)) == ["Rejected"]
    one.settle()
    assert one.told()[1] == 16


def test_a_profile_for_all_waits_for_all_and_is_answered_once() -> None:
    one = Limited()
    one.ask(0, 16)
    assert one.told() == {1: 16, 2: 16}
    assert one.carried(2) == []
    assert statuses(one.carried(1)) == ["Accepted"]


def test_a_connector_that_was_told_a_profile_keeps_it_until_all_were() -> None:
    """Else it would be told 16 A again in between, which are still in force."""
    one = Limited()
    one.install(0, 16)
    one.ask(0, 32)
    one.carried(1)
    one.settle()
    assert one.told() == {2: 32}
    assert statuses(one.carried(2)) == ["Accepted"]
    one.settle()
    assert one.told() == {}


def test_a_profile_for_all_is_rejected_once_by_the_first_that_was_not_told() -> None:
    one = Limited()
    one.ask(0, 16)
    one.ask(0, 10)
    assert statuses(one.lost(1)) == ["Rejected"]
    assert one.carried(2) == []
    assert statuses(one.lost(1)) == ["Rejected"]
    assert one.lost(2) == []
    assert one.of(1) is None


def test_a_profile_that_says_nothing_now_is_accepted_at_once() -> None:
    one = Limited()
    assert statuses(one.ask(1, 16, valid_from="2026-02-01T00:00:00Z")) == ["Accepted"]
    assert one.of(1) is None
    assert one.limits.wake_at == 12 * 3600.0  # midnight


def stepped(seconds: int) -> dict[str, Any]:
    """A schedule of 16 A from noon on, and of 8 A these seconds later."""
    periods = [{"start_period": 0, "limit": 16}, {"start_period": seconds, "limit": 8}]
    schedule = profile(0)["charging_schedule"] | {
        "start_schedule": timestamp(NOON),
        "charging_schedule_period": periods,
    }
    return {"charging_profile_kind": "Absolute", "charging_schedule": schedule}


def test_a_limit_changes_at_its_moment_and_back_with_a_clock_that_is_put_back() -> None:
    one = Limited()
    one.install(1, 0, **stepped(3600))
    assert [one.of(1, now) for now in (0.0, 3599.0, 3600.0)] == [16, 16, 8]
    assert one.of(1, 3599.0) == 16


def test_the_next_change_is_the_first_that_is_yet_to_come() -> None:
    one = Limited()
    one.install(1, 0, DEFAULT, 7, **stepped(3600))
    one.install(2, 0, DEFAULT, 8, **stepped(60))
    one.settle()
    assert one.limits.wake_at == 60.0
    one.do(one.charging.hold([1, 2], 60.0))
    assert one.limits.wake_at == 3600.0
    one.do(one.charging.hold([1, 2], 3600.0))
    assert one.limits.wake_at == math.inf


def test_two_profiles_that_are_told_at_once_are_both_in_force() -> None:
    one = Limited()
    one.ask(1, 16, DEFAULT, 7)
    one.ask(2, 10, DEFAULT, 8)
    one.carried(1)
    one.carried(2)
    assert (one.of(1), one.of(2)) == (16, 10)
    assert list(one.disk["profiles"]) == ["7", "8"]


def test_what_is_told_is_the_limit_in_force_not_the_one_that_arrived() -> None:
    one = Limited()
    one.install(0, 10, MAX, 1)
    one.ask(1, 32)
    assert one.told() == {1: 10}


# for a transaction (3.13.1)


def test_a_profile_for_a_transaction_needs_one() -> None:
    one = Limited()
    assert statuses(one.install(1, 10, TX)) == ["Rejected"]
    one.runs(RUNS)
    assert statuses(one.install(1, 10, TX)) == ["Accepted"]
    assert statuses(one.install(2, 10, TX)) == ["Rejected"]
    assert one.disk["profiles"] == {}  # it does not outlast its transaction


def test_a_transaction_that_is_about_to_begin_is_none_yet() -> None:
    """If it does not begin, its profile would bind the next one."""
    one = Limited()
    one.runs(RunningTransaction(1, None, NOON, is_starting=True))
    assert statuses(one.install(1, 10, TX)) == ["Rejected"]


def test_the_profile_of_a_transaction_ends_with_it() -> None:
    one = Limited()
    one.runs(RUNS)
    one.install(1, 16)
    one.install(1, 10, TX, 8)
    assert one.of(1) == 10
    one.runs()
    assert one.do(one.limits.ended(2)) == []
    assert one.of(1) == 10
    one.limits.ended(1)
    assert one.of(1) == 16


def test_a_profile_that_comes_too_late_for_its_transaction_is_rejected() -> None:
    """The Stop overtook its limit: it would bind the next transaction."""
    one = Limited()
    one.runs(RUNS, RunningTransaction(2, 5, NOON))
    one.ask(1, 10, TX)
    one.ask(2, 10, TX, 8)
    one.ask(1, 16, DEFAULT, 9)
    one.runs(RunningTransaction(2, 5, NOON))
    outputs = one.settle()
    assert statuses(outputs) == ["Rejected"]
    assert notes(outputs) == ["SetChargingProfile Rejected: its transaction ended"]
    assert one.carried(1) == []
    assert statuses(one.carried(2)) == ["Accepted"]
    assert statuses(one.carried(1)) == ["Accepted"]


def test_seed_takes_one_in_advance_logs_the_clause_and_warns_of_it_once() -> None:
    one = Limited("seed")
    outputs = one.install(1, 100, TX)
    assert "3.13.1" in notes(outputs)[0]
    assert statuses(outputs) == ["Accepted"]
    assert one.of(1) == 100
    later = one.install(1, 100, TX, 8, valid_from="2026-02-01T00:00:00Z")
    assert notes(later) == []
    assert any("3.13.1" in each.text for each in later if isinstance(each, Note))
    assert statuses(later) == ["Accepted"]


def test_a_transaction_may_begin_with_a_profile() -> None:
    one = Limited()
    brought = one.charging.of_start(profile(20, TX), 2)
    one.runs(RunningTransaction(2, None, NOON, is_starting=True, profile=brought))
    assert one.of(2) == 20
    one.runs(RunningTransaction(2, None, NOON))
    assert one.of(2) is None
    assert one.limits.began(brought) == []
    assert one.of(2) == 20
    assert one.limits.began(None) == []


# what stays, what is cleared, what is said


def test_a_profile_that_replaces_its_like_is_kept_alone() -> None:
    one = Limited()
    one.install(1, 16, DEFAULT, 7)
    one.install(1, 10, DEFAULT, 8)  # of the same purpose and stack level
    assert list(one.disk["profiles"]) == ["8"]
    one.install(1, 12, DEFAULT, 8)
    one.restart()
    assert one.of(1) == 12


def test_only_what_is_new_is_written() -> None:
    one = Limited()
    one.install(1, 16, DEFAULT, 7)
    written = one.limits.become(one.limits.profiles.with_one_more(OTHER))
    assert [keep.key for keep in written if isinstance(keep, Keep)] == [8]


def test_what_is_cleared_is_gone_over_a_restart() -> None:
    one = Limited()
    one.install(1, 16)
    answer = one.do(one.charging.clear("ask", call.ClearChargingProfile(id=7), 0.0))
    assert statuses(answer) == ["Accepted"]
    one.restart()
    assert one.of(1) is None
    assert statuses(one.charging.clear("ask", call.ClearChargingProfile(id=7), 0.0)) == ["Unknown"]
