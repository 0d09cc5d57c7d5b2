"""Who may decide this request, asked at the moment of the click (security brief, I13)."""

from __future__ import annotations

from typing import Any

from cards.words import say
from dialogs import owners
from dialogs.chat import Bind, Identity
from dialogs.errors import Declined
from dialogs.services import Services
from integrations.base import Account, SystemFault
from storage.models import Request

SELF = say("You asked for this, or it is your own account, so somebody else has to decide it.")
NOT_YOURS = say("Only the assigned reviewer can decide this one.")
NOT_NOW = say("I can't check right now whether you may decide this, so nothing was decided. Please try again in a moment.")


def owners_of(request: Request) -> tuple[str, ...]:
    """Everybody who is asked in this round: the owner and whoever was added after them."""
    more: list[Any] = (request.verdict or {}).get("also", [])
    return tuple(dict.fromkeys([request.owner, *(str(name) for name in more)]))


async def may(services: Services, request: Request, account: Account, *, is_admin: bool) -> None:
    """Returns when this account may decide; raises Declined with the sentence otherwise. Nothing is remembered."""
    if owners.involved(request, account) or await _asked(services, request, account):
        raise Declined(SELF)
    if account.status not in owners.ABLE:
        raise Declined(NOT_YOURS)
    if is_admin:
        return
    try:
        for owner in owners_of(request):
            if owner and await owners.answers_for(services, owner, account):
                return
    except SystemFault:
        raise Declined(NOT_NOW) from None
    raise Declined(NOT_YOURS)


async def _asked(services: Services, request: Request, account: Account) -> bool:
    """Whether this account asked, where the row knows the requester by their platform's id only (row 4, unknown)."""
    if request.okta_id or not request.platform:
        return False
    bound = await services.people.verified(Identity(request.platform, request.tenant, request.platform_user))
    if bound.bind is Bind.UNKNOWN:
        raise Declined(NOT_NOW)
    return bound.account is not None and bound.account.id == account.id


def is_admin(services: Services, account: Account) -> bool:
    return account.email.casefold() in services.house.admins
