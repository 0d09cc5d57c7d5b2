"""Trying a read again: a few times, with jitter, within one deadline. Writes are never tried again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from integrations.base import Unavailable

T = TypeVar("T")

LONGEST_HINT = 60.0
"""Seconds. A system that asks for a longer pause gets this one: a wrong clock must not park a request for hours."""


async def reading(
    attempt: Callable[[float], Awaitable[T]], *, deadline: float, attempts: int = 3, pause: float = 0.2
) -> T:
    """The first answer of `attempt`, which gets the seconds that are left and must keep to them.

    Only Unavailable is tried again. The pause is the system's own hint (`retry_after`) plus jitter, or `pause`
    seconds doubled each time and jittered by half; when it would not end before `deadline` (seconds for everything
    together), the fault goes out at once, with its hint for whoever plans the next try.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + deadline
    tried = 0
    while True:
        try:
            return await attempt(max(end - clock(), 0.0))
        except Unavailable as fault:
            tried += 1
            wait = pause_before(tried, fault.retry_after, pause)
            if tried >= attempts or clock() + wait >= end:
                raise
        await asyncio.sleep(wait)


def pause_before(tried: int, hint: float | None, pause: float) -> float:
    """Seconds before the next try, after `tried` tries that failed."""
    jitter = random.uniform(0.5, 1.5)
    if hint is not None:
        return min(hint, LONGEST_HINT) + pause * (jitter - 0.5)
    return float(pause * 2 ** (tried - 1) * jitter)
