"""The password of a charge point, from a file or the environment."""

from pathlib import Path

import pytest

from rig.cp.csms_password import with_password
from rig.role.errors import UserError
from tests.processes import role

CSMS = "ws://csms.lan:8180/ocpp/"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RIG_CSMS_PASSWORD", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("s3:cr@t/\n")
    return path


def test_without_one_the_address_is_as_it_was() -> None:
    assert with_password(CSMS, "CP_1", None) == CSMS


def test_that_of_a_file_goes_with_the_id_of_the_charge_point(file: Path) -> None:
    assert with_password(CSMS, "CP 1", file) == "ws://CP%201:s3%3Acr%40t%2F@csms.lan:8180/ocpp/"


def test_that_of_the_environment_counts_where_no_file_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIG_CSMS_PASSWORD", "other")
    assert with_password(CSMS, "CP_1", None) == "ws://CP_1:other@csms.lan:8180/ocpp/"
    assert "other" not in with_password(CSMS, "CP_1", file)


def test_two_passwords_are_one_too_many(file: Path) -> None:
    with pytest.raises(UserError, match="has a password already") as refused:
        with_password("ws://CP_1:open@csms.lan/", "CP_1", file)
    assert "open" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines\n", b"\xff"])
def test_a_file_that_holds_no_password_is_named_without_what_it_holds(
    file: Path, content: bytes
) -> None:
    file.write_bytes(content)
    with pytest.raises(UserError, match=f"the password file {file}") as refused:
        with_password(CSMS, "CP_1", file)
    assert "two" not in str(refused.value)


def test_a_file_that_is_not_there_or_that_others_can_write_is_named(file: Path) -> None:
    with pytest.raises(UserError, match="cannot read the password file"):
        with_password(CSMS, "CP_1", file.with_name("none"))
    file.chmod(0o666)
    with pytest.raises(UserError, match="others can write"):
        with_password(CSMS, "CP_1", file)


def test_the_log_of_the_charge_point_has_no_password(file: Path) -> None:
    options = ("-i", "virtual", "-c", "here", "--csms", "ws://127.0.0.1:1/")
    with role("cp", *options, "--csms-password-file", str(file)) as program:
        program.until(r"no CSMS at ws://\*\*\*@127\.0\.0\.1:1/")
        assert "s3" not in program.text
