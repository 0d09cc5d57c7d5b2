"""Which policy decides: the revision that an admin accepted last, and how fresh its source is.

The source is read on a clock and on demand; a new valid revision is kept aside until it is accepted
(contract, section 5). Several processes share all of this through the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from agent.passages import Library
from agent.policy import Policy
from agent.policy_rules import PolicyInvalid, digest_of, parse
from cards.words import say
from dialogs.errors import Declined
from integrations.base import Page, PolicySource, SystemFault
from storage import flags, moments, policies
from storage.database import transaction
from storage.models import PolicyRevision

log = structlog.get_logger(__name__)
FETCH = "policy_fetch"
EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class InForce:
    """`policy` None: nothing was accepted yet. `age` None: the source was never read successfully."""

    policy: Policy | None
    title: str
    url: str
    age: timedelta | None
    library: Library | None
    """The page's prose, for search_policy: read, cited and shown, never granting anything."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a look at the source gave. `revision` None: it could not be read (`error`), or it is invalid (`problems`)."""

    revision: PolicyRevision | None
    policy: Policy | None
    problems: tuple[str, ...] = ()
    error: str = ""


class PolicyShelf:
    """The accepted revision, parsed once a revision; the pending one; the source."""

    def __init__(self, source: PolicySource | None, fallback_owner: str) -> None:
        self.source = source
        self.fallback_owner = fallback_owner
        self._parsed: tuple[str, Policy, Library] | None = None

    async def current(self, now: datetime) -> InForce:
        """Read anew at every judgement, so that an acceptance in another process counts at once."""
        row = await policies.accepted()
        if row is None:
            return InForce(None, "", "", None, None)
        if self._parsed is None or self._parsed[0] != row.revision:
            page = Page(str(row.id), row.title, row.page_version, row.body, row.format, row.url)
            try:
                self._parsed = (row.revision, parse(page, self.fallback_owner), Library.of(page))
            except PolicyInvalid:
                # Accepted by a version of this program with other rules: as good as none, until it is accepted anew.
                log.error("the accepted policy revision is not valid for this version", revision=row.revision)
                return InForce(None, row.title, row.url, None, None)
        fetched = await flags.read(FETCH)
        at = fetched.get("ok_at") if fetched else None
        return InForce(self._parsed[1], row.title, row.url, now - moments.read(at) if at else None, self._parsed[2])

    async def fetch(self) -> Fetched:
        """Reads the source and keeps a new valid revision aside. Never raises for a source that is down or a page that is wrong."""
        if self.source is None:
            return Fetched(None, None, error="No policy source is configured (KEYTURN_POLICY).")
        try:
            page = await self.source.fetch()
        except SystemFault as fault:
            await self._note(error=f"{self.source.name}: {fault.reason}")
            return Fetched(None, None, error=f"{self.source.name} could not be read: {fault.reason}.")
        try:
            policy = parse(page, self.fallback_owner)
        except PolicyInvalid as invalid:
            problems = tuple(str(p) for p in invalid.problems)
            await self._note(ok=True, problems=problems)
            return Fetched(None, None, problems=problems)
        async with transaction():
            row = await policies.add(
                revision=policy.revision,
                digest=digest_of(policy.revision),
                source=self.source.name,
                title=page.title,
                page_version=page.version,
                url=page.url,
                format=page.format,
                body=page.body,
            )
            await flags.write(FETCH, {"ok_at": moments.write(moments.now()), "revision": policy.revision})
        return Fetched(row, policy)

    async def _note(self, *, ok: bool = False, error: str = "", problems: tuple[str, ...] = ()) -> None:
        async with transaction():
            kept = await flags.read(FETCH) or {}
            kept |= {"error": error, "problems": list(problems)[:20]}
            if ok:
                kept["ok_at"] = moments.write(moments.now())
            await flags.write(FETCH, kept)

    async def accept(self, revision: str, by: str, admins: frozenset[str]) -> PolicyRevision:
        """Puts a revision in force. Raises Declined when `by` is not an admin or the revision is not known."""
        if by.casefold() not in admins:
            raise Declined(say("{name} is not in KEYTURN_ADMINS, so a policy can't be accepted in that name.", name=by))
        row = await policies.get(revision)
        if row is None:
            raise Declined(say("There is no policy revision {revision}. Run “keyturn policy fetch” first.", revision=revision))
        parse(Page(str(row.id), row.title, row.page_version, row.body, row.format, row.url), self.fallback_owner)
        async with transaction():
            await policies.accept(row.id, by)
        return row
