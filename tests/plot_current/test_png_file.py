import logging
import os
from pathlib import Path

import pytest
from PIL import Image

from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.png_file import PngFile
from rig.role.errors import UserError
from tests.plot_current.test_figure import CALM, RUNNING

LOG = logging.getLogger("rig.test")
REDRAW = Redraw(RUNNING, CALM)


def test_it_writes_the_whole_figure(tmp_path: Path) -> None:
    PngFile(str(tmp_path / "plot.png"), "vcan0", LOG).show(REDRAW, "21:15:31")
    with Image.open(tmp_path / "plot.png") as picture:
        assert picture.size == (1280, 720)


def test_the_old_picture_is_whole_until_the_new_one_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "plot.png"
    file = PngFile(str(path), "vcan0", LOG)
    file.show(REDRAW, "21:15:31")
    with path.open("rb") as old:
        file.show(REDRAW, "21:15:32")
        assert old.read() != path.read_bytes()  # another file by the same name, not the same one
        old.seek(0)
        Image.open(old).verify()


async def test_closing_leaves_the_picture_and_nothing_else(tmp_path: Path) -> None:
    file = PngFile(str(tmp_path / "plot.png"), "vcan0", LOG)
    file.show(REDRAW, "21:15:31")
    await file.close()
    assert os.listdir(tmp_path) == ["plot.png"]


def test_a_folder_that_is_not_there_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file or directory; choose another --png"):
        PngFile(str(tmp_path / "missing" / "plot.png"), "vcan0", LOG)


def test_a_directory_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it is a directory; choose another --png"):
        PngFile(str(tmp_path), "vcan0", LOG)


def test_a_picture_that_cannot_be_written_is_told_once_and_again_after_it_worked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, away = tmp_path / "folder", tmp_path / "away"
    folder.mkdir()
    file = PngFile(str(folder / "plot.png"), "vcan0", LOG)
    for _ in range(2):
        folder.rename(away)
        file.show(REDRAW, "21:15:31")
        file.show(REDRAW, "21:15:32")
        away.rename(folder)
        file.show(REDRAW, "21:15:33")
    assert len(caplog.records) == 2
    assert "is old: No such file or directory" in caplog.text
