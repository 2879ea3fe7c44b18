from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus

from rig.csms.logic.tags import Tag, fold, read_tag, read_tags, verdict

NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z
Status = AuthorizationStatus


def status(tag: Tag | None, *, runs_elsewhere: bool = False) -> str:
    return verdict(tag, NOW, unknown="invalid", runs_elsewhere=runs_elsewhere).status


def test_a_known_tag_is_accepted() -> None:
    assert status(Tag("ABC")) == "Accepted"


def test_an_unknown_tag_is_accepted_or_invalid_as_the_bench_wants_it() -> None:
    assert verdict(None, NOW, unknown="accept") == IdTagInfo(Status.accepted)
    assert verdict(None, NOW, unknown="invalid") == IdTagInfo(Status.invalid)


def test_a_blocked_tag_is_blocked_also_when_it_has_expired_or_runs_elsewhere() -> None:
    assert status(Tag("ABC", Status.blocked, expires=NOW - 1), runs_elsewhere=True) == "Blocked"


def test_a_tag_expires_at_its_moment_and_says_which() -> None:
    assert status(Tag("ABC", expires=NOW + 0.001)) == "Accepted"
    info = verdict(Tag("ABC", expires=NOW), NOW, unknown="accept")
    assert info == IdTagInfo(Status.expired, expiry_date="2026-09-21T14:13:20.000Z")


def test_the_parent_is_given_with_each_verdict() -> None:
    info = verdict(Tag("ABC", Status.blocked, parent="FLEET"), NOW, unknown="accept")
    assert info == IdTagInfo(Status.blocked, parent_id_tag="FLEET")


def test_a_tag_that_runs_elsewhere_is_concurrent_unless_it_may() -> None:
    assert status(Tag("ABC"), runs_elsewhere=True) == "ConcurrentTx"
    assert verdict(Tag("ABC"), NOW, unknown="invalid").status == "Accepted"
    assert status(Tag("ABC", concurrent=True), runs_elsewhere=True) == "Accepted"


def test_an_unknown_tag_may_run_anywhere() -> None:
    info = verdict(None, NOW, unknown="accept", runs_elsewhere=True)
    assert info.status == "Accepted"


def test_upper_and_lower_case_are_the_same_tag() -> None:
    assert fold("AbC-1") == fold("aBc-1") == "abc-1"


@pytest.mark.parametrize("text", ["", "X" * 21, "a\nb", "Ä"])  # CiString20 of printable ASCII
def test_what_no_charge_point_can_send_is_no_tag(text: str) -> None:
    with pytest.raises(ValueError, match="1 to 20 printable"):
        Tag(text)


def test_twenty_characters_are_a_tag() -> None:
    assert Tag("X" * 20).id_tag == "X" * 20


def test_a_file_says_all_that_a_tag_can_be() -> None:
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    table = {
        "tags": {
            "ABC": {"expires": moment, "parent": "FLEET", "concurrent": True},
            "STOLEN": {"status": "Blocked"},
        }
    }
    # 1798761600: `date -u -d 2027-01-01 +%s`
    abc = Tag("ABC", expires=1798761600.0, parent="FLEET", concurrent=True)
    assert read_tags(table) == [abc, Tag("STOLEN", Status.blocked)]


@pytest.mark.parametrize(
    "moment",
    [date(2027, 1, 1), datetime(2027, 1, 1), "2027-01-01T00:00:00Z", "2027-01-01T01:00:00+01:00"],
)
def test_a_tag_expires_at_a_date_or_moment_of_toml_or_json(moment: object) -> None:
    assert read_tag("ABC", {"expires": moment}).expires == 1798761600.0


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"status": "ConcurrentTx"}, "status must be one of Accepted, Blocked, Expired, Invalid"),
        ({"status": ["Blocked"]}, "status must be one of"),
        ({"stats": "Blocked"}, "no keys but concurrent, expires, parent, status"),
        ({"expires": 2027}, "expires must be a moment"),
        ({"expires": "soon"}, "'soon' is no moment"),
        ({"parent": 7}, "parent is a text"),
        ({"concurrent": "yes"}, "concurrent true or false"),
        ({"parent": ""}, "1 to 20 printable"),
        ({"expires": "0001-01-01T00:00:00+14:00"}, "before the year 1"),
        ({"expires": datetime.fromisoformat("0001-01-01T00:00+14:00")}, "years 1 to 9999"),
        ("Blocked", "no keys but"),
        ([], "no keys but"),
    ],
)
def test_a_tag_that_is_none_is_named_with_its_mistake(row: object, why: str) -> None:
    with pytest.raises(ValueError, match=rf"^tag ABC: .*{why}"):
        read_tags({"tags": {"ABC": row}})


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"tag": {}}, "unknown key tag"),
        ({"tags": []}, "tags must be a table"),
        ({"tags": {"abc": {}, "ABC": {}}}, "tag ABC is there twice"),
    ],
)
def test_a_file_that_is_none_says_why(table: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_tags(table)


tags = st.builds(
    Tag,
    st.just("ABC"),
    st.sampled_from([each for each in Status if each != Status.concurrent_tx]),
    st.none() | st.floats(NOW - 1e9, NOW + 1e9),
    st.none() | st.just("FLEET"),
    st.booleans(),
)


@given(tags, st.booleans())
def test_nobody_is_accepted_who_is_blocked_expired_or_busy_elsewhere(
    tag: Tag, elsewhere: bool
) -> None:
    expired = tag.expires is not None and tag.expires <= NOW
    busy = elsewhere and not tag.concurrent
    accepted = tag.status == Status.accepted and not expired and not busy
    assert (status(tag, runs_elsewhere=elsewhere) == "Accepted") == accepted
