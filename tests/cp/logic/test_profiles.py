"""Smart charging (OCPP 1.6 edition 2, 3.13, 5.5 and 5.16, errata 2025-04). Values by hand."""

import math
import sys
from itertools import product
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp.logic.profile import Kind, Profile
from rig.cp.logic.profiles import Profiles, RunningTransaction
from tests.cp.logic.charging import (
    CONNECTORS,
    NOON,
    REACH,
    TX,
    all_of,
    any_profiles,
    any_running,
    cap,
    in_force,
    one,
)

HERE = [RunningTransaction(1, 4, NOON)]  # transaction 4 runs on connector 1
BOTH = [RunningTransaction(1, 4, NOON), RunningTransaction(2, 5, NOON + 60)]


# which profile prevails


def test_without_a_profile_there_is_no_limit_and_never_will_be() -> None:
    assert Profiles().limit_at(1, NOON, HERE) is None
    assert Profiles().said(1, NOON, HERE).until == math.inf


@pytest.mark.parametrize(
    ("clause", "profiles", "limit"),
    [
        ("3.13.1 TxProfile overrules", [one(32, purpose=TX), one(16)], 32),
        ("3.13.1 own connector overrules 0", [one(16), one(10, connector=0)], 16),
        (
            "3.13.1 own connector overrules 0 on whatever level",
            [one(16), one(10, connector=0, stack_level=5)],
            16,
        ),
        ("3.13.1 connector 0 is for all", [one(10, connector=0)], 10),
        ("3.13.1 another connector is another", [one(10, connector=2)], None),
        ("3.13.1 and its TxProfile as well", [one(10, connector=2, purpose=TX)], None),
        ("3.13.2 the highest stack level", [one(20, stack_level=2), one(5, stack_level=1)], 20),
        (
            "3.13.2 a lower level where the higher is not valid",
            [one(20, stack_level=2, valid_to=NOON), one(5, stack_level=1)],
            5,
        ),
        (
            "errata 3.43 a lower level after the duration of the higher",
            [one(20, stack_level=2, kind=Kind.absolute, start=0.0, duration=60), one(5)],
            5,
        ),
        (
            "3.13.2 a lower level before the start of the higher",
            [one(20, stack_level=2, kind=Kind.absolute, start=NOON + 1), one(5)],
            5,
        ),
        (
            "3.13.1 TxDefaultProfile where the TxProfile says nothing",
            [one(32, purpose=TX, valid_from=NOON + 1), one(16)],
            16,
        ),
        (
            "3.13.2 revert to default behaviour until validFrom",
            [one(16, valid_from=NOON + 1)],
            None,
        ),
        ("3.13.3 capped", [one(32, purpose=TX), cap(20)], 20),
        ("3.13.3 a higher cap does nothing", [one(16), cap(20)], 16),
        ("3.13.3 the cap alone", [cap(20)], 20),
        ("3.13.2 the cap of the highest level", [cap(20, stack_level=1), cap(10)], 20),
    ],
)
def test_the_limit_in_force_follows_the_clause(
    clause: str, profiles: list[Profile], limit: float | None
) -> None:
    assert all_of(*profiles).limit_at(1, NOON, HERE) == limit, clause


def test_all_sixteen_ways_to_combine_the_purposes() -> None:
    """3.13.1 and 3.13.3: TxProfile 32, own default 16, default of all 10, cap 12 A."""
    for tx, own, every, capped in product([True, False], repeat=4):
        choices = [limit for limit, there in ((32, tx), (16, own), (10, every)) if there]
        limits = [*choices[:1], *([12] if capped else [])]
        found = all_of(
            *([one(32, purpose=TX)] if tx else []),
            *([one(16)] if own else []),
            *([one(10, connector=0)] if every else []),
            *([cap(12)] if capped else []),
        )
        assert found.limit_at(1, NOON, HERE) == min(limits, default=None)


def test_a_new_default_profile_applies_at_once_to_a_running_transaction() -> None:
    """Errata 3.8; and to one that has its TxProfile it does not."""
    assert all_of(one(16)).with_one_more(one(10)).limit_at(1, NOON, HERE) == 10
    taken = all_of(one(32, purpose=TX)).with_one_more(one(10))
    assert taken.limit_at(1, NOON, HERE) == 32


def test_a_lower_profile_holds_until_a_higher_one_speaks_up() -> None:
    profiles = Profiles((one(32), one(10, stack_level=1, valid_from=NOON + 60)))
    assert profiles.limit_at(1, NOON, HERE) == 32
    assert profiles.said(1, NOON, HERE).until == NOON + 60


def test_a_default_profile_holds_in_any_transaction_whatever_id_it_names() -> None:
    """7.8: only a TxProfile can be bound to one."""
    assert Profiles((one(10, transaction_id=99),)).limit_at(1, NOON, HERE) == 10


def test_a_tx_profile_for_one_transaction_says_nothing_in_another() -> None:
    """7.8: transactionId matches the profile to a transaction."""
    profiles = all_of(one(32, purpose=TX, transaction_id=4), one(16))
    assert profiles.limit_at(1, NOON, HERE) == 32
    assert profiles.limit_at(1, NOON, [RunningTransaction(1, 5, NOON)]) == 16
    assert profiles.limit_at(1, NOON, [RunningTransaction(1, None, NOON)]) == 16
    assert profiles.limit_at(1, NOON, []) == 16


def test_a_pending_tx_profile_is_in_force_at_once_and_for_the_next_transaction() -> None:
    """Policy seed: the deviation of the original rig."""
    pending = all_of(one(100, purpose=TX))
    assert pending.limit_at(1, NOON, []) == 100
    assert pending.limit_at(1, NOON, HERE) == 100
    assert pending.without_transaction(1).limit_at(1, NOON, []) is None


# several connectors


def test_connectors_in_a_transaction_share_the_cap_equally() -> None:
    """3.13.3: all connectors combined stay below it."""
    profiles = all_of(cap(30))
    assert [profiles.limit_at(number, NOON, BOTH) for number in (1, 2, 3)] == [15, 15, 30]
    assert profiles.limit_at(1, NOON, HERE) == 30


def test_a_limit_below_its_share_stays() -> None:
    profiles = all_of(cap(30), one(10))
    assert [profiles.limit_at(number, NOON, BOTH) for number in (1, 2)] == [10, 15]


def test_connector_0_is_held_to_the_cap_alone() -> None:
    assert all_of(cap(30), one(10, connector=0)).limit_at(0, NOON, BOTH) == 30
    assert all_of(one(10, connector=0)).limit_at(0, NOON, BOTH) is None


def test_a_relative_cap_counts_from_the_first_transaction() -> None:
    profiles = all_of(cap(0, periods=((0.0, 10.0), (60.0, 20.0))))
    assert profiles.limit_at(0, NOON + 59, BOTH) == 10
    assert profiles.limit_at(0, NOON + 60, BOTH) == 20
    assert profiles.limit_at(0, NOON + 60, BOTH[1:]) == 10


@given(any_profiles, any_running(), st.integers(0, REACH))
def test_all_connectors_together_never_exceed_the_cap(
    profiles: Profiles, running: list[RunningTransaction], now: int
) -> None:
    """3.13.3."""
    limit = profiles.limit_at(0, now, running)
    drawn = [profiles.limit_at(one.connector, now, running) for one in running]
    if limit is not None:
        assert sum(each for each in drawn if each is not None) <= limit + 1e-9
        assert None not in drawn


# against the slow reference


@given(any_profiles, any_running(), st.sampled_from([0, *CONNECTORS]))
def test_the_limit_in_force_is_that_of_the_slow_reference(
    profiles: Profiles, running: list[RunningTransaction], connector: int
) -> None:
    for second in range(REACH):
        limit = profiles.limit_at(connector, second, running)
        assert limit == in_force(list(profiles), connector, second, running)


@given(any_profiles, any_running(), st.sampled_from([0, *CONNECTORS]))
def test_no_limit_changes_before_the_next_change(
    profiles: Profiles, running: list[RunningTransaction], connector: int
) -> None:
    """Who looks only at those moments has seen each limit of the reference."""
    limit, wake = None, 0.0
    for second in range(REACH):
        if second >= wake:
            limit = profiles.limit_at(connector, second, running)
            wake = profiles.said(connector, second, running).until
            assert wake > second
        assert limit == in_force(list(profiles), connector, second, running)


# hostile profiles


def calls(profiles: Profiles, now: float) -> int:
    """How many Python functions one question calls: a measure that no clock disturbs."""
    count = 0

    def counting(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counting)
    try:
        profiles.said(1, now, HERE)
    finally:
        sys.setprofile(None)
    return count


def test_profiles_full_of_periods_that_recur_for_68_years_cost_a_few_calls_each() -> None:
    """A profile costs a binary search in its periods, wherever in time it is looked at.

    14 steps for 10,000 periods; a silent profile costs its look at the clock. With room to spare.
    """
    full = one(
        16,
        kind=Kind.recurring,
        start=0.0,
        recurrence=86400.0,
        duration=float(2**31 - 1),
        periods=tuple((float(second), float(second % 32)) for second in range(10_000)),
    )
    profiles = all_of(*(full._replace(stack_level=level) for level in range(21)))
    assert profiles.limit_at(1, 9999.0, HERE) == 15  # 9999 % 32
    assert calls(profiles, 2**31 + 9999.0) <= 60

    silent = all_of(*(full._replace(stack_level=level, valid_from=1e12) for level in range(100)))
    assert silent.limit_at(1, NOON, HERE) is None
    assert calls(silent, NOON) <= 100 * 6
