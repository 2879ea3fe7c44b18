"""MeterValues and transactionData of a connector (OCPP 1.6 edition 2, 3.16, 4.7)."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from ocpp.v16.datatypes import MeterValue

from rig.cp.logic.configuration import Configuration
from rig.cp.logic.measurands import Readings
from rig.cp.logic.sampling import Sampler
from rig.role.logic.supply import Supply

SUPPLY = Supply(voltage=230.0, phases=3)
WALL = 1_769_860_800.0  # 2026-01-31T12:00:00Z, at `now` 0
ENERGY = "Energy.Active.Import.Register"


def wall(now: float) -> float:
    return WALL + now


def readings(energy: int = 1000, current: float | None = 20.0) -> Readings:
    return Readings(current=current, offered=32.0, energy=energy, supply=SUPPLY)


def configured(**values: str) -> Configuration:
    configuration = Configuration(connectors=1, supply=SUPPLY)
    for key, value in values.items():
        assert configuration.change(key, value) == "Accepted"
    return configuration


def sampler(**values: str) -> Sampler:
    return Sampler(configured(**values), wall, 0.0)


def told(values: Sequence[Any] | None) -> list[tuple[str, str, list[str]]]:
    """Time of day, context and values of each MeterValue."""
    raw = [asdict(value) if isinstance(value, MeterValue) else value for value in values or []]
    return [
        (
            value["timestamp"][11:-1],
            value["sampled_value"][0]["context"],
            [sample["value"] for sample in value["sampled_value"]],
        )
        for value in raw
    ]


def test_by_default_a_transaction_is_sampled_each_minute_and_nothing_else_is() -> None:
    idle = sampler()
    assert idle.wake_at == math.inf
    idle.begin(readings(), 5.0)
    assert idle.wake_at == 65.0
    assert idle.end(readings(), 60.0) is None
    assert idle.wake_at == math.inf


def test_a_transaction_is_sampled_from_its_start_on() -> None:
    connector = sampler(MeterValueSampleInterval="10")
    assert connector.wake_at == math.inf
    connector.begin(readings(), 3.0)
    assert connector.wake_at == 13.0
    assert connector.tick(readings(), 12.0) == []
    (first,) = connector.tick(readings(1007), 13.0)
    assert told([first]) == [("12:00:13.000", "Sample.Periodic", ["1007", "20"])]
    assert [sample.measurand for sample in first.sampled_value] == [ENERGY, "Current.Import"]
    connector.end(readings(), 20.0)
    assert connector.wake_at == math.inf


def test_of_two_that_are_due_at_once_the_older_comes_first() -> None:
    both = sampler(
        ClockAlignedDataInterval="60",
        MeterValuesAlignedData=ENERGY,
        MeterValueSampleInterval="10",
        MeterValuesSampledData="Voltage",
    )
    both.begin(readings(), 49.9)
    assert told(both.tick(readings(), 60.1)) == [
        ("12:00:59.900", "Sample.Periodic", ["230"]),
        ("12:01:00.000", "Sample.Clock", ["1000"]),
    ]


def test_another_interval_begins_when_it_is_set() -> None:
    configuration = configured(MeterValueSampleInterval="10")
    connector = Sampler(configuration, wall, 0.0)
    connector.begin(readings(), 0.0)
    configuration.change("MeterValueSampleInterval", "4")
    connector.reconfigured(5.0)
    assert connector.wake_at == 9.0
    configuration.change("StopTxnSampledData", "Voltage")
    connector.reconfigured(8.0)
    assert connector.wake_at == 9.0  # the interval did not change
    configuration.change("MeterValueSampleInterval", "0")
    connector.reconfigured(8.5)
    assert connector.wake_at == math.inf


def test_what_cannot_be_given_is_left_out_and_an_empty_sample_altogether() -> None:
    connector = sampler(MeterValueSampleInterval="10")
    connector.begin(readings(), 0.0)
    silent = readings(current=None)
    assert told(connector.tick(silent, 10.0)) == [("12:00:10.000", "Sample.Periodic", ["1000"])]
    only = sampler(MeterValueSampleInterval="10", MeterValuesSampledData="Current.Import")
    only.begin(readings(), 0.0)
    assert only.tick(silent, 10.0) == []
    assert only.wake_at == 20.0


def test_the_energy_of_each_interval_can_be_asked_for() -> None:
    connector = sampler(
        MeterValueSampleInterval="10", MeterValuesSampledData="Energy.Active.Import.Interval"
    )
    connector.begin(readings(1000), 0.0)
    assert told(connector.tick(readings(1020), 10.0))[0][2] == ["20"]
    assert told(connector.tick(readings(1050), 20.0))[0][2] == ["30"]


def test_transaction_data_is_the_begin_what_was_sampled_and_the_end() -> None:
    connector = sampler(
        MeterValueSampleInterval="10",
        StopTxnSampledData=ENERGY,
        ClockAlignedDataInterval="900",
        StopTxnAlignedData="Current.Import," + ENERGY,
    )
    connector.begin(readings(1000), 885.0)
    connector.tick(readings(1010), 895.0)
    connector.tick(readings(1015), 900.0)
    connector.tick(readings(1020), 905.0)
    data = connector.end(readings(1022, current=0.0), 907.0)
    assert told(data) == [
        ("12:14:45.000", "Transaction.Begin", ["20", "1000"]),
        ("12:14:55.000", "Sample.Periodic", ["1010"]),
        ("12:15:00.000", "Sample.Clock", ["20", "1015"]),
        ("12:15:05.000", "Sample.Periodic", ["1020"]),
        ("12:15:07.000", "Transaction.End", ["0", "1022"]),
    ]


def test_the_next_transaction_begins_with_nothing() -> None:
    connector = sampler(StopTxnSampledData=ENERGY)
    connector.begin(readings(1000), 0.0)
    connector.end(readings(2000), 10.0)
    connector.begin(readings(2000), 20.0)
    assert told(connector.end(readings(3000), 30.0)) == [
        ("12:00:20.000", "Transaction.Begin", ["2000"]),
        ("12:00:30.000", "Transaction.End", ["3000"]),
    ]


def test_who_clears_both_lists_gets_no_transaction_data() -> None:
    configuration = configured(StopTxnSampledData=ENERGY)
    connector = Sampler(configuration, wall, 0.0)
    connector.begin(readings(), 0.0)
    configuration.change("StopTxnSampledData", "")
    assert connector.end(readings(), 10.0) is None  # 3.16.5


def test_what_does_not_fit_is_thinned_out() -> None:
    connector = sampler(MeterValueSampleInterval="1", StopTxnSampledData=ENERGY)
    connector.begin(readings(0), 0.0)
    for second in range(1, 200):
        connector.tick(readings(second), float(second))
    # By hand: 198 fit between begin and end; the 199th makes room by the 1st, 3rd, ... 199th.
    data = told(connector.end(readings(200), 200.0))
    assert [values for _, _, values in data[:3]] == [["0"], ["2"], ["4"]]
    assert [values for _, _, values in data[-2:]] == [["198"], ["200"]]
    assert len(data) == 101


class Samples(RuleBasedStateMachine):
    """Whatever the pace and the configuration: nothing is invented or lost."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.energy = 0.0, 0
        self.configuration = configured(StopTxnSampledData=ENERGY)
        self.sampler = Sampler(self.configuration, wall, 0.0)
        self.taken, self.running = 0, False

    def readings(self) -> Readings:
        self.energy += 1
        return readings(self.energy)

    def tick(self) -> None:
        values = self.sampler.tick(self.readings(), self.now)
        contexts = [value.sampled_value[0].context for value in values]
        assert len(contexts) == len(set(contexts))
        assert [value.timestamp for value in values] == sorted(value.timestamp for value in values)
        self.taken += self.running and "Sample.Periodic" in contexts

    @rule(step=st.floats(0.1, 100))
    def wait(self, step: float) -> None:
        until = self.now + step
        while self.sampler.wake_at <= until:
            self.now = max(self.now, self.sampler.wake_at)
            self.tick()
            assert self.sampler.wake_at > self.now
        self.now = until

    @rule(step=st.floats(0.1, 1000))
    def stall(self, step: float) -> None:
        self.now += step
        self.tick()

    @rule(interval=st.sampled_from(["0", "1", "7", "60"]))
    def change_the_interval(self, interval: str) -> None:
        self.configuration.change("MeterValueSampleInterval", interval)
        self.sampler.reconfigured(self.now)

    @rule(interval=st.sampled_from(["0", "15", "86400"]))
    def change_the_clock(self, interval: str) -> None:
        self.configuration.change("ClockAlignedDataInterval", interval)
        self.sampler.reconfigured(self.now)

    @precondition(lambda self: not self.running)
    @rule()
    def begin(self) -> None:
        self.sampler.begin(self.readings(), self.now)
        self.running, self.taken = True, 0

    @precondition(lambda self: self.running)
    @rule()
    def end(self) -> None:
        data = told(self.sampler.end(self.readings(), self.now))
        self.running = False
        contexts = [context for _, context, _ in data]
        assert (contexts[0], contexts[-1]) == ("Transaction.Begin", "Transaction.End")
        assert set(contexts[1:-1]) <= {"Sample.Periodic"}
        assert len(data) - 2 == self.taken if self.taken <= 198 else 100 <= len(data) <= 200
        registers = [int(values[0]) for _, _, values in data]
        assert registers == sorted(registers)

    @invariant()
    def a_timer_is_never_behind(self) -> None:
        assert self.sampler.wake_at >= self.now - 1e-3


TestSamples = Samples.TestCase
