from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.detect.detectors import all_detectors
from rig.detect.verdict import Restored, Verdict
from rig.plot_current.logic.plotter import News, Plotter, Redraw, Silence
from rig.role.logic.expect import Expect


def plotter() -> Plotter:
    """One whose bus is up since 0 s and whose charger stands."""
    made = Plotter(0.0, 1.0, Expect(), all_detectors(Expect()))
    assert made.receive(LinkUp(), 0.0) == []
    assert made.receive(Current(0.0), 0.0) == []
    return made


def toggle(made: Plotter) -> list[News | Redraw]:
    """To and fro twice, within a second from 1 s on; what came of it."""
    outputs = made.receive(SetLimit(32.0), 1.0)
    for at, event in [(1.2, Start()), (1.4, Stop()), (1.6, Start()), (1.8, Stop())]:
        outputs = [*outputs, *made.receive(event, at)]
    return outputs


def test_it_redraws_each_second_on_a_grid_that_does_not_drift() -> None:
    made = plotter()
    for second in (0.0, 1.0, 2.0):
        assert made.wake_at == second
        (redraw,) = made.tick(second + 0.3)
        assert isinstance(redraw, Redraw)


def test_after_a_stall_it_redraws_once() -> None:
    made = plotter()
    made.tick(7.5)
    assert made.wake_at == 8.0


def test_what_is_drawn_is_what_was_heard_and_what_the_detector_says() -> None:
    made = plotter()
    made.receive(SetLimit(32.0), 0.1)
    made.receive(Start(), 0.2)
    (redraw,) = made.tick(1.0)
    assert isinstance(redraw, Redraw)
    assert (redraw.view.state, redraw.view.target, redraw.view.current) == ("running", 32.0, 0.0)
    assert redraw.verdict.state == "ok"


def test_a_warning_and_an_alarm_are_told_once_when_they_begin() -> None:
    begun = [verdict for verdict in toggle(plotter()) if isinstance(verdict, Verdict)]
    assert [(verdict.state, verdict.since) for verdict in begun] == [("warn", 1.4), ("alarm", 1.8)]


def test_a_warning_that_ends_by_itself_is_no_news() -> None:
    made = plotter()
    for at, event in [(1.0, SetLimit(32.0)), (1.2, Start()), (1.4, Stop())]:
        made.receive(event, at)
    silence, redraw = made.tick(9.3)
    assert silence == Silence(begins=True)
    assert isinstance(redraw, Redraw)
    assert redraw.verdict.state == "warn"
    (redraw,) = made.tick(9.4)  # 1.4 s + 8 s
    assert isinstance(redraw, Redraw)
    assert redraw.verdict.state == "ok"


def test_an_alarm_that_is_over_is_told_once_though_nothing_comes() -> None:
    made = plotter()
    toggle(made)
    silence, still = made.tick(9.7)
    assert silence == Silence(begins=True)
    assert isinstance(still, Redraw)
    over, redraw = made.tick(9.8)  # 1.8 s + 8 s
    assert isinstance(over, Verdict)
    assert over.state == "ok"
    assert isinstance(redraw, Redraw)
    assert redraw.verdict == over
    assert len(made.tick(10.8)) == 1


def test_a_bus_that_goes_down_ends_an_alarm() -> None:
    made = plotter()
    toggle(made)
    (over,) = made.receive(LinkDown("vcan0 is down"), 3.0)
    assert over == Verdict("alarm", "unknown", "vcan0 is down", 3.0)


def test_one_that_was_started_again_shows_that_it_knows_nothing_of_before() -> None:
    for again, gaps in ((False, [(-10.0, 0.0)]), (True, [(-70.0, 0.0)])):
        made = Plotter(0.0, 1.0, Expect(), all_detectors(Expect()), again=again)
        made.receive(LinkUp(), 0.0)
        redraw = made.tick(10.0)[-1]
        assert isinstance(redraw, Redraw)
        assert redraw.view.gaps == gaps


def test_an_alarm_that_stood_is_shown_and_its_end_is_told_but_no_begin() -> None:
    made = Plotter(
        0.0, 1.0, Expect(), Restored(all_detectors(Expect()), "4 swings", 0.0), again=True
    )
    assert made.receive(LinkUp(), 0.0) == []
    assert made.receive(Current(0.0), 1.0) == []
    silence, redraw = made.tick(150.0)
    assert silence == Silence(begins=True)
    assert isinstance(redraw, Redraw)
    assert (redraw.verdict.state, redraw.verdict.why) == ("alarm", "4 swings")
    over, _ = made.tick(151.0)
    assert isinstance(over, Verdict)
    assert over.state == "ok"


def test_an_alarm_of_another_detector_is_told_as_well() -> None:
    made = plotter()
    toggle(made)
    told = [item for at in range(3, 10) for item in made.receive(Current(32.0), float(at))]
    assert [item.detector for item in told if isinstance(item, Verdict)] == ["limit_exceeded"]


def test_a_charger_that_falls_silent_and_is_heard_again_is_told_once_each() -> None:
    made = plotter()  # a period of 1 s: silent after 2.5 s
    told = [item for at in range(1, 6) for item in made.tick(float(at))]
    assert [item for item in told if isinstance(item, Silence)] == [Silence(begins=True)]
    made.receive(Current(0.0), 6.5)
    told = [item for at in (7, 8) for item in made.tick(float(at))]
    assert [item for item in told if isinstance(item, Silence)] == [Silence(begins=False)]


def test_a_bus_that_is_down_is_no_charger_that_is_silent() -> None:
    made = plotter()
    made.receive(LinkDown("vcan0 is down"), 0.5)
    told = [item for at in range(1, 6) for item in made.tick(float(at))]
    assert not any(isinstance(item, Silence) for item in told)
