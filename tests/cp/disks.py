"""The state of a charge point on a disk that is damaged, full, slow or gone, and what is told."""

import asyncio
import logging
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

import rig.cp.disk_health
import rig.cp.state
from rig.cp.disk_health import DiskEvent
from rig.cp.logic.kept import Keep, Section
from rig.cp.state import State
from rig.cp.state_file import Opened
from tests.processes import PATIENCE

LOG = logging.getLogger("rig.test")


async def keep(state: State, *values: Keep[Any, Any]) -> None:
    """Keep values and wait until they are on the disk."""
    done = asyncio.Event()
    state.keep(values, done.set)
    await done.wait()


async def reopened(path: Path) -> dict[str, dict[str, object]]:
    state = State(str(path), LOG)
    loaded = await state.load()
    state.close()
    return loaded


class Told:
    """What is heard of the disk, as it comes."""

    def __init__(self, state: State) -> None:
        self.heard: list[DiskEvent] = []
        self._came = asyncio.Event()
        state.tell(self._hear)

    def _hear(self, event: DiskEvent) -> None:
        self.heard.append(event)
        self._came.set()

    async def until(self, event: DiskEvent) -> None:
        while event not in self.heard:
            self._came.clear()
            await asyncio.wait_for(self._came.wait(), PATIENCE)


class Failing:
    """A disk that can neither be read nor written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._opened = monkeypatch.context()
        patch = self._opened.__enter__()
        patch.setattr(rig.cp.state, "open_file", lambda path: Opened(None, "Input/output error"))
        patch.setattr(rig.cp.state, "copied", self._fail)

    def works(self) -> None:
        self._opened.__exit__(None, None, None)

    def _fail(self, path: str) -> sqlite3.Connection:
        raise OSError("Input/output error")


async def hang(state: State) -> threading.Event:
    """The disk hangs from the next value on, until the event is set."""
    await state.load()
    released = threading.Event()
    assert state._database
    state._database.create_function("hangs", 0, released.wait)
    state._database.execute(
        "CREATE TEMP TRIGGER slow AFTER INSERT ON main.kept BEGIN SELECT hangs(); END"
    )
    return released


def row(section: str, key: str, value: Any, *, may_wait: bool = False) -> Keep[Any, Any]:
    """To keep this JSON."""
    return Keep(Section(section, str, may_wait=may_wait), key, value)
