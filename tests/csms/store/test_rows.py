import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus
from sqlalchemy import Connection, insert, select

from rig.csms.store.database import Database
from rig.csms.store.rows import (
    boot_row,
    digest,
    left_out_row,
    meter_rows,
    sampled_at,
    security_row,
    start_row,
    status_row,
    stop_row,
    storable,
    whole,
)
from rig.csms.store.tables import (
    charge_points,
    meter_values,
    security_events,
    statuses,
    stray_stops,
)
from tests.messages import NOW, sample, start, stop

parts = st.lists(st.none() | st.integers() | st.text())


@given(parts, parts)
def test_only_the_same_parts_have_the_same_digest(these: list[object], those: list[object]) -> None:
    assert (digest(*these) == digest(*those)) == (these == those)
    assert len(digest(*these)) == 16


@given(st.text(st.characters()))
def test_any_text_can_be_stored(text: str) -> None:
    kept = storable(text)
    assert "\0" not in kept
    kept.encode()  # raises for a lone surrogate


def test_a_text_that_can_be_stored_is_kept_as_it_is() -> None:
    assert storable("Ä\n\x1b[31m") == "Ä\n\x1b[31m"
    assert storable("a\0b\ud800") == "a\\x00b\\ud800"


def test_a_number_beyond_64_bit_becomes_the_nearest() -> None:
    assert whole(10**30) == 9223372036854775807  # 2**63 - 1
    assert whole(-(10**30)) == -9223372036854775807
    assert whole(7.0) == 7


def test_a_moment_that_cannot_be_read_is_0() -> None:
    assert sampled_at("1970-01-01T00:01:00Z") == 60.0
    assert sampled_at("yesterday") == 0.0


def test_a_leap_second_is_kept_as_it_came_in_its_place() -> None:
    [row] = meter_rows("CP_1", 2, 7, [sample("1500", "2016-12-31T23:59:60Z")], 9)
    assert row["timestamp"] == "2016-12-31T23:59:60Z"
    assert row["at"] == 1483228800.0  # 2017-01-01T00:00:00Z


def test_a_sampled_value_has_the_defaults_of_the_standard() -> None:
    # 7.43: without any other field it is the register of active import energy in Wh.
    [row] = meter_rows("CP_1", 2, 7, [sample("1500", "1970-01-01T00:01:00Z")], 9)
    assert row.pop("digest")
    assert row == {
        "charge_point": "CP_1",
        "connector": 2,
        "transaction_id": 7,
        "at": 60.0,
        "timestamp": "1970-01-01T00:01:00Z",
        "value": "1500",
        "measurand": "Energy.Active.Import.Register",
        "unit": "Wh",
        "context": "Sample.Periodic",
        "phase": None,
        "location": "Outlet",
        "format": "Raw",
    }


def test_what_a_sampled_value_says_is_kept() -> None:
    said = {
        "measurand": "Current.Import",
        "unit": "A",
        "context": "Trigger",
        "phase": "L1",
        "location": "Inlet",
        "format": "SignedData",
    }
    [row] = meter_rows("CP_1", 1, None, [sample("0A1B", **said)], 9)
    assert said.items() <= row.items()


def test_only_energy_has_a_default_unit() -> None:
    [row] = meter_rows("CP_1", 1, None, [sample("7", measurand="SoC")], 9)
    assert row["unit"] is None


def test_each_sampled_value_is_a_row() -> None:
    several = {"timestamp": "x", "sampled_value": [{"value": "1"}, {"value": "2"}]}
    rows = meter_rows("CP_1", 1, None, [several, sample("3")], 9)
    assert [row["value"] for row in rows] == ["1", "2", "3"]


def test_what_is_beyond_the_most_is_not_even_looked_at() -> None:
    endless = {"timestamp": "x", "sampled_value": itertools.repeat({"value": "1"})}
    assert len(meter_rows("CP_1", 1, None, [sample("1"), endless], 3)) == 3


def test_what_was_left_out_is_one_row_however_much_it_becomes() -> None:
    one, more = (left_out_row("CP_1", "SamplesLeftOut", NOW, f"{n} left out") for n in (1, 2))
    assert (one["at"], one["digest"]) == (more["at"], more["digest"])
    assert more["detail"] == "2 left out"
    assert one["digest"] != left_out_row("CP_2", "SamplesLeftOut", NOW, "1 left out")["digest"]


def test_a_value_that_differs_in_anything_is_another_row() -> None:
    energy = "Energy.Active.Import.Register"
    digests = [
        meter_rows(charge_point, connector, transaction, [each], 9)[0]["digest"]
        for charge_point, connector, transaction, each in [
            ("CP_1", 1, 7, sample("1")),
            ("CP_2", 1, 7, sample("1")),
            ("CP_1", 2, 7, sample("1")),
            ("CP_1", 1, 8, sample("1")),
            ("CP_1", 1, None, sample("1")),
            ("CP_1", 1, 7, sample("2")),
            ("CP_1", 1, 7, sample("1", "2026-09-21T14:30:01Z")),
            ("CP_1", 1, 7, sample("1", phase="L1")),
            ("CP_1", 1, 7, sample("1", context="Trigger")),
            ("CP_1", 1, 7, sample("1", location="Inlet")),
            ("CP_1", 1, 7, sample("1", unit="kWh")),
            ("CP_1", 1, 7, sample("1", measurand="SoC")),
            ("CP_1", 1, 7, sample("1", format="SignedData")),
        ]
    ]
    assert len(set(digests)) == len(digests)
    said = meter_rows("CP_1", 1, 7, [sample("1", measurand=energy, unit="Wh")], 9)
    assert said[0]["digest"] == digests[0]  # the default, in words


def test_a_start_is_the_same_by_charge_point_connector_tag_meter_and_moment() -> None:
    digests = [
        start_row(charge_point, each, NOW)["start_digest"]
        for charge_point, each in [
            ("CP_1", start()),
            ("CP_2", start()),
            ("CP_1", start(connector=2)),
            ("CP_1", start(tag="ABD")),
            ("CP_1", start(meter=1001)),
            ("CP_1", start(at="2026-09-21T14:00:01Z")),
        ]
    ]
    assert len(set(digests)) == len(digests)
    assert start_row("CP_1", start(tag="abc"), NOW + 60)["start_digest"] == digests[0]


def test_a_stop_is_the_same_if_all_of_it_is() -> None:
    stops = [stop(7), stop(8), stop(7, 3001), stop(7, at="2026-09-21T15:00:01Z"), stop(7, tag="A")]
    digests = [stop_row("CP_1", each)["digest"] for each in stops]
    assert len(set(digests)) == len(digests)
    assert stop_row("CP_1", stop(7, data=[sample()]))["digest"] == digests[0]


huge = st.integers(-(10**30), 10**30)
text = st.text(st.characters())


@pytest.fixture(scope="module")
def connection() -> Connection:
    return Database("sqlite://").open(NOW)


@given(text, huge, huge, text, text)
def test_every_row_of_bad_content_can_be_stored(
    connection: Connection, tag: str, number: int, meter: int, moment: str, value: str
) -> None:
    stray: dict[str, Any] = stop_row("CP_1", stop(number, meter, moment, tag=tag))
    [sampled] = meter_rows("CP_1", whole(number), whole(meter), [sample(value, moment)], 9)
    status = call.StatusNotification(
        number, ChargePointErrorCode.no_error, ChargePointStatus.available, info=value
    )
    boot = call.BootNotification(value, tag)
    with connection.begin() as transaction:
        for table, row in [
            (stray_stops, stray | {"at": sampled_at(moment)}),
            (meter_values, sampled),
            (statuses, status_row("CP_1", status, NOW)),
            (security_events, security_row("CP_1", tag, value, NOW)),
            (charge_points, boot_row("CP_1", boot, NOW)),
        ]:
            connection.execute(insert(table).values(row))
            assert connection.execute(select(table)).first()
        transaction.rollback()
