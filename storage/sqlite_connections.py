"""The two connections of the SQLite engine to one file: one that writes, in a thread of its own, and one that reads.

A trip to a thread and back costs several times what most statements do, so what cannot wait is run in the loop's thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aiosqlite


class Writer(aiosqlite.Connection):
    """aiosqlite's connection, which knows whether its thread still works: a cancelled caller does not stop the thread."""

    sent = 0
    done = 0

    @property
    def idle(self) -> bool:
        """Whether the thread has done all it was sent. Only then may a statement be run from another thread."""
        return self.sent == self.done

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        def counted() -> Any:
            try:
                return fn(*args, **kwargs)
            finally:
                self.done += 1  # the thread alone writes this one

        self.sent += 1
        return await super()._execute(counted)  # type: ignore[no-untyped-call]  # aiosqlite's own, without types

    def begin_at_once(self, busy_timeout: object) -> bool:
        """Takes the write lock without waiting; False when it is not to be had. `busy_timeout` is set again afterwards."""
        connection = self._conn
        if not self.idle or connection.in_transaction:
            return False
        connection.execute("PRAGMA busy_timeout=0")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        finally:
            connection.execute(f"PRAGMA busy_timeout={busy_timeout}")
        return True


def writer(filename: str) -> Writer:
    """Not connected yet: await it."""

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(filename, isolation_level=None, check_same_thread=False)

    return Writer(connect, iter_chunk_size=64)


class Reader:
    """For queries outside of transactions. In WAL mode a reader sees what was committed last and waits for nobody
    (SQLite, Write-Ahead Logging), so it needs neither the writer's lock nor its thread.

    It runs in the loop's thread: what is read this way must be bounded and by index. sqlite3.Error when it cannot be opened.
    """

    def __init__(self, filename: str) -> None:
        # By way of a Path: an address of three slashes gives //tmp/…, which "file:" alone would take for a host.
        connection = sqlite3.connect(
            f"{Path(filename).absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        # The few moments in which even a reader has to wait (recovery, the end of a checkpoint) are left to the writer's thread.
        connection.execute("PRAGMA busy_timeout=0")
        self._connection: sqlite3.Connection | None = connection

    def close(self) -> None:
        """Once more does nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def rows(self, query: str, values: Sequence[Any] | None) -> list[Any] | None:
        """The rows of a plain query. None when the writer must be asked: no plain query, or this connection cannot say."""
        if self._connection is None or query[:7].upper() != "SELECT ":
            return None
        try:
            return self._connection.execute(query, values or ()).fetchall()
        except sqlite3.Error:
            # Whatever it is, the writer meets it too when it lasts, and names it.
            return None
