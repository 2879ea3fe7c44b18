"""A plot whose first drawing takes as long as a test wants: `FIFO OPTION...`.

It says "drawing", and is done when somebody has opened FIFO to write, and closed it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from rig.plot_current import __main__ as plot_current
from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.png_file import PngFile


def main(argv: Sequence[str] | None = None) -> int:
    """Run the role `plot`."""
    fifo, *options = sys.argv[1:] if argv is None else argv
    whole = PngFile.draw
    has_drawn = False

    def draw(self: PngFile, redraw: Redraw) -> None:
        nonlocal has_drawn
        if not has_drawn:
            print("drawing", flush=True)  # noqa: T201
            Path(fifo).read_bytes()
        has_drawn = True
        whole(self, redraw)

    PngFile.draw = draw  # type: ignore[method-assign]
    return plot_current.main(options)
