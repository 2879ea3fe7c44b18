"""Meter values by the clauses: when, of what, and how much. Noon is 12:00:00 UTC."""

import pytest
from ocpp.v16 import call

from rig.bus.logic.messages import Current
from rig.ocppj.logic.moments import seconds
from tests.conformance.clauses import (
    SUPPLY,
    begin,
    booted,
    change,
    clause,
    forget,
    only,
    run,
    settle,
    told,
)
from tests.cp.logic.world import NOON, World

ENERGY, CURRENT = "Energy.Active.Import.Register", "Current.Import"
QUIET = {"MeterValuesEveryCurrent": "false", "supply": SUPPLY}  # the standard's samples alone
BOTH = f"{ENERGY},{CURRENT}"


def charge(world: World, amperes: float, duration: int) -> None:
    """The charger reports this current each second."""
    for _ in range(duration):
        world.feed(Current(amperes))
        run(world, 1)


def samples(world: World) -> list[tuple[float, dict[str, str]]]:
    """Seconds after noon, and the values by measurand, of each MeterValues."""
    return [
        (
            seconds(value.timestamp) - NOON,
            {str(one.measurand): one.value for one in value.sampled_value},
        )
        for request in told(world, call.MeterValues)
        for value in request.meter_value
    ]


def contexts(world: World) -> set[str]:
    return {
        str(one.context)
        for request in told(world, call.MeterValues)
        for value in request.meter_value
        for one in value.sampled_value
    }


@clause(
    "S4.7 S9.1.17 TC_070 sampled",
    MeterValueSampleInterval="60",
    MeterValuesSampledData=BOTH,
    **QUIET,
)
def test_a_transaction_is_sampled_each_interval_with_all_that_is_configured(world: World) -> None:
    """By hand: 16 A * 230 V * 3 * 60 s / 3600 = 184 Wh each minute."""
    begun = world.charging().now
    charge(forget(world), 16, 181)
    assert [at - begun for at, _ in samples(world)] == [60, 120, 180]
    assert {frozenset(values) for _, values in samples(world)} == {frozenset({ENERGY, CURRENT})}
    assert contexts(world) == {"Sample.Periodic"}
    assert {item.transaction_id for item in told(world, call.MeterValues)} == {4}
    energy = [int(values[ENERGY]) for _, values in samples(world)]
    assert energy == [pytest.approx(184 * n, abs=4) for n in (1, 2, 3)]  # 3.07 Wh a second


@clause("S3.16.1 no transaction, no samples", MeterValueSampleInterval="60", **QUIET)
def test_without_a_transaction_nothing_is_sampled(world: World) -> None:
    charge(booted(world), 0, 180)
    assert samples(world) == []


@clause("E3.15 intervals of 0", MeterValueSampleInterval="0", **QUIET)
def test_an_interval_of_0_means_no_samples(world: World) -> None:
    world.charging()
    charge(forget(world), 16, 180)
    assert samples(world) == []


@clause("S9.1.5 TC_071 clock-aligned", ClockAlignedDataInterval="900", **QUIET)
def test_clock_aligned_values_are_of_each_quarter_of_the_clock(world: World) -> None:
    """They come without a transaction as well, then without its id (E3.16)."""
    booted(world)
    run(world, 100)
    charge(world, 0, 1800)
    assert [at for at, _ in samples(world)] == [900, 1800]
    assert contexts(world) == {"Sample.Clock"}
    assert {item.transaction_id for item in told(world, call.MeterValues)} == {None}


@clause("E3.16 the id of the transaction", ClockAlignedDataInterval="60", **QUIET)
def test_values_carry_the_id_of_the_transaction_while_it_runs_and_no_longer(world: World) -> None:
    world.registered()
    begin(forget(world))
    charge(world, 16, 70)
    begin(world)
    charge(world, 0, 60)
    assert [item.transaction_id for item in told(world, call.MeterValues)] == [4, None]


@clause("S3.16.5 S4.10 transactionData", StopTxnSampledData=ENERGY, **QUIET)
def test_a_transaction_begins_and_ends_with_a_value(world: World) -> None:
    world.charging()
    charge(world, 16, 59)  # before the first sample, of 60 s
    begin(world)
    data = only(world, call.StopTransaction).transaction_data
    assert data is not None
    first, last = [value["sampled_value"][0] for value in data]
    assert (first["context"], first["value"]) == ("Transaction.Begin", "0")
    assert last["context"] == "Transaction.End"
    assert int(last["value"]) == pytest.approx(181, abs=4)  # 16 A * 230 V * 3 * 59 s / 3600


@clause("S3.16.5 nothing configured", StopTxnSampledData="", StopTxnAlignedData="", **QUIET)
def test_without_stop_txn_keys_there_is_no_transaction_data(world: World) -> None:
    world.charging()
    begin(world)
    assert only(world, call.StopTransaction).transaction_data is None


@clause("S9.1.27 the samples of a transaction", MeterValueSampleInterval="60")
def test_samples_are_kept_for_stop_transaction(world: World) -> None:
    """Without a supply there is no energy to tell of, and a list that names it is not possible."""
    assert change(world.registered(), "StopTxnSampledData", ENERGY) == "Rejected"
    assert change(world, "StopTxnSampledData", CURRENT) == "Accepted"
    begin(world)
    charge(world, 16, 120)
    begin(world)
    data = only(world, call.StopTransaction).transaction_data
    assert data is not None
    assert [value["sampled_value"][0]["value"] for value in data] == ["16"] * 3  # none known first


@clause("S7.31 the register", **QUIET)
def test_the_register_never_falls_and_meters_what_flows(world: World) -> None:
    """By hand: 16 A * 230 V * 3 = 11040 W, 600 s: 1840 Wh; 32 A: 3680 Wh."""
    world.registered()
    for amperes in (16, 32):
        begin(world)
        charge(world, amperes, 600)
        begin(world)
    starts, stops = told(world, call.StartTransaction), told(world, call.StopTransaction)
    assert starts[0].meter_start == 0
    assert stops[0].meter_stop == pytest.approx(1840, abs=4)
    assert starts[1].meter_start == stops[0].meter_stop
    assert stops[1].meter_stop - starts[1].meter_start == pytest.approx(3680, abs=8)


@clause("S7.31 the register over a crash", MeterValueSampleInterval="10", **QUIET)
def test_the_register_does_not_fall_over_a_crash(world: World) -> None:
    """What flowed since the last sample is lost, 10 s at most: 31 Wh."""
    world.charging()
    charge(world, 16, 600)
    world.die()
    world.registered()
    assert only(world, call.StopTransaction).meter_stop == pytest.approx(1840, abs=34)
    begin(forget(world))
    settle(world)
    assert only(world, call.StartTransaction).meter_start == pytest.approx(1840, abs=34)


@clause(
    "S3.16.2 lists of their own",
    ClockAlignedDataInterval="60",
    MeterValueSampleInterval="90",
    MeterValuesAlignedData="Voltage",
    MeterValuesSampledData=CURRENT,
    **QUIET,
)
def test_each_interval_has_the_measurands_of_its_own_list(world: World) -> None:
    world.charging()
    charge(forget(world), 16, 130)
    assert [(at, list(values)) for at, values in samples(world)] == [
        (60, ["Voltage"]),
        (90, [CURRENT]),
        (120, ["Voltage"]),
    ]
