"""A recorded folder as `rig up --record` leaves it, and as other programs do."""

from pathlib import Path

import pytest

from rig.bus.dbc import read_codec
from rig.bus.logic.candump import gap_line, log_line
from rig.bus.logic.link import LinkDown, LinkUp, Lost
from rig.bus.logic.messages import Current, Frame, Message, SetLimit, Start, Stop
from rig.detect.events import Another, Connection, Event, Heard, Listening, OnBus, Said
from rig.detect.hold import Late
from rig.ocppj.logic.framing import Call
from rig.role.bench import Bench
from rig.role.errors import UserError
from rig.watch.folder import Recording, in_order, read_folder
from rig.watch.logic.account import Account, late_line, link_line, watch_line

CODEC = read_codec(Bench())
BEGINS = 1795384276.0


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("".join(f"{line}\n" for line in lines))


def line(at: float, message: Message) -> str:
    return log_line(BEGINS + at, "vcan0", CODEC.encode(message))


def read(folder: Path) -> Recording:
    return read_folder(folder, CODEC)


def judged(folder: Path) -> list[tuple[float, Event | None]]:
    """What a watcher is given, with the time since BEGINS (s)."""
    events = [item for account, each in read(folder).lives() for item in in_order(account, each)]
    return [(round(at - BEGINS, 6), event) for at, event in events]


def frame(message: Message, connector: int = 1) -> OnBus:
    return OnBus(connector, Heard(message))


def test_a_log_alone_is_a_bus_that_is_up_from_its_first_frame_on(tmp_path: Path) -> None:
    write(tmp_path, "can.log", line(0.5, Start()), line(1.5, Current(20.0)))
    assert judged(tmp_path) == [
        (0.5, OnBus(1, LinkUp())),
        (0.5, frame(Start())),
        (1.0, None),
        (1.5, frame(Current(20.0))),
    ]


def test_each_connector_has_a_log(tmp_path: Path) -> None:
    write(tmp_path, "can.log", line(0.1, Start()))
    write(tmp_path, "can2.log", line(0.2, Stop()))
    assert read(tmp_path).connectors == 2
    assert (0.2, frame(Stop(), 2)) in judged(tmp_path)


def test_a_frame_of_another_number_is_another_frame(tmp_path: Path) -> None:
    stranger = Frame(0x7FF, b"\x01")
    write(tmp_path, "can.log", log_line(BEGINS, "vcan0", stranger))
    assert (0.0, OnBus(1, Heard(Another(stranger, is_known=False)))) in judged(tmp_path)


def test_a_gap_is_a_time_in_which_nothing_was_heard(tmp_path: Path) -> None:
    write(tmp_path, "can.log", line(0.1, Start()), line(0.9, Stop()))
    write(tmp_path, "can.log.gaps", gap_line(BEGINS + 0.1, BEGINS + 0.9))
    assert [event for _, event in judged(tmp_path)] == [
        OnBus(1, LinkUp()),
        frame(Start()),
        OnBus(1, LinkDown("nothing was recorded")),
        frame(Stop()),
        OnBus(1, LinkUp()),
    ]


def test_ocpp_comes_in_its_place(tmp_path: Path) -> None:
    write(tmp_path, "can.log", line(0.1, Start()), line(0.3, Stop()))
    beat = '"cp_id": "CP_1", "dir": "cp>cs", "message": [2, "1", "Heartbeat", {}]'
    write(
        tmp_path,
        "ocpp.jsonl",
        f'{{"t": {BEGINS + 0.05}, "point": "csms", "offers": true}}',
        f'{{"t": {BEGINS + 0.2}, "point": "csms", {beat}}}',
    )
    said = Said("csms", "CP_1", True, Call("1", "Heartbeat", {}))
    events = [event for _, event in judged(tmp_path)]
    assert events == [
        Listening("csms"), OnBus(1, LinkUp()), frame(Start()), said, frame(Stop()),
    ]  # fmt: skip


def test_lines_that_are_none_are_counted_by_file(tmp_path: Path) -> None:
    write(tmp_path, "can.log", line(0.1, Start()), "(12.5) vcan0 3", "precious")
    write(tmp_path, "ocpp.jsonl", "{", "[]", '{"t": 1}')
    assert read(tmp_path).bad == {"can.log": 2, "ocpp.jsonl": 3}


def test_what_the_watcher_told_of_the_buses_counts_and_not_the_first_frame(
    tmp_path: Path,
) -> None:
    write(tmp_path, "can.log", line(0.1, Start()), line(0.9, Stop()))
    down = OnBus(1, LinkDown("vcan0 is down"))
    told = [(0.05, OnBus(1, LinkUp())), (0.2, down), (0.3, OnBus(1, Lost(4)))]
    lines = [each for at, event in told if (each := link_line(event, BEGINS + at))]
    write(tmp_path, "verdicts.jsonl", watch_line(BEGINS, "begins", rule="all"), *lines)
    assert [event for _, event in judged(tmp_path)] == [
        OnBus(1, LinkUp()), frame(Start()), down, OnBus(1, Lost(4)), frame(Stop()),
    ]  # fmt: skip


def test_an_event_that_came_late_is_judged_where_it_was_live(tmp_path: Path) -> None:
    write(tmp_path, "can.log", line(0.1, Start()), line(0.3, Stop()))
    late = Late(frame(Start()), BEGINS + 0.1, BEGINS + 0.5)
    begins = watch_line(BEGINS, "begins", rule="all")
    write(tmp_path, "verdicts.jsonl", begins, late_line(late))
    assert judged(tmp_path) == [(0.3, frame(Stop())), (0.5, frame(Start()))]


def test_what_was_before_and_after_the_watcher_is_not_judged(tmp_path: Path) -> None:
    limits = [line(at, SetLimit(10 + 10 * at)) for at in (0.0, 1.0, 2.0, 3.0)]
    write(tmp_path, "can.log", *limits)
    ends = watch_line(BEGINS + 2.5, "ends")
    write(tmp_path, "verdicts.jsonl", watch_line(BEGINS + 0.5, "begins", rule="all"), ends)
    assert judged(tmp_path) == [
        (1.0, None), (1.0, frame(SetLimit(20.0))), (2.0, None), (2.0, frame(SetLimit(30.0))),
    ]  # fmt: skip


def test_a_watcher_that_was_started_again_begins_anew(tmp_path: Path) -> None:
    write(tmp_path, "can.log", *[line(at, Current(20.0)) for at in (0.0, 1.5, 3.5)])
    begins = [watch_line(BEGINS + at, "begins", rule="all") for at in (0.0, 3.0)]
    write(tmp_path, "verdicts.jsonl", *begins)
    first, second = read(tmp_path).lives()
    assert (first[0], len(first[1])) == (Account(BEGINS), 2)
    assert (second[0], len(second[1])) == (Account(BEGINS + 3.0), 1)


def test_a_connection_is_an_event_as_well(tmp_path: Path) -> None:
    write(tmp_path, "can.log")
    joined = '"cp_id": "CP_1", "connection": "connected"'
    write(tmp_path, "ocpp.jsonl", f'{{"t": {BEGINS}, "point": "cp", {joined}}}')
    assert judged(tmp_path) == [(0.0, Connection("cp", "CP_1", "connected"))]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("readme.txt", "", "holds no can.log: name the folder of a recording"),
        ("verdicts.jsonl", "{}", "no line of a watcher"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    if name != "readme.txt":
        write(tmp_path, "can.log")
    write(tmp_path, name, text)
    with pytest.raises(UserError, match=said):
        read(tmp_path)


def test_a_gap_that_is_none_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "can.log", line(0.1, Start()))
    write(tmp_path, "can.log.gaps", "soon")
    with pytest.raises(UserError, match="has a line that is no gap: soon"):
        read(tmp_path)
