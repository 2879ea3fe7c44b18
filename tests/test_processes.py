"""How tests wait for programs."""

import sys

from tests.processes import Program

LATE = """
import time
from rig.role.ready import announce_ready
print("first", flush=True)
time.sleep(0.5)  # longer than `ready` waits at once
announce_ready()
"""


def test_what_a_program_says_before_it_is_ready_can_be_waited_for_afterwards() -> None:
    with Program(sys.executable, "-c", LATE) as program:
        program.ready().until("^first$")
        assert program.status() == 0
