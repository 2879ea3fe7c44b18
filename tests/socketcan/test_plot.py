"""What the plot says of times is what was on the bus, also where it could not look at once."""

import os
import re
from pathlib import Path

import pytest

from tests.can_bench import Witness, run
from tests.processes import Role

# When each is sent (s): twice on and off again.
COMMANDS = [
    *[(0.0, "210#2000"), (0.0, "201#")],
    *[(0.1, "200#"), (1.1, "201#"), (2.1, "200#"), (3.1, "201#")],
]


def test_an_alarm_tells_when_the_commands_came_and_not_when_the_plot_had_drawn(
    bus: Witness, tmp_path: Path
) -> None:
    log, fifo = tmp_path / "commands.log", tmp_path / "fifo"
    log.write_text("".join(f"({at:.6f}) vcan0 {frame}\n" for at, frame in COMMANDS))
    os.mkfifo(fifo)
    with Role("tests.slow_plot", str(fifo), "--png", str(tmp_path / "plot.png")) as plot:
        plot.until("drawing")
        run("canplayer", "-I", str(log))
        bus.expect([frame for _, frame in COMMANDS])
        fifo.write_bytes(b"")  # it has drawn
        told = plot.until(r"alarm = .* 32 A and back within (\S+) s, 2 times in (\S+) s")
        assert plot.end() == 0
    *_, off, on_again, off_again = stamps(bus.program.lines)
    assert off_again - off > 1.5  # as sent: 2 s
    # As it was on the bus, but for the rounding to 0.1 and 1 s.
    assert float(told[1]) == pytest.approx(off_again - on_again, abs=0.06)
    assert float(told[2]) == pytest.approx(off_again - off, abs=0.51)


def stamps(lines: list[str]) -> list[float]:
    """When each Start and Stop was on the bus, as candump says (s)."""
    found = (re.match(r"\((\S+)\) \S+ 20[01]#", line) for line in lines)
    return [float(match[1]) for match in found if match]
