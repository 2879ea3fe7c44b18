"""Who sent a Current, by the mark of the kernel: a charger on can1, watched on can0."""

from pathlib import Path

from tests.can_bench import cansend
from tests.processes import role


def test_a_current_of_this_host_beside_a_charger_on_the_wire_is_named(tmp_path: Path) -> None:
    with (
        role("charger", "-c", "can1").ready(),
        role("watch", "-c", "can0", "--json", "--ocpp", str(tmp_path)).ready() as watch,
    ):
        watch.until('"can_origin", "state": "ok"')  # what can1 sent came over the wire
        cansend("300#5000", "can0")
        watch.until('"can_origin", "state": "alarm", "why": "Current 80 A was sent by this host"')
        assert watch.end() == 0
