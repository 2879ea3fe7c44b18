"""How `rig up` tells apart the lines of its roles: a column in front, a colour each."""

from rig.role.logic.programs import PROGRAMS

COLOURS = {word: program.colour for word, program in PROGRAMS.items()}


def in_column(role: str, line: bytes, coloured: bool) -> bytes:
    """The line of a role with its column in front, which lines of rig/role/log.py have already."""
    column = f"{role:8} ".encode()
    text = line.removeprefix(column)
    if coloured:
        column = b"\x1b[%dm%b\x1b[0m" % (COLOURS.get(role, 39), column)
    return column + text
