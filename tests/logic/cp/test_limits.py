"""The charging profiles of a charge point at work: what is told, answered and kept."""

import math
from typing import Any

import pytest
from ocpp.v16 import call

from rig.logic.cp.kept import Keep
from rig.logic.cp.limits import Installing, Limits, Rules
from rig.logic.cp.profiles import Running
from rig.logic.cp.smart_charging import Policy
from rig.logic.exchange import Answer
from rig.logic.supply import Supply
from tests.logic.cp.rigged import notes, statuses
from tests.logic.cp.world import NOON, codec, profile

TX, DEFAULT, MAX = "TxProfile", "TxDefaultProfile", "ChargePointMaxProfile"
RUNS = Running(1, 4, NOON)


class Limited:
    """The limits of a charge point with two connectors."""

    def __init__(self, policy: Policy = "strict", supply: Supply | None = None) -> None:
        self.running: list[Running] = []
        self.disk: dict[str, Any] = {}
        self.policy: Policy = policy
        self.supply = supply
        self.restart()

    def restart(self) -> None:
        rules, saved = Rules(self.policy, self.supply, 32.0), {"profiles": self.disk}
        self.limits = Limits(rules, codec(), lambda: self.running, saved, lambda now: NOON + now)

    def do(self, outputs: list[Any]) -> list[Any]:
        left = []
        for output in outputs:
            match output:
                case Keep("profiles", key, None):
                    del self.disk[key]
                case Keep("profiles", key, value):
                    self.disk[key] = value
                case _:
                    left.append(output)
        return left

    def ask(
        self, connector: int, limit: float, purpose: str = DEFAULT, profile_id: int = 7, **more: Any
    ) -> tuple[Installing | None, list[Any]]:
        values = profile(limit, purpose) | {"charging_profile_id": profile_id} | more
        request = call.SetChargingProfile(connector, values)
        installing, outputs = self.limits.install("ask", request, [1, 2], 0.0)
        return installing, self.do(outputs)

    def install(self, connector: int, limit: float, *details: Any, **more: Any) -> list[Any]:
        """Ask, and tell all connectors at once."""
        installing, outputs = self.ask(connector, limit, *details, **more)
        for number in list(installing.limits if installing else {}):
            assert installing
            outputs += self.do(self.limits.told(installing, number, None))
        return outputs

    def of(self, connector: int) -> float | None:
        return self.limits.of(connector, 0.0)


def test_a_profile_is_accepted_and_kept_when_its_connector_was_told_and_not_before() -> None:
    one = Limited()
    installing, outputs = one.ask(1, 16)
    assert installing is not None
    assert (installing.limits, outputs, one.disk) == ({1: 16.0}, [], {})
    assert one.limits.is_being_told(1)
    assert not one.limits.is_being_told(2)
    assert one.of(1) is None
    (kept, answer) = one.limits.told(installing, 1, None)
    assert isinstance(kept, Keep)  # on the disk first
    assert statuses([answer]) == ["Accepted"]
    assert not one.limits.is_being_told(1)
    assert one.of(1) == 16


def test_a_profile_whose_connector_was_not_told_is_rejected_and_forgotten() -> None:
    one = Limited()
    one.install(1, 16)
    installing, _ = one.ask(1, 32)
    assert installing is not None
    outputs = one.limits.told(installing, 1, "no echo")
    assert statuses(outputs) == ["Rejected"]
    assert notes(outputs) == ["SetChargingProfile Rejected: no echo"]
    assert one.of(1) == 16
    assert not one.limits.is_being_told(1)


def test_a_profile_for_all_waits_for_all_and_is_answered_once() -> None:
    one = Limited()
    installing, _ = one.ask(0, 16)
    assert installing is not None
    assert installing.limits == {1: 16, 2: 16}
    assert one.limits.told(installing, 2, None) == []
    assert one.limits.is_being_told(2)  # though it was: nothing may change it meanwhile
    assert statuses(one.do(one.limits.told(installing, 1, None))) == ["Accepted"]


def test_a_profile_for_all_is_rejected_once_by_the_first_that_was_not_told() -> None:
    one = Limited()
    installing, _ = one.ask(0, 16)
    assert installing is not None
    assert statuses(one.limits.told(installing, 1, "no echo")) == ["Rejected"]
    assert one.limits.told(installing, 2, None) == []
    assert one.limits.told(installing, 2, "no echo") == []
    assert one.of(1) is None


def test_a_profile_that_says_nothing_now_is_accepted_at_once() -> None:
    one = Limited()
    installing, outputs = one.ask(1, 16, valid_from="2026-02-01T00:00:00Z")
    assert installing is None
    assert statuses(outputs) == ["Accepted"]
    assert one.of(1) is None
    assert one.limits.next_change(0.0) == 12 * 3600.0  # midnight


def test_without_profiles_nothing_changes() -> None:
    assert Limited().limits.next_change(0.0) == math.inf


def test_what_is_told_is_the_limit_in_force_not_the_one_that_arrived() -> None:
    one = Limited()
    one.install(0, 10, MAX, 1)
    installing, _ = one.ask(1, 32)
    assert installing is not None
    assert installing.limits == {1: 10}


def test_a_limit_in_watts_needs_a_supply() -> None:
    """11040 W / (230 V * 3) = 16 A."""
    watts = profile(11040)["charging_schedule"] | {"charging_rate_unit": "W"}
    assert statuses(Limited().install(1, 0, charging_schedule=watts)) == ["Rejected"]
    one = Limited(supply=Supply(230, 3))
    one.install(1, 0, charging_schedule=watts)
    assert one.of(1) == 16


# for a transaction (3.13.1)


def test_a_profile_for_a_transaction_needs_one() -> None:
    one = Limited()
    assert statuses(one.install(1, 10, TX)) == ["Rejected"]
    one.running = [RUNS]
    assert statuses(one.install(1, 10, TX)) == ["Accepted"]
    assert statuses(one.install(2, 10, TX)) == ["Rejected"]
    assert one.disk == {}  # it does not outlast its transaction


def test_a_transaction_that_is_about_to_begin_is_none_yet() -> None:
    """If it does not begin, its profile would bind the next one."""
    one = Limited()
    one.running = [Running(1, None, NOON, is_starting=True)]
    assert statuses(one.install(1, 10, TX)) == ["Rejected"]


def test_the_profile_of_a_transaction_ends_with_it() -> None:
    one = Limited()
    one.running = [RUNS]
    one.install(1, 16)
    one.install(1, 10, TX, 8)
    assert one.of(1) == 10
    one.running = []
    assert one.do(one.limits.ended(2)) == []
    assert one.of(1) == 10
    one.limits.ended(1)
    assert one.of(1) == 16


def test_a_profile_that_comes_too_late_for_its_transaction_is_rejected() -> None:
    """The Stop overtook its limit: it would bind the next transaction."""
    one = Limited()
    one.running = [RUNS, Running(2, 5, NOON)]
    late, _ = one.ask(1, 10, TX)
    other, _ = one.ask(2, 10, TX, 8)
    default, _ = one.ask(1, 16, DEFAULT, 9)
    assert late is not None
    assert other is not None
    assert default is not None
    outputs = one.limits.ended(1)
    assert statuses(outputs) == ["Rejected"]
    assert notes(outputs) == ["SetChargingProfile Rejected: its transaction ended"]
    assert one.limits.told(late, 1, None) == []
    assert statuses(one.do(one.limits.told(other, 2, None))) == ["Accepted"]
    assert statuses(one.do(one.limits.told(default, 1, None))) == ["Accepted"]


def test_seed_takes_one_in_advance_and_logs_the_clause() -> None:
    one = Limited("seed")
    outputs = one.install(1, 100, TX)
    assert "3.13.1" in notes(outputs)[0]
    assert statuses(outputs) == ["Accepted"]
    assert one.of(1) == 100
    later = one.install(1, 100, TX, 8, valid_from="2026-02-01T00:00:00Z")
    assert "3.13.1" in notes(later)[0]
    assert statuses(later) == ["Accepted"]


def test_a_transaction_may_begin_with_a_profile() -> None:
    one = Limited()
    request = call.RemoteStartTransaction("RIG", charging_profile=profile(20, TX))
    brought = one.limits.of_start(request, 2)
    assert brought is not None
    assert one.limits.of(2, 0.0, brought) == 20
    assert one.of(2) is None
    assert one.limits.began(brought) == []
    assert one.of(2) == 20
    assert one.limits.began(None) == []


# what stays, what is cleared, what is said


def test_profiles_outlast_a_restart() -> None:
    """Errata 3.37."""
    one = Limited()
    one.install(1, 16)
    one.install(0, 20, MAX, 1)
    one.restart()
    assert (one.of(1), one.of(2)) == (16, 20)


def test_a_profile_that_replaces_its_like_is_kept_alone() -> None:
    one = Limited()
    one.install(1, 16, DEFAULT, 7)
    one.install(1, 10, DEFAULT, 8)  # of the same purpose and stack level
    assert list(one.disk) == ["8"]
    one.install(1, 12, DEFAULT, 8)
    one.restart()
    assert one.of(1) == 12


def test_what_is_cleared_is_gone_over_a_restart() -> None:
    one = Limited()
    one.install(1, 16)
    answer = one.do(one.limits.clear("ask", call.ClearChargingProfile(id=7)))
    assert statuses(answer) == ["Accepted"]
    one.restart()
    assert one.of(1) is None
    assert statuses(one.limits.clear("ask", call.ClearChargingProfile(id=7))) == ["Unknown"]


def composite(one: Limited, connector: int, **fields: Any) -> list[Any]:
    request = call.GetCompositeSchedule(connector, 60, **fields)
    return one.limits.composite("ask", request, 2, 0.0)


def test_what_is_said_is_what_is_in_force() -> None:
    one = Limited()
    one.install(1, 16)
    (answer,) = composite(one, 1)
    assert isinstance(answer, Answer)
    periods = answer.response.charging_schedule["charging_schedule_period"]
    assert periods == [{"start_period": 0, "limit": 16}]
    (answer,) = composite(one, 2)
    assert answer.response.charging_schedule["charging_schedule_period"][0]["limit"] == 32


@pytest.mark.parametrize(
    ("connector", "fields", "why"),
    [
        (3, {}, "no connector 3"),
        (-1, {}, "no connector -1"),
        (1, {"charging_rate_unit": "W"}, "needs voltage and phases"),
    ],
)
def test_what_cannot_be_said_is_rejected(connector: int, fields: Any, why: str) -> None:
    outputs = composite(Limited(), connector, **fields)
    assert statuses(outputs) == ["Rejected"]
    assert why in notes(outputs)[0]


@pytest.mark.parametrize("connector", [0, 1, 2])
def test_each_connector_and_all_together_can_be_asked(connector: int) -> None:
    assert statuses(composite(Limited(), connector)) == ["Accepted"]
