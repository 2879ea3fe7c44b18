"""The score to read: the goals first, then by kind. Also as a dict, for JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

from rig.score.logic.false_alarms import FalseAlarms
from rig.score.logic.figures import Delay, OfKind, Score
from rig.score.logic.fit import Fit
from rig.score.logic.goals import GOALS, Goal

SLOW = "osc_slow"  # swings so slow that no rule can know before the fourth turn
VERDICTS = {True: "reached", False: "missed", None: "not measured"}


def report(score: Score) -> str:
    """All tables, each line of 100 columns at most. It ends with a line feed."""
    tables = [_headline(score), _besides(score), _kinds(score), _matrix(score), _normals(score)]
    return "\n\n".join(tables) + "\n"


def table(rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell: the first to the left, the others to the right."""
    cells = list(rows)
    wide = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join([row[0].ljust(wide[0]), *map(str.rjust, row[1:], wide[1:])]) for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def number(value: float | None, digits: int = 3) -> str:
    """A figure; - where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def _headline(score: Score) -> str:
    rows = [("figure", "measured", "goal", ""), *(_goal_row(goal, score) for goal in GOALS)]
    title = f"Detection, {score.events} events, no point adjustment"
    return f"{title}\n\n{table(rows)}"


def _goal_row(goal: Goal, score: Score) -> tuple[str, str, str, str]:
    measured = number(goal.figure(score), goal.digits)
    return goal.what, measured, goal.text, VERDICTS[goal.is_reached(score)]


def _besides(score: Score) -> str:
    """The figures that have no goal."""
    slow = [each.delay for each in score.kinds if each.kind == SLOW]
    rows = [
        ("by points: precision, recall", *_of_fit(score.points)),
        ("by affiliation: precision, recall, F1", *_of_fit(score.affiliation, with_f1=True)),
        ("delay (s): median, p95", *_of_delay(score.delay)),
        *((f"delay of {SLOW} (s): median, p95", *_of_delay(delay)) for delay in slow),
    ]
    wide = max(map(len, rows))
    return table([*row, *[""] * (wide - len(row))] for row in rows)


def _of_fit(fit: Fit, *, with_f1: bool = False) -> list[str]:
    return [number(fit.precision), number(fit.recall), *([number(fit.f1)] if with_f1 else [])]


def _of_delay(delay: Delay) -> list[str]:
    return [number(delay.median, 1), number(delay.p95, 1)]


def _kinds(score: Score) -> str:
    head = ("kind", "events", "found", "recall", "delay (s)", "p95 (s)", "F1 by points")
    return table([head, *map(_kind_row, score.kinds)])


def _kind_row(kind: OfKind) -> tuple[str, ...]:
    found = (str(kind.events), str(kind.found), number(kind.recall, 2))
    return kind.kind, *found, *_of_delay(kind.delay), number(kind.points.f1, 2)


def _matrix(score: Score) -> str:
    """Detectors by number, so that all have room beside each other."""
    names = dict(enumerate(score.detectors, 1))
    head = ("recall by", "all", *map(str, names))
    rows = [
        (each.kind, number(each.recall, 2), *(_share(each, name) for name in score.detectors))
        for each in score.kinds
    ]
    return "\n".join([table([head, *rows]), *(f"{n}: {name}" for n, name in names.items())])


def _share(kind: OfKind, detector: str) -> str:
    """Nothing is a dot, so that what is found is seen."""
    return number(kind.recall_by(detector), 2) if kind.found_by[detector] else "."


def _normals(score: Score) -> str:
    head = ("normal", "hours", "false alarms", "an hour", "at most (95 %)")
    each = {**score.normal, "all": score.false_alarms, "around events": score.around}
    return table([head, *(_normal_row(name, false) for name, false in each.items())])


def _normal_row(name: str, false: FalseAlarms) -> tuple[str, ...]:
    rates = (number(false.an_hour), number(false.bound))
    return name, number(false.hours, 1), str(false.count), *rates


def as_dict(score: Score) -> dict[str, Any]:
    """For JSON: times in s, and null for what was not measured."""
    return {
        "point_adjustment": False,
        "goals": [_goal(goal, score) for goal in GOALS],
        "events": score.events,
        "recall": score.recall,
        "re_alarms": score.re_alarms,
        "delay": _delay(score.delay),
        "points": _fit(score.points),
        "affiliation": _fit(score.affiliation),
        "kinds": {each.kind: _kind(each) for each in score.kinds},
        "false_alarms": {
            "all": _false(score.false_alarms),
            "around_events": _false(score.around),
            "normal": {kind: _false(false) for kind, false in score.normal.items()},
        },
    }


def _goal(goal: Goal, score: Score) -> dict[str, Any]:
    return {
        "figure": goal.what,
        "measured": goal.figure(score),
        "goal": goal.text,
        "reached": goal.is_reached(score),
    }


def _kind(kind: OfKind) -> dict[str, Any]:
    return {
        "events": kind.events,
        "found": kind.found,
        "found_by": kind.found_by,
        "recall": kind.recall,
        "delay": _delay(kind.delay),
        "points": _fit(kind.points),
    }


def _delay(delay: Delay) -> dict[str, float | None]:
    return {"median": delay.median, "p95": delay.p95}


def _fit(fit: Fit) -> dict[str, float | None]:
    return {"precision": fit.precision, "recall": fit.recall, "f1": fit.f1}


def _false(false: FalseAlarms) -> dict[str, float | None]:
    return {
        "count": false.count,
        "hours": false.hours,
        "an_hour": false.an_hour,
        "at_most_an_hour": false.bound,
    }
