"""Both databases: SQLite in a file, and a private PostgreSQL cluster on loopback when the server is installed."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from storage.database import Database, open_database, upgrade

KEY = b"an audit key of the tests, long enough"
_SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class Postgres:
    """A cluster that lives for the test run; each test gets a database of its own."""

    def __init__(self, bin: Path, home: Path) -> None:
        self.bin, self.data = bin, home / "data"
        self._count = 0
        self._shared = ""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        # PostgreSQL refuses to run as root.
        self._user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self._user:
            os.chown(home, self._user.pw_uid, self._user.pw_gid)

    def run(self, tool: str, *arguments: str) -> None:
        who = {"user": self._user.pw_uid, "group": self._user.pw_gid} if self._user else {}
        done = subprocess.run([self.bin / tool, *arguments], cwd="/", capture_output=True, text=True, check=False, **who)  # type: ignore[call-overload]  # user and group are ints
        if done.returncode:
            raise RuntimeError(f"{tool}: {done.stdout}{done.stderr}")

    def start(self) -> None:
        self.run("initdb", "-D", str(self.data), "-U", "keyturn", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=60"
        self.run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.data.parent / "log"), "-o", options, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")

    async def fresh(self) -> str:
        """The address of a new, empty database."""
        self._count += 1
        name = f"keyturn_{self._count}"
        connection = await asyncpg.connect(host="127.0.0.1", port=self.port, user="keyturn", database="postgres")
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return f"postgres://keyturn@127.0.0.1:{self.port}/{name}"

    async def emptied(self) -> str:
        """The address of the one database that the tests of rows share, without rows: cheaper than a new one."""
        if not self._shared:
            self._shared = await self.fresh()
            await upgrade(self._shared)
        connection = await asyncpg.connect(self._shared)
        try:
            tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'tortoise_migrations'")
            await connection.execute("".join(f"DELETE FROM {table['tablename']};" for table in tables))
        finally:
            await connection.close()
        return self._shared


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if not _SERVERS or (os.geteuid() == 0 and not any(user.pw_name == "postgres" for user in pwd.getpwall())):
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed, and CI must test with it")
        pytest.skip("PostgreSQL is not installed (/usr/lib/postgresql)")
    home = Path(tempfile.mkdtemp(prefix="keyturn-postgres-"))
    cluster = Postgres(_SERVERS[0], home)
    try:
        cluster.start()
        yield cluster
        cluster.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def key() -> bytes:
    return KEY


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite://{tmp_path / 'keyturn.db'}"
    cluster: Postgres = request.getfixturevalue("postgres")
    return await cluster.fresh()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that has its tables, to be copied."""
    path = tmp_path_factory.mktemp("made") / "keyturn.db"
    asyncio.run(upgrade(f"sqlite://{path}"))
    return path


@pytest.fixture
def file_url(tmp_path: Path, made: Path) -> str:
    """An SQLite file with its tables, for what only SQLite does."""
    shutil.copy(made, tmp_path / "made.db")
    return f"sqlite://{tmp_path / 'made.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
async def db(request: pytest.FixtureRequest, file_url: str) -> AsyncIterator[Database]:
    """An open database with its tables, and nothing in them."""
    url = file_url
    if request.param == "postgres":
        cluster: Postgres = request.getfixturevalue("postgres")
        url = await cluster.emptied()
    async with await open_database(url, KEY) as database:
        yield database
