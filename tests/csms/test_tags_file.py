from pathlib import Path

import pytest

from rig.csms.logic.tags import Tag, read_tags
from rig.role.errors import UserError
from rig.role.toml import read_toml


def test_the_tags_of_a_file_are_known(tmp_path: Path) -> None:
    file = tmp_path / "tags.toml"
    file.write_text("[tags.ABC]\nexpires = 2027-01-01T00:00:00Z\nparent = 'FLEET'\n")
    # 1798761600: `date -u -d 2027-01-01 +%s`
    assert read_toml(str(file), "tags file", read_tags) == [
        Tag("ABC", expires=1798761600.0, parent="FLEET")
    ]


def test_a_file_that_is_none_is_named_with_its_mistake(tmp_path: Path) -> None:
    file = tmp_path / "tags.toml"
    file.write_text("[tags.ABC]\nstatus = 'Gone'")
    why = "the tags file .* is not valid: .*tag ABC: status must be one of"
    with pytest.raises(UserError, match=why):
        read_toml(str(file), "tags file", read_tags)
