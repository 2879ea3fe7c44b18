import os
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import OperationalError

from rig.csms.store import database
from rig.csms.store.database import Database, read_only
from rig.csms.store.tables import VERSION, last_transaction, schema_version, tags, transactions
from rig.role.errors import UserError

NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "csms.db"


def version(connection: Connection) -> int:
    return int(connection.execute(select(schema_version.c.version)).scalar_one())


def refused(url: str) -> str:
    with pytest.raises(UserError) as error:
        Database(url).open(NOW)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_new_database_has_this_version_and_counts_from_the_clock(database_url: str) -> None:
    with Database(database_url).open(NOW) as connection:
        assert version(connection) == VERSION
        # 1790000000 - 1577836800 (2020-01-01): 32 bit until 2088, higher than any id before
        assert connection.execute(select(last_transaction.c.id)).scalar_one() == 212163200


def test_a_database_is_opened_again_as_it_was(database_url: str) -> None:
    with Database(database_url).open(NOW) as connection, connection.begin():
        connection.execute(last_transaction.update().values(id=7))
    with Database(database_url).open(NOW + 1e6) as connection:
        assert connection.execute(select(last_transaction.c.id)).scalar_one() == 7


def test_what_is_committed_survives_a_power_loss(file: Path) -> None:
    with Database(f"sqlite:///{file}").open(NOW) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


def older(url: str) -> None:
    """Make it a database of two versions before, whose tags had no parent."""
    with Database(url).open(NOW) as connection, connection.begin():
        connection.execute(text("ALTER TABLE tags DROP COLUMN parent"))
        connection.execute(text("ALTER TABLE tags DROP COLUMN concurrent"))
        connection.execute(text("INSERT INTO tags VALUES ('abc', 'ABC', 'Accepted', 5, false)"))
        connection.execute(schema_version.update().values(version=VERSION - 2))


def add_parent(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE tags ADD COLUMN parent TEXT"))


def add_concurrent(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE tags ADD COLUMN concurrent BOOLEAN DEFAULT false"))


def test_an_older_schema_is_brought_up_step_by_step(database_url: str) -> None:
    older(database_url)
    steps = {VERSION - 2: add_parent, VERSION - 1: add_concurrent}
    with Database(database_url).open(NOW, steps) as connection:
        assert version(connection) == VERSION
        row = connection.execute(select(tags)).one()
    assert (row.id_tag, row.expires, row.parent, row.concurrent) == ("ABC", 5.0, None, False)


def test_a_database_of_version_1_learns_to_keep_whole_verdicts(database_url: str) -> None:
    with Database(database_url).open(NOW) as connection, connection.begin():
        for column in ("parent_id_tag", "expiry_date"):
            connection.execute(text(f"ALTER TABLE transactions DROP COLUMN {column}"))
        connection.execute(schema_version.update().values(version=1))
    with Database(database_url).open(NOW) as connection:
        columns = {column["name"] for column in inspect(connection).get_columns("transactions")}
    assert columns == set(transactions.c.keys())


def test_a_step_that_fails_leaves_the_old_schema(database_url: str) -> None:
    older(database_url)

    def fail(connection: Connection) -> None:
        connection.execute(text("SELECT x FROM nowhere"))

    with pytest.raises(UserError, match="nowhere"):
        Database(database_url).open(NOW, {VERSION - 2: add_parent, VERSION - 1: fail})
    with Database(database_url).connect() as connection:
        assert version(connection) == VERSION - 2
        columns = {column["name"] for column in inspect(connection).get_columns("tags")}
        assert "parent" not in columns


def test_a_newer_schema_is_refused(database_url: str) -> None:
    with Database(database_url).open(NOW) as connection, connection.begin():
        connection.execute(schema_version.update().values(version=VERSION + 1))
    fix = f"its schema is of version {VERSION + 1}, this rig knows {VERSION}: update the rig, or"
    assert fix in refused(database_url)
    with pytest.raises(UserError, match="this rig knows"):
        read_only(database_url)


def test_the_database_of_another_program_is_left_alone(database_url: str) -> None:
    with Database(database_url).connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE transactions (amount INTEGER)"))
    assert "another program's table transactions is in it: name another" in refused(database_url)
    with Database(database_url).connect() as connection:
        assert inspect(connection).get_table_names() == ["transactions"]


@pytest.mark.parametrize(
    "url", ["", "csms.db", "mysql://root@localhost/rig", "nothing://x", "sqlite", "://"]
)
def test_what_is_no_url_of_ours_is_told_how_to_write_one(url: str) -> None:
    line = refused(url)
    assert line.endswith("(write sqlite:///FILE or postgresql://USER@HOST/NAME)")


def test_a_password_is_never_repeated() -> None:
    secret = "postgresql://rig:hunter2@127.0.0.1:1/rig"
    line = refused(secret)
    assert line.startswith("the database postgresql://rig:***@127.0.0.1:1/rig: ")
    assert line.endswith("is the server running there?")
    assert "hunter2" not in line + refused("postgresql//rig:hunter2@127.0.0.1")


def test_a_file_that_is_no_database_is_named(file: Path) -> None:
    file.write_text("precious " * 100)
    assert refused(f"sqlite:///{file}") == (
        f"the database sqlite:///{file}: file is not a database: name another with --database"
    )
    assert file.read_text() == "precious " * 100


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    line = refused(f"sqlite:///{tmp_path}/no/csms.db")
    assert line.endswith("does its directory exist, and may you write there?")


def test_a_locked_database_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT", 0.05)
    Database(f"sqlite:///{file}").open(NOW).close()
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN EXCLUSIVE")
        line = refused(f"sqlite:///{file}")
    assert line.endswith(
        "database is locked: end the program that holds it, or name another with --database"
    )


def test_a_missing_driver_is_named_with_its_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    line = refused("postgresql://rig@/rig")
    assert line.endswith("scripts/venv.sh postgresql")


@pytest.mark.postgresql
def test_a_missing_postgresql_database_is_named(server: object, tmp_path: Path) -> None:
    line = refused(server.url("nothing"))  # type: ignore[attr-defined]
    assert line.endswith("create it, or name another with --database")


def test_a_file_that_was_moved_is_noticed(file: Path) -> None:
    here = Database(f"sqlite:///{file}")
    with here.open(NOW):
        assert here.is_there
        file.rename(file.with_name("away.db"))
        assert not here.is_there
        file.touch()
        assert not here.is_there


def test_two_that_make_the_same_database_at_once_make_it_once(database_url: str) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(4)

    def make() -> None:
        barrier.wait()
        try:
            Database(database_url).open(NOW).close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with read_only(database_url) as connection:
        assert version(connection) == VERSION


# reading only


def test_a_reader_changes_nothing(database_url: str) -> None:
    Database(database_url).open(NOW).close()
    if database_url.startswith("sqlite"):
        with read_only(database_url) as connection, pytest.raises(OperationalError):
            connection.execute(last_transaction.update().values(id=1))


def test_a_reader_sees_one_state_while_somebody_writes(database_url: str) -> None:
    with Database(database_url).open(NOW) as writer, read_only(database_url) as reader:
        before = reader.execute(select(last_transaction.c.id)).scalar()
        with writer.begin():
            writer.execute(last_transaction.update().values(id=7))
        assert reader.execute(select(last_transaction.c.id)).scalar() == before
    with read_only(database_url) as reader:
        assert reader.execute(select(last_transaction.c.id)).scalar() == 7


def test_a_database_that_is_not_there_yet_is_not_made_by_reading(file: Path) -> None:
    with pytest.raises(UserError, match=f"there is no database {file} yet: rig csms makes it"):
        read_only(f"sqlite:///{file}")
    assert not file.exists()


def test_a_database_of_nobody_is_named(file: Path) -> None:
    sqlite3.connect(file).execute("CREATE TABLE x (y)")
    with pytest.raises(UserError, match=f"^the database sqlite:///{file}: .*no rig csms made it"):
        read_only(f"sqlite:///{file}")


def test_an_older_schema_is_not_read(database_url: str) -> None:
    older(database_url)
    with pytest.raises(UserError, match="older version: rig csms brings it up to date"):
        read_only(database_url)


def test_a_path_with_signs_of_a_url_is_read(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a%20b#c.db"
    Database(url).open(NOW).close()
    with read_only(url) as connection:
        assert version(connection) == VERSION


def test_all_its_files_are_its_users_alone_whatever_the_umask(file: Path) -> None:
    before = os.umask(0)
    try:
        with Database(f"sqlite:///{file}").open(NOW):
            modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"csms.db": 0o600, "csms.db-wal": 0o600, "csms.db-shm": 0o600}


def test_a_file_that_others_can_write_is_refused(file: Path) -> None:
    file.touch()
    file.chmod(0o622)
    assert "others can write" in refused(f"sqlite:///{file}")
