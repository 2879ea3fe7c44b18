"""Rows of the disk as they lie there, of any section."""

from typing import Any

from rig.cp.logic.kept import Keep, Section


def row(section: str, key: str, value: Any, *, may_wait: bool = False) -> Keep[Any, Any]:
    """To keep this JSON."""
    return Keep(Section(section, str, may_wait=may_wait), key, value)
