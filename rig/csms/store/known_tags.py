"""The tags in the central system's database."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ocpp.v16.enums import AuthorizationStatus
from sqlalchemy import Connection, delete, select

from rig.csms.logic.tags import Tag, fold
from rig.csms.store.rows import storable
from rig.csms.store.statements import upsert
from rig.csms.store.tables import tags


class KnownTags:
    """Reads and writes them within the connection's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id_tag: str) -> Tag | None:
        """The tag in any spelling, as charge points send it; None if it is not known."""
        where = tags.c.folded == storable(fold(id_tag))
        found = self._connection.execute(select(tags).where(where)).first()
        return None if found is None else _tag(found)

    def all(self) -> list[Tag]:
        """All of them, in order."""
        found = self._connection.execute(select(tags).order_by(tags.c.folded))
        return [_tag(row) for row in found]

    def put(self, tag: Tag, *, from_file: bool = False) -> None:
        """Know this tag from now on, as it is."""
        row = asdict(tag) | {"status": tag.status.value, "from_file": from_file}
        row["folded"] = fold(tag.id_tag)
        statement = upsert(self._connection.dialect.name, tags, frozenset(row))
        self._connection.execute(statement, row)

    def set(self, listed: Iterable[Tag]) -> None:
        """Know these tags of a file, and no longer those that it had before."""
        self._connection.execute(delete(tags).where(tags.c.from_file))
        for tag in listed:
            self.put(tag, from_file=True)


def _tag(row: Any) -> Tag:
    status = AuthorizationStatus(row.status)
    return Tag(row.id_tag, status, row.expires, row.parent, row.concurrent)
