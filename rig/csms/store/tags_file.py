"""Reads the file of tags.

[tags.ABC123]
expires = 2027-01-01T00:00:00Z
parent = "FLEET"
concurrent = true            # several transactions at once

[tags.STOLEN]
status = "Blocked"           # Accepted, Blocked, Expired, Invalid
"""

from rig.csms.logic.tags import Tag, read_tags
from rig.role.toml import read_toml


def load_tags(path: str) -> list[Tag]:
    """The tags of a TOML file. Raises UserError, whose line names the fix."""
    return read_toml(path, "tags file", read_tags)
