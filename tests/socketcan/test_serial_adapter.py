"""A serial adapter by the kernel's driver, as `rig up` tells to do it: typed as it says."""

import re
import shlex
import subprocess
import sys

from tests.can_bench import is_current, run, witness
from tests.processes import ROOT, role
from tests.slcan_adapter import SlcanAdapter


def told_by_rig_up(channel: str) -> list[str]:
    """The commands that `rig up` refuses a serial adapter with, less `sudo`: we are root here."""
    command = [sys.executable, "-m", "rig.up", "-i", "slcan", "-c", channel, "-b", "250000"]
    refused = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert refused.returncode == 2
    fix = re.search(r"one process only: (.*), then rig up -i socketcan -c can0$", refused.stderr)
    assert fix, refused.stderr
    return [part.removeprefix("sudo ") for part in fix[1].split(" && ")]


def test_several_roles_and_candump_share_it_as_can0() -> None:
    with SlcanAdapter() as adapter:
        for command in told_by_rig_up(adapter.channel):
            run(*shlex.split(command))
        adapter.until_sent(b"S5")  # 250 kbit/s
        adapter.until_sent(b"O")
        with (
            role("charger", "-c", "can0").ready() as charger,
            role("plot", "-c", "can0", "--web", "0") as plot,
            role("watch", "-c", "can0", "--json").ready() as watch,
            witness("can0") as bus,
        ):
            plot.until(r"can = can0 is up")
            bus.until(is_current)
            adapter.until_sent(b"t30020000")
            adapter.hear(b"t3zz21400", b"t2010")  # the kernel drops the first one
            charger.until(r"can < Stop \(201#\)")
            watch.until('"limit_exceeded", "state": "ok"')  # it was told Stop, and 0 A flow
            bus.until("201#")
            assert [charger.end(), plot.end(), watch.end()] == [0, 0, 0]
            assert re.search(r"can0: \d+ frames, lost: 0", "\n".join(plot.lines))
