"""Which charging profiles are installed: replaced, cleared, gone with their transaction (3.13)."""

from itertools import product
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from ocpp.v16 import call

from rig.cp.logic.profile import Profile
from rig.cp.logic.profiles import Profiles, RunningTransaction
from tests.cp.logic.charging import (
    CONNECTORS,
    DEFAULT,
    MAX,
    NOON,
    REACH,
    TX,
    all_of,
    any_profile,
    cap,
    in_force,
    one,
    seconds,
)

HERE = [RunningTransaction(1, 4, NOON)]  # transaction 4 runs on connector 1


def test_a_profile_with_the_same_id_replaces_the_old_one_wherever_it_is() -> None:
    """5.16.3, 5.16.4."""
    profiles = Profiles().with_one_more(one(32, stack_level=5, connector=2))
    assert list(profiles.with_one_more(one(16, purpose=TX))) == [one(16, purpose=TX)]


def test_a_profile_with_the_same_purpose_and_level_replaces_the_old_one() -> None:
    """3.13.2."""
    profiles = Profiles().with_one_more(one(32, profile_id=1)).with_one_more(one(16, profile_id=2))
    assert list(profiles) == [one(16, profile_id=2)]


@pytest.mark.parametrize("change", [{"connector": 2}, {"stack_level": 1}, {"purpose": TX}])
def test_another_connector_level_or_purpose_replaces_nothing(change: dict[str, Any]) -> None:
    profiles = Profiles().with_one_more(one(32, profile_id=1))
    assert len(profiles.with_one_more(one(16, profile_id=2, **change))) == 2


def test_a_replacement_that_is_not_valid_yet_leaves_default_behaviour() -> None:
    """3.13.2, note."""
    profiles = Profiles().with_one_more(one(32)).with_one_more(one(16, valid_from=NOON + 1))
    assert profiles.limit_at(1, NOON, HERE) is None
    assert profiles.said(1, NOON, HERE).until == NOON + 1


def test_only_the_tx_profiles_of_its_connector_end_with_a_transaction() -> None:
    """3.13.1."""
    profiles = all_of(one(32, purpose=TX), one(16), one(8, purpose=TX, connector=2))
    left = [profile.periods[0][1] for profile in profiles.without_transaction(1)]
    assert left == [16, 8]


FOUR = all_of(
    one(1, purpose=TX),
    one(2, stack_level=3),
    one(3, connector=0),
    cap(4, stack_level=3),
)


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        ({}, []),
        ({"id": 0}, [2, 3, 4]),
        ({"id": 1, "connector_id": 9, "stack_level": 9}, [1, 3, 4]),
        ({"id": 9, "connector_id": 1}, [1, 2, 3, 4]),
        ({"connector_id": 0}, [1, 2]),
        ({"connector_id": 1}, [3, 4]),
        ({"stack_level": 3}, [1, 3]),
        ({"stack_level": 0}, [2, 4]),
        ({"charging_profile_purpose": "TxDefaultProfile"}, [1, 4]),
        ({"charging_profile_purpose": "TxDefaultProfile", "connector_id": 0}, [1, 2, 4]),
        ({"charging_profile_purpose": "TxProfile", "stack_level": 3}, [1, 2, 3, 4]),
    ],
)
def test_clearing_needs_all_fields_to_fit_or_the_id_alone(
    request_: dict[str, Any], left: list[int]
) -> None:
    """Errata 3.25 and 3.26."""
    profiles, found = FOUR.cleared(call.ClearChargingProfile(**request_))
    assert [profile.periods[0][1] for profile in profiles] == left
    assert found is (len(left) < 4)


def test_clearing_finds_nothing_where_nothing_is() -> None:
    assert Profiles().cleared(call.ClearChargingProfile()) == (Profiles(), False)


class Installed(RuleBasedStateMachine):
    """Profiles come, are cleared, and go with their transactions; the model is a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.profiles = Profiles()
        self.model: list[Profile] = []
        self.running: list[RunningTransaction] = []

    @rule(new=any_profile())
    def install(self, new: Profile) -> None:
        self.profiles = self.profiles.with_one_more(new)
        left = []
        for old in self.model:
            same_place = (
                old.connector == new.connector
                and old.purpose == new.purpose
                and old.stack_level == new.stack_level
            )
            if old.profile_id != new.profile_id and not same_place:
                left.append(old)
        self.model = [*left, new]

    @rule(number=st.integers(0, 9))
    def clear_one(self, number: int) -> None:
        self.profiles, found = self.profiles.cleared(call.ClearChargingProfile(id=number))
        left = [old for old in self.model if old.profile_id != number]
        assert found == (left != self.model)
        self.model = left

    @rule(
        connector=st.none() | st.integers(0, 2),
        purpose=st.none() | st.sampled_from([TX, DEFAULT, MAX]),
        level=st.none() | st.integers(0, 2),
    )
    def clear_some(self, connector: int | None, purpose: Any, level: int | None) -> None:
        request = call.ClearChargingProfile(None, connector, purpose, level)
        self.profiles, found = self.profiles.cleared(request)
        left = []
        for old in self.model:
            elsewhere = connector is not None and old.connector != connector
            other_purpose = purpose is not None and old.purpose != purpose
            other_level = level is not None and old.stack_level != level
            if elsewhere or other_purpose or other_level:
                left.append(old)
        assert found == (left != self.model)
        self.model = left

    @rule(connector=st.sampled_from(CONNECTORS), number=st.integers(1, 2), started=seconds)
    def start(self, connector: int, number: int, started: float) -> None:
        self.stop(connector)
        self.running = [*self.running, RunningTransaction(connector, number, started)]

    @rule(connector=st.sampled_from(CONNECTORS))
    def stop(self, connector: int) -> None:
        self.running = [one for one in self.running if one.connector != connector]
        self.profiles = self.profiles.without_transaction(connector)
        self.model = [
            old for old in self.model if old.purpose is not TX or old.connector != connector
        ]

    @invariant()
    def the_same_are_installed(self) -> None:
        assert list(self.profiles) == self.model

    @invariant()
    def the_same_is_in_force(self) -> None:
        for connector, second in product((0, *CONNECTORS), range(0, REACH, 11)):
            limit = self.profiles.limit_at(connector, second, self.running)
            assert limit == in_force(self.model, connector, second, self.running)


TestInstalled = Installed.TestCase
