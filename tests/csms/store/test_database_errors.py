from sqlalchemy.exc import OperationalError

from rig.csms.store.database_errors import reason


def test_what_is_known_has_its_fix() -> None:
    error = OperationalError("SELECT 1", {}, Exception("database is locked"))
    assert reason(error) == (
        "database is locked: end the program that holds it, or name another with --database"
    )


def test_what_is_not_known_is_said_as_it_is() -> None:
    assert reason(ValueError("no idea")) == "no idea"


def test_it_is_one_line_whatever_the_server_says() -> None:
    said = Exception("connection failed: \x1b[2J\n\tIs it there? Connection refused")
    assert reason(OperationalError("SELECT 1", {}, said)) == (
        "connection failed: \\x1b[2J: is the server running there?"
    )


def test_an_error_without_a_word_is_named() -> None:
    assert reason(RecursionError()) == "RecursionError"
