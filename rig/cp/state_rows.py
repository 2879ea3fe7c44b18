"""What is read of the table of a state, and written to it.

The queue may hold a year of requests: it stays on the disk and is read in portions, in the order of
its numbers, which an index knows. What is kept for whoever inspects it is at most counted. What
could not be written yet counts as if it were.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rig.cp.logic.delivery import PORTION
from rig.cp.logic.kept import DAMAGED
from rig.cp.logic.saved import BEYOND, DISCARDED, QUEUE, Beyond

TABLE = """\
CREATE TABLE IF NOT EXISTS kept (
    section TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (section, key)
) WITHOUT ROWID"""
INDEX = "CREATE INDEX IF NOT EXISTS in_order ON kept (section, CAST(key AS INTEGER))"
NEXT_SECTION = "SELECT min(section) FROM kept WHERE section > ?"
READ = "SELECT key, value FROM kept WHERE section = ?"
REQUESTS_AFTER = """\
SELECT CAST(key AS INTEGER) AS number, key, value FROM kept
WHERE section = ? AND number > ? ORDER BY number"""
TALLY = "SELECT count(*), max(CAST(key AS INTEGER)) FROM kept WHERE section = ?"
HOLDS = "SELECT count(*) FROM kept WHERE section = ? AND key = ?"
WRITE = "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
FORGET = "DELETE FROM kept WHERE section = ? AND key = ?"
NOT_AT_ONCE = {QUEUE.name, DISCARDED.name, DAMAGED.name}
BEFORE_ALL = -(2**63)  # no number of SQLite is less

RowKey = tuple[str, str]  # section and key
Rows = Mapping[RowKey, Any]  # None: to be forgotten
Loaded = dict[str, dict[str, Any]]  # section -> key -> value


class Portion(NamedTuple):
    """Some requests as they were saved, by key and in order, and the number of the last one."""

    requests: dict[str, Any]
    last: int


def loaded(source: sqlite3.Connection, unwritten: Rows) -> Loaded:
    """What a life begins with: all but the requests, and the first of these.

    What lies beyond them is told in the section BEYOND, if anything does. Raises sqlite3.Error, and
    ValueError or RecursionError, for what is damaged.
    """
    sections: Loaded = {}
    for section, key, value in [*_all_but_requests(source), *_flat(unwritten)]:
        if section not in NOT_AT_ONCE:
            sections.setdefault(section, {})[key] = value
    first = portion(source, unwritten, BEFORE_ALL)
    sections[QUEUE.name] = first.requests
    sections[BEYOND] = _beyond(source, unwritten, first)
    there = {name: _without_none(values) for name, values in sections.items()}
    return {name: values for name, values in there.items() if values}


def portion(source: sqlite3.Connection, unwritten: Rows, after: int) -> Portion:
    """The next requests after a number. Raises what `loaded` does."""
    waiting = {key: value for (section, key), value in unwritten.items() if section == QUEUE.name}
    found = []
    with contextlib.closing(source.execute(REQUESTS_AFTER, (QUEUE.name, after))) as rows:
        for number, key, value in rows:
            if key not in waiting:
                found.append((number, key, json.loads(value)))
            if len(found) == PORTION:
                break
    for key, value in waiting.items():
        if value is not None and int(key) > after:
            found.append((int(key), key, value))
    found = sorted(found, key=lambda one: one[:2])[:PORTION]
    return Portion({key: value for _, key, value in found}, found[-1][0] if found else after)


def write(database: sqlite3.Connection, values: Rows) -> None:
    """Write all of these, or none. Raises sqlite3.Error."""
    with database:
        for (section, key), value in values.items():
            if value is None:
                database.execute(FORGET, (section, key))
            else:
                database.execute(WRITE, (section, key, json.dumps(value)))


def _all_but_requests(source: sqlite3.Connection) -> Iterator[tuple[str, str, Any]]:
    section: str | None = ""
    while section is not None:
        if section not in NOT_AT_ONCE:
            with contextlib.closing(source.execute(READ, (section,))) as rows:
                yield from ((section, key, json.loads(value)) for key, value in rows)
        (section,) = source.execute(NEXT_SECTION, (section,)).fetchone()


def _flat(rows: Rows) -> Iterable[tuple[str, str, Any]]:
    return ((section, key, value) for (section, key), value in rows.items())


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _beyond(source: sqlite3.Connection, unwritten: Rows, first: Portion) -> dict[str, int]:
    queued, greatest = _tally(source, unwritten, QUEUE.name)
    discarded, greatest_discarded = _tally(source, unwritten, DISCARDED.name)
    queued -= len(first.requests)
    if not queued and not discarded:
        return {}
    return Beyond(queued, discarded, first.last, max(greatest, greatest_discarded))._asdict()


def _tally(source: sqlite3.Connection, unwritten: Rows, section: str) -> tuple[int, int]:
    """How many there are of a section, and the greatest number among them."""
    count, greatest = source.execute(TALLY, (section,)).fetchone()
    for (of, key), value in unwritten.items():
        if of == section:
            (held,) = source.execute(HOLDS, (section, key)).fetchone()
            count += (value is not None) - held
            greatest = max(greatest or 0, int(key) if value is not None else 0)
    return count, greatest or 0
