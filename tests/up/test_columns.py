from rig.up.output import in_column


def test_a_log_line_has_its_column_already() -> None:
    line = b"cp       21:15:31.204 can > Stop (201#)"
    assert in_column("cp", line, coloured=False) == line


def test_any_other_line_gets_the_column_of_its_role() -> None:
    assert in_column("charger", b"Traceback:", coloured=False) == b"charger  Traceback:"


def test_a_line_that_only_begins_with_the_name_of_its_role_gets_the_column() -> None:
    assert in_column("cp", b"cp: gone", coloured=False) == b"cp       cp: gone"


def test_only_the_column_is_coloured() -> None:
    """36 is cyan (ECMA-48, SGR)."""
    line = b"cp       21:15:31.204 can > Stop (201#)"
    coloured = b"\x1b[36mcp       \x1b[0m21:15:31.204 can > Stop (201#)"
    assert in_column("cp", line, coloured=True) == coloured


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    assert in_column("plot", b"\xff\xfe", coloured=False) == b"plot     \xff\xfe"
