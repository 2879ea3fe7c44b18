"""How much is free on the disk of a file."""

import os
from pathlib import Path

import pytest

from rig.role import free_space
from rig.role.free_space import FreeSpace
from tests.disk import Disk
from tests.disk import disk_fixture as disk_fixture


def test_it_is_that_of_the_folder_before_the_file_is_there(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    assert FreeSpace(str(tmp_path / "file")).is_scarce(0.0) == (
        disk.f_bavail * disk.f_frsize < min(10**9, disk.f_blocks * disk.f_frsize // 100)
    )


def test_what_is_left_for_root_alone_is_not_free(disk: Disk, tmp_path: Path) -> None:
    disk.fill()  # f_bfree is twice f_bavail
    assert FreeSpace(str(tmp_path / "file")).is_scarce(0.0)


def test_it_is_looked_at_once_a_second_at_most(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(free_space, "EVERY", 1.0)
    space = FreeSpace(str(tmp_path / "file"))
    for hundredth in range(200):
        space.is_scarce(50.0 + hundredth / 100)
    assert disk.looks == 2


def test_a_folder_that_is_gone_is_for_the_writer_to_tell(tmp_path: Path) -> None:
    assert not FreeSpace(str(tmp_path / "none" / "file")).is_scarce(0.0)
