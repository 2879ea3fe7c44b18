"""What may become of a state file: 36 ways, each done to a sound one."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

from rig.cp.state import State

noise = random.Random(7).randbytes  # the same in each run

Damage = Callable[[Path], object]


def overwritten(offset: int, data: bytes) -> Damage:
    """Some bytes of it are others."""

    def damage(path: Path) -> None:
        whole = path.read_bytes()
        path.write_bytes(whole[:offset] + data + whole[offset + len(data) :])

    return damage


def cut(size: int) -> Damage:
    """It ends early."""
    return lambda path: path.write_bytes(path.read_bytes()[:size])


def replaced(data: bytes) -> Damage:
    """It is something else."""
    return lambda path: path.write_bytes(data)


def told(*statements: str) -> Damage:
    """Someone worked at it with SQL."""

    def damage(path: Path) -> None:
        database = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            database.execute(statement)
        database.close()

    return damage


def journal(data: bytes) -> Damage:
    """Its journal is something else."""
    return lambda path: Path(f"{path}-wal").write_bytes(data)


def without_index_row(path: Path) -> None:
    """A letter that would never be found in the order of the numbers."""
    database = sqlite3.connect(path, isolation_level=None)
    (index,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'in_order'").fetchone()
    database.execute("DROP INDEX in_order")
    database.execute(f"{index} WHERE key != '7'")
    database.execute("PRAGMA writable_schema = ON")
    database.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'in_order'", (index,))
    database.close()


SET_ASIDE: dict[str, Damage] = {
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "ones": lambda path: path.write_bytes(b"\xff" * path.stat().st_size),
    "random bytes": lambda path: path.write_bytes(noise(path.stat().st_size)),
    "a text": replaced(b"what I must not forget, " * 50),
    "JSON": replaced(b'{"queue": {}}' * 100),
    "cut within the header": cut(50),
    "cut after the header": cut(100),
    "cut within a page": cut(6000),
    "cut to a page": cut(4096),
    "magic gone": overwritten(0, bytes(16)),
    "page size odd": overwritten(16, b"\x03\x03"),
    "write version 9": overwritten(18, b"\x09"),
    "read version 9": overwritten(19, b"\x09"),
    "payload fractions": overwritten(21, b"\x00\x00\x00"),
    "schema format 9": overwritten(44, b"\x00\x00\x00\x09"),
    "UTF-16": overwritten(56, b"\x00\x00\x00\x07"),
    "first page zeros": overwritten(100, bytes(3996)),
    "second page zeros": overwritten(4096, bytes(4096)),
    "second page noise": overwritten(4096, noise(4096)),
    "third page noise": overwritten(8192, noise(4096)),
    "fourth page noise": overwritten(12288, noise(4096)),
    "an index that lacks a row": without_index_row,
    "table dropped": told("DROP TABLE kept"),
    "other columns": told("DROP TABLE kept", "CREATE TABLE kept (a, b)"),
    "a view instead": told("DROP TABLE kept", "CREATE VIEW kept AS SELECT 1 AS section"),
    "JSON cut in a row": told("UPDATE kept SET value = '{\"id\": ' WHERE key = '1'"),
    "a row empty": told("UPDATE kept SET value = '' WHERE key = '1'"),
    "a row binary": told("UPDATE kept SET value = x'80FF' WHERE key = '1'"),
    "a row nested": told("UPDATE kept SET value = '" + "[" * 100_000 + "' WHERE key = '1'"),
}
TAKEN: dict[str, Damage] = {  # as it is
    "empty": cut(0),
    "one byte": replaced(b"S"),
    "gone": lambda path: path.unlink(),
    "journal zeros": journal(bytes(5000)),
    "journal noise": journal(noise(5000)),
    "a row of another type": told("UPDATE kept SET value = '[1]' WHERE section = 'meter'"),
    "a row unknown": told("INSERT INTO kept VALUES ('what', 'ever', '{}')"),
}


def asides(path: Path) -> list[Path]:
    """What was set aside, less its journals."""
    found = path.parent.glob(f"{path.name}.damaged-*")
    return [one for one in found if not one.name.endswith(("-wal", "-shm"))]


def fill(state: State, pages: int = 1) -> None:
    """No more than so many pages beyond those of now: the disk is full."""
    assert state._database
    (now,) = state._database.execute("PRAGMA page_count").fetchone()
    state._database.execute(f"PRAGMA max_page_count = {now + pages - 1}")
