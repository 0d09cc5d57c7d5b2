"""Work that must happen: put in the transaction of the change that asks for it, run at least once, gone when done.

A job that is put again while it runs is run again afterwards. A runner that dies loses its lease, and the job is
claimed anew; what it does must therefore be safe to repeat.
"""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage import database, moments, sql, transaction
from storage.models import Job

_ERROR = 300  # letters of last_error

_PUT = """ON CONFLICT (unique_key) DO UPDATE SET payload = excluded.payload,
 run_at = CASE WHEN keyturn_jobs.leased_until IS NULL AND excluded.run_at < keyturn_jobs.run_at
  THEN excluded.run_at ELSE keyturn_jobs.run_at END,
 again_at = CASE WHEN keyturn_jobs.leased_until IS NULL THEN NULL
  WHEN keyturn_jobs.again_at < excluded.run_at THEN keyturn_jobs.again_at ELSE excluded.run_at END"""

_DUE = """SELECT id FROM keyturn_jobs WHERE run_at <= ? AND (leased_until IS NULL OR leased_until <= ?) ORDER BY run_at, id LIMIT ?"""


async def put(
    kind: str, request_id: str = "", *, key: str | None = None, at: datetime | None = None, payload: dict[str, Any] | None = None
) -> None:
    """Put a job, in the running transaction, to run from `at` on (now when None).

    With `key`, a waiting job of that key is the same job: it keeps the earlier time and takes the later payload. While
    such a job runs, it is marked to run once more from `at` on. A put of a due job wakes the worker after the commit.
    """
    tx = transaction.current()
    moment = moments.now()
    row = {"kind": kind, "request_id": request_id, "unique_key": key, "payload": payload or {}, "run_at": at or moment}
    await sql.insert(Job, [sql.whole(Job, row)], _PUT if key is not None else "")
    if at is None or at <= moment:
        tx.wakes = True


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over: the job is done, or (with `at`) due again then, because of `error` or without one."""

    job: Job
    at: datetime | None = None
    error: str = ""


async def turn(ended: Sequence[Ended], limit: int, lease: timedelta, now: datetime) -> list[Job]:
    """Put away what ended and claim up to `limit` due jobs, in one transaction; none is begun when there is nothing to do.

    When it raises, nothing was put away: give the same `ended` again.
    """
    if not ended and (limit <= 0 or not await _any_due(now)):
        return []
    async with database.transaction():
        for one in ended:
            await (finish(one.job) if one.at is None else again(one.job, one.at, one.error))
        return await claim(limit, lease, now) if limit > 0 else []


async def _any_due(now: datetime) -> bool:
    present = moments.write(now)
    return bool(await sql.rows(_DUE, [present, present, 1]))


async def claim(limit: int, lease: timedelta, now: datetime) -> list[Job]:
    """Take up to `limit` due jobs, longest due first, for `lease`. `attempts` counts the claims, this one included."""
    on = sql.client()
    lock = " FOR UPDATE SKIP LOCKED" if on.capabilities.dialect == "postgres" else ""
    present = moments.write(now)
    found = await sql.rows(
        f"WITH due AS ({_DUE}{lock}) UPDATE keyturn_jobs SET leased_until = ?, attempts = attempts + 1"
        " WHERE id IN (SELECT id FROM due) RETURNING *",
        [present, present, limit, moments.write(now + lease)],
    )
    return sorted((sql.made(Job, row) for row in found), key=lambda job: (job.run_at, job.id))


async def finish(job: Job) -> bool:
    """The job is done: it is gone, or waits for its next run when it was put again meanwhile.

    False when the lease was lost to another runner: nothing is changed then.
    """
    mine = [job.id, _lease(job)]
    if await sql.run("DELETE FROM keyturn_jobs WHERE id = ? AND leased_until = ? AND again_at IS NULL", mine):
        return True
    waits = await sql.run(
        "UPDATE keyturn_jobs SET run_at = again_at, again_at = NULL, leased_until = NULL, attempts = 0, last_error = ''"
        " WHERE id = ? AND leased_until = ? AND again_at IS NOT NULL",
        mine,
    )
    if waits:
        _wake()
    return bool(waits)


async def again(job: Job, at: datetime, error: str) -> bool:
    """The job failed: it runs again from `at` on (earlier when it was put again for earlier). False as in `finish`."""
    moment = moments.write(at)
    waits = await sql.run(
        "UPDATE keyturn_jobs SET run_at = CASE WHEN again_at < ? THEN again_at ELSE ? END, again_at = NULL, leased_until = NULL,"
        " last_error = ?"
        " WHERE id = ? AND leased_until = ?",
        [moment, moment, sql.storable(error)[:_ERROR], job.id, _lease(job)],
    )
    if waits:
        _wake()
    return bool(waits)


async def renew(job: Job, lease: timedelta, now: datetime) -> bool:
    """Keep a long-running job for another `lease` from `now` on. False as in `finish`: stop then."""
    until = moments.write(now + lease)
    kept = await sql.run("UPDATE keyturn_jobs SET leased_until = ? WHERE id = ? AND leased_until = ?", [until, job.id, _lease(job)])
    if kept:
        job.leased_until = moments.read(until)
    return bool(kept)


async def release(jobs: Iterable[Job]) -> None:
    """Give claimed jobs back that were not begun, when the process ends: the next one takes them at once."""
    for job in jobs:
        await sql.run(
            "UPDATE keyturn_jobs SET leased_until = NULL, attempts = attempts - 1 WHERE id = ? AND leased_until = ?", [job.id, _lease(job)]
        )


async def release_all() -> int:
    """Give every claimed job back: for the one process of an embedded database, when it starts after a crash. Gives how many."""
    return await sql.run("UPDATE keyturn_jobs SET leased_until = NULL WHERE leased_until IS NOT NULL", [])


async def drop(key: str) -> bool:
    """Take a waiting job of that key away. False when there is none, or it runs."""
    return bool(await sql.run("DELETE FROM keyturn_jobs WHERE unique_key = ? AND leased_until IS NULL", [key]))


async def next_due() -> datetime | None:
    """When the next job is to be claimed, leases that may run out included; None without jobs."""
    found = await sql.rows("SELECT MIN(CASE WHEN leased_until > run_at THEN leased_until ELSE run_at END) AS due FROM keyturn_jobs")
    due = found[0]["due"]
    return moments.read(due) if due else None


async def of_request(request_id: str) -> list[Job]:
    """The jobs of a request, next first."""
    found = await sql.rows("SELECT * FROM keyturn_jobs WHERE request_id = ? ORDER BY run_at, id", [request_id])
    return [sql.made(Job, row) for row in found]


async def count() -> int:
    """How many jobs there are, running and later ones included."""
    found = await sql.rows("SELECT COUNT(*) AS count FROM keyturn_jobs")
    return int(found[0]["count"])


async def waiting(now: datetime) -> tuple[int, datetime | None]:
    """How many jobs are due and not done, and since when the longest of them is; None when none is."""
    found = await sql.rows("SELECT COUNT(*) AS count, MIN(run_at) AS oldest FROM keyturn_jobs WHERE run_at <= ?", [moments.write(now)])
    oldest = found[0]["oldest"]
    return int(found[0]["count"]), moments.read(oldest) if oldest else None


async def wait_for_work(timeout: float) -> None:  # noqa: ASYNC109  # it is how long at most, and no error when it ends
    """Return when a commit of this process has put a due job since the last time, or after `timeout` seconds.

    Other processes (the command line) put jobs too: do not wait longer than a job of theirs may.
    """
    await database.current().woken(timeout)


def _lease(job: Job) -> str:
    if job.leased_until is None:
        raise ValueError(f"job {job.id} was not claimed")
    return moments.write(job.leased_until)


def wake() -> None:
    """Let the worker look, as a commit of a due job does: something of it has ended."""
    database.current().wake()


def _wake() -> None:
    """Also when this statement is part of a transaction that is not committed yet: then after the commit."""
    tx = transaction.inside()
    if tx is not None:
        tx.wakes = True
    else:
        database.current().wake()
