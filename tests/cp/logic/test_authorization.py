"""Who may start and stop (OCPP 1.6 edition 2, 3.4, 3.5, 3.10, 4.1, 4.8, 5.4)."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp.logic.authorization import (
    Accepted,
    Authorization,
    Decision,
    Refused,
    Undecided,
    aftermath,
    answered_stop,
)
from rig.cp.logic.configuration import Configuration
from rig.role.logic.supply import Supply

NOW = 1_769_860_800.0  # 2026-01-31T12:00:00Z
FAMILY = {"status": "Accepted", "parent_id_tag": "Family"}
KEYS = {
    "cache": "AuthorizationCacheEnabled",
    "pre": "LocalPreAuthorize",
    "offline": "LocalAuthorizeOffline",
    "unknown": "AllowOfflineTxForUnknownId",
}


def configured(**values: bool) -> Configuration:
    configuration = Configuration(connectors=1, supply=None)
    for name, value in values.items():
        assert configuration.change(KEYS[name], str(value)) == "Accepted"
    return configuration


def authorization(**values: bool) -> Authorization:
    """GOOD is known as Accepted, BAD as Blocked, OLD was Accepted until a second ago."""
    known = Authorization(configured(**values))
    known.learn("GOOD", FAMILY, NOW)
    known.learn("BAD", {"status": "Blocked"}, NOW)
    known.learn("OLD", {"status": "Accepted", "expiry_date": "2026-01-31T11:59:59Z"}, NOW)
    return known


def told(decision: Decision) -> str:
    match decision:
        case Accepted():
            return "Accepted"
        case Refused(status):
            return status
        case Undecided():
            return "?"


@pytest.mark.parametrize(
    ("tag", "pre", "expected"),
    [
        ("GOOD", True, "Accepted"),
        ("good", True, "Accepted"),
        ("GOOD", False, "?"),
        ("NEW", True, "?"),
        ("BAD", True, "?"),  # 3.5.1: online, its current state is asked for
        ("OLD", True, "?"),
    ],
)
def test_online_only_a_valid_tag_may_start_without_being_asked_for(
    tag: str, pre: bool, expected: str
) -> None:
    assert told(authorization(pre=pre).decide(tag, online=True, now=NOW)) == expected


@pytest.mark.parametrize(
    ("tag", "offline", "unknown", "expected"),
    [
        ("GOOD", True, False, "Accepted"),
        ("GOOD", False, False, "Invalid"),
        ("GOOD", False, True, "Accepted"),  # what is known does not count, so as one not known
        ("NEW", True, False, "Invalid"),
        ("NEW", True, True, "Accepted"),
        ("BAD", True, True, "Blocked"),  # 3.5.4: known as not valid
        ("OLD", True, True, "Expired"),  # 3.5.4: MUST be rejected
        ("BAD", False, False, "Blocked"),
    ],
)
def test_offline_a_tag_may_start_by_the_rules_of_3_5(
    tag: str, offline: bool, unknown: bool, expected: str
) -> None:
    known = authorization(offline=offline, unknown=unknown)
    assert told(known.decide(tag, online=False, now=NOW)) == expected


def test_a_tag_is_accepted_with_its_group() -> None:
    known = authorization(pre=True, unknown=True)
    assert known.decide("GOOD", online=True, now=NOW) == Accepted("Family")
    assert known.decide("NEW", online=False, now=NOW) == Accepted(None)


def test_without_the_cache_no_tag_is_known() -> None:
    without = authorization(cache=False, pre=True)
    assert without.decide("GOOD", online=True, now=NOW) == Undecided()
    assert told(without.decide("GOOD", online=False, now=NOW)) == "Invalid"


def test_a_cache_that_is_switched_on_again_knows_nothing_that_changed_meanwhile() -> None:
    configuration = configured()
    known = Authorization(configuration)
    known.learn("GOOD", FAMILY, NOW)
    configuration.change(KEYS["cache"], "false")
    known.learn("GOOD", {"status": "Blocked"}, NOW)
    configuration.change(KEYS["cache"], "true")
    assert told(known.decide("GOOD", online=False, now=NOW)) == "Invalid"


def test_a_conf_without_id_tag_info_says_nothing() -> None:
    known = authorization()
    known.learn("GOOD", None, NOW)  # StopTransaction.conf (6.50)
    assert told(known.decide("GOOD", online=False, now=NOW)) == "Accepted"


@pytest.mark.parametrize("online", [True, False])
def test_the_tag_that_started_may_stop_without_being_asked_for(online: bool) -> None:
    known = authorization(cache=False)
    decision = known.may_stop("tag", started_by="TAG", parent=None, online=online, now=NOW)
    assert told(decision) == "Accepted"  # 4.1


@pytest.mark.parametrize(
    ("tag", "parent", "online", "pre", "offline", "expected"),
    [
        ("GOOD", "FAMILY", True, True, True, "Accepted"),
        ("GOOD", "Family", True, False, True, "?"),
        ("GOOD", "Family", False, False, True, "Accepted"),
        ("GOOD", "Family", False, False, False, "Invalid"),
        ("GOOD", "Others", True, True, True, "?"),
        ("GOOD", "Others", False, True, True, "Invalid"),
        ("GOOD", None, False, True, True, "Invalid"),
        ("BAD", None, False, True, True, "Invalid"),  # two without a group are of none
        ("NEW", "Family", True, True, True, "?"),
        ("NEW", "NEW", False, True, True, "Invalid"),  # 3.10: a parent is no tag
    ],
)
def test_another_tag_may_stop_if_it_is_of_the_same_group(
    tag: str, parent: str | None, online: bool, pre: bool, offline: bool, expected: str
) -> None:
    known = authorization(pre=pre, offline=offline, unknown=True)
    decision = known.may_stop(tag, started_by="FIRST", parent=parent, online=online, now=NOW)
    assert told(decision) == expected


@pytest.mark.parametrize(
    ("status", "group", "parent", "expected"),
    [
        ("Accepted", "Family", "family", "Accepted"),
        ("ConcurrentTx", "Family", "Family", "Accepted"),  # 7.2: only relevant for starting
        ("Blocked", "Family", "Family", "Blocked"),
        ("Accepted", "Others", "Family", "Invalid"),
        ("Accepted", None, "Family", "Invalid"),
        ("Accepted", None, None, "Invalid"),
    ],
)
def test_the_central_system_decides_who_stops(
    status: str, group: str | None, parent: str | None, expected: str
) -> None:
    assert told(answered_stop({"status": status, "parent_id_tag": group}, parent)) == expected


@pytest.mark.parametrize(
    ("stops", "most", "delivered", "expected"),
    [
        ("true", "0", 0.0, "stop"),
        ("false", "0", 0.0, "suspend"),
        ("true", "500", 499.9, "go on"),
        ("true", "500", 500.0, "stop"),
        ("false", "500", 500.0, "suspend"),
    ],
)
def test_a_running_transaction_of_an_invalid_tag_ends_as_configured(
    stops: str, most: str, delivered: float, expected: str
) -> None:
    configuration = Configuration(connectors=1, supply=Supply(voltage=230.0, phases=3))
    configuration.change("StopTransactionOnInvalidId", stops)
    configuration.change("MaxEnergyOnInvalidId", most)
    assert aftermath(configuration, delivered) == expected


@given(
    st.lists(st.tuples(st.sampled_from("aAbB"), st.sampled_from(["Accepted", "Blocked"]))),
    st.sampled_from(list(product([True, False], repeat=4))),
)
def test_offline_a_tag_that_was_refused_last_never_starts(
    said: list[tuple[str, str]], keys: tuple[bool, ...]
) -> None:
    known = Authorization(configured(**dict(zip(KEYS, keys, strict=True))))
    for tag, status in said:
        known.learn(tag, {"status": status}, NOW)
    latest = {tag.lower(): status for tag, status in said}
    for tag, status in latest.items():
        decision = known.decide(tag, online=False, now=NOW)
        assert decision != Undecided()
        if status == "Blocked" and keys[0]:
            assert told(decision) == "Blocked"
