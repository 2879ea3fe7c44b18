"""What flowed, from a recorded folder: the same events, in the same order, as live.

`can.log` (`can2.log`, ...: of the other connectors) is needed; `ocpp.jsonl`, `verdicts.jsonl` and
`can.log.gaps` are read if they are there. Without `verdicts.jsonl` each bus counts as up from its
first frame on, but for its gaps.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rig.bus.logic.candump import read_line
from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Codec
from rig.detect.events import Event, Heard, OnBus, heard
from rig.detect.hold import HOLD, Hold, source_of
from rig.detect.ocpp_lines import BadLine, read
from rig.role.errors import UserError
from rig.watch.logic.account import Account, read_account

CAN_LOG = re.compile(r"can(\d*)\.log$")
Timed = tuple[float, Event]  # s since 1970


@dataclass
class Recording:
    """All that a folder holds, and the lines of it that could not be read, by file."""

    events: list[Timed] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    connectors: int = 0
    bad: dict[str, int] = field(default_factory=dict)

    def lives(self) -> Iterator[tuple[Account, list[Timed]]]:
        """Each watcher that there was, with its events; one for all where none told of itself."""
        if not self.accounts:
            first = min((at for at, _ in self.events), default=0.0)
            yield Account(first), self.events
        for number, account in enumerate(self.accounts):
            later = self.accounts[number + 1].begins if number + 1 < len(self.accounts) else None
            yield account, _judged(self.events, account, account.ends or later or math.inf)


def read_folder(folder: Path, codec: Codec) -> Recording:
    """Raises UserError if it holds no recording, or one that cannot be read."""
    recording = Recording()
    logs = sorted((match[1], path) for path in folder.glob("can*.log") if (match := _log(path)))
    if not logs:
        raise UserError(f"{folder} holds no can.log: name the folder of a recording")
    _read_account(folder / "verdicts.jsonl", recording)
    for number, path in logs:
        _read_bus(path, int(number or 1), codec, recording)
    _read_ocpp(folder / "ocpp.jsonl", recording)
    return recording


def _log(path: Path) -> "re.Match[str] | None":
    return CAN_LOG.match(path.name)


def _text(path: Path) -> str:
    """Its text; "" if it is not there."""
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error


def _read_account(path: Path, recording: Recording) -> None:
    try:
        recording.accounts = read_account(_text(path))
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error


def _read_bus(path: Path, connector: int, codec: Codec, recording: Recording) -> None:
    recording.connectors = max(recording.connectors, connector)
    frames: list[Timed] = []
    for line in _text(path).splitlines():
        try:
            stamp, frame = read_line(line)
        except ValueError:
            recording.bad[path.name] = recording.bad.get(path.name, 0) + 1
        else:
            frames.append((stamp, OnBus(connector, Heard(heard(frame, codec)))))
    if frames and not recording.accounts:
        recording.events.append((frames[0][0], OnBus(connector, LinkUp())))
    recording.events += frames
    if not recording.accounts:
        recording.events += _gaps(Path(f"{path}.gaps"), connector)


def _gaps(path: Path, connector: int) -> Iterator[Timed]:
    for line in _text(path).splitlines():
        try:
            gap = json.loads(line)
            begin, end = gap["from"], gap["to"]
        except (ValueError, TypeError, KeyError) as error:
            raise UserError(f"{path} has a line that is no gap: {line[:80]}") from error
        if begin is not None:
            yield float(begin), OnBus(connector, LinkDown("nothing was recorded"))
        if end is not None:
            yield float(end), OnBus(connector, LinkUp())


def _read_ocpp(path: Path, recording: Recording) -> None:
    for line in _text(path).splitlines():
        told = read(line)
        if isinstance(told, BadLine):
            recording.bad[path.name] = recording.bad.get(path.name, 0) + 1
        else:
            recording.events += told


def _judged(events: list[Timed], account: Account, ends: float) -> list[Timed]:
    """Those of one watcher, at the moments at which it judged them."""
    late = {key: [*moments] for key, moments in account.late.items()}
    judged: list[Timed] = [*account.links]
    for at, event in events:
        moments = late.get((source_of(event), at))
        moment = moments.pop(0) if moments else at
        if account.begins <= moment <= ends:
            judged.append((moment, event))
    return judged


def in_order(account: Account, events: list[Timed]) -> Iterator[tuple[float, Event | None]]:
    """The events of a watcher as live they were given, with None for each whole second."""
    hold = Hold(account.begins)
    for at, event in events:
        hold.add(event, at)
    ends = account.ends
    if ends is None:
        ends = math.floor(max((at for at, _ in events), default=account.begins)) + 1.0
    yield from hold.due(ends + HOLD)
