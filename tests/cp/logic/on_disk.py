"""What `rig/cp/state_rows.py` gives of a disk, where the disk is a dictionary."""

from typing import Any

from rig.cp.logic.events import Fetched
from rig.cp.logic.kept import BEYOND, DISCARDED, QUEUE, Saved

Disk = dict[str, dict[str, Any]]


def begun_with(disk: Disk, size: int = 100) -> Saved:
    """What a life begins with: of the queue the first portion."""
    first = read_on(disk, 0, size)
    discarded = disk.get(DISCARDED, {})
    beyond = {
        QUEUE: len(disk.get(QUEUE, {})) - first.found,
        DISCARDED: len(discarded),
        "last": first.last,
        "greatest": max(map(int, [*disk.get(QUEUE, {}), *discarded]), default=0),
    }
    sections = {name: values for name, values in disk.items() if name != DISCARDED}
    return sections | {QUEUE: first.requests, BEYOND: beyond}


def read_on(disk: Disk, after: int, size: int = 100) -> Fetched:
    """The next requests after a number."""
    keys = sorted((key for key in disk.get(QUEUE, {}) if int(key) > after), key=int)[:size]
    last = int(keys[-1]) if keys else after
    return Fetched({key: disk[QUEUE][key] for key in keys}, len(keys), last)
