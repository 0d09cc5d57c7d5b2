"""The SQLite engine: Tortoise's own, with transactions that are safe to cancel, to share and to run beside other processes.

What the stock backend does and this one does not (each has its test in tests/storage/test_engines.py):
a cancelled entry kept the connection's lock for good; a task started inside a transaction wrote into it; BEGIN was
deferred, so that reading and then writing failed at once beside another writer; a script committed the transaction
that it ran in; a COMMIT that failed left the transaction open for whoever came next.

It builds on private names of tortoise-orm 1.1.9 and aiosqlite 0.22, which are pinned.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any

from tortoise.backends.base.client import NestedTransactionContext, TransactionalDBClient
from tortoise.backends.base.client import TransactionContext as BaseTransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import IntegrityError, OperationalError

from storage.sqlite_connections import Reader, Writer, writer

Statement = tuple[str, Sequence[Any]]

FAILURES: tuple[type[BaseException], ...] = (OSError, sqlite3.Error)
"""What opening or asking may raise beside Tortoise's own errors."""

_WAL_TRIES = 100
_WAL_PAUSE = 0.05
"""Seconds. Changing the journal of a new file ignores busy_timeout while another process does the same."""


class Transaction(SqliteTransactionWrapper):
    """An open transaction. It belongs to the task that began it; any other task that finds it uses the connection."""

    def __init__(self, connection: SqliteClient) -> None:
        super().__init__(connection)
        self._parent: SqliteClient = connection
        self._task = asyncio.current_task()
        self.opened: list[Any] = []
        """The rows of the client's `opening` query, read under the write lock."""
        self.closing: list[Statement] = []
        """Run right before COMMIT, in the same trip to the connection's thread."""

    def _stray(self) -> bool:
        return self._finalized or asyncio.current_task() is not self._task

    def acquire_connection(self) -> Any:
        return self._parent.acquire_connection() if self._stray() else super().acquire_connection()

    def _in_transaction(self) -> BaseTransactionContext:
        if self._stray():
            return self._parent._in_transaction()
        return NestedTransactionContext(Transaction(self))

    async def begin(self) -> None:
        """Take the write lock now, waiting for other processes up to busy_timeout. OperationalError when it is not to be had."""
        opening = self._parent.opening if isinstance(self._parent, Client) else ""

        def begin() -> list[Any]:
            connection = self._connection._conn
            if connection.in_transaction:
                connection.rollback()
            connection.execute("BEGIN IMMEDIATE")
            return connection.execute(opening).fetchall() if opening else []

        line = self._connection
        if isinstance(line, Writer) and line.begin_at_once(self._parent.pragmas.get("busy_timeout", 0)):
            self.opened = line._conn.execute(opening).fetchall() if opening else []
        else:
            self.opened = await self._trip(begin)

    async def commit(self) -> None:
        """Commit; when that fails, nothing of the transaction stays."""

        def commit() -> None:
            connection = self._connection._conn
            try:
                for query, values in self.closing:
                    connection.execute(query, values)
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

        try:
            await self._trip(commit)
        finally:
            self._finalized = True

    async def rollback(self) -> None:
        """Roll back. Also when the caller is cancelled meanwhile: the connection's thread takes its work in order."""
        try:
            await self._trip(self._connection._conn.rollback)
        finally:
            self._finalized = True

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[Any]]:
        """How many rows changed (or were found), and the rows."""
        if self._stray():
            counted: tuple[int, Sequence[Any]] = await self._parent.execute_query(query, values)
            return counted
        found, changed = self._here(query, values)
        return changed or len(found), found

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        """The rows."""
        if self._stray():
            rows: list[dict[str, Any]] = await self._parent.execute_query_dict(query, values)
            return rows
        return [dict(row) for row in self._here(query, values)[0]]

    async def execute_insert(self, query: str, values: list[Any]) -> int:
        """Insert one row; gives its number."""
        if self._stray():
            return int(await self._parent.execute_insert(query, values))
        self._here(query, values)
        return int(self._here("SELECT last_insert_rowid()", None)[0][0][0])

    def _here(self, query: str, values: list[Any] | None) -> tuple[list[Any], int]:
        """Run a statement in the task's own thread: the lock is ours and the connection's thread idle since BEGIN returned.

        A trip to that thread and back costs several times what a statement does; a BEGIN that has to wait, and COMMIT,
        which writes to the disk, are made there.
        """
        connection = self._connection._conn
        before = connection.total_changes
        try:
            found = connection.execute(query, values or ()).fetchall()
        except sqlite3.IntegrityError as error:
            raise IntegrityError(error) from error
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        return found, connection.total_changes - before

    async def execute_script(self, query: str) -> None:
        """Statement by statement: sqlite3's own executescript commits first."""
        statement = ""
        for piece in query.split(";"):
            statement += piece + ";"
            if sqlite3.complete_statement(statement):
                if statement.strip(" \n\t;"):
                    await self.execute_query(statement)
                statement = ""
        if statement.strip(" \n\t;"):
            await self.execute_query(statement)

    async def _trip(self, work: Any) -> Any:
        """Run `work` in the connection's thread, with errors as Tortoise's."""
        try:
            return await self._connection._execute(work)  # type: ignore[no-untyped-call]  # aiosqlite's own, without types
        except sqlite3.IntegrityError as error:
            raise IntegrityError(error) from error
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error


class TransactionContext(BaseTransactionContext):
    """`async with`: one transaction at a time on the one connection; entering may be cancelled at any point."""

    def __init__(self, transaction: Transaction, lock: asyncio.Lock) -> None:
        self.connection = transaction
        self._lock = lock

    async def __aenter__(self) -> TransactionalDBClient:
        await self._lock.acquire()
        transaction = self.connection
        try:
            if not isinstance(transaction._parent, Client):
                raise TypeError("a transaction begins on the connection")
            transaction._connection = await transaction._parent.connected()
        except BaseException:
            self._lock.release()
            raise
        try:
            await transaction.begin()
            self.token = get_connections().set(transaction.connection_name, transaction)
        except BaseException:
            try:
                await transaction.rollback()
            finally:
                self._lock.release()
            raise
        return transaction

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            if not self.connection._finalized:
                await (self.connection.rollback() if exc_type else self.connection.commit())
        finally:
            try:
                get_connections().reset(self.token)
            finally:
                self._lock.release()


class Client(SqliteClient):
    """The connection to the file."""

    opening = ""
    """A query that every transaction runs first, under its lock; "" for none."""
    _reader: Reader | None = None

    async def create_connection(self, with_db: bool) -> None:
        """Connect and set the pragmas. sqlite3.Error when the file cannot be used."""
        for attempt in range(_WAL_TRIES):
            try:
                await self._connect()
                return
            except sqlite3.OperationalError as error:
                await self.close()
                if "locked" not in str(error) or attempt == _WAL_TRIES - 1:
                    raise
                await asyncio.sleep(_WAL_PAUSE)
            except BaseException:
                await self.close()
                raise

    async def _connect(self) -> None:
        if self._connection:
            return
        connection = writer(self.filename)
        # The thread must not keep a process alive that ended without closing; what was not committed is not there.
        connection._thread.daemon = True
        self._connection = await connection
        connection._conn.row_factory = sqlite3.Row
        pragmas = [f"PRAGMA {name}={value}" for name, value in self.pragmas.items()]

        def prepare() -> None:
            for pragma in pragmas:
                connection._conn.execute(pragma).fetchall()

        await connection._execute(prepare)
        if not self.filename.startswith(":"):
            self._reader = Reader(self.filename)
        await self._post_connect()

    async def close(self) -> None:
        """Close both connections; once more does nothing."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        await super().close()

    async def connected(self) -> Any:
        """aiosqlite's connection, made when there is none."""
        if self._connection is None:
            await self.create_connection(with_db=True)
        return self._connection

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        """The rows. A plain query sees what was committed last, and waits for no transaction of this process."""
        found = self._reader.rows(query, values) if self._reader is not None else None
        if found is not None:
            return [dict(row) for row in found]
        rows: list[dict[str, Any]] = await super().execute_query_dict(query, values)
        return rows

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[Any]]:
        """How many rows changed (or were found), and the rows; queries as in `execute_query_dict`."""
        found = self._reader.rows(query, values) if self._reader is not None else None
        if found is not None:
            return len(found), found
        counted: tuple[int, Sequence[Any]] = await super().execute_query(query, values)
        return counted

    async def execute_many(self, query: str, values: list[Any]) -> None:
        """All or nothing, in a transaction of its own; the stock one could be left open by a cancellation."""
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)

    def _in_transaction(self) -> BaseTransactionContext:
        return TransactionContext(Transaction(self), self._lock)


client_class = Client
