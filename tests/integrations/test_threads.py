"""Our own threads: bounded, and never waited for past a deadline."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest

from integrations.base import Unavailable
from integrations.threads import Threads


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    threads = Threads("Desk", 2)
    yield threads
    threads.close()


async def test_no_more_run_at_once_than_the_pool_has(threads: Threads) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    await asyncio.gather(*(threads.run(work, deadline=5.0) for _ in range(8)))
    assert most == 2


async def test_a_write_that_had_begun_is_unknown_and_one_that_had_not_never_runs(threads: Threads) -> None:
    release, late = threading.Event(), threading.Event()
    try:
        begun = [asyncio.create_task(threads.run(lambda: release.wait(5), deadline=0.3, write=True)) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(Unavailable) as queued:
            await threads.run(late.set, deadline=0.1, write=True)
        assert not queued.value.sent
        for task in begun:
            with pytest.raises(Unavailable) as caught:
                await task
            assert caught.value.sent
    finally:
        release.set()
    await threads.run(lambda: None, deadline=5.0)
    assert not late.is_set()


async def test_a_caller_that_is_cancelled_withdraws_what_has_not_begun(threads: Threads) -> None:
    release, late = threading.Event(), threading.Event()
    try:
        busy = [asyncio.create_task(threads.run(lambda: release.wait(5), deadline=5.0)) for _ in range(2)]
        await asyncio.sleep(0.05)
        waiting = asyncio.create_task(threads.run(late.set, deadline=5.0))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    finally:
        release.set()
    await asyncio.gather(*busy)
    assert not late.is_set()


async def test_a_late_error_of_a_thread_bothers_nobody(threads: Threads) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    def work() -> None:
        time.sleep(0.15)
        raise OSError("late")

    with pytest.raises(Unavailable):
        await threads.run(work, deadline=0.05)
    await asyncio.sleep(0.2)
    assert complaints == []


async def test_a_read_is_tried_twice_and_a_bug_is_not(threads: Threads) -> None:
    calls: list[str] = []

    def down() -> None:
        calls.append("down")
        raise Unavailable("Desk", "down")

    def broken() -> None:
        calls.append("broken")
        raise KeyError("bug")

    with pytest.raises(Unavailable):
        await threads.read(down, deadline=5.0)
    with pytest.raises(KeyError):
        await threads.read(broken, deadline=5.0)
    assert calls == ["down", "down", "broken"]


async def test_after_the_end_nothing_is_taken(threads: Threads) -> None:
    threads.close()
    with pytest.raises(Unavailable) as caught:
        await threads.run(lambda: None, deadline=1.0, write=True)
    assert not caught.value.sent
