from pathlib import Path
from typing import Any

import pytest

from rig.role.errors import UserError
from rig.role.toml import read_toml


def voltage(table: dict[str, Any]) -> int:
    if "voltage" not in table:
        raise ValueError("no voltage")
    if table["voltage"] == 0:
        raise UserError("voltage must be above 0")
    return int(table["voltage"])


def test_a_file_is_what_its_reader_makes_of_it(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text("voltage = 230")
    assert read_toml(tmp_path / "rig.toml", "bench", voltage) == 230


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"volt = 230", "no voltage"),
        (b"voltage = 0", "voltage must be above 0"),
        (b"voltage = ", "Invalid value"),
        (b"\xff", "can't decode"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file(
    tmp_path: Path, content: bytes, why: str
) -> None:
    file = tmp_path / "rig.toml"
    file.write_bytes(content)
    with pytest.raises(UserError, match=f"^the bench {file} is not valid: .*{why}"):
        read_toml(file, "bench", voltage)


def test_a_file_that_cannot_be_read_is_one_line_too(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^cannot read the tags file /no/tags\.toml: No such file"):
        read_toml("/no/tags.toml", "tags file", voltage)
    with pytest.raises(UserError, match=r"^cannot read the cycle .*: Is a directory"):
        read_toml(tmp_path, "cycle", voltage)
