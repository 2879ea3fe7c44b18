import pytest
from hypothesis import given

from rig.bus.dbc import read_codec
from rig.bus.logic.inbox import Inbox, error_name
from rig.bus.logic.messages import Current, Frame, Start
from rig.role.bench import Bench
from tests.bus.logic.test_messages import FRAMES

CODEC = read_codec(Bench())


def test_our_messages_come_out_without_a_line() -> None:
    inbox = Inbox(CODEC)
    assert inbox.decode(Frame(0x200)) == (Start(), None)
    assert inbox.decode(Frame(0x300, b"\x14\x00")) == (Current(20), None)
    assert not inbox.tally.counts


def test_foreign_numbers_are_nothing_and_not_counted() -> None:
    inbox = Inbox(CODEC)
    assert inbox.decode(Frame(0x123, b"\x01")) == (None, None)
    assert not inbox.tally.counts


def test_a_bad_frame_is_counted_and_named_at_the_1st_and_the_10th() -> None:
    inbox, short = Inbox(CODEC), Frame(0x300, b"\x14")
    lines = [inbox.decode(short)[1] for _ in range(10)]
    why = "frame of 1 instead of 2 bytes with the number of Current"
    assert lines[0] == f"ignored {why} (300#14), 1 so far"
    assert lines[1:9] == [None] * 8
    assert lines[9] == f"ignored {why} (300#14), 10 so far"
    assert inbox.tally.counts == {why: 10}


@pytest.mark.parametrize("number", [0x200, 0x201, 0x210, 0x300])
def test_an_error_frame_with_the_class_of_one_of_our_numbers_is_an_error_frame(number: int) -> None:
    message, line = Inbox(CODEC).decode(Frame(number, bytes(8), error=True))
    assert message is None
    assert line is not None
    assert line.startswith("ignored error frame: ")


@pytest.mark.parametrize(
    ("classes", "name"),
    # The bits of linux/can/error.h: CAN_ERR_BUSOFF 0x40, CAN_ERR_CRTL 0x4, CAN_ERR_CNT 0x200,
    # CAN_ERR_ACK 0x20, CAN_ERR_RESTARTED 0x100.
    [
        (0x040, "error frame: bus-off"),
        (0x204, "error frame: controller problem, error counters changed"),
        (0x020, "error frame: nobody acknowledged"),
        (0x100, "error frame: controller restarted"),
        (0x000, "error frame: unspecified"),
    ],
)
def test_error_frames_are_named_by_their_class(classes: int, name: str) -> None:
    assert error_name(Frame(classes, bytes(8), error=True)) == name


@given(FRAMES)
def test_what_is_not_a_message_but_has_our_number_is_always_counted(frame: Frame) -> None:
    inbox = Inbox(CODEC)
    message, line = inbox.decode(frame)
    ours = frame.identifier in CODEC.identifiers or frame.error
    assert (message is None and ours) == (line is not None)
    assert inbox.tally.counts.total() == (line is not None)
