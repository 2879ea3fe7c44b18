"""When a role that ended by itself is started again: after a pause that grows while it goes on."""

FIRST, MOST = 1.0, 30.0  # s
LONG = 60.0  # s; after one that ran for so long the pause is the first one again


class RestartBackoff:
    """Of one role; `count`: how often it has ended."""

    def __init__(self) -> None:
        self.count = 0
        self._pause = FIRST

    def ended(self, ran: float) -> float:
        """It has ended after `ran` s. Returns the pause (s) before it is started again."""
        self.count += 1
        pause = FIRST if ran >= LONG else self._pause
        self._pause = min(2 * pause, MOST)
        return pause
