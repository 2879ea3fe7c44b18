"""Lines as `candump -L` of can-utils 2020.11 wrote them for the same frames (on vcan0)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.candump import LogEnd, gap_line, log_end, log_line, read_line
from rig.bus.logic.messages import Frame


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (Frame(0x300, b"\x14\x00"), "(1795384276.638926) vcan0 300#1400"),
        (Frame(0x300, remote=True, dlc=2), "(1795384276.638926) vcan0 300#R2"),
        (Frame(0x300, remote=True, dlc=0), "(1795384276.638926) vcan0 300#R"),
        (Frame(0x300, b"\x14\x00", extended=True), "(1795384276.638926) vcan0 00000300#1400"),
        (Frame(0x40, bytes(8), error=True), "(1795384276.638926) vcan0 20000040#0000000000000000"),
    ],
)
def test_each_frame_kind_is_written_as_candump_writes_it(frame: Frame, line: str) -> None:
    assert log_line(1795384276.638926, "vcan0", frame) == line


@pytest.mark.parametrize("mark", ["", " R", " T"])
def test_a_line_of_candump_is_read_with_and_without_the_mark_of_newer_ones(mark: str) -> None:
    line = f"(1795384276.638926) vcan0 300#1400{mark}"
    assert read_line(line) == (1795384276.638926, Frame(0x300, b"\x14\x00"))


NUMBERS, WIDE, DATA = st.integers(0, 0x7FF), st.integers(0, 0x1FFFFFFF), st.binary(max_size=8)
FRAMES = st.one_of(
    st.tuples(NUMBERS, DATA).map(lambda of: Frame(*of)),
    st.tuples(WIDE, DATA).map(lambda of: Frame(*of, extended=True)),
    st.tuples(NUMBERS, st.integers(0, 8)).map(lambda of: Frame(of[0], remote=True, dlc=of[1])),
    st.integers(0, 0x1FFF).map(lambda of: Frame(of, bytes(8), error=True)),
    st.tuples(WIDE, st.binary(max_size=64), st.integers(0, 15)).map(
        lambda of: Frame(of[0], of[1], extended=True, fd=True, flags=of[2])
    ),
)


@given(FRAMES, st.integers(0, 4 * 10**15))
def test_every_line_that_is_written_is_read_back(frame: Frame, microseconds: int) -> None:
    stamp = float(f"{microseconds // 10**6}.{microseconds % 10**6:06d}")
    assert read_line(log_line(stamp, "vcan0", frame)) == (stamp, frame)


@pytest.mark.parametrize(
    "line", ["", "precious", "(12.5) vcan0 3", "(12.5) vcan0 300#140", "(12.5) vcan0 300#R9x"]
)
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"line|hex"):
        read_line(line)


def test_early_times_keep_ten_digits() -> None:
    assert log_line(1.5, "vcan0", Frame(0x201)) == "(0000000001.500000) vcan0 201#"


LINES = b"(1795384276.638926) vcan0 300#1400\n(1795384277.638926) vcan0 300##11400\n"


@pytest.mark.parametrize(
    ("tail", "ends_in"),
    [
        (LINES, LogEnd(1795384277.638926, 0)),
        (b"6.638926) vcan0 300#1400\n" + LINES, LogEnd(1795384277.638926, 0)),  # cut anywhere
        (LINES + b"(1795384278.63", LogEnd(1795384277.638926, 14)),
        (LINES + b"\0\0\0", LogEnd(1795384277.638926, 3)),
        (b"", LogEnd(None, 0)),
        (b"(1795384278.63", LogEnd(None, 14)),
        (b"precious", None),
        (b"precious\n", None),
        (b"\n", None),
        (LINES + b"precious\n", None),
    ],
)
def test_what_a_log_ends_in(tail: bytes, ends_in: LogEnd | None) -> None:
    assert log_end(tail) == ends_in


def test_a_gap_goes_from_stamp_to_stamp() -> None:
    line = '{"from": 1795384276.638926, "to": 1795384279.02311}'
    assert gap_line(1795384276.638926, 1795384279.023110) == line
    assert gap_line(None, 1795384279.5) == '{"from": null, "to": 1795384279.5}'
    assert gap_line(1795384279.5, None) == '{"from": 1795384279.5, "to": null}'
