"""One `serve` at a time on an embedded database. A server's database may have several.

The lock is the operating system's, on a file beside the database: it is gone when the process is, however it ended.
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from storage.address import file_of

log = structlog.get_logger(__name__)
PATIENCE = 20.0
"""Seconds; a process that was told to stop drains for 15 at the most."""


class AlreadyServed(Exception):
    """Another process serves this database."""


@asynccontextmanager
async def alone(database_url: str) -> AsyncIterator[bool]:
    """Holds the lock; True when this is the only process that works on the jobs. Raises AlreadyServed after PATIENCE."""
    path = file_of(database_url)
    if not path:
        yield False
        return
    with open(f"{path}.serve", "a", encoding="ascii") as lock:  # noqa: ASYNC230 - an empty file, opened once
        said = False
        for _ in range(int(PATIENCE * 10)):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not said:
                    log.info("waiting for another process on this database to end")
                    said = True
                await asyncio.sleep(0.1)
        else:
            raise AlreadyServed(f"Another `keyturn serve` works on {path}. Stop it first, or use a PostgreSQL database for several.")
        yield True
