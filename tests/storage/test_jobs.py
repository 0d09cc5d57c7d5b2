"""Jobs run at least once; a wake is never lost; a runner that died is replaced."""

# ruff: noqa: PT012 - a transaction that fails inside is more than one statement

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from storage import jobs, moments
from storage.database import Database, transaction
from storage.models import Job

LEASE = timedelta(minutes=1)
NOON = datetime(2026, 5, 18, 12, tzinfo=UTC)


async def put(kind: str = "triage", **options: object) -> None:
    async with transaction():
        await jobs.put(kind, "IT-1", **options)  # type: ignore[arg-type]  # passed through


async def claim(now: datetime = NOON) -> list[Job]:
    return await jobs.claim(10, LEASE, now)


async def test_a_job_waits_for_its_time_and_is_gone_when_done(db: Database) -> None:
    assert await jobs.next_due() is None
    await put(at=NOON, payload={"try": 1})
    assert await jobs.next_due() == NOON
    assert await claim(NOON - timedelta(seconds=1)) == []
    (job,) = await claim()
    assert (job.kind, job.request_id, job.payload, job.attempts) == ("triage", "IT-1", {"try": 1}, 1)
    assert await jobs.next_due() == NOON + LEASE
    assert await claim() == []
    assert await jobs.finish(job)
    assert await jobs.count() == 0


async def test_the_longest_due_come_first_and_no_more_than_asked(db: Database) -> None:
    for minutes in (3, 1, 2):
        await put(f"m{minutes}", at=NOON + timedelta(minutes=minutes))
    later = NOON + timedelta(minutes=10)
    assert [job.kind for job in await jobs.claim(2, LEASE, later)] == ["m1", "m2"]
    assert [job.kind for job in await jobs.claim(2, LEASE, later)] == ["m3"]


async def test_the_same_key_is_the_same_waiting_job_at_the_earlier_time(db: Database) -> None:
    await put(key="k", at=NOON + timedelta(hours=1), payload={"n": 1})
    await put(key="k", at=NOON, payload={"n": 2})
    await put(key="k", at=NOON + timedelta(hours=2), payload={"n": 3})
    (job,) = await claim()
    assert (job.run_at, job.payload) == (NOON, {"n": 3})
    assert await jobs.count() == 1


async def test_put_while_it_runs_it_runs_again(db: Database) -> None:
    await put(key="k", at=NOON)
    (job,) = await claim()
    await put(key="k", at=NOON)
    assert await claim() == []  # not beside itself
    assert await jobs.finish(job)
    (again,) = await claim()
    assert (again.id, again.attempts) == (job.id, 1)
    assert await jobs.finish(again)
    assert await jobs.count() == 0


async def test_a_job_may_put_itself_for_later_while_it_runs(db: Database) -> None:
    await put(key="k", at=NOON)
    (job,) = await claim()
    await put(key="k", at=NOON + timedelta(hours=2))
    await put(key="k", at=NOON + timedelta(hours=1))
    await put(key="k", at=NOON + timedelta(hours=3))
    assert await jobs.finish(job)
    assert await claim(NOON + timedelta(minutes=59)) == []
    assert len(await claim(NOON + timedelta(hours=1))) == 1


async def test_a_failed_job_runs_again_later_or_earlier_when_asked(db: Database) -> None:
    await put(key="k", at=NOON)
    (job,) = await claim()
    assert await jobs.again(job, NOON + timedelta(minutes=5), "okta: 503 " + "x" * 500)
    assert await claim() == []
    (job,) = await claim(NOON + timedelta(minutes=5))
    assert (job.attempts, len(job.last_error)) == (2, 300)
    await put(key="k", at=NOON + timedelta(minutes=6))
    assert await jobs.again(job, NOON + timedelta(hours=9), "still")
    assert len(await claim(NOON + timedelta(minutes=6))) == 1


async def test_the_job_of_a_dead_runner_is_claimed_anew_and_the_dead_has_no_say(db: Database) -> None:
    await put(key="k", at=NOON)
    (dead,) = await claim()
    after = NOON + LEASE
    (job,) = await claim(after)
    assert (job.id, job.attempts) == (dead.id, 2)
    assert not await jobs.finish(dead)
    assert not await jobs.again(dead, after, "too late")
    assert not await jobs.renew(dead, LEASE, after)
    assert await jobs.renew(job, LEASE, after + LEASE / 2)
    assert await claim(after + LEASE) == []
    await jobs.release([job])
    (last,) = await claim(after + LEASE)
    assert last.attempts == 2
    assert await jobs.finish(last)


async def test_put_for_a_dead_runners_job_is_not_lost(db: Database) -> None:
    await put(key="k", at=NOON)
    await claim()
    await put(key="k", at=NOON + timedelta(seconds=1))
    (job,) = await claim(NOON + LEASE)
    assert await jobs.finish(job)
    assert len(await claim(NOON + LEASE)) == 1


async def test_a_waiting_job_can_be_dropped(db: Database) -> None:
    await put(key="k", at=NOON)
    assert [job.unique_key for job in await jobs.of_request("IT-1")] == ["k"]
    assert await jobs.drop("k")
    assert not await jobs.drop("k")


async def test_a_commit_wakes_the_worker_and_a_rollback_does_not(db: Database) -> None:
    async def waited(limit: float) -> float:
        start = time.perf_counter()
        await jobs.wait_for_work(limit)
        return time.perf_counter() - start

    waiting = asyncio.create_task(waited(5))
    await asyncio.sleep(0)
    await put()
    assert await waiting < 3
    await put()  # before anybody waits
    assert await waited(5) < 3
    assert await waited(0.02) >= 0.015
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await jobs.put("triage")
            raise ZeroDivisionError
    await put(at=moments.now() + timedelta(hours=1))
    assert await waited(0.02) >= 0.015


async def test_the_wake_comes_after_the_commit(db: Database) -> None:
    """A worker that is woken before it finds nothing, and sleeps over the job."""

    async def worker() -> list[Job]:
        await jobs.wait_for_work(5)
        return await jobs.claim(1, LEASE, moments.now())

    woken = asyncio.create_task(worker())
    await asyncio.sleep(0)
    async with transaction():
        await jobs.put("triage")
        await asyncio.sleep(0.02)
        assert not woken.done()
    assert len(await woken) == 1


async def test_finishing_a_job_that_was_put_again_wakes_too(db: Database) -> None:
    await put(key="k")
    (job,) = await jobs.claim(1, LEASE, moments.now())
    await put(key="k")
    await jobs.wait_for_work(0.01)
    async with transaction():
        await jobs.finish(job)
    start = time.perf_counter()
    await jobs.wait_for_work(5)
    assert time.perf_counter() - start < 3


async def test_jobs_are_put_only_inside_a_transaction(db: Database) -> None:
    with pytest.raises(RuntimeError):
        await jobs.put("triage")


async def test_a_turn_puts_away_what_ended_and_claims_what_is_due(db: Database) -> None:
    async with transaction():
        for name in ("done", "again", "failed", "next"):
            await jobs.put(name, "IT-1", key=name)
    first = {job.kind: job for job in await jobs.turn([], 3, LEASE, moments.now())}
    assert set(first) == {"done", "again", "failed"}
    later = moments.now() + timedelta(minutes=5)
    ended = [jobs.Ended(first["done"]), jobs.Ended(first["again"], later), jobs.Ended(first["failed"], later, "Unavailable")]
    assert [job.kind for job in await jobs.turn(ended, 3, LEASE, moments.now())] == ["next"]
    left = {job.kind: job for job in await jobs.of_request("IT-1")}
    assert set(left) == {"again", "failed", "next"}
    assert left["again"].leased_until is None
    assert (left["failed"].run_at, left["failed"].last_error) == (later, "Unavailable")


async def test_a_turn_without_room_claims_nothing_and_one_without_work_writes_nothing(db: Database) -> None:
    async with transaction():
        await jobs.put("one", "IT-1")
    assert await jobs.turn([], 0, LEASE, moments.now()) == []
    (one,) = await jobs.turn([], 4, LEASE, moments.now())
    assert await jobs.turn([], 4, LEASE, moments.now()) == []  # it is leased
    assert await jobs.turn([jobs.Ended(one)], 0, LEASE, moments.now()) == []
    assert await jobs.count() == 0
