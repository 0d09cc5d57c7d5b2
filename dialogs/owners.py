"""Who decides: an e-mail or every member of an Okta group, found when it is needed and again at the click.

Nobody decides their own request: the requester, the target and the submitter are left out under any of their
identities, and the backup owner, then the fallback owner, takes over (rulings, Human decisions).
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.policy import Policy
from dialogs.services import Services
from integrations.base import Account, AccountStatus, Missing, Refused
from storage.models import Request

GROUP = "group:"
ABLE = frozenset({AccountStatus.ACTIVE, AccountStatus.PASSWORD_EXPIRED, AccountStatus.RECOVERY})
"""An account in another status decides nothing."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    email: str
    name: str = ""
    okta_id: str = ""


@dataclass(frozen=True, slots=True)
class Assigned:
    """`owner` as the policy names it; `why` is owner, group:NAME, backup or fallback, for the card."""

    owner: str
    why: str
    reviewers: tuple[Reviewer, ...]


def involved(request: Request, account: Account) -> bool:
    """Whether this account is a party of the request: requester, target or submitter."""
    parties = {request.okta_id, request.target_okta_id} - {""}
    addresses = {request.requester.casefold(), request.on_behalf.casefold()} - {""}
    return account.id in parties or bool({account.email.casefold(), account.login.casefold()} & addresses)


async def assigned(services: Services, request: Request, policy: Policy | None, owner: str, why: str = "owner") -> Assigned:
    """The reviewers of `owner`, or of the next one in line when nobody is left. Raises Unavailable."""
    fallback = services.house.fallback_owner
    backup = (policy.backup_owner if policy else "") or fallback
    for name, reason in ((owner, why), (backup, "backup"), (fallback, "fallback")):
        if not name:
            continue
        found = [r for r in await reviewers(services, name) if not _party(request, r)]
        if found:
            return Assigned(name, name if name.startswith(GROUP) else reason if name != fallback else "fallback", tuple(found))
    return Assigned(fallback, "fallback", ())


async def reviewers(services: Services, owner: str) -> tuple[Reviewer, ...]:
    """The people behind an owner: the one of an e-mail, or the members of a group who can decide. () for a group that is not there."""
    if not owner.startswith(GROUP):
        return (Reviewer(owner),)
    if services.directory is None:
        return ()
    try:
        group = await services.directory.group_named(owner.removeprefix(GROUP).strip())
        members = await services.directory.members(group.id)
    except (Missing, Refused):
        return ()
    return tuple(Reviewer(m.email, m.name, m.id) for m in members if m.status in ABLE)


async def answers_for(services: Services, owner: str, account: Account) -> bool:
    """Whether this account is the owner, or in the owning group now. Raises Unavailable when it cannot be looked up."""
    if not owner.startswith(GROUP):
        return owner.casefold() == account.email.casefold()
    return any(r.okta_id == account.id for r in await reviewers(services, owner))


def _party(request: Request, reviewer: Reviewer) -> bool:
    addresses = {request.requester.casefold(), request.on_behalf.casefold()} - {""}
    return reviewer.email.casefold() in addresses or (
        reviewer.okta_id != "" and reviewer.okta_id in {request.okta_id, request.target_okta_id}
    )
