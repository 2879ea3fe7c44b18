"""A database in a transaction, and what writes into it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from rig.csms.store.database import Database
from rig.csms.store.ledger import Ledger, Memory
from tests.messages import NOW


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with Database(database_url).open(NOW) as connection, connection.begin():
        yield connection


@pytest.fixture
def ledger(connection: Connection) -> Ledger:
    return Ledger(connection, "accept", Memory())
