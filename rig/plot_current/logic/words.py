"""What the plot says in words, the same in window, file and page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rig.detect.verdict import WORST_FIRST, State, Verdict, worst
from rig.plot_current.logic.alarms import Alarm
from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.logic.trace import View

Mood = Literal["running", "stopped", "unknown", "silent", "down", "over", "flows"]


@dataclass(frozen=True, slots=True)
class Headline:
    """The worst verdict, large."""

    state: State
    title: str
    why: str


def amps(value: float | None) -> str:
    """A current for people; a dash where it is not known."""
    return "—" if value is None else f"{value:.0f} A"


def badge(view: View) -> tuple[str, Mood]:
    """What flows, and beside it what was commanded."""
    if view.state == "charger silent":
        return "CHARGER SILENT", "silent"
    if view.state == "bus down":
        return "BUS DOWN", "down"
    state = "COMMANDS UNKNOWN" if view.state == "unknown" else view.state.upper()
    if view.current is None:
        return state, view.state
    if not view.flows:
        return (f"{state}, NOTHING FLOWS" if view.state == "running" else state), view.state
    return f"{state}, {view.current:.0f} A FLOWS", _mood_of_flow(view)


def _mood_of_flow(view: View) -> Mood:
    if view.is_over:
        return "over"
    return "running" if view.state == "running" else "flows"


def name_of(thing: Verdict | Alarm, connectors: int) -> str:
    """The detector for people, and whose it is where there are several."""
    name = thing.detector.replace("_", " ")
    return f"{name}, connector {thing.connector}" if connectors > 1 and thing.connector else name


def headline(redraw: Redraw) -> Headline:
    """The worst of the verdicts, or how many detectors can tell that there is none."""
    head = worst(redraw.verdicts)
    if head.state in ("alarm", "warn"):
        kind = "ALARM" if head.state == "alarm" else "WARNING"
        return Headline(head.state, f"{kind}: {name_of(head, len(redraw.views))}", head.why)
    ok = sum(verdict.state == "ok" for verdict in redraw.verdicts)
    if not ok:
        return Headline("unknown", "UNKNOWN: no detector can tell", "")
    blind = len(redraw.verdicts) - ok
    return Headline(
        "ok", "no alarm", f"{blind} of {ok + blind} detectors cannot tell" if blind else ""
    )


def others(redraw: Redraw) -> list[str]:
    """A line for each other alarm and warning, the worst first; of equal ones the newest last."""
    raised = [verdict for verdict in redraw.verdicts if verdict.state in ("alarm", "warn")]
    raised.sort(key=lambda each: (WORST_FIRST.index(each.state), each.since or 0.0))
    connectors = len(redraw.views)
    return [f"{each.state}: {name_of(each, connectors)}: {each.why}" for each in raised[1:]]


def quiet(redraw: Redraw, *, brief: bool = False) -> list[str]:
    """A line for all that is unknown, if anything is, and one for all that is ok. `brief`: without
    why."""
    ok = sum(verdict.state == "ok" for verdict in redraw.verdicts)
    line = f"{ok} detector{'s' * (ok != 1)}: ok"
    if redraw.lost:
        line += f"; {redraw.lost} frames came and were not looked at"
    if redraw.begun_again is not None:
        line += f"; plot started again at {clock(redraw.begun_again)}, unknown before"
    return [*_unknown(redraw, brief), line]


def title(redraw: Redraw, bus: str) -> str:
    """Of the tab or the window: an alarm comes first, since it is cut off at its end."""
    head = headline(redraw)
    page = f"rig plot: {bus}"
    return page if head.state == "ok" else f"{head.title} - {page}"


def row(alarm: Alarm, connectors: int) -> tuple[str, str, str, str, str]:
    """A row of the list: what, since, until, count, why."""
    until = "stands" if alarm.until is None else clock(alarm.until)
    if alarm.is_acknowledged:
        until += ", seen"
    what = name_of(alarm, connectors)
    return what, clock(alarm.since), until, str(alarm.count), alarm.why


def left_out(redraw: Redraw, shown: int) -> str:
    """What the list does not show, if anything."""
    more = len(redraw.alarms) - shown
    texts = [f"{more} more" if more > 0 else "", dropped(redraw.dropped)]
    return ", ".join(text for text in texts if text)


def dropped(alarms: int) -> str:
    """Of the rows that the list had no room for."""
    return f"{alarms} older not kept" if alarms else ""


def again_option(standing: Iterable[Alarm]) -> str:
    """With which option a plot is started again while these stand."""
    alarms = list(standing)
    if not alarms:
        return "--again"
    worst = alarms[0]
    rest = f" (and {len(alarms) - 1} more)" if len(alarms) > 1 else ""
    if worst.detector == "raised_before":
        return f"--again={worst.why}{rest}"
    return f"--again=since {clock(worst.raised)}: {worst.detector}: {worst.why}{rest}"


def clock(at: float) -> str:
    """The time of day of a stamp (s since 1970)."""
    return f"{datetime.fromtimestamp(at):%H:%M:%S}"


def _unknown(redraw: Redraw, brief: bool) -> list[str]:
    """Those that cannot tell, together by why."""
    reasons: dict[str, list[str]] = {}
    for verdict in redraw.verdicts:
        if verdict.state == "unknown":
            name = name_of(verdict, len(redraw.views))
            reasons.setdefault("" if brief else verdict.why, []).append(name)
    if not reasons:
        return []
    texts = [", ".join(names) + (f" ({why})" if why else "") for why, names in reasons.items()]
    return [f"unknown: {'; '.join(texts)}"]
