import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp.logic.charger import Meter
from rig.role.logic.supply import Supply

THREE_PHASE = Supply(voltage=230.0, phases=3)


def test_energy_is_current_times_voltage_times_phases_times_time() -> None:
    meter = Meter(THREE_PHASE)
    meter.measured(10.0, now=0.0)
    meter.measured(10.0, now=3600.0)
    assert meter.reading == 6900  # By hand: 10 A * 230 V * 3 * 1 h


def test_the_current_before_flowed_until_now() -> None:
    meter = Meter(THREE_PHASE)
    meter.measured(0.0, now=0.0)
    meter.measured(100.0, now=3600.0)
    assert meter.reading == 0
    meter.measured(0.0, now=3636.0)
    assert meter.reading == 690  # By hand: 100 A * 230 V * 3 * 0.01 h


def test_what_flows_while_nothing_is_known_is_not_counted() -> None:
    meter = Meter(THREE_PHASE)
    meter.measured(10.0, now=0.0)
    meter.lost()
    meter.measured(10.0, now=3600.0)
    assert meter.reading == 0
    meter.measured(10.0, now=7200.0)
    assert meter.reading == 6900


def test_whole_watt_hours_are_read_and_parts_are_kept() -> None:
    meter = Meter(Supply(voltage=100.0, phases=1))
    for second in range(91):  # By hand: 20 A * 100 V * 90 s = 50 Wh, 0.56 Wh each second
        meter.measured(20.0, now=float(second))
        assert meter.reading == pytest.approx(second * 20 / 36, abs=1)
    assert meter.reading in (49, 50)


def test_the_register_goes_on_from_its_initial_reading() -> None:
    before = Meter(THREE_PHASE)
    before.measured(10.0, now=0.0)
    before.measured(10.0, now=1.0)
    after = Meter(THREE_PHASE, before.energy)
    assert after.energy == pytest.approx(1.9167, abs=1e-4)  # By hand: 10 A * 230 V * 3 * 1 s
    after.measured(10.0, now=50.0)  # what flowed meanwhile is not known
    assert after.reading == 1
    after.measured(10.0, now=51.0)
    assert after.reading == 3


def test_without_voltage_and_phases_it_stays_0() -> None:
    meter = Meter(None)
    meter.measured(10.0, now=0.0)
    meter.measured(10.0, now=3600.0)
    assert meter.reading == 0


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 100)), max_size=20))
def test_it_never_runs_backwards(reports: list[tuple[float, float]]) -> None:
    meter, now, before = Meter(THREE_PHASE), 0.0, 0
    for current, step in reports:
        now += step
        meter.measured(current, now)
        assert meter.reading >= before
        before = meter.reading
