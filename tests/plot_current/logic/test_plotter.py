"""The plotter beside detectors that say what a test lets them say."""

from rig.bus.logic.link import LinkDown, LinkUp, Lost
from rig.bus.logic.messages import Bad, Current, Frame, SetLimit, Start
from rig.detect.events import Event, Heard, OnBus
from rig.detect.verdict import State, Verdict
from rig.detect.watch import Watch, Watched
from rig.plot_current.logic.plotter import (
    Acknowledge,
    Acknowledged,
    News,
    Plotter,
    Redraw,
    Silence,
)
from rig.role.logic.expect import Expect


class ByHand(Watch):
    """Detectors by hand: `says` is what they say at the next event or tick."""

    def __init__(self) -> None:
        super().__init__(Watched("CP_1"))
        self.current: dict[tuple[int, str], Verdict] = {}
        self.says: list[Verdict] = []
        self.heard: list[Event] = []

    @property
    def verdicts(self) -> list[Verdict]:
        return list(self.current.values())

    def receive(self, event: Event, now: float) -> list[Verdict]:
        self.heard.append(event)
        return self.tick(now)

    def tick(self, now: float) -> list[Verdict]:
        changed, self.says = self.says, []
        self.current |= {(each.connector, each.detector): each for each in changed}
        return changed


def bus(what: object, connector: int = 1) -> OnBus:
    """It happened on the bus of this connector."""
    is_heard = not isinstance(what, LinkUp | LinkDown | Lost)
    return OnBus(connector, Heard(what) if is_heard else what)  # type: ignore[arg-type]


def plotter(connectors: int = 1) -> tuple[Plotter, ByHand]:
    """One whose buses are up since 0 s and whose chargers stand, and its detectors."""
    watch = ByHand()
    made = Plotter(0.0, 1.0, Expect(), watch, connectors)
    for connector in range(1, connectors + 1):
        for what in (LinkUp(), Current(0.0)):
            assert made.receive(bus(what, connector), 0.0) == []
    return made, watch


def verdict(state: State, since: float, detector: str = "fast_toggle", of: int = 1) -> Verdict:
    return Verdict(detector, state, f"{state} at {since:g}", since, connector=of)


def said(made: Plotter, watch: ByHand, *verdicts: Verdict) -> list[News | Redraw]:
    """What comes of it when the detectors say these, one after the other."""
    outputs: list[News | Redraw] = []
    for each in verdicts:
        watch.says = [each]
        outputs += made.receive(bus(Start()), each.since or 0.0)
    return outputs


def redraw(outputs: list[News | Redraw]) -> Redraw:
    """The one that is among them, the last."""
    (*_, last) = outputs
    assert isinstance(last, Redraw)
    return last


def test_it_redraws_at_each_whole_second() -> None:
    made, _ = plotter()
    for second in (0.0, 1.0, 2.0):
        assert redraw(made.tick(second)).at == second


def test_each_connector_is_drawn_as_it_was_heard_on_its_own_bus() -> None:
    made, watch = plotter(connectors=2)
    for what in (SetLimit(32.0), Start(), Current(6.0)):
        made.receive(bus(what, 2), 0.5)
    first, second = redraw(made.tick(1.0)).views
    assert (first.state, first.current) == ("unknown", 0.0)
    assert (second.state, second.target, second.current) == ("running", 32.0, 6.0)
    assert watch.heard[-1] == OnBus(2, Heard(Current(6.0)))


def test_a_frame_that_is_no_message_is_for_the_detectors_alone() -> None:
    made, watch = plotter()
    bad = Bad(Frame(0x300, b""), "too short")
    assert made.receive(bus(bad), 0.5) == []
    assert watch.heard[-1] == OnBus(1, Heard(bad))


def test_a_warning_and_an_alarm_are_told_once_when_they_begin_and_an_alarm_when_it_ends() -> None:
    made, watch = plotter()
    verdicts = [verdict("warn", 1.4), verdict("alarm", 1.8), verdict("ok", 9.8)]
    assert said(made, watch, *verdicts) == verdicts
    assert [type(output) for output in made.tick(10.0)] == [Silence, Redraw]


def test_a_warning_that_ends_by_itself_is_no_news_nor_is_what_becomes_known() -> None:
    made, watch = plotter()
    told = said(made, watch, verdict("ok", 0.5), verdict("warn", 1.4), verdict("ok", 9.4))
    assert told == [verdict("warn", 1.4)]


def test_alarms_of_several_detectors_and_connectors_are_each_told() -> None:
    made, watch = plotter(connectors=2)
    verdicts = [
        verdict("alarm", 1.0), verdict("alarm", 1.0, of=2), verdict("alarm", 2.0, "limit_exceeded"),
    ]  # fmt: skip
    assert said(made, watch, *verdicts) == verdicts
    assert len(made.standing) == 3


def test_what_is_redrawn_has_all_verdicts_the_list_and_the_marks_of_each_connector() -> None:
    made, watch = plotter(connectors=2)
    said(made, watch, verdict("ok", 0.5), verdict("alarm", 1.0, of=2))
    made.receive(bus(Lost(7)), 1.5)
    shown = redraw(made.tick(2.0))
    assert [(each.connector, each.state) for each in shown.verdicts] == [(1, "ok"), (2, "alarm")]
    assert [(row.connector, row.since, row.until) for row in shown.alarms] == [(2, 1.0, None)]
    assert shown.marks == ([], [(-1.0, 0.0)])
    assert shown.lost == 7


def test_the_words_of_an_alarm_that_stands_are_the_latest_in_the_list() -> None:
    made, watch = plotter()
    said(made, watch, verdict("alarm", 1.0))
    watch.current[1, "fast_toggle"] = Verdict("fast_toggle", "alarm", "6 times", 1.0)
    assert [row.why for row in redraw(made.tick(2.0)).alarms] == ["6 times"]


def test_acknowledging_is_told_and_drawn_at_once_and_nothing_to_acknowledge_is_nothing() -> None:
    made, watch = plotter()
    assert made.acknowledge(Acknowledge(1.0)) == []
    said(made, watch, verdict("alarm", 1.0), verdict("ok", 1.5))
    told, shown = made.acknowledge(Acknowledge(2.0))
    assert told == Acknowledged(1)
    assert redraw([shown]).alarms == ()


def test_one_that_was_started_again_shows_that_it_knows_nothing_of_before() -> None:
    for again, gaps in ((False, [(-10.0, 0.0)]), (True, [(-70.0, 0.0)])):
        made = Plotter(0.0, 1.0, Expect(), ByHand(), again=again)
        made.receive(bus(LinkUp()), 0.0)
        (view,) = redraw(made.tick(10.0)).views
        assert view.gaps == gaps


def test_an_alarm_that_stood_is_in_the_list_and_its_end_is_told_but_no_begin() -> None:
    watch = Watch(Watched("CP_1"), before=("since 21:15:31: 4 swings", 0.0))
    made = Plotter(0.0, 1.0, Expect(), watch, again=True)
    told = [*made.receive(bus(LinkUp()), 0.0), *made.receive(bus(Current(0.0)), 1.0)]
    shown = redraw(made.tick(1.0))
    assert told == []
    assert shown.begun_again == 0.0
    (row,) = shown.alarms
    assert (row.detector, row.why, row.until) == ("raised_before", "since 21:15:31: 4 swings", None)
    assert [alarm.detector for alarm in made.standing] == ["raised_before"]
    outputs = made.tick(151.0)  # 150 s after the first frame
    verdicts = [each for each in outputs if isinstance(each, Verdict)]
    assert ("raised_before", "ok") in [(each.detector, each.state) for each in verdicts]
    assert ("raised_before", 151.0) in [(row.detector, row.until) for row in redraw(outputs).alarms]
    assert "raised_before" not in [alarm.detector for alarm in made.standing]


def test_a_charger_that_falls_silent_and_is_heard_again_is_told_once_each() -> None:
    made, _ = plotter(connectors=2)  # a period of 1 s: silent after 2.5 s
    told: list[News | Redraw] = []
    for at in range(1, 6):
        made.receive(bus(Current(0.0)), float(at))
        told += made.tick(float(at))
    assert [item for item in told if isinstance(item, Silence)] == [Silence(2, begins=True)]
    made.receive(bus(Current(0.0), 2), 6.5)
    made.receive(bus(Current(0.0), 1), 6.5)
    assert made.tick(7.0)[:-1] == [Silence(2, begins=False)]
    assert made.tick(8.0)[:-1] == []


def test_a_bus_that_is_down_is_no_charger_that_is_silent() -> None:
    made, _ = plotter()
    made.receive(bus(LinkDown("vcan0 is down")), 0.5)
    told = [item for at in range(1, 6) for item in made.tick(float(at))]
    assert not any(isinstance(item, Silence) for item in told)
