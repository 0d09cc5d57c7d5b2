"""What the process does on a clock of its own, beside the jobs in the rows: the policy's source, the ledger's end."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from dialogs import clock
from dialogs.policy_in_force import EVERY, PolicyShelf
from dialogs.services import Services

log = structlog.get_logger(__name__)
SWEEP_EVERY = timedelta(hours=1)


async def watch_policy(shelf: PolicyShelf) -> None:
    """Reads the source at once and then every minute. A page that is down or wrong is said once, not every minute."""
    said = ""
    while True:
        try:
            fetched = await shelf.fetch()
        except Exception:
            log.exception("the policy source could not be looked at")
        else:
            wrong = fetched.error or "; ".join(fetched.problems)
            if wrong and wrong != said:
                log.warning("the policy page cannot be used; the accepted revision stays in force", why=wrong)
            said = wrong
        await asyncio.sleep(EVERY.total_seconds())


async def sweep(services: Services) -> None:
    while True:
        try:
            await clock.sweep(services)
        except Exception:
            log.exception("old deliveries could not be forgotten")
        await asyncio.sleep(SWEEP_EVERY.total_seconds())
