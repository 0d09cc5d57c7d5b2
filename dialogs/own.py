"""Whose requests are somebody's own: those asked for under their chat identity, and those of the Okta account that this
identity is bound to now, wherever they were made.

Only a binding that is verified at this moment joins two platforms (security brief, I3): never an address in a text, never a
name. Where it cannot be told, and for people from outside, what was asked for under the very identity is own, and no more.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from dialogs.chat import Bind, Bound, Identity, Unreachable
from dialogs.services import Services
from integrations.base import SystemFault
from storage import requests
from storage.models import Request

log = structlog.get_logger(__name__)
AT_ONCE: Final = 1.0
"""Seconds for the look-up before an answer that a platform waits for (Slack: 3 s for all of it)."""
IN_A_JOB: Final = 3.0
"""The same where nobody is waited for but the reader."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody at a chat platform. `okta_id` is "" while it cannot be told who they are beyond that platform."""

    who: Identity
    okta_id: str = ""

    def asked(self, request: Request) -> bool:
        """Whether the request is theirs. `request.okta_id` is the requester's account, not the one to be reset."""
        return asked_here(request, self.who) or (self.okta_id != "" and request.okta_id == self.okta_id)

    async def newest(self, limit: int) -> list[Request]:
        """Their requests, newest first."""
        who = self.who
        return await requests.of_person(who.platform, who.tenant, who.user, limit=limit, okta_id=self.okta_id)


def asked_here(request: Request, who: Identity) -> bool:
    """Whether it was asked for under this very identity."""
    return (request.platform, request.tenant, request.platform_user) == (who.platform, who.tenant, who.user)


def bound(who: Identity, found: Bound) -> Asker:
    """From a binding that was looked up just now."""
    return Asker(who, found.account.id if found.bind is Bind.ONE and found.account is not None else "")


async def asker(services: Services, who: Identity, within: float) -> Asker:
    """Looks up whose identity it is, for `within` seconds at the most. Never raises: without an answer it is the identity alone."""
    try:
        async with asyncio.timeout(within):
            return bound(who, await services.people.verified(who))
    except (TimeoutError, SystemFault, Unreachable) as fault:
        log.info("own requests of one platform only", who=str(who), why=str(fault) or type(fault).__name__)
        return Asker(who)


async def asker_of(services: Services, who: Identity, request_id: str, within: float) -> Asker:
    """As `asker`, for one request: nobody is looked up for what was asked for under this identity.

    For all else somebody is, whether there is such a request or not, so that the time tells no more than the words.
    """
    request = await requests.get(request_id)
    return Asker(who) if request is not None and asked_here(request, who) else await asker(services, who, within)
