"""The charge point is stopped and goes on: what the kernel kept for it meanwhile counts."""

import signal
import time
from contextlib import ExitStack

from tests.can_bench import Witness
from tests.ports import free_port
from tests.processes import role, stop, wait_for


def test_a_charger_that_went_on_while_the_charge_point_was_stopped_was_not_silent(
    bus: Witness,
) -> None:
    url = f"ws://127.0.0.1:{free_port()}/"
    with ExitStack() as stack:
        stack.enter_context(role("csms", "--listen", url, "--cycle", "none").ready())
        stack.enter_context(role("charger").ready())
        cp = stack.enter_context(role("cp", "--csms", url).ready())
        cp.until("ocpp > MeterValues")
        stop(cp)
        end = time.monotonic() + 3.5  # s; it is silent after 2.5
        wait_for(lambda: time.monotonic() > end)
        cp.process.send_signal(signal.SIGCONT)
        for _ in range(4):  # three that waited, and a new one
            cp.until("ocpp > MeterValues")
        assert "is silent" not in cp.text
