"""A charge point with a defect: `BROKEN OPTION...`, where BROKEN is what it breaks at."""

import sys
from collections.abc import Sequence
from typing import Any

from rig import cp
from rig.logic.cp.bridge import Bridge
from rig.logic.messages import Current

BROKEN: dict[str, type] = {"at Current": Current, "from Current on": object}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the role `cp`, whose bridge breaks at the first Current, or at all from that on."""
    broken, *options = sys.argv[1:] if argv is None else argv
    whole = Bridge.receive
    seen: list[Any] = []

    def receive(self: Bridge, event: Any, now: float) -> Any:
        seen.append(event)
        if any(isinstance(item, Current) for item in seen) and isinstance(event, BROKEN[broken]):
            raise RuntimeError("broken on purpose")
        return whole(self, event, now)

    Bridge.receive = receive  # type: ignore[method-assign]
    return cp.main(options)
