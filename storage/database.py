"""The one open database of the process, and its transactions."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import TortoiseContext
from tortoise.exceptions import BaseORMException
from tortoise.transactions import in_transaction

from storage import chain, schema, sql
from storage.address import config, file_of, shown
from storage.models import ChainHead
from storage.problems import DatabaseProblem
from storage.transaction import HEAD, Tx, head_of, inside, reset_current, set_current

__all__ = ["Database", "DatabaseProblem", "Tx", "current", "open_database", "pending", "transaction", "upgrade"]

TRANSACTION_LIMIT = 30.0
"""Seconds that the inside of a transaction may take: it holds the write lock."""

_ALIVE_LIMIT = 2.0

_open: Database | None = None


class Database:
    """The open database. `async with` closes it."""

    def __init__(self, context: TortoiseContext, key: bytes, revision: str, sealed: bool) -> None:
        self.schema = revision
        """The name of the newest step of the schema."""
        self.sealed = sealed
        """Whether the audit chain's head was sealed with this audit key, as of opening. Nothing can be recorded when not."""
        self._context = context
        self._key = key
        self._work = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Close it; once more does nothing."""
        global _open
        if _open is self:
            _open = None
            await self._context.close_connections()

    async def alive(self) -> bool:
        """Whether it answers within two seconds and has its tables."""
        try:
            async with asyncio.timeout(_ALIVE_LIMIT):
                await sql.rows("SELECT 1 FROM keyturn_chain_head")
        except Exception:  # noqa: BLE001  # whatever the driver raises, the answer is no
            return False
        return True

    @asynccontextmanager
    async def transaction(self, limit: float = TRANSACTION_LIMIT) -> AsyncIterator[Tx]:
        """Everything inside is committed together, or nothing is. It takes the write lock of the whole database at once.

        Inside, `limit` seconds are allowed (TimeoutError after them, and nothing is written). Tasks that are started
        inside are outside of it, and wait for its end when they use the database: do not await them inside.
        RuntimeError when it is entered inside another. After a commit that put a due job, the worker is woken.
        """
        if inside() is not None:
            raise RuntimeError("transactions do not nest")
        async with in_transaction("default") as client:
            tx = Tx(client, self._key)
            token = set_current(tx)
            try:
                async with asyncio.timeout(limit):
                    yield tx
                tx.seal()
            finally:
                tx.open = False
                reset_current(token)
        if tx.wakes:
            self.wake()

    def wake(self) -> None:
        """Somebody has work for the worker."""
        self._work.set()

    async def woken(self, limit: float) -> None:
        """Wait until `wake` was called since the last time, or for `limit` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._work.wait()
        self._work.clear()


def current() -> Database:
    """The open database. RuntimeError when none is."""
    if _open is None:
        raise RuntimeError("no database is open")
    return _open


def transaction(limit: float = TRANSACTION_LIMIT) -> AbstractAsyncContextManager[Tx]:
    """`Database.transaction` of the open database. RuntimeError when none is open."""
    return current().transaction(limit)


async def open_database(url: str, audit_key: bytes, *, create: bool = True) -> Database:
    """Open the database of this process.

    `url` as in storage.address. An empty database gets its tables when `create` is true. An empty `audit_key` is for
    reading only: nothing can be recorded. DatabaseProblem: "unreachable" (also when it does not exist and is not to
    be created), "outdated" when migrations are due, "newer". RuntimeError when one is open already.
    """
    global _open
    if _open is not None:
        raise RuntimeError("a database is open already")
    context, client, failures = await _connect(url, create=create, shared=True)
    try:
        have = await schema.applied(client)
        due = schema.check(have)
        if due and (have or not create):
            raise DatabaseProblem("outdated", _outdated(url, due, have))
        if due:
            await schema.apply(client)
        client.opening = HEAD + (" FOR UPDATE" if client.capabilities.dialect == "postgres" else "")
        sealed = await _sealed(audit_key)
        database = _open = Database(context, audit_key, schema.known()[-1], sealed)
        return database
    except DatabaseProblem:
        await context.close_connections()
        raise
    except failures as error:
        await context.close_connections()
        raise _unreachable(url, error) from error
    except BaseException:
        await context.close_connections()
        raise


async def pending(url: str) -> list[str]:
    """The names of the migrations that are due; all for an empty or missing database. DatabaseProblem: "unreachable", "newer"."""
    try:
        if _missing(url):
            return schema.known()
    except ValueError as error:
        raise DatabaseProblem("unreachable", str(error)) from error
    return await _apart(url, False, _due)


async def upgrade(url: str) -> list[str]:
    """Bring the database to this version, making it when it is missing; gives the names of the migrations done.

    Safe twice, and from two processes at once. DatabaseProblem: "unreachable", "newer".
    """
    return await _apart(url, True, schema.apply)


async def _due(client: Any) -> list[str]:
    return schema.check(await schema.applied(client))


async def _apart(url: str, create: bool, work: Callable[[Any], Any]) -> list[str]:
    """Run `work` on a connection of its own, whether or not the process has a database open."""
    context, client, failures = await _connect(url, create=create, shared=False)
    async with context:
        try:
            done: list[str] = await work(client)
        except failures as error:
            raise _unreachable(url, error) from error
    return done


async def _connect(url: str, *, create: bool, shared: bool) -> tuple[TortoiseContext, Any, tuple[type[BaseException], ...]]:
    try:
        settings = config(url)
    except ValueError as error:
        raise DatabaseProblem("unreachable", str(error)) from error
    failures = (*import_module(settings["connections"]["default"]["engine"]).FAILURES, BaseORMException)
    context = TortoiseContext()
    try:
        _file(url, create)
        with context:  # loading the models asks for the current context
            await context.init(settings, _enable_global_fallback=shared)
        EXECUTOR_CACHE.clear()  # Tortoise keeps statements by the connection's name, whatever database it was before
        client = context.db()
        await client.create_connection(with_db=True)
    except failures as error:
        await context.close_connections()
        raise _unreachable(url, error) from error
    except BaseException:
        await context.close_connections()
        raise
    return context, client, failures


def _missing(url: str) -> bool:
    """Whether it is a file that does not exist. ValueError as storage.address."""
    path = file_of(url)
    return bool(path) and not Path(path).exists()


def _file(url: str, create: bool) -> None:
    """Make an SQLite file that only its owner reads. OSError when there is none and none can be made."""
    path = file_of(url)
    if path and create:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    elif _missing(url):
        raise FileNotFoundError("there is no such file; `keyturn db upgrade` makes it")


async def _sealed(key: bytes) -> bool:
    """Whether `key` fits the head. The head of a database that never recorded anything is made."""
    found = await sql.rows(HEAD)
    if not found and key:
        async with in_transaction("default"):
            empty = not await sql.rows("SELECT 1 FROM password_reset_audit_log LIMIT 1")
            if empty and not await sql.rows("SELECT 1 FROM password_reset_requests LIMIT 1"):
                start = chain.EMPTY
                row = {
                    "id": 1,
                    "seq": start.seq,
                    "hash": start.hash,
                    "event_number": 0,
                    "request_number": 0,
                    "seal": chain.seal(key, start),
                }
                await sql.insert(ChainHead, [sql.whole(ChainHead, row)], "ON CONFLICT DO NOTHING")
        found = await sql.rows(HEAD)
    return bool(found) and chain.fits(key, head_of(found[0]), found[0]["seal"])


def _outdated(url: str, due: list[str], have: list[str]) -> str:
    if not have:
        return f"The database {shown(url)} is empty. Run `keyturn db upgrade`."
    return f"The database {shown(url)} is at {have[-1]} and needs {', '.join(due)}. Make a backup, then run `keyturn db upgrade`."


def _unreachable(url: str, error: BaseException) -> DatabaseProblem:
    reason = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror
    advice = "its folder must exist and be writable for this user" if file_of(url) else "the server must run and let this user in"
    return DatabaseProblem("unreachable", f"The database {shown(url)} cannot be used: {reason}. Check KEYTURN_DATABASE_URL; {advice}.")
