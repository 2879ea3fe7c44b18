"""Lines as `candump -L` of can-utils 2020.11 wrote them for the same frames (on vcan0)."""

import pytest

from rig.logic.candump import log_line
from rig.logic.messages import Frame


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


def test_early_times_keep_ten_digits() -> None:
    assert log_line(1.5, "vcan0", Frame(0x201)) == "(0000000001.500000) vcan0 201#"
