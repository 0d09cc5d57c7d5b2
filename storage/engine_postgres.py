"""The PostgreSQL engine: Tortoise's asyncpg backend, with transactions that are safe to cancel and to share.

What the stock backend does and this one does not (each has its test in tests/storage/test_engines.py):
a cancelled entry kept a connection of the pool for good; a task started inside a transaction used its connection
while the transaction did, or after it had been given back.

It builds on private names of tortoise-orm 1.1.9, which is pinned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import NestedTransactionContext, TransactionalDBClient
from tortoise.backends.base.client import TransactionContext as BaseTransactionContext
from tortoise.connection import get_connections

Statement = tuple[str, Sequence[Any]]

FAILURES: tuple[type[BaseException], ...] = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TypeError)
"""What opening or asking may raise beside Tortoise's own errors; the last two come from a URL that asyncpg cannot use."""


class Transaction(TransactionWrapper):
    """An open transaction. It belongs to the task that began it; any other task that finds it uses the pool."""

    def __init__(self, connection: AsyncpgDBClient) -> None:
        super().__init__(connection)
        self._task = asyncio.current_task()
        self.opened: list[Any] = []
        """The rows of the client's `opening` query."""
        self.closing: list[Statement] = []
        """Run right before COMMIT."""

    def _stray(self) -> bool:
        return self._finalized or asyncio.current_task() is not self._task

    def acquire_connection(self) -> Any:
        return self._parent.acquire_connection() if self._stray() else super().acquire_connection()

    def _in_transaction(self) -> BaseTransactionContext:
        if self._stray():
            return self._parent._in_transaction()
        return NestedTransactionContext(Transaction(self))

    async def begin(self) -> None:
        """Begin, and run the opening query (which locks what it reads)."""
        await super().begin()
        if isinstance(self._parent, Client) and self._parent.opening:
            self.opened = await self.execute_query_dict(self._parent.opening)

    async def commit(self) -> None:
        """Commit; when that fails, nothing of the transaction stays."""
        for query, values in self.closing:
            await self.execute_query(query, list(values))
        try:
            await super().commit()
        finally:
            self._finalized = True

    async def rollback(self) -> None:
        """Roll back; a connection that cannot any more is reset when it goes back to the pool."""
        try:
            await super().rollback()
        finally:
            self._finalized = True


class TransactionContext(BaseTransactionContext):
    """`async with`: one connection of the pool for one transaction; entering may be cancelled at any point."""

    def __init__(self, transaction: Transaction, lock: asyncio.Lock) -> None:
        self.connection = transaction
        self._lock = lock
        self._pool: Any = None

    async def __aenter__(self) -> TransactionalDBClient:
        transaction, parent = self.connection, self.connection._parent
        if not parent._pool:
            async with self._lock:
                if not parent._pool:
                    await parent.create_connection(with_db=True)
        self._pool = parent._pool
        transaction._connection = await self._pool.acquire()
        try:
            await transaction.begin()
            self.token = get_connections().set(transaction.connection_name, transaction)
        except BaseException:
            transaction._finalized = True
            # Giving it back resets the session: a half-begun transaction is rolled back.
            await self._pool.release(transaction._connection)
            raise
        return transaction

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        transaction = self.connection
        try:
            if not transaction._finalized:
                if exc_type:
                    await transaction.rollback()
                else:
                    try:
                        await transaction.commit()
                    except BaseException:
                        transaction._finalized = True
                        raise
        finally:
            try:
                get_connections().reset(self.token)
            finally:
                await self._pool.release(transaction._connection)


class Client(AsyncpgDBClient):
    """The pool."""

    opening = ""
    """A query that every transaction runs first; "" for none."""

    def _in_transaction(self) -> BaseTransactionContext:
        return TransactionContext(Transaction(self), self._pool_init_lock)


client_class = Client
