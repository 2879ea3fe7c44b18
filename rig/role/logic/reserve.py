"""When a disk is so full that what is left is for what must not be lost."""

PART = 100  # the reserve is one part in so many of the file system
LEAST, MOST = 100_000_000, 1_000_000_000  # bytes
SMALL_PART = 10  # of a small file system no more than one part in so many
ROOM = 1.25  # reserves that must be free again


def reserve(total: int) -> int:
    """Bytes of a file system of so many that are to stay free."""
    return min(MOST, max(total // PART, min(LEAST, total // SMALL_PART)))


class Reserve:
    """Of one file system. `is_touched` until there is so much more that it does not come and go."""

    def __init__(self) -> None:
        self.is_touched = False

    def look(self, free: int, total: int) -> bool:
        """With so many bytes free: whether the reserve is touched. Where `total` is 0 the file
        system does not tell."""
        least = reserve(total)
        self.is_touched = free < (least * ROOM if self.is_touched else least)
        return self.is_touched
