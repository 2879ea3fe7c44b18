"""Frames are typed by hand from the bus table of README.md, not computed."""

import math

import pytest
from cantools.database.can import Database
from hypothesis import given
from hypothesis import strategies as st

from rig.bus.dbc import shipped_dbc
from rig.bus.logic.messages import (
    Bad,
    Codec,
    Current,
    DbcError,
    Frame,
    Message,
    SetLimit,
    Start,
    Stop,
    describe,
)

# Another plant: tenths of an ampere, an offset of -400 A, big-endian, other numbers and lengths.
OTHER = """\
VERSION ""
BU_: A
BO_ 1 Start: 0 A
BO_ 2 Stop: 1 A
BO_ 3 SetLimit: 4 A
 SG_ limit : 7|16@0+ (0.1,-400) [-400|1000] "A" A
BO_ 4 Current: 3 A
 SG_ current : 15|16@0+ (0.1,-400) [-400|6153.5] "A" A
"""


def codec_of(text: str) -> Codec:
    dbc = Database()
    dbc.add_dbc_string(text)
    return Codec(dbc)


SHIPPED = codec_of(shipped_dbc().read_text())
TENTHS = codec_of(OTHER)

# Identifier, length and class as the table of the bus in README.md gives them.
TABLE: dict[int, tuple[int, type[Message]]] = {
    0x200: (0, Start),
    0x201: (0, Stop),
    0x210: (2, SetLimit),
    0x300: (2, Current),
}


@pytest.mark.parametrize(
    ("message", "frame"),
    [
        (Start(), "200#"),
        (Stop(), "201#"),
        (SetLimit(0.0), "210#0000"),
        (SetLimit(100.0), "210#6400"),  # 100 = 0x64, low byte first
        (Current(0.0), "300#0000"),
        (Current(20.0), "300#1400"),
        (Current(36.0), "300#2400"),
        (Current(65535.0), "300#FFFF"),
        (SetLimit(258.0), "210#0201"),  # 258 = 0x0102
    ],
)
def test_each_message_is_the_frame_of_the_bus_table(message: Message, frame: str) -> None:
    encoded = SHIPPED.encode(message)
    assert str(encoded) == frame
    assert SHIPPED.decode(encoded) == message


def test_a_current_is_rounded_to_the_nearest_ampere() -> None:
    assert str(SHIPPED.encode(Current(28.8))) == "300#1D00"  # 29 = 0x1D
    assert str(SHIPPED.encode(Current(23.04))) == "300#1700"  # 23 = 0x17
    assert str(SHIPPED.encode(Current(0.5))) == "300#0100"
    assert str(SHIPPED.encode(Current(0.49))) == "300#0000"


def test_a_limit_is_rounded_down() -> None:
    assert str(SHIPPED.encode(SetLimit(15.99))) == "210#0F00"
    assert SHIPPED.carried(SetLimit(15.99)) == SetLimit(15.0)


@pytest.mark.parametrize("limit", [-1.0, -0.1, 65536.0, 1e300, math.inf, -math.inf, math.nan])
def test_a_value_that_the_dbc_cannot_carry_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="does not fit the DBC"):
        SHIPPED.encode(SetLimit(limit))
    with pytest.raises(ValueError, match="does not fit the DBC"):
        SHIPPED.carried(SetLimit(limit))


def test_the_range_of_the_dbc_is_kept_even_where_the_bytes_could_carry_more() -> None:
    assert TENTHS.carried(SetLimit(1000.0)) == SetLimit(1000.0)
    with pytest.raises(ValueError, match="does not fit the DBC"):
        TENTHS.encode(SetLimit(1000.1))


@pytest.mark.parametrize(
    ("message", "frame"),
    [
        (Start(), "001#"),
        (Stop(), "002#00"),
        (SetLimit(32.57), "003#10E50000"),  # down to 32.5; (32.5 + 400) * 10 = 4325 = 0x10E5
        (SetLimit(0.3), "003#0FA30000"),  # 4003 = 0x0FA3; in floats 0.3 / 0.1 is below 3
        (SetLimit(-400.0), "003#00000000"),
        (Current(32.57), "004#0010E6"),  # nearest is 32.6: 4326 = 0x10E6
        (Current(-0.1), "004#000F9F"),  # 3999 = 0x0F9F
    ],
)
def test_another_dbc_changes_numbers_bytes_scaling_and_offset(message: Message, frame: str) -> None:
    assert str(TENTHS.encode(message)) == frame


@given(st.integers(0, 65535))
def test_whole_amperes_come_back_as_they_were(amperes: int) -> None:
    for message in (SetLimit(amperes), Current(amperes)):
        assert SHIPPED.decode(SHIPPED.encode(message)) == message


@given(st.integers(0, 14000))
def test_whole_steps_of_another_dbc_come_back_as_they_were(steps: int) -> None:
    amperes = (steps - 4000) / 10
    for message in (SetLimit(amperes), Current(amperes)):
        decoded = TENTHS.decode(TENTHS.encode(message))
        assert type(decoded) is type(message)
        assert vars_of(decoded) == pytest.approx(amperes, abs=1e-9)


def vars_of(message: object) -> float:
    assert isinstance(message, SetLimit | Current)
    return message.limit if isinstance(message, SetLimit) else message.current


@given(st.floats(0, 65535.99))
def test_a_limit_never_gets_larger_and_loses_less_than_a_step(amperes: float) -> None:
    limit = SHIPPED.carried(SetLimit(amperes)).limit
    assert amperes - 1 < limit <= amperes


@given(st.floats(-400, 999.9))
def test_a_limit_in_tenths_never_gets_larger_and_loses_less_than_a_step(amperes: float) -> None:
    limit = TENTHS.carried(SetLimit(amperes)).limit
    assert amperes - 0.1 - 1e-9 < limit <= amperes + 1e-9


@given(st.floats(0, 65535.49))
def test_a_current_is_at_most_half_a_step_off(amperes: float) -> None:
    decoded = SHIPPED.decode(SHIPPED.encode(Current(amperes)))
    assert isinstance(decoded, Current)
    assert abs(decoded.current - amperes) <= 0.5


FRAMES = st.builds(
    Frame,
    identifier=st.sampled_from(sorted(TABLE)) | st.integers(0, 0x1FFFFFFF),
    data=st.sampled_from([b"", b"\x14\x00"]) | st.binary(max_size=64),
    extended=st.booleans(),
    remote=st.booleans(),
    error=st.booleans(),
    fd=st.booleans(),
    dlc=st.none() | st.integers(0, 8),
    flags=st.integers(0, 7),
)


@given(FRAMES)
def test_no_frame_raises_and_none_is_ours_unless_it_is_exactly_right(frame: Frame) -> None:
    decoded = SHIPPED.decode(frame)
    if frame.error:
        assert isinstance(decoded, Bad)
        return
    if frame.identifier not in TABLE:
        assert decoded is None
        return
    length, kind = TABLE[frame.identifier]
    odd = frame.extended or frame.remote or frame.fd
    if odd or len(frame.data) != length:
        assert isinstance(decoded, Bad)
        return
    amperes = [int.from_bytes(frame.data, "little")] if length else []
    assert decoded == kind(*amperes)


@given(FRAMES)
def test_no_frame_raises_with_another_dbc(frame: Frame) -> None:
    TENTHS.decode(frame)


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        # Error frames by the bits of linux/can/error.h: CAN_ERR_BUSOFF 0x40, CAN_ERR_CRTL 0x4,
        # CAN_ERR_CNT 0x200, CAN_ERR_ACK 0x20, CAN_ERR_RESTARTED 0x100.
        (Frame(0x040, bytes(8), error=True), "error frame: bus-off"),
        (
            Frame(0x204, bytes(8), error=True),
            "error frame: controller problem, error counters changed",
        ),
        (Frame(0x020, bytes(8), error=True), "error frame: nobody acknowledged"),
        (Frame(0x000, bytes(8), error=True), "error frame: unspecified"),
        # With the number of one of our messages it is an error frame too.
        (
            Frame(0x300, b"\x14\x00", error=True),
            "error frame: controller restarted, error counters changed",
        ),
        (Frame(0x201, remote=True, dlc=0), "remote frame with the number of Stop"),
        (Frame(0x300, b"\x14\x00", extended=True), "29-bit frame with the number of Current"),
        (Frame(0x210, b"\x64\x00", fd=True), "CAN FD frame with the number of SetLimit"),
        (Frame(0x300, b"\x14"), "frame of 1 instead of 2 bytes with the number of Current"),
        (Frame(0x201, b"\x00"), "frame of 1 instead of 0 bytes with the number of Stop"),
    ],
)
def test_a_bad_frame_is_named(frame: Frame, why: str) -> None:
    assert SHIPPED.decode(frame) == Bad(frame, why)


def test_frames_are_written_as_candump_and_cansend_do() -> None:
    # The notations of can-utils' lib.h; error frames have CAN_ERR_FLAG, 0x20000000, in the number.
    assert str(Frame(0x300, b"\x14\x00")) == "300#1400"
    assert str(Frame(0x7, b"")) == "007#"
    assert str(Frame(0x300, b"\x14\x00", extended=True)) == "00000300#1400"
    assert str(Frame(0x300, remote=True, dlc=2)) == "300#R2"
    assert str(Frame(0x300, remote=True, dlc=0)) == "300#R"
    assert str(Frame(0x300, b"\x14", fd=True)) == "300##014"
    assert str(Frame(0x300, b"\x14", fd=True, flags=1)) == "300##114"
    assert str(Frame(0x40, bytes(8), error=True)) == "20000040#0000000000000000"


def test_frames_are_described_for_the_log() -> None:
    assert SHIPPED.describe(Frame(0x210, b"\x64\x00")) == "SetLimit limit=100 A (210#6400)"
    assert SHIPPED.describe(Frame(0x201)) == "Stop (201#)"
    assert SHIPPED.describe(Frame(0x123, b"\x01")) == "123#01"  # foreign
    assert SHIPPED.describe(Frame(0x201, b"\x01")) == "201#01"  # not a Stop


def test_messages_are_described_for_the_log() -> None:
    assert describe(Start()) == "Start"
    assert describe(SetLimit(100.0)) == "SetLimit limit=100 A"
    assert describe(Current(0.5)) == "Current current=0.5 A"


def test_the_codec_knows_its_numbers_and_the_period_of_current() -> None:
    assert sorted(SHIPPED.identifiers) == [0x200, 0x201, 0x210, 0x300]
    assert SHIPPED.current_period == 1.0  # GenMsgCycleTime 1000
    assert TENTHS.current_period == 1.0  # none given


def test_the_period_is_the_dbcs() -> None:
    text = OTHER + 'BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;\nBA_ "GenMsgCycleTime" BO_ 4 250;\n'
    assert codec_of(text).current_period == 0.25


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("BO_ 2 Stop: 1 A\n", "", "message Stop is missing"),
        ("SG_ limit", "SG_ limits", "message SetLimit has no signal limit"),
        (
            "(0.1,-400) [-400|1000]",
            "(0,0) [0|0]",
            "message SetLimit has a signal with a factor of 0",
        ),
        ("BO_ 3 ", "BO_ 5 Stop: 1 A\nBO_ 3 ", "message Stop is there more than once"),
        ("BO_ 4 ", f"BO_ {4 | 0x80000000} ", "message Current is not an 11-bit classic CAN frame"),
        (
            "BO_ 4 Current: 3 A\n",
            'BO_ 4 Current: 3 A\n SG_ status : 7|8@0+ (1,0) [0|0] "" A\n',
            "message Current has signals that the rig does not know",
        ),
    ],
)
def test_a_dbc_without_our_messages_is_refused(old: str, new: str, why: str) -> None:
    assert old in OTHER
    with pytest.raises(DbcError, match=why):
        codec_of(OTHER.replace(old, new))


def test_a_dbc_that_gives_two_messages_one_number_is_refused() -> None:
    with pytest.raises(DbcError, match="messages Start and Stop have the same number"):
        codec_of(OTHER.replace("BO_ 2 ", "BO_ 1 "))
