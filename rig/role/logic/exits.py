"""Exit statuses: the one table (README, "How a command ends"), and those of `rig up`."""

from enum import IntEnum


class Exit(IntEnum):
    """How a role or a tool ended."""

    ASKED = 0  # as it was asked to
    BAD_ANSWER = 1  # it did what was asked, and the answer is bad: Stop was not confirmed
    YOURS = 2  # the user can put it right: usage, bench, interface, disk
    DEFECT = 3  # a role died, or a defect of the rig


ON_SIGTERM = -15  # of a role that was asked to end before it took the signal


def was_closed(role: str, status: int) -> bool:
    """Whether the user closed the plot's window: that is how one ends a program with a window."""
    return (role, status) == ("plot", Exit.ASKED)


def after_end_of(role: str, status: int) -> Exit:
    """Of `rig up`, where a role has ended that nobody asked to."""
    if was_closed(role, status):
        return Exit.ASKED
    return Exit(status) if status in (Exit.BAD_ANSWER, Exit.YOURS) else Exit.DEFECT


def after_asking(status: int, was_killed: bool) -> Exit:
    """Of `rig up`, where a role was asked to end and did. Killed (by a second Ctrl-C) it could not
    see to what it must leave behind, which for cp is a charger that has stopped.
    """
    if status in (Exit.ASKED, ON_SIGTERM):
        return Exit.ASKED
    return Exit.BAD_ANSWER if was_killed or status == Exit.BAD_ANSWER else Exit.DEFECT
