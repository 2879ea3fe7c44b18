"""A session as a folder, in the formats of a recording: can.log, ocpp.jsonl, and events.csv."""

import csv
from pathlib import Path

from rig.bus.logic.candump import log_line
from rig.bus.logic.messages import Bad, Frame
from rig.detect.events import Another, Connection, Heard, Listening, OnBus, Said
from rig.ocppj.logic.framing import Malformed, dump
from rig.ocppj.logic.told import Lines
from rig.role.errors import UserError
from rig.role.private import make_folders
from rig.score.session import codec, session
from rig.score.world import BEGINS, Timed

COLUMNS = ("event_id", "kind", "t_start", "t_end", "t_effect", "t_recovered")


def write_session(folder: Path, kind: str, seed: int) -> None:
    """Raises UserError if it cannot be written, or is there already."""
    played = session(kind, seed)
    try:
        make_folders(folder)
        with (folder / "can.log").open("x") as can, (folder / "ocpp.jsonl").open("xb") as ocpp:
            for timed in played.events:
                can.write(_can_line(timed))
                ocpp.write(_ocpp_line(timed))
        with (folder / "events.csv").open("x", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            for number, label in enumerate(played.labels, 1):
                times = (label.start, label.end, label.effect, label.recovered)
                rows.writerow([number, label.kind, *(f"{BEGINS + at:.6f}" for at in times)])
    except OSError as error:
        raise UserError(f"cannot write to {folder}: {error.strerror}") from error


def _can_line(timed: Timed) -> str:
    at, event = timed
    if not (isinstance(event, OnBus) and isinstance(event.event, Heard)):
        return ""
    return f"{log_line(at, 'vcan0', _frame(event.event))}\n"


def _frame(heard: Heard) -> Frame:
    match heard.what:
        case Bad(frame=frame) | Another(frame=frame):
            return frame
    return codec().encode(heard.what)


def _ocpp_line(timed: Timed) -> bytes:
    at, event = timed
    match event:
        case Said(end, name, by_point, message) if not isinstance(message, Malformed):
            return Lines(end).message(at, name, dump(message), by_charge_point=by_point)
        case Connection(end, name, change, why):
            return Lines(end).connection(at, name, change, why)
        case Listening(end):
            return Lines(end).offers(at)
    return b""
