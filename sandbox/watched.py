"""What both chat stand-ins note and how they are waited for: faults of the bot, and a look again at each change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

Seen = TypeVar("Seen")


@dataclass(kw_only=True)
class Watched:
    """State that somebody may wait for. Whoever changes it calls `touch`."""

    faults: list[str] = field(default_factory=list)
    """What the bot did that the real service would not have taken."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def fault(self, what: str) -> None:
        """Notes what the bot did wrong."""
        self.faults.append(what)
        self.touch()

    def touch(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def until(self, look: Callable[[], Seen | None], within: float) -> Seen | None:
        """What `look` finds, as soon as it finds something; None after `within` seconds. Looks again at each change only."""
        ends = asyncio.get_running_loop().time() + within
        while True:
            changed = self._changed
            found = look()
            if found:
                return found
            try:
                async with asyncio.timeout_at(ends):
                    await changed.wait()
            except TimeoutError:
                return None
