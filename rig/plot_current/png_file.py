"""The plot as a PNG file that is always whole: each new picture replaces the old one at once."""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rig.plot_current.drawing import Worker
from rig.plot_current.figure import Picture
from rig.plot_current.logic.plotter import Redraw
from rig.role.errors import UserError


class PngFile:
    """Keeps the picture at `path` up to date. Raises UserError if its folder is not writable."""

    def __init__(
        self, path: str, buses: Sequence[str], log: logging.Logger, worker: Worker
    ) -> None:
        self.name = path
        self._path, self._log, self._worker = Path(path), log, worker
        self._temporary = self._path.with_name(f".{self._path.name}.new")
        self._failed = False
        if self._path.is_dir():
            raise UserError(f"cannot write {path}: it is a directory; choose another --png")
        try:
            self._temporary.touch()
        except OSError as error:
            raise UserError(
                f"cannot write {path}: {error.strerror}; choose another --png"
            ) from error
        self._picture = Picture(buses)

    async def show(self, redraw: Redraw) -> None:
        try:
            await self._worker.do(partial(self.draw, redraw))
        except OSError as error:
            self._tell(error)
        else:
            self._failed = False

    def draw(self, redraw: Redraw) -> None:
        """Replace the file. Raises OSError if that cannot be written."""
        self._picture.draw(redraw)
        self._temporary.write_bytes(self._picture.still.png())
        self._temporary.replace(self._path)

    async def close(self) -> None:
        self._temporary.unlink(missing_ok=True)

    def _tell(self, error: OSError) -> None:
        if not self._failed:
            self._log.warning("plot = %s is old: %s", self._path, error.strerror)
        self._failed = True
