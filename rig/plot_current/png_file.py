"""The plot as a PNG file that is always whole: each new picture replaces the old one at once."""

import io
import logging
from pathlib import Path

from matplotlib.figure import Figure

from rig.plot_current.figure import DPI, SIZE, Picture
from rig.plot_current.logic.plotter import Redraw
from rig.role.errors import UserError


class PngFile:
    """Keeps the picture at `path` up to date. Raises UserError if its folder is not writable."""

    def __init__(self, path: str, bus: str, log: logging.Logger) -> None:
        self.name = path
        self._path, self._log = Path(path), log
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
        self._picture = Picture(Figure(SIZE, DPI), bus)

    def show(self, redraw: Redraw, clock: str) -> None:
        self._picture.show(redraw, clock)
        png = io.BytesIO()
        self._picture.figure.savefig(png, format="png", pil_kwargs={"compress_level": 1})
        try:
            self._temporary.write_bytes(png.getvalue())
            self._temporary.replace(self._path)
        except OSError as error:
            self._tell(error)
        else:
            self._failed = False

    async def close(self) -> None:
        self._temporary.unlink(missing_ok=True)

    def _tell(self, error: OSError) -> None:
        if not self._failed:
            self._log.warning("plot = %s is old: %s", self._path, error.strerror)
        self._failed = True
