"""Threads for the blocking SDKs: few, our own, and never waited for longer than a deadline.

The loop's default executor is shared with name look-ups and has about as many workers as the machine has cores,
so one slow system would hold up everything else. Each client has its own pool instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from integrations.base import Unavailable
from integrations.retry import reading

T = TypeVar("T")


class Threads:
    """A bounded pool for one system. `system` is its name for people; `size` is the most calls at one time."""

    def __init__(self, system: str, size: int = 8) -> None:
        self.system = system
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=f"keyturn-{system.lower()}")

    async def run(self, work: Callable[[], T], *, deadline: float, write: bool = False) -> T:
        """What `work` returns or raises. `deadline` in seconds counts the wait for a free thread too.

        Past the deadline: Unavailable, `sent` only for a write that a thread had already begun. Such a thread cannot
        be stopped, it ends by its own socket time-outs (which therefore have to be shorter than the deadline);
        work that was still in the queue is withdrawn and never runs.
        """
        try:
            job = self._pool.submit(work)
        except RuntimeError:  # after close()
            raise Unavailable(self.system, "the program is ending") from None
        waiting = asyncio.wrap_future(job)
        if await _answered(waiting, deadline):
            return waiting.result()
        begun = not job.cancel()
        waiting.add_done_callback(_looked_at)
        reason = f"no answer within {deadline:g} s" if begun else f"too many calls at once, not started within {deadline:g} s"
        raise Unavailable(self.system, reason, sent=write and begun)

    async def read(self, work: Callable[[], T], *, deadline: float) -> T:
        """Like `run`, for work that changes nothing: tried a second time within the same deadline when it was Unavailable."""
        return await reading(lambda left: self.run(work, deadline=left), deadline=deadline, attempts=2)

    def close(self) -> None:
        """Takes no more work and drops what has not begun; does not wait."""
        self._pool.shutdown(wait=False, cancel_futures=True)


async def _answered(waiting: asyncio.Future[T], deadline: float) -> bool:
    try:
        done, _ = await asyncio.wait({waiting}, timeout=deadline)
    except asyncio.CancelledError:
        waiting.cancel()  # withdraws the work if no thread has begun it
        raise
    return bool(done)


def _looked_at(future: asyncio.Future[T]) -> None:
    """Nobody waits any more: fetch the late error, or asyncio complains of one that was never retrieved."""
    if not future.cancelled():
        future.exception()
