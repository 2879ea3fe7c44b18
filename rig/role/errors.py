"""The exceptions that end a role or a tool with a status of its own (rig/role/logic/exits.py)."""


class UserError(Exception):
    """Something that the user can put right; the text says what and how. Exit status 2."""


class BadAnswer(Exception):
    """What was asked for was done, and its answer is bad; the text says which. Exit status 1."""


def first_line(error: BaseException) -> str:
    """The first line of an error's text, or its class where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]
