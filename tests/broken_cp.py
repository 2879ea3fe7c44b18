"""A charge point with a defect: `BROKEN OPTION...`, where BROKEN is when it breaks."""

import sys
from collections.abc import Sequence
from typing import Any

from rig.bus.logic.messages import Current
from rig.cp import __main__ as cp
from rig.cp.logic.bridge import Bridge
from rig.cp.logic.events import At

BROKEN = ["at each Current", "from the first Current on"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the role `cp` with a bridge that raises RuntimeError."""
    broken, *options = sys.argv[1:] if argv is None else argv
    whole = Bridge.receive
    for_ever = broken == BROKEN[1]
    has_come = False

    def receive(self: Bridge, event: Any, now: float) -> Any:
        nonlocal has_come
        is_current = isinstance(event, At) and isinstance(event.event, Current)
        has_come = has_come or is_current
        if is_current or (for_ever and has_come):
            raise RuntimeError("broken on purpose")
        return whole(self, event, now)

    Bridge.receive = receive  # type: ignore[method-assign]
    return cp.main(options)
