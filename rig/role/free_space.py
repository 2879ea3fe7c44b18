"""How much is free on the disk of a file, looked at now and then."""

import math
import os

from rig.role.logic.reserve import Reserve

EVERY = 1.0  # s
RESTS = "the disk is down to its reserve, nothing more is written to"


class FreeSpace:
    """Of the file system of this file's folder. Quotas are not seen."""

    def __init__(self, path: str) -> None:
        self._folder = os.path.dirname(os.path.abspath(path))
        self._reserve = Reserve()
        self._looked_at = -math.inf

    def is_scarce(self, now: float) -> bool:
        """Whether the reserve is touched. `now` in s; looks at the disk once each EVERY at most."""
        if now - self._looked_at >= EVERY:
            self._looked_at = now
            self._look()
        return self._reserve.is_touched

    def _look(self) -> None:
        try:
            disk = os.statvfs(self._folder)
        except OSError:  # whoever writes there says why
            return
        self._reserve.look(disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize)
