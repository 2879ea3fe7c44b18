"""A session as the files of a recording, which `rig watch` and other programs read.

`can.log` is as candump writes it, `ocpp.jsonl` as both ends tell of OCPP, `events.csv` has the
labels: times in s since 1970.
"""

import json
from collections.abc import Iterator

from rig.bus.logic.candump import log_line
from rig.bus.logic.messages import KINDS, Codec, Frame
from rig.detect.events import Connection, Event, Heard, Listening, OnBus, Said
from rig.ocppj.logic.framing import Malformed, dump
from rig.ocppj.logic.told import Lines
from rig.score.logic.anomalies.kinds import LAYER
from rig.score.logic.session import Session
from rig.score.logic.world import BEGINS, CHARGE_POINT, DIGITS

CHANNEL = "vcan0"
COLUMNS = "event_id,kind,layer,t_start,t_end,t_effect,t_recovered,target,params_json"


def files(session: Session, codec: Codec) -> dict[str, str]:
    """The text of each file, by its name."""
    return {
        "can.log": "".join(f"{line}\n" for line in _bus(session, codec)),
        "ocpp.jsonl": "".join(_ocpp(session)),
        "events.csv": "".join(f"{line}\n" for line in _labels(session)),
    }


def _bus(session: Session, codec: Codec) -> Iterator[str]:
    for at, event in session.events:
        if isinstance(event, OnBus) and isinstance(event.event, Heard):
            yield log_line(at, CHANNEL, _frame(event.event, codec))


def _frame(heard: Heard, codec: Codec) -> Frame:
    what = heard.what
    return codec.encode(what) if isinstance(what, KINDS) else what.frame


def _ocpp(session: Session) -> Iterator[str]:
    lines = {"cp": Lines("cp"), "csms": Lines("csms")}
    for at, event in session.events:
        if not isinstance(event, OnBus):
            yield _line(lines[event.end], event, at).decode()


def _line(lines: Lines, event: Event, at: float) -> bytes:
    match event:
        case Said(_, charge_point, by_charge_point, message):
            assert not isinstance(message, Malformed), "no session has one"
            text = dump(message)
            return lines.message(at, charge_point, text, by_charge_point=by_charge_point)
        case Connection(_, charge_point, change, why):
            return lines.connection(at, charge_point, change, why)
        case Listening():
            return lines.offers(at)
    raise AssertionError(f"{event} is none of OCPP")


def _labels(session: Session) -> Iterator[str]:
    yield COLUMNS
    parameters = json.dumps({"seed": session.seed, "charge_point": session.charge_point})
    quoted = parameters.replace('"', '""')  # as CSV has it (RFC 4180)
    for number, label in enumerate(session.labels, 1):
        moments = (label.start, label.end, label.effect, label.recovered)
        stamps = ",".join(f"{BEGINS + at:.{DIGITS}f}" for at in moments)
        layer = LAYER[label.kind]
        yield f'{number},{label.kind},{layer},{stamps},{CHARGE_POINT},"{quoted}"'
