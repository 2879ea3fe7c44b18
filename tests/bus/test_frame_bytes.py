"""Frames as the kernel and python-can have them.

Bytes are typed by hand from linux/can.h: struct can_frame (16) and struct canfd_frame (72).
"""

from typing import Any

import can
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.messages import Frame
from rig.bus.python_can_wire import from_can, to_can
from rig.bus.wire import pack, unpack

# can_id (host order, here little-endian), len, 3 bytes of padding or flags, data to 8 or 64 bytes.
FRAMES = [
    ("300#1400", "00030000 02 000000 1400000000000000", Frame(0x300, b"\x14\x00")),
    ("200#", "00020000 00 000000 0000000000000000", Frame(0x200)),
    ("7FF#", "ff070000 01 000000 aa00000000000000", Frame(0x7FF, b"\xaa")),
    # CAN_EFF_FLAG 0x80000000
    (
        "00000300#1400",
        "00030080 02 000000 1400000000000000",
        Frame(0x300, b"\x14\x00", extended=True),
    ),
    ("1FFFFFFF#", "ffffff9f 00 000000 0000000000000000", Frame(0x1FFFFFFF, extended=True)),
    # CAN_RTR_FLAG 0x40000000: a length but no data
    ("300#R2", "00030040 02 000000 0000000000000000", Frame(0x300, remote=True, dlc=2)),
    # CANFD_FDF 0x4 and CANFD_BRS 0x1 in the flags
    ("300##414", "00030000 01 04 0000 14" + "00" * 63, Frame(0x300, b"\x14", fd=True, flags=4)),
    ("300##514", "00030000 01 05 0000 14" + "00" * 63, Frame(0x300, b"\x14", fd=True, flags=5)),
]


@pytest.mark.parametrize(("name", "raw", "frame"), FRAMES, ids=[name for name, _, _ in FRAMES])
def test_frames_are_the_bytes_of_the_kernel(name: str, raw: str, frame: Frame) -> None:
    assert pack(frame).hex() == raw.replace(" ", "")
    assert unpack(bytes.fromhex(raw)) == frame


def test_an_error_frame_is_told_from_a_data_frame_with_its_number() -> None:
    # CAN_ERR_FLAG 0x20000000 with class 0x300 (restarted, counters changed), 8 bytes.
    raw = bytes.fromhex("00030020 08 000000 0102030405060708")
    assert unpack(raw) == Frame(0x300, bytes(range(1, 9)), error=True)


def test_an_fd_frame_of_an_older_kernel_without_the_fdf_flag_is_one_by_its_size() -> None:
    raw = bytes.fromhex("00030000 01 00 0000 14" + "00" * 63)
    assert unpack(raw) == Frame(0x300, b"\x14", fd=True)


def built(*fields: Any, **more: Any) -> Frame:
    """So that hypothesis fills in no field that is not named below."""
    return Frame(*fields, **more)


NUMBERS = st.integers(0, 0x7FF)
SENDABLE = st.one_of(
    st.builds(built, NUMBERS, st.binary(max_size=8)),
    st.builds(built, st.integers(0, 0x1FFFFFFF), st.binary(max_size=8), extended=st.just(True)),
    st.builds(built, NUMBERS, remote=st.just(True), dlc=st.integers(0, 8)),
    st.builds(built, NUMBERS, st.binary(max_size=64), fd=st.just(True), flags=st.integers(4, 7)),
)


@given(SENDABLE)
def test_what_is_packed_is_unpacked_as_it_was(frame: Frame) -> None:
    assert unpack(pack(frame)) == frame


@given(SENDABLE)
def test_what_python_can_is_given_is_of_the_same_kind(frame: Frame) -> None:
    assert from_can(to_can(frame)) == frame


def test_an_error_frame_stays_one() -> None:
    error = Frame(0x200, bytes(8), error=True)
    assert unpack(pack(error)) == error
    assert to_can(error).is_error_frame


@given(st.binary(min_size=16, max_size=16) | st.binary(min_size=72, max_size=72))
def test_no_bytes_raise_and_flags_are_never_lost(raw: bytes) -> None:
    frame, flags = unpack(raw), raw[3] >> 5
    assert (frame.extended, frame.remote, frame.error) == tuple(
        bool(flags & bit) for bit in (4, 2, 1)
    )
    assert frame.fd == (len(raw) == 72)


def test_python_can_gets_11_bit_frames() -> None:
    message = to_can(Frame(0x300, b"\x14\x00"))
    assert (message.arbitration_id, bytes(message.data)) == (0x300, b"\x14\x00")
    assert not message.is_extended_id


@pytest.mark.parametrize(
    ("message", "frame"),
    [
        (
            can.Message(arbitration_id=0x300, is_extended_id=False, data=b"\x14"),
            Frame(0x300, b"\x14"),
        ),
        (can.Message(arbitration_id=0x300, data=b"\x14"), Frame(0x300, b"\x14", extended=True)),
        (
            can.Message(arbitration_id=0x300, is_extended_id=False, is_remote_frame=True, dlc=2),
            Frame(0x300, remote=True, dlc=2),
        ),
        (can.Message(arbitration_id=0x40, is_error_frame=True), Frame(0x40, error=True)),
        (
            can.Message(
                arbitration_id=0x300, is_extended_id=False, is_fd=True, bitrate_switch=True
            ),
            Frame(0x300, fd=True, flags=5),
        ),
    ],
)
def test_each_kind_of_python_can_is_kept_apart(message: can.Message, frame: Frame) -> None:
    assert from_can(message) == frame
