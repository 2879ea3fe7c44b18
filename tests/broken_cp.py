"""A charge point with a defect: `BROKEN OPTION...`, where BROKEN is when it breaks."""

import sys
from collections.abc import Sequence
from typing import Any

from rig.bus.logic.messages import Current
from rig.cp import __main__ as cp
from rig.cp.logic.charge_point import ChargePoint
from rig.cp.logic.events import At

BROKEN = ["at each Current", "from the first Current on"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the role `cp` with a charge point that raises RuntimeError."""
    broken, *options = sys.argv[1:] if argv is None else argv
    whole = ChargePoint.receive
    for_ever = broken == BROKEN[1]
    has_come = False

    def receive(self: ChargePoint, event: Any, now: float) -> Any:
        nonlocal has_come
        is_current = isinstance(event, At) and isinstance(event.event, Current)
        has_come = has_come or is_current
        if is_current or (for_ever and has_come):
            raise RuntimeError("broken on purpose")
        return whole(self, event, now)

    ChargePoint.receive = receive  # type: ignore[method-assign]
    return cp.main(options)
