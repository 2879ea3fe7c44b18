"""A rate limit of log lines: what is left out is counted, and told with the next one."""

_Kind = tuple[float, int]  # when all of its burst is there again (s); what was left out


class RateLimit:
    """Of each kind `burst` are told at once, and one more each `every` s.

    `most` kinds are kept apart; what comes beyond those counts as one kind, and so does what was
    left out of a kind that is forgotten.
    """

    def __init__(self, burst: int, every: float, most: int) -> None:
        self._ahead, self._every, self._most = (burst - 1) * every, every, most
        self._kinds: dict[str, _Kind] = {}
        self._others: _Kind = (0.0, 0)

    def tells(self, kind: str, now: float) -> int:
        """For how many this one is told: itself, and those left out since one was told. 0: it is
        left out too. `now` in s, of a clock that is never set back."""
        if kind not in self._kinds and len(self._kinds) >= self._most:
            self._forget(now)
        if kind not in self._kinds and len(self._kinds) >= self._most:
            number, self._others = self._after(self._others, now)
        else:
            number, self._kinds[kind] = self._after(self._kinds.get(kind, (now, 0)), now)
        return number

    @property
    def left_out(self) -> int:
        """All that was left out and is not told yet."""
        return self._others[1] + sum(left_out for _, left_out in self._kinds.values())

    def _after(self, before: _Kind, now: float) -> tuple[int, _Kind]:
        whole_at, left_out = before
        if whole_at - now > self._ahead:
            return 0, (whole_at, left_out + 1)
        return left_out + 1, (max(whole_at, now) + self._every, 0)

    def _forget(self, now: float) -> None:
        """Those that would be told as if they were new."""
        for kind in [kind for kind, (whole_at, _) in self._kinds.items() if whole_at <= now]:
            _, left_out = self._kinds.pop(kind)
            self._others = self._others[0], self._others[1] + left_out
