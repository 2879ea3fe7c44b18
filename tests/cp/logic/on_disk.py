"""What `rig/cp/state_rows.py` gives of a disk, where the disk is a dictionary."""

import json
from collections.abc import Iterable
from typing import Any

from rig.cp.logic.events import Fetched
from rig.cp.logic.kept import Keep, Rows
from rig.cp.logic.saved import BEYOND, QUEUE, Beyond

Disk = dict[str, dict[str, Any]]


def keep_on(disk: Disk, kept: Keep[Any, Any]) -> None:
    """Keep a row."""
    section, key, value = kept.row
    if value is None:
        disk.get(section, {}).pop(key, None)
    else:
        disk.setdefault(section, {})[key] = json.loads(json.dumps(value))


def kept_on(disk: Disk, outputs: Iterable[Any]) -> list[Any]:
    """Keep the rows among these; what is left."""
    left = []
    for output in outputs:
        if isinstance(output, Keep):
            keep_on(disk, output)
        else:
            left.append(output)
    return left


def begun_with(disk: Disk, size: int = 100) -> Rows:
    """What a life begins with: of the queue the first portion."""
    queue, discarded = disk.get("queue", {}), disk.get("discarded", {})
    first, last = _portion(disk, 0, size)
    greatest = max(map(int, [*queue, *discarded]), default=0)
    beyond = Beyond(len(queue) - len(first), len(discarded), last, greatest)
    sections = {name: values for name, values in disk.items() if name != "discarded"}
    return sections | {"queue": first, BEYOND: beyond._asdict()}


def read_on(disk: Disk, after: int, size: int = 100) -> Fetched:
    """The next requests after a number."""
    portion, last = _portion(disk, after, size)
    return Fetched(list(QUEUE.found({"queue": portion}, []).values()), len(portion), last)


def _portion(disk: Disk, after: int, size: int) -> tuple[dict[str, Any], int]:
    queue = disk.get("queue", {})
    keys = sorted((key for key in queue if int(key) > after), key=int)[:size]
    return {key: queue[key] for key in keys}, int(keys[-1]) if keys else after
