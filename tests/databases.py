"""Databases for tests: a new, empty one each time, on SQLite and on a real PostgreSQL.

The server is Debian's (`apt-get install postgresql`), on a Unix socket in a directory of its own.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)
_numbers = count(1)


@dataclass
class Server:
    """A PostgreSQL server of our own."""

    folder: Path
    user: str

    def url(self, database: str) -> str:
        return f"postgresql://rig@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"rig_{next(_numbers)}"
        address = f"host={self.folder} user=rig dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses="
        self._run("pg_ctl", "-w", "-l", f"{self.folder}/log", "-o", options, "start")

    def kill(self) -> None:
        """As if the machine had lost its power."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _run(self, tool: str, *words: str) -> None:
        as_user = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
        command = [str(_tools() / tool), "-D", str(self.folder / "data"), *words]
        command = [*as_user, *command] if os.getuid() == 0 else command
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)


@contextmanager
def postgresql_server() -> Iterator[Server]:
    """A server, until the end. It refuses to run as root: then it runs as `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="rig-pg-"))
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    shutil.chown(folder, user)
    server = Server(folder, user)
    server._run("initdb", "-U", "rig", "-A", "trust", "--no-sync", "-E", "UTF8")
    server.start()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)


def _tools() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "apt-get install postgresql"
    return found[-1].parent


@pytest.fixture(scope="module")  # each has its own: one of them kills it
def server() -> Iterator[Server]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(params=["sqlite", POSTGRESQL])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database, on each of the two."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'csms.db'}"
    url: str = request.getfixturevalue("server").new_database()
    return url
