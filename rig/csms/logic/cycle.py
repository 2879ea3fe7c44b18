"""The cycle that a central system plays on a charge point: a table of commands and waits.

Steps are due on an absolute time grid from the start of the cycle, in s.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

Command = Literal["Start", "Stop", "SetLimit"]
COMMANDS: tuple[Command, ...] = ("Start", "Stop", "SetLimit")


@dataclass(frozen=True, slots=True)
class Step:
    """One command, due at `at` s in each round. `limit` (A) belongs to SetLimit."""

    at: float
    command: Command
    limit: float | None = None

    def __str__(self) -> str:
        return self.command if self.limit is None else f"{self.command} {self.limit:g} A"


@dataclass(frozen=True, slots=True)
class Cycle:
    """Steps in order of time. A round lasts `period` s; without `repeat` there is one."""

    steps: tuple[Step, ...]
    period: float
    repeat: bool


def read_cycle(table: dict[str, Any]) -> Cycle:
    """The cycle of a TOML table: `repeat`, and `steps` of {do, limit, wait}. Raises ValueError."""
    if unknown := sorted(set(table) - {"about", "repeat", "steps"}):
        raise ValueError(f"unknown key {unknown[0]}")
    if not isinstance(table.get("steps", []), list):
        raise ValueError("steps must be a list")
    steps, at = [], 0.0
    for number, row in enumerate(table.get("steps", []), 1):
        try:
            steps.append(_read_step(row, at))
            at += _number(row.get("wait", 0))
        except ValueError as error:
            raise ValueError(f"step {number}: {error}") from error
    repeat = table.get("repeat", False)
    if not isinstance(repeat, bool):
        raise ValueError("repeat must be true or false")
    if repeat and not at > 0:
        raise ValueError("a cycle that repeats must wait somewhere")
    return Cycle(tuple(steps), at, repeat)


def _read_step(row: Any, at: float) -> Step:
    if not isinstance(row, dict) or row.get("do") not in COMMANDS:
        raise ValueError(f"do must be one of {', '.join(COMMANDS)}")
    if unknown := sorted(set(row) - {"do", "limit", "wait"}):
        raise ValueError(f"unknown key {unknown[0]}")
    if (row["do"] == "SetLimit") != ("limit" in row):
        raise ValueError("limit (A) belongs to SetLimit and only to it")
    return Step(at, row["do"], _limit(row["limit"]) if "limit" in row else None)


def _limit(value: Any) -> float:
    limit = _number(value)
    if round(limit, 1) != limit:  # OCPP 1.6 edition 2, 7.14
        raise ValueError(f"a limit has one decimal, not {value!r}")
    return limit


def _number(value: Any) -> float:
    try:
        number = float(value) if type(value) in (int, float) else math.nan
    except OverflowError:  # an integer of hundreds of digits
        number = math.inf
    if not 0 <= number < math.inf:
        raise ValueError(f"{value!r} is not a number of at least 0")
    return number
