"""Reads the file of tags.

[tags.ABC123]
expires = 2027-01-01T00:00:00Z
parent = "FLEET"
concurrent = true            # several transactions at once

[tags.STOLEN]
status = "Blocked"           # Accepted, Blocked, Expired, Invalid
"""

import tomllib
from pathlib import Path

from rig.csms.logic.tags import Tag, read_tags
from rig.role.errors import UserError


def load_tags(path: str) -> list[Tag]:
    """The tags of a TOML file. Raises UserError, whose line names the fix."""
    try:
        return read_tags(tomllib.loads(Path(path).read_text()))
    except OSError as error:
        raise UserError(f"cannot read the tags {path}: {error.strerror}") from error
    except ValueError as error:  # also of TOML and of UTF-8
        raise UserError(f"the tags {path} are not valid: {error}") from error
