"""The answers that were given to one peer, in case it asks the same again.

An id is never used twice but for sending the same again (OCPP-J 1.6, 4.1.4; errata 3.1 and 3.7).
A peer asks one thing at a time, so that its latest answers are enough; what came before them is
answered anew. For each connection that is at most 36 KiB.
"""

from rig.ocppj.logic.framing import parse

REMEMBERED = 64  # answers, of some 300 bytes each
SIZE = 1 << 14  # characters of them all, and of what they answer


class OtherContent(Exception):
    """The id belongs to another CALL."""


class Replies:
    """The latest answers by the id of their CALL; the oldest go first."""

    def __init__(self) -> None:
        self._replies: dict[str, tuple[str, str]] = {}
        self._size = 0

    def __contains__(self, unique_id: str) -> bool:
        return unique_id in self._replies

    def keep(self, unique_id: str, asked: str, reply: str) -> None:
        """Remember the texts of a CALL and of its answer."""
        self._replies[unique_id] = (asked, reply)
        self._size += len(asked) + len(reply)
        while len(self._replies) > REMEMBERED or self._size > SIZE:
            self._size -= sum(map(len, self._replies.pop(next(iter(self._replies)))))

    def find(self, unique_id: str, asked: str) -> str:
        """The answer to this CALL. Raises OtherContent, and KeyError for a new id."""
        before, reply = self._replies[unique_id]
        if before != asked and parse(before) != parse(asked):
            raise OtherContent(unique_id)
        return reply
