"""What somebody answers for: their own e-mail and the Okta groups that they are in now, as owners of requests.

For showing a queue, where an answer may be some seconds old. Whether somebody may decide is asked anew at every click
(`dialogs.rights`), and never here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import structlog

from agent.policy import Policy
from agent.policy_rules import parse
from cards.words import say
from dialogs.errors import Declined
from dialogs.services import Services
from integrations.base import Account, Directory, Page, SystemFault
from storage import policies, reviewers

log = structlog.get_logger(__name__)
FRESH = timedelta(seconds=20)
"""How old a look at somebody's groups may be."""
STALE = timedelta(minutes=5)
"""How old it may be while Okta does not answer."""
MOST_KEPT = 5000
NOT_NOW = say("I can't look up your groups in Okta right now, so I can't show you the review queue. Please try again in a moment.")

_Kept = dict[str, tuple[datetime, tuple[str, ...]]]
_groups: WeakKeyDictionary[Directory, _Kept] = WeakKeyDictionary()
_policies: dict[tuple[str, str], frozenset[str]] = {}
"""The owners of the policy in force, parsed once a revision (which stands for its rules)."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the queue. `owners` are keys of storage.reviewers: whatever is waiting for one of them waits for the reader."""

    account: Account
    owners: tuple[str, ...]
    is_admin: bool


async def reader(services: Services, account: Account, is_admin: bool) -> Reader | None:
    """The reader of a queue; None for somebody who is neither an administrator nor asked about anything.

    A reviewer is whoever the policy in force names as an owner (of an application, of privileged accounts, as backup),
    the fallback owner, and whoever an open request is or was with. Raises Declined when their groups cannot be known.
    """
    named = await _named(services)
    own = reviewers.key(account.email)
    groups: tuple[str, ...] = ()
    if services.directory is not None and (any(owner.startswith(reviewers.GROUP) for owner in named) or await reviewers.groups_asked()):
        groups = await _groups_of(services, services.directory, account)
    keys = (own, *(reviewers.key(f"{reviewers.GROUP}{group}") for group in groups))
    asked = await reviewers.asked_of(keys)
    owners = tuple(key for key in keys if key in named or key in asked)
    if not owners and not is_admin:
        return None
    return Reader(account, owners, is_admin)


async def _groups_of(services: Services, directory: Directory, account: Account) -> tuple[str, ...]:
    """The names of the groups. A look is shared for some seconds: every press in the Home tab draws all of it again."""
    now, kept = services.now(), _groups.setdefault(directory, {})
    at, names = kept.get(account.id, (None, ()))
    age = now - at if at is not None else None
    if age is not None and timedelta(0) <= age < FRESH:
        return names
    try:
        names = tuple(group.name for group in await directory.groups(account.id))
    except SystemFault as fault:
        if age is not None and timedelta(0) <= age < STALE:
            return names
        log.warning("the queue cannot be shown: groups cannot be looked up", why=str(fault))
        raise Declined(NOT_NOW) from None
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[account.id] = (now, names)
    return names


async def _named(services: Services) -> frozenset[str]:
    """The owners that the policy in force and this installation name, as keys."""
    fallback = services.house.fallback_owner
    row = await policies.accepted()
    seen = (row.revision if row is not None else "", fallback)
    if seen not in _policies:
        policy = None
        if row is not None:
            policy = parse(Page(str(row.id), row.title, row.page_version, row.body, row.format, row.url), fallback)
        _policies.clear()
        _policies[seen] = frozenset(reviewers.key(owner) for owner in (*owners_in(policy), fallback)) - {""}
    return _policies[seen]


def owners_in(policy: Policy | None) -> Iterable[str]:
    """Every owner that a policy names, as it names them; with repeats."""
    if policy is None:
        return ()
    return (*(row.owner for row in policy.applications), policy.privileged_owner, policy.backup_owner)
