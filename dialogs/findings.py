"""What Okta says of one account, read once a judgement, all calls side by side.

Each look-up is a task that starts at once and is awaited by whoever needs it: the facts, and the model's tools.
A look-up that failed stays `None`: unknown. The reasons are kept for the record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from integrations.base import Account, Application, Directory, Factor, Group, Role, SystemFault

T = TypeVar("T")


@dataclass
class Findings:
    """Reads of one account. Use as `async with`: nothing outlives the block."""

    directory: Directory
    user_id: str
    known: Account | None = None
    """The account as the look-up by e-mail gave it moments ago; None reads it by id."""
    faults: dict[str, str] = field(default_factory=dict)
    _tasks: dict[str, asyncio.Task[Any]] = field(default_factory=dict)

    async def __aenter__(self) -> Findings:
        reads: dict[str, Coroutine[Any, Any, Any]] = {
            "applications": self.directory.applications(self.user_id),
            "groups": self.directory.groups(self.user_id),
            "roles": self.directory.roles(self.user_id),
            "factors": self.directory.factors(self.user_id),
        }
        if self.known is None:
            reads["account"] = self.directory.account(self.user_id)
        self._tasks = {name: asyncio.create_task(self._read(name, read)) for name, read in reads.items()}
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _read(self, name: str, read: Coroutine[Any, Any, T]) -> T | None:
        try:
            return await read
        except SystemFault as fault:
            self.faults[name] = fault.reason
            return None

    async def account(self) -> Account | None:
        if self.known is not None:
            return self.known
        account: Account | None = await asyncio.shield(self._tasks["account"])
        return account

    async def applications(self) -> tuple[Application, ...] | None:
        found: tuple[Application, ...] | None = await asyncio.shield(self._tasks["applications"])
        return found

    async def groups(self) -> tuple[Group, ...] | None:
        found: tuple[Group, ...] | None = await asyncio.shield(self._tasks["groups"])
        return found

    async def roles(self) -> tuple[Role, ...] | None:
        found: tuple[Role, ...] | None = await asyncio.shield(self._tasks["roles"])
        return found

    async def factors(self) -> tuple[Factor, ...] | None:
        found: tuple[Factor, ...] | None = await asyncio.shield(self._tasks["factors"])
        return found
