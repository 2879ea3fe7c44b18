"""A command that the bus did not take is never answered Accepted."""

from pathlib import Path

from tests.can_bench import Witness, cansend, full_queue
from tests.cycles import start_and_stop
from tests.ports import free_port
from tests.processes import role


def test_with_a_full_queue_a_start_is_rejected_and_stop_follows_when_it_is_not(
    bus: Witness, tmp_path: Path
) -> None:
    url = f"ws://127.0.0.1:{free_port()}/"
    with role("cp", "--csms", url).ready() as cp:
        bus.until("201#")
        with full_queue():
            for _ in range(3):
                cansend("7FF#")  # echoed at once, stays in the queue for ever
            cycle = start_and_stop(tmp_path)
            with role("csms", "--listen", url, "--cycle", cycle).ready() as csms:
                csms.until("rejected RemoteStartTransaction: Rejected")
                cp.until("NOT SENT SetLimit .*the send queue is full")
                csms.end()
        bus.frames.clear()
        assert "200#" not in bus.until("201#")  # the Stop that was owed
        assert cp.end() == 0
