"""The rows on the disk: each as it is written, and what becomes of it in the next life."""

import json
from typing import Any

import pytest
from ocpp.v16 import call, call_result
from ocpp.v16.enums import AvailabilityType, Reason

from rig.bus.logic.messages import Current, SetLimit, Start
from rig.cp.logic.events import Swiped
from rig.role.logic.supply import Supply
from tests.cp.logic.said import profile, remote_start
from tests.cp.logic.world import World

# Section -> key -> value, as the file has them: a life that reads or writes others needs another
# VERSION of the file.
ROWS: dict[str, dict[str, str]] = {
    "configuration": {
        "HeartbeatInterval": '"300"',
        "StopTxnSampledData": '"Current.Import"',
        "MeterValueSampleInterval": '"3600"',
        "MeterValuesEveryCurrent": '"false"',
        "TransactionMessageAttempts": '"1"',
    },
    "availability": {"3": '"Inoperative"'},
    "limit": {"1": "16", "2": "32"},
    "profiles": {
        "7": (
            '{"connector": 1, "profile_id": 7, "stack_level": 0, "purpose": "TxDefaultProfile", '
            '"kind": "Relative", "periods": [[0.0, 16.0]], "duration": null, "start": null, '
            '"recurrence": null, "valid_from": null, "valid_to": 1772236800.0, '
            '"transaction_id": null}'
        )
    },
    "tags": {
        "cache": '[["rig", "Accepted", "FAMILY", 1772236800.0], ["two", "Accepted", null, null]]'
    },
    "running": {
        "1": (
            '{"transaction": {"number": 9, "id_tag": "RIG", "parent": "FAMILY", '
            '"started": 1769860801.0, "meter_start": 0}, "ending": null, "data": {"begin": '
            '{"timestamp": "2026-01-31T12:00:01.000Z", "sampled_value": [{"value": "16", '
            '"context": "Transaction.Begin", "format": "Raw", "measurand": "Current.Import", '
            '"location": "Outlet", "unit": "A"}]}, "between": [{"timestamp": '
            '"2026-01-31T13:00:01.000Z", "sampled_value": [{"value": "16", "context": '
            '"Sample.Periodic", "format": "Raw", "measurand": "Current.Import", "location": '
            '"Outlet", "unit": "A"}]}]}}'
        ),
        "2": (
            '{"transaction": {"number": 14, "id_tag": "TWO", "parent": null, '
            '"started": 1769864401.0, "meter_start": 0}, "ending": ["Local", "TWO"], '
            '"data": {"begin": null, "between": []}}'
        ),
    },
    "meter": {"1": "11040.0", "2": "0.0"},
    "names": {"9": "4"},
    "queue": {
        "15": (
            '{"id": "life1-15", "action": "StartTransaction", "payload": {"connector_id": 2, '
            '"id_tag": "TWO", "meter_start": 0, "timestamp": "2026-01-31T13:00:01.000Z", '
            '"reservation_id": null}, "transaction": 14, "attempts": 0}'
        )
    },
    "discarded": {
        "12": (
            '{"id": "life1-12", "action": "MeterValues", "payload": {"connector_id": 1, '
            '"meter_value": [{"timestamp": "2026-01-31T13:00:01.000Z", "sampled_value": '
            '[{"value": "11040", "context": "Sample.Periodic", "format": "Raw", "measurand": '
            '"Energy.Active.Import.Register", "phase": null, "location": "Outlet", "unit": '
            '"Wh"}, {"value": "16", "context": "Sample.Periodic", "format": "Raw", "measurand": '
            '"Current.Import", "phase": null, "location": "Outlet", "unit": "A"}]}], '
            '"transaction_id": null}, "transaction": 9, "attempts": 1, "why": '
            '"no answer within 30 s"}'
        )
    },
}

INFO: Any = {"status": "Accepted", "parent_id_tag": "FAMILY", "expiry_date": "2026-02-28T00:00:00Z"}
CONFIGURED = {
    "StopTxnSampledData": "Current.Import",
    "MeterValueSampleInterval": "3600",
    "TransactionMessageAttempts": "1",
}


def lived() -> World:
    """A life that wrote a row of each section. Connector 1 charges, and 2 is about to stop."""
    world = World(supply=Supply(230, 3), connectors=3, csms_timeout=10000.0).registered()
    for key, value in CONFIGURED.items():
        world.status(call.ChangeConfiguration(key, value))
    world.status(call.ChangeAvailability(3, AvailabilityType.inoperative))
    world.status(call.SetChargingProfile(1, profile(16) | {"valid_to": "2026-02-28T00:00:00Z"}))
    world.answer_all()
    world.now = 1.0
    world.feed(Current(16.0))
    begin(world, "RIG", 1)
    world.answer(call_result.StartTransaction(4, INFO))
    world.answer_all()
    world.now = 3601.0
    world.feed(Current(16.0))
    world.advance(0)
    assert isinstance(world.outstanding, call.MeterValues)
    world.fail()
    begin(world, "TWO", 2)
    world.feed(Swiped("TWO"), 2)
    return world


def begin(world: World, tag: str, connector: int) -> None:
    """A tag begins a transaction, of which the central system knows nothing yet."""
    world.feed(Swiped(tag), connector)
    while not isinstance(world.outstanding, call.StartTransaction):
        world.answer()
        world.echo_all()


def next_life(rows: dict[str, dict[str, str]] = ROWS) -> World:
    """One that finds these rows, on links that are up."""
    world = World(supply=Supply(230, 3), connectors=3, csms_timeout=10000.0)
    world.disk = {
        section: {key: json.loads(value) for key, value in values.items()}
        for section, values in rows.items()
    }
    world.now = 7200.0
    world.die()
    world.link_up()
    return world


def test_a_row_of_each_section_is_written_like_this() -> None:
    disk = lived().disk
    written = {
        section: {key: json.dumps(value) for key, value in values.items()}
        for section, values in disk.items()
    }
    assert written == ROWS


def test_the_configuration_and_what_is_out_of_service_are_as_they_were() -> None:
    point = next_life().point
    assert point.integer("MeterValueSampleInterval") == 3600
    assert point.integer("TransactionMessageAttempts") == 1
    assert [point.condition(number).operative for number in range(4)] == [True, True, True, False]


def test_the_registers_and_the_limit_that_was_told_go_on() -> None:
    chargers = [one.charger for one in next_life().point.connectors.values()]
    assert [one.meter.energy for one in chargers] == [11040.0, 0.0, 0.0]
    assert [one.limit for one in chargers[1:]] == [32, None]
    world = next_life({"limit": {"1": "6"}})
    assert world.point.connectors[1].charger.limit == 6


def in_force(world: World) -> float:
    """The limit (A) of connector 1, as GetCompositeSchedule says it."""
    schedule = world.answers[world.ask(call.GetCompositeSchedule(1, 1))].charging_schedule
    limit: float = schedule["charging_schedule_period"][0]["limit"]
    return limit


def test_a_profile_is_in_force_until_it_ends() -> None:
    world = next_life()
    world.echo_all()
    told = [(at, message) for _, at, message in world.carried if isinstance(message, SetLimit)]
    assert told == [(1, SetLimit(16))]
    assert in_force(world) == 16
    world.now = 1772236800.0 - world.clock
    assert in_force(world) == 32  # that of the bench


def test_what_ran_is_ended_and_told_after_what_was_queued() -> None:
    """Under the ids of that life, and the number of the next request is greater than all."""
    world = next_life()
    world.echo_all()
    world.connect()
    world.answer_all()
    told = [
        (own_id, request)
        for own_id, request in zip(world.ids, world.asked, strict=True)
        if own_id is not None
    ]
    samples = ROWS["running"]["1"]
    data = json.loads(samples)["data"]
    assert told == [
        ("life1-15", call.StartTransaction(2, "TWO", 0, "2026-01-31T13:00:01.000Z")),
        (
            "life2-16",
            call.StopTransaction(
                11040,
                "2026-01-31T14:00:00.000Z",
                4,
                reason=Reason.power_loss,
                transaction_data=[data["begin"], *data["between"]],
            ),
        ),
        (
            "life2-17",
            call.StopTransaction(0, "2026-01-31T14:00:00.000Z", 4, Reason.local, "TWO"),
        ),
    ]
    assert {"running": {}, "queue": {}, "names": {}}.items() <= world.disk.items()
    assert [world.point.condition(number).status for number in (1, 2, 3)] == [
        "Finishing",
        "Finishing",
        "Unavailable",
    ]


def test_a_number_is_greater_than_all_that_were_queued_or_discarded_before() -> None:
    rows = {"discarded": {"40": ROWS["discarded"]["12"]}, "running": ROWS["running"]}
    world = next_life(rows)
    assert list(world.disk["queue"]) == ["41", "42"]


def test_requests_that_are_discarded_are_counted_on() -> None:
    world = next_life()
    world.connect()
    while not isinstance(world.outstanding, call.StartTransaction):
        world.answer()
    world.fail()
    assert world.notes[-1] == (
        "StartTransaction discarded after 1 attempts (no answer within 30 s); 2 so far"
    )


@pytest.mark.parametrize("tag", ["RIG", "two"])
def test_a_tag_that_was_known_may_start_without_the_central_system(tag: str) -> None:
    """No profile says a limit for connector 2: it is told that of the bench first."""
    world = next_life()
    world.echo_all()
    world.feed(Swiped(tag), 2)
    world.echo_all()
    assert world.on_bus[-2:] == [SetLimit(32), Start()]
    parent = {"RIG": "FAMILY", "two": None}[tag]
    assert world.disk["running"]["2"]["transaction"]["parent"] == parent


def test_a_tag_that_was_known_is_not_known_for_longer_than_the_central_system_said() -> None:
    world = next_life()
    world.echo_all()
    world.now = 1772236800.0 - world.clock
    world.feed(Swiped("RIG"), 2)
    assert world.notes[-1] == "RIG may not charge: Expired"


def test_without_rows_it_is_the_first_life() -> None:
    world = next_life({})
    world.echo_all()
    world.connect()
    world.answer_all()
    world.ask(remote_start(connector_id=2))
    world.echo_all()
    assert world.on_bus[-2:] == [SetLimit(32), Start()]


def test_rows_that_nobody_reads_are_left_alone() -> None:
    aside = {"value": "x", "why": "TypeError('not x')"}
    world = next_life({"damaged": {"meter/1": json.dumps(aside)}, "of later": {"1": "2"}})
    assert world.disk == {"damaged": {"meter/1": aside}, "of later": {"1": 2}}
