import io
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from rig.plot_current.drawing import Worker
from rig.plot_current.png_file import PngFile
from rig.role.errors import UserError
from tests.plot_current.views import SILENT, redraw

LOG = logging.getLogger("rig.test")


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    made = Worker()
    yield made
    made.close()


def in_file(path: Path, worker: Worker) -> PngFile:
    return PngFile(str(path), ["vcan0"], LOG, worker)


async def test_it_writes_the_whole_figure(tmp_path: Path, worker: Worker) -> None:
    await in_file(tmp_path / "plot.png", worker).show(redraw())
    with Image.open(tmp_path / "plot.png") as picture:
        assert picture.size == (1280, 720)


async def test_the_old_picture_is_whole_until_the_new_one_takes_its_place(
    tmp_path: Path, worker: Worker
) -> None:
    path = tmp_path / "plot.png"
    file = in_file(path, worker)
    await file.show(redraw())
    with path.open("rb") as old:
        await file.show(redraw(SILENT))
        before = old.read()
    assert before != path.read_bytes()  # another file by the same name, not the same one
    Image.open(io.BytesIO(before)).verify()


async def test_closing_leaves_the_picture_and_nothing_else(tmp_path: Path, worker: Worker) -> None:
    file = in_file(tmp_path / "plot.png", worker)
    await file.show(redraw())
    await file.close()
    assert os.listdir(tmp_path) == ["plot.png"]


async def test_a_folder_that_is_not_there_is_the_users_mistake(
    tmp_path: Path, worker: Worker
) -> None:
    with pytest.raises(UserError, match="No such file or directory; choose another --png"):
        in_file(tmp_path / "missing" / "plot.png", worker)


async def test_a_directory_is_no_picture(tmp_path: Path, worker: Worker) -> None:
    with pytest.raises(UserError, match="it is a directory; choose another --png"):
        in_file(tmp_path, worker)


async def test_a_picture_that_cannot_be_written_is_told_once_and_again_after_it_worked(
    tmp_path: Path, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    folder, away = tmp_path / "folder", tmp_path / "away"
    folder.mkdir()
    file = in_file(folder / "plot.png", worker)
    for _ in range(2):
        folder.rename(away)
        await file.show(redraw())
        await file.show(redraw())
        away.rename(folder)
        await file.show(redraw())
    assert len(caplog.records) == 2
    assert "is old: No such file or directory" in caplog.text
