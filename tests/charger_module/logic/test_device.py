"""What each fault of the catalogue changes between the bus and the charger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.messages import Current, Frame, Message, SetLimit, Start, Stop
from rig.charger_module.logic.charger import Missed, SimulatedCharger
from rig.charger_module.logic.device import Begin, Device, EndAll, Output, Told
from rig.charger_module.logic.faults import FAULTS
from tests.cp.logic.world import codec
from tests.processes import ROOT


class Bench:
    """A device that is told its commands, and what it sent by when (s)."""

    def __init__(self, *faults: str) -> None:
        self.device = Device(SimulatedCharger(start=0.0), codec())
        self.sent: list[tuple[float, Frame]] = []
        self.told: list[str] = []
        for fault in faults:
            self.do(self.device.receive(Begin(fault), 0.0), 0.0)

    def do(self, outputs: list[Output], now: float) -> None:
        for output in outputs:
            if isinstance(output, Frame):
                self.sent.append((now, output))
            elif isinstance(output, Told):
                self.told.append(output.text)

    def hear(self, *messages: Message, now: float = 0.0) -> "Bench":
        for message in messages:
            self.do(self.device.receive(message, now), now)
        return self

    def run(self, until: float) -> "Bench":
        while (now := self.device.wake_at) <= until:
            self.do(self.device.tick(now), now)
        return self

    @property
    def amperes(self) -> list[float]:
        messages = [codec().decode(frame) for _, frame in self.sent]
        return [message.current for message in messages if isinstance(message, Current)]


def charging(*faults: str) -> Bench:
    """20 % of the way to 100 A in each second."""
    return Bench(*faults).hear(SetLimit(100), Start())


def test_without_a_fault_it_is_the_charger() -> None:
    assert charging().run(2).amperes == [20, 36, 49]  # 100 A * (1 - 0.8**n), in whole A


@pytest.mark.parametrize(
    ("fault", "amperes", "effect"),
    [
        # Of 20, 36, 48.8, and with SetLimit 10 and Stop at 2.5 s: 48.8 * 0.8 = 39.04, 31.232.
        ("plant.ignore_stop", [20, 36, 49, 41, 35], "Stop is ignored"),  # on to 10 A
        ("plant.ignore_limit", [6, 12, 16, 12, 10], "SetLimit is ignored"),  # to its own 32 A
        ("plant.no_start", [0, 0, 0, 0, 0], "Start is ignored"),
        ("plant.deaf", [0, 0, 0, 0, 0], "SetLimit is ignored"),
        ("plant.over_limit", [25, 45, 61, 49, 39], "25.0 A instead of 20.0 A"),
        # 20; 20 + 16/4 = 24; 24 + 24.8/4 = 30.2; + 8.84/4 = 32.41; - 1.178/4 = 32.116
        ("plant.wrong_ramp", [20, 24, 30, 32, 32], "24.0 A instead of 36.0 A"),
        ("tel.frozen", [20, 20, 20, 20, 20], "20.0 A instead of 36.0 A"),
        ("tel.drift", [20, 36, 49, 39, 31], "36.0 A instead of 36.0 A"),  # 0.05 A/s
        ("tel.silent", [], "nothing instead of 300#1400"),
        ("tel.doubled", [20, 20, 36, 36, 49, 49, 39, 39, 31], "300#1400 and 300#1400 after 0.1 s"),
        ("can.wrong_length", [], "300#14 instead of 300#1400"),
        ("ev.limited", [12, 22, 29, 23, 19], "12.0 A instead of 20.0 A"),
    ],
)
def test_each_changes_what_it_says_and_tells_its_first_effect(
    fault: str, amperes: list[float], effect: str
) -> None:
    bench = charging(fault).run(2.5).hear(SetLimit(10), Stop(), now=2.5).run(4)
    assert bench.amperes == amperes
    assert bench.told[0] == f"{fault} begins"
    assert bench.told[1].startswith(f"{fault} has its first effect: {effect}")
    assert len(bench.told) == 2


def test_a_drift_grows() -> None:
    assert Bench("tel.drift").run(60).amperes[20::20] == [1, 2, 3]


def test_a_late_report_leaves_late() -> None:
    sent = charging("tel.late").run(1.5).sent
    assert sent == [(0.3, Frame(0x300, b"\x14\x00")), (1.3, Frame(0x300, b"\x24\x00"))]


def test_noise_is_1_a_at_most_and_the_same_in_each_run() -> None:
    first, again = charging("ev.noise").run(60).amperes, charging("ev.noise").run(60).amperes
    assert first == again
    assert {99, 100, 101} >= set(first[40:])
    assert len(set(first[40:])) > 1
    assert set(Bench("ev.noise").run(60).amperes) == {0}


def test_a_car_that_pauses_takes_nothing_for_40_s_of_each_2_min() -> None:
    amperes = charging("ev.pauses").run(239).amperes
    assert [index for index, value in enumerate(amperes) if value == 0] == [
        *range(80, 120),
        *range(200, 240),
    ]


def test_a_car_that_is_nearly_full_tapers_after_a_minute() -> None:
    amperes = charging("ev.taper").run(300).amperes
    assert amperes[60] == 100
    assert amperes[180] == 37  # 100 / e
    assert amperes[300] == 14  # 100 / e**2


def test_all_end_at_once_and_a_fault_that_begins_again_has_a_first_effect_again() -> None:
    bench = charging("plant.over_limit", "tel.doubled").run(0.5)
    bench.do(bench.device.receive(EndAll(), 0.5), 0.5)
    assert bench.told[-2:] == ["plant.over_limit ends", "tel.doubled ends"]
    assert bench.run(1.5).amperes == [25, 25, 36]
    bench.do(bench.device.receive(Begin("plant.over_limit"), 1.5), 1.5)
    assert bench.run(2.5).told[-1].startswith("plant.over_limit has its first effect")


def test_the_state_names_the_faults() -> None:
    device = Bench("plant.deaf", "tel.silent").device
    assert str(device).endswith("current=0.0 A fault=plant.deaf,tel.silent")


def test_what_the_dbc_cannot_carry_is_sent_as_it_was() -> None:
    bench = Bench("plant.over_limit").hear(SetLimit(65535), Start()).run(40)
    assert bench.amperes[-1] == 65528  # 65535 * (1 - 0.8**41)


def test_missed_reports_are_told_with_a_fault_too() -> None:
    assert Missed(2) in Device(SimulatedCharger(start=0.0), codec()).tick(2.5)


def test_the_readme_has_the_catalogue() -> None:
    text = (ROOT / "rig" / "charger_module" / "README.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "." in line]
    assert rows == [f"| {name} | {kind.__doc__} |" for name, kind in FAULTS.items()]


COMMANDS = st.sampled_from([Start(), Stop(), SetLimit(6), SetLimit(100)])


@given(
    st.lists(st.sampled_from(sorted(FAULTS)), max_size=4),
    st.lists(COMMANDS, max_size=10),
)
def test_no_mixture_breaks_it_or_makes_a_frame_that_is_not_of_a_report(
    faults: list[str], commands: list[Message]
) -> None:
    bench = Bench(*faults)
    for second, command in enumerate(commands):
        bench.run(second).hear(command, now=float(second))
    bench.run(20)
    assert {frame.identifier for _, frame in bench.sent} <= {0x300}
    assert [at for at, _ in bench.sent] == sorted(at for at, _ in bench.sent)
