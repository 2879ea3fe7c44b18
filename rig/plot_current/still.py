"""A figure of which only what moves is drawn again: the rest is kept as pixels."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray
from PIL import Image

DPI = 100  # of a pixel ratio of 1


class Still:
    """A figure of so many pixels of CSS, each of `ratio` pixels of the screen, in one direction.

    What moves is animated, in matplotlib's word. `change` is to be called when anything else did.
    """

    def __init__(self, width: float, height: float, ratio: float = 1.0) -> None:
        self.width, self.height = width, height
        self.figure = Figure((width / DPI, height / DPI), DPI * ratio)
        self._canvas = FigureCanvasAgg(self.figure)
        self.in_pixels = Affine2D().scale(ratio)  # of CSS, from the lower left corner
        self._kept: Any = None

    def text(self, left: float, top: float, size: float, **style: Any) -> Text:
        """A text that says nothing yet, at so many pixels of CSS from the upper left corner."""
        at = (left, self.height - top)
        return self.figure.text(
            *at,
            "",
            size=points(size),
            transform=self.in_pixels,
            parse_math=False,
            **style,
        )

    def change(self) -> None:
        """What stands still is another thing now, and drawn again next time."""
        self._kept = None

    def draw(self, moving: Sequence[Artist]) -> None:
        """Draw what moves over what stands still."""
        if self._kept is None:
            self._canvas.draw()
            self._kept = self._canvas.copy_from_bbox(self.figure.bbox)
        else:
            self._canvas.restore_region(self._kept)
        for artist in moving:
            self.figure.draw_artist(artist)

    def pixels(self) -> NDArray[np.uint8]:
        """What was drawn: rows of red, green, blue and alpha. The next drawing changes it."""
        return np.asarray(self._canvas.buffer_rgba())

    def png(self) -> bytes:
        """What was drawn, as a file. It is opaque, so alpha is left out."""
        png = io.BytesIO()
        Image.fromarray(self.pixels()).convert("RGB").save(png, "PNG", compress_level=1)
        return png.getvalue()


def points(pixels: float) -> float:
    """A size of CSS pixels in the points of matplotlib."""
    return pixels * 72 / DPI
