"""A disk as `os.statvfs` tells it, filled and emptied by hand."""

import os

import pytest

from rig.role import free_space

BLOCK = 4096


class Disk:
    """Of 1 GB: its reserve is 100 MB. `looks`: how often it was asked."""

    def __init__(self) -> None:
        self.free, self.total, self.looks = 900_000_000, 1_000_000_000, 0

    def fill(self) -> None:
        self.free = 99_000_000

    def empty(self) -> None:
        self.free = 900_000_000

    def statvfs(self, _: str) -> os.statvfs_result:
        self.looks += 1
        free = self.free // BLOCK
        return os.statvfs_result(
            (BLOCK, BLOCK, self.total // BLOCK, 2 * free, free, 9, 9, 9, 0, 255)
        )


@pytest.fixture(name="disk")
def disk_fixture(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Every disk is this one, and looked at each time."""
    disk = Disk()
    monkeypatch.setattr(os, "statvfs", disk.statvfs)
    monkeypatch.setattr(free_space, "EVERY", 0.0)
    return disk
