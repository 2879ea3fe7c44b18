"""A transaction as the central system keeps it, and as `rig sessions` shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rig.ocppj.logic.moments import seconds

HEADER = ("id", "charge point", "connector", "tag", "start", "stop", "duration", "Wh", "state")
RIGHT = {"id", "connector", "duration", "Wh"}  # columns of numbers


@dataclass(frozen=True, slots=True)
class Transaction:
    """Meter readings in Wh. `started` and `stopped` are the charge point's own words, ISO 8601.

    `status`: what the tag was, as answered at its start. `reading`: the newest of the meter.
    `superseded`: a later one began on that connector, so its stop will not come any more.
    """

    id: int
    charge_point: str
    connector: int
    id_tag: str
    status: str
    meter_start: int
    started: str
    meter_stop: int | None = None
    stopped: str | None = None
    reason: str | None = None
    stop_tag: str | None = None
    reading: float | None = None
    superseded: bool = False

    @property
    def energy(self) -> float | None:
        """Wh; of one that runs, up to its newest reading. None if that is not known."""
        reading = self.reading if self.meter_stop is None else self.meter_stop
        return None if reading is None else reading - self.meter_start

    @property
    def duration(self) -> float | None:
        """s from start to stop; None without a stop, or if a moment cannot be read."""
        began, ended = moment(self.started), moment(self.stopped)
        return None if began is None or ended is None else ended - began

    @property
    def state(self) -> str:
        """running; ended and why; or `no stop came`."""
        if self.stopped is not None:
            return f"ended: {self.reason or 'Local'}"  # the default of 6.49
        return "no stop came" if self.superseded else "running"


# The columns of an export, and of what kind each is.
Kind = Literal["int", "float", "text", "moment"]
COLUMNS: dict[str, Kind] = {
    "id": "int",
    "charge_point": "text",
    "connector": "int",
    "id_tag": "text",
    "tag_status": "text",
    "started": "moment",
    "stopped": "moment",
    "duration_s": "float",
    "energy_wh": "float",
    "meter_start_wh": "int",
    "meter_stop_wh": "int",
    "state": "text",
    "reason": "text",
    "stop_tag": "text",
}


def record(transaction: Transaction) -> tuple[int | float | str | None, ...]:
    """The cells of COLUMNS."""
    each = transaction
    return (
        each.id,
        each.charge_point,
        each.connector,
        each.id_tag,
        each.status,
        each.started,
        each.stopped,
        each.duration,
        each.energy,
        each.meter_start,
        each.meter_stop,
        each.state,
        each.reason,
        each.stop_tag,
    )


def moment(text: str | None) -> float | None:
    """s since 1970; None for what is no moment."""
    try:
        return None if text is None else seconds(text)
    except ValueError:
        return None


def watt_hours(value: str, unit: str | None) -> float | None:
    """An energy register in Wh; None for what is none."""
    factor = {"Wh": 1.0, "kWh": 1000.0}.get(unit or "Wh")
    try:
        return None if factor is None else float(value) * factor
    except ValueError:
        return None


def listing(transactions: Iterable[Transaction]) -> list[str]:
    """A readable table, its header first."""
    rows = [HEADER, *map(_cells, transactions)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_line(row, widths) for row in rows]


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = zip(row, widths, HEADER, strict=True)
    return "  ".join(
        cell.rjust(width) if column in RIGHT else cell.ljust(width) for cell, width, column in cells
    ).rstrip()


def _cells(transaction: Transaction) -> tuple[str, ...]:
    each = transaction
    energy, duration = each.energy, each.duration
    return (
        str(each.id),
        each.charge_point,
        str(each.connector),
        each.id_tag,
        each.started,
        each.stopped or "-",
        "-" if duration is None else _clock(duration),
        "-" if energy is None else f"{energy:.0f}",
        each.state,
    )


def _clock(duration: float) -> str:
    minutes, second = divmod(round(abs(duration)), 60)
    sign = "-" if duration < 0 else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{second:02}"
