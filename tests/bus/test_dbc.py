"""The DBC of a bench, and how one that is none is told."""

from pathlib import Path

import pytest

from rig.bus.dbc import read_codec, shipped_dbc
from rig.bus.logic.messages import Start
from rig.role.bench import Bench
from rig.role.errors import UserError


def test_the_shipped_dbc_is_used_where_the_bench_names_none() -> None:
    assert shipped_dbc().name == "ev_charging.dbc"
    assert str(read_codec(Bench()).encode(Start())) == "200#"


def test_a_dbc_of_the_bench_is_used_instead(tmp_path: Path) -> None:
    other = shipped_dbc().read_text().replace("BO_ 512 ", "BO_ 291 ").replace("BO_ 512", "BO_ 291")
    (tmp_path / "plant.dbc").write_text(other)
    codec = read_codec(Bench(dbc=str(tmp_path / "plant.dbc")))
    assert str(codec.encode(Start())) == "123#"  # 291 = 0x123


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"this is no DBC", "does not load"),
        (b"", "does not load"),
        (b'VERSION ""\n', "message Start is missing"),
        (b"BO_ 512 Start: 0 A\n SG_ broken", "message Stop is missing"),
        (b"\x81\x8d\x8f", "does not load"),  # not even cp1252, which DBC files are in
        (b"\x00" * 100, "does not load"),
        (b'VERSION "', "does not load"),
    ],
)
def test_a_broken_dbc_is_one_line_that_names_it(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "plant.dbc"
    path.write_bytes(content)
    with pytest.raises(UserError, match=why) as caught:
        read_codec(Bench(dbc=str(path)))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_dbc_that_is_not_there_or_a_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read the DBC .*: No such file"):
        read_codec(Bench(dbc=str(tmp_path / "none.dbc")))
    with pytest.raises(UserError, match=r"cannot read the DBC .*: Is a directory"):
        read_codec(Bench(dbc=str(tmp_path)))
