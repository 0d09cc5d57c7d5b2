"""Why a request would be decided so: the same facts and the same gate, without a request, a push or a write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from agent import gate
from agent.facts import Facts, Identity
from agent.verdict import Outcome, Verdict
from dialogs import facts_of
from dialogs.chat import Bind, Bound
from dialogs.findings import Findings
from dialogs.policy_in_force import PolicyShelf
from dialogs.services import House
from integrations.base import Directory, SystemFault
from storage import moments
from storage.models import Request

ACCOUNT_WORDS = frozenset(
    {"account", "okta", "okta account", "my okta account", "sso", "single sign-on", "my okta account (single sign-on)"}
)


@dataclass(frozen=True, slots=True)
class Looking:
    """What facts are made from when nobody asked in a chat."""

    house: House
    directory: Directory | None
    now: Callable[[], datetime] = moments.now


async def explain(requester: str, target: str, app: str, looking: Looking) -> tuple[Facts, Verdict]:
    """The facts about `requester` asking for `target`'s `app` now, and the verdict on them.

    Both are e-mails; `app` is a label, or "account" for the Okta account itself. What cannot be read is unknown, as
    in a real judgement. With an identity check due, a note says what would follow when it passes.
    """
    directory = looking.directory
    account = app.casefold().strip() in ACCOUNT_WORDS
    request = Request(
        request_id="IT-0",
        requester=requester,
        intake="form",
        app_kind="account" if account else "other" if app else "",
        app_label="Okta account" if account else app,
        on_behalf="" if target.casefold() == requester.casefold() else target,
        summary="",
        justification="",
        platform_user="",
        asked=0,
    )
    in_force = await PolicyShelf(None, looking.house.fallback_owner).current(looking.now())
    bound = await _bound(requester, directory)
    facts = await facts_of.opening(looking, request, bound, in_force, None)
    if bound.account is not None and directory is not None:
        async with Findings(directory, bound.account.id, known=bound.account) as findings:
            facts = await facts_of.full(looking, facts, request, findings)
    verdict = gate.decide(facts, in_force.policy, None, fallback_owner=looking.house.fallback_owner)
    if verdict.outcome is Outcome.CHECK:
        passed = gate.decide(replace(facts, identity=Identity.PASSED), in_force.policy, None, fallback_owner=looking.house.fallback_owner)
        verdict = replace(
            verdict, notes=(*verdict.notes, f"When the check passes: {passed.outcome} by rule {passed.rule}. {passed.rationale}")
        )
    return facts, verdict if looking.house.enforce else gate.observe(verdict)


async def _bound(requester: str, directory: Directory | None) -> Bound:
    if directory is None:
        return Bound(Bind.UNKNOWN, why="Okta is not configured")
    try:
        found = await directory.find(requester)
    except SystemFault as fault:
        return Bound(Bind.UNKNOWN, why=f"Okta: {fault.reason}")
    return Bound(Bind.ONE, None, found[0]) if len(found) == 1 else Bound(Bind.NONE, why=f"{len(found)} Okta accounts")
