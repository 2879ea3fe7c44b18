"""`cansend` joins in: the charger obeys it, the charge point reports it, bad frames are named."""

import pytest

from tests.can_bench import Witness, cansend
from tests.ports import free_port
from tests.processes import role


def test_the_charger_obeys_frames_typed_by_hand(bus: Witness) -> None:
    with role("charger").ready():
        bus.until("300#0000")
        cansend("210#1000")  # 16 A
        cansend("200#")
        seen = bus.until("300#0600")  # by hand: 3.2, 5.76, so 3 and 6 A
        assert seen[-2:] == ["300#0300", "300#0600"]
        cansend("201#")
        assert bus.until("300#0500")[-1] == "300#0500"  # 5.76 * 0.8 = 4.6


# Frame as cansend takes it, and what the log calls it.
BAD_FRAMES = [
    ("20000200#0000000000000000", "error frame: error counters changed"),
    ("20000201#0000000000000000", "error frame: transmission timed out, error counters changed"),
    ("20000040#0000000000000000", "error frame: bus-off"),
    ("200#R", "remote frame with the number of Start"),
    ("300#R2", "remote frame with the number of Current"),
    ("00000200#", "29-bit frame with the number of Start"),
    ("00000210#6400", "29-bit frame with the number of SetLimit"),
    ("200##0", "CAN FD frame with the number of Start"),
    ("300##01400", "CAN FD frame with the number of Current"),
    ("210#64", "frame of 1 instead of 2 bytes with the number of SetLimit"),
    ("210#640000", "frame of 3 instead of 2 bytes with the number of SetLimit"),
    ("200#00", "frame of 1 instead of 0 bytes with the number of Start"),
]


@pytest.mark.usefixtures("room_for_fd")
def test_no_bad_frame_is_taken_for_one_of_ours_and_each_is_named(bus: Witness) -> None:
    url = f"ws://127.0.0.1:{free_port()}/"
    with role("charger").ready() as charger, role("cp", "--csms", url).ready() as cp:
        for frame, name in BAD_FRAMES:
            cansend(frame)
            for program in (charger, cp):
                line = program.until("ignored").group(0)
                assert f"ignored {name} (" in program.lines[-1], line
        bus.until(BAD_FRAMES[-1][0])
        bus.expect(["300#0000", "300#0000"])  # neither started nor limited
        assert charger.end() == 0
        assert "running" not in charger.text
        assert "limit=100" not in charger.text
        assert cp.end() == 0
        assert "can < Current current=0 A" in cp.text
        assert "current=20 A" not in cp.text
        assert "29-bit frame with the number of Start: 1" in cp.text  # the account at the end


def test_a_29_bit_frame_that_only_ends_in_our_number_is_foreign(bus: Witness) -> None:
    with role("charger").ready() as charger:
        cansend("1FFFF200#")
        cansend("210#64")
        charger.until("ignored frame of 1 instead of 2 bytes")
        assert "29-bit" not in charger.text
