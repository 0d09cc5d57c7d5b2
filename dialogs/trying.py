"""Try a case: what would be decided for somebody, by which rule and why, without a request and without an effect."""

from __future__ import annotations

from dataclasses import replace

from agent import gate
from agent.facts import Facts, Identity, Tri
from agent.verdict import Outcome, Verdict
from cards.views import Check
from cards.views_review import TryResult
from cards.words import say
from dialogs import explain
from dialogs.policy_in_force import PolicyShelf
from dialogs.services import Services
from storage import audit
from storage.database import transaction

_GOOD: tuple[tuple[str, str, str], ...] = (
    ("bound", say("Exactly one Okta account"), say("Not exactly one Okta account")),
    ("okta_sourced", say("The password is Okta's own"), say("The password is kept elsewhere")),
    ("app_assigned", say("The app is assigned to them"), say("The app is not assigned to them")),
    ("factor_enrolled", say("Okta Verify is set up"), say("Okta Verify is not set up")),
)
"""Facts that should be so: the fact, and the words for yes and no."""
_BAD: tuple[tuple[str, str, str], ...] = (
    ("contradiction", say("Facts contradict each other"), say("No contradiction")),
    ("admin_role", say("Has an admin role"), say("No admin role")),
    ("service_account", say("A service account"), say("No service account")),
    ("breaker_open", say("Resets are paused, or the hour's are used up"), say("Resets are not paused")),
    ("frozen", say("Resets of this account are frozen"), say("Not frozen")),
)
"""Facts that should not be so."""


async def try_case(requester: str, target: str, app: str, services: Services, by: str = "") -> TryResult:
    """The verdict on `requester` asking for `target`'s `app` now; "" is themselves, and the Okta account itself.

    Okta is only read; nothing is changed and nobody told. That `by` tried it is recorded.
    """
    requester = requester.strip().lower()
    target, app = target.strip().lower() or requester, app.strip() or "account"
    asked = {"requester": requester, "target": target, "application": app}
    async with transaction():
        await audit.append([audit.NewEvent("", by or audit.AGENT, audit.MESSAGE, {"kind": "try a case", **asked})])
    if services.directory is None:
        return TryResult(requester, target, app, "", "", "", problem=say("Okta is not configured."))
    facts, verdict = await explain.explain(requester, target, app, explain.Looking(services.house, services.directory, services.now))
    follows = await _after_the_check(services, facts, verdict)
    word = follows.effect.value if follows.outcome is Outcome.EFFECT and follows.effect is not None else follows.outcome.value
    return TryResult(
        requester, target, app, word, _rule(verdict, follows), follows.rationale,
        owner=follows.owner.removeprefix("group:").strip(), checks=_checks(facts, verdict), policy_label=follows.policy_revision,
    )  # fmt: skip


async def _after_the_check(services: Services, facts: Facts, verdict: Verdict) -> Verdict:
    """Where the person would have to confirm who they are: what follows when they do."""
    if verdict.outcome not in (Outcome.CHECK, Outcome.WAIT):
        return verdict
    fallback = services.house.fallback_owner
    policy = (await PolicyShelf(None, fallback).current(services.now())).policy
    passed = gate.decide(replace(facts, identity=Identity.PASSED), policy, None, fallback_owner=fallback)
    return passed if services.house.enforce else gate.observe(passed)


def _rule(verdict: Verdict, follows: Verdict) -> str:
    """The row, and the place in the policy that it rests on; after a check, both rows."""
    row = say("row {row}", row=verdict.rule)
    if follows is not verdict:
        row = say("row {row}, then row {then}", row=verdict.rule, then=follows.rule)
    return say("{row} · {section}", row=row, section=follows.section) if follows.section else row


def _checks(facts: Facts, verdict: Verdict) -> tuple[Check, ...]:
    made = []
    if facts.status is not None:
        made.append(Check("ok" if facts.status == "ACTIVE" else "warn", say("Okta status {status}", status=facts.status)))
    for table, fine in ((_GOOD, Tri.YES), (_BAD, Tri.NO)):
        for name, yes, no in table:
            fact = getattr(facts, name)
            if fact is Tri.UNKNOWN:
                made += [Check("unknown", yes)] if facts.status is not None else []
            else:
                made.append(Check("ok" if fact is fine else "warn", yes if fact is Tri.YES else no))
    made += [Check("unknown", say("{what}: {why}", what=name, why=why)) for name, why in facts.sources.items() if name.endswith("unknown")]
    return (*made, *(Check("warn", note) for note in verdict.notes if not note.startswith("When the check passes")))
