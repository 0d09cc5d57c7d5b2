"""What a policy revision changes, and what it would have changed in the decisions of the last 90 days.

The facts of a decision (status, roles, factors, limits of that moment) are not kept, so no decision can be made again.
What can be said honestly is what the policy alone makes of it: each request that came as far as the policy is put to the
gate twice, under the revision in force and under the new one, as if asked now by somebody in good standing who passes
the identity check; a locked-out account stays locked out, a third party's request stays one. Where the two verdicts
differ, the request counts. The newest 5,000 requests are looked at; they are grouped first, so that it takes moments.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from agent import gate
from agent.facts import AppKind, Facts, Identity, Tri
from agent.policy import Policy
from agent.policy_diff import differences
from agent.policy_rules import parse
from agent.verdict import EffectKind, Outcome, Verdict
from cards.views_review import PolicyDifference
from cards.words import joined, say
from dialogs.errors import Declined
from dialogs.policy_in_force import PolicyShelf
from integrations.base import AccountStatus, Page
from storage import counts, moments, policies

PERIOD = timedelta(days=90)
MOST = 5000
EARLIER = frozenset({"4", "5", "6", "7", "7b", "7e", "9", "9b", "expired"})
"""Rows that end or stop a request before the policy is asked."""
NAMED = 5
"""Applications named in a line."""
_WELL = Facts(
    now=datetime.min,  # noqa: DTZ901  # replaced in every use
    bound=Tri.YES, about_reset=Tri.YES, about_self=Tri.YES, status=AccountStatus.ACTIVE, okta_sourced=Tri.YES, contradiction=Tri.NO,
    resent_recently=Tri.NO, admin_role=Tri.NO, service_account=Tri.NO, groups=frozenset(), app_assigned=Tri.YES, resets_today=0,
    factors_known=Tri.YES, factor_enrolled=Tri.YES, breaker_open=Tri.NO, frozen=Tri.NO, identity=Identity.PASSED,
    policy_age=timedelta(0),
)  # fmt: skip
"""Somebody in good standing who has passed the check."""


async def difference(shelf: PolicyShelf, value: str) -> PolicyDifference:
    """A revision against the one in force. `value` is its label. Raises Declined when it is not known (any more)."""
    row = await policies.get(value) if value else None
    if row is None:
        raise Declined(say("That revision is not known any more. Please fetch the policy again."))
    new = parse(Page(str(row.id), row.title, row.page_version, row.body, row.format, row.url), shelf.fallback_owner)
    now = moments.now()
    accepted, old = await policies.accepted(), (await shelf.current(now)).policy
    return PolicyDifference(
        label=f"{row.title} {row.revision}".strip(),
        accepted=f"{accepted.title} {accepted.revision}".strip() if accepted is not None else "",
        changes=differences(old, new),
        effects=await effects(old, new, shelf.fallback_owner, now),
        value=row.revision,
    )


async def effects(old: Policy | None, new: Policy, fallback_owner: str, now: datetime) -> tuple[str, ...]:
    """What would have been another decision, in sentences; the first says what was compared."""
    found: dict[str, Counter[str]] = {}
    total = 0

    @cache
    def verdicts(kind: str, label: str, foreign: bool, locked: bool) -> tuple[Verdict, Verdict]:
        facts = _facts(kind, label, foreign, locked, now)
        return gate.decide(facts, old, None, fallback_owner=fallback_owner), gate.decide(facts, new, None, fallback_owner=fallback_owner)

    for kind, label, rule, foreign, count in await counts.applications(now - PERIOD, MOST):
        if rule in EARLIER:
            continue
        total += count
        before, after = verdicts(kind, label, foreign, rule == "7c")
        if (change := changed(before, after)) != "":
            found.setdefault(change, Counter())[label or say("the Okta account")] += count
    if not total:
        return (say("No request of the last 90 days came as far as the policy, so there is nothing to compare."),)
    compared = say(
        "Compared: {total} requests of the last 90 days (the newest {most} at the most), each as if asked by somebody in good standing "
        "who passes the identity check. Status, roles, factors and limits of that time are not kept, so they play no part.",
        total=total,
        most=MOST,
    )
    told = [
        say("{n} {change}: {apps}.", n=apps.total(), change=change, apps=_apps(apps))
        for change, apps in sorted(found.items(), key=lambda item: -item[1].total())
    ]
    return (compared, *(told or [say("None of them would have been decided in another way.")]))


def changed(before: Verdict, after: Verdict) -> str:
    """How two verdicts differ, in words; "" when it comes to the same."""
    was, now = _end(before), _end(after)
    if was == now:
        if was in ("person", "hand") and before.owner != after.owner:
            return say("would go to {new} instead of {old}", new=_owner(after), old=_owner(before))
        return ""
    if now == "bot":
        return say("would be done without a person")
    if now == "page":
        return say("would be pointed to the app's own page")
    if now == "refused":
        return say("would be rejected")
    if was in ("bot", "page"):
        return say("would go to a person ({owner})", owner=_owner(after))
    if was == "refused":
        return say("would go to a person ({owner}) and not be rejected", owner=_owner(after))
    return say("would be done by hand") if now == "hand" else say("would be done by me after an approval, and not by hand")


def _end(verdict: Verdict) -> str:
    """What a verdict comes to: bot, page, person (who may let the bot do it), hand, refused."""
    match verdict.outcome:
        case Outcome.EFFECT | Outcome.CHECK | Outcome.WAIT:
            return "page" if verdict.effect is EffectKind.POINT else "bot"
        case Outcome.ESCALATE | Outcome.ASK:
            return "person" if verdict.effect is not None else "hand"
        case Outcome.REJECT | Outcome.CLOSE:
            return "refused"


def _facts(kind: str, label: str, foreign: bool, locked: bool, now: datetime) -> Facts:
    named = AppKind.ACCOUNT if kind == AppKind.ACCOUNT else AppKind.APP
    return replace(
        _WELL,
        now=now,
        newest_factor_at=now - timedelta(days=365),
        status=AccountStatus.LOCKED_OUT if locked else AccountStatus.ACTIVE,
        about_self=Tri.NO if foreign else Tri.YES,
        on_behalf=foreign,
        relationship=Tri.YES if foreign else Tri.UNKNOWN,
        app_kind=named,
        app_label=label,
        assigned_labels=frozenset() if named is AppKind.ACCOUNT else frozenset({label}),
    )


def _owner(verdict: Verdict) -> str:
    return verdict.owner.removeprefix("group:").strip() or say("the fallback owner")


def _apps(apps: Counter[str]) -> str:
    """The most frequent ones with their numbers, and how many more there are."""
    named = [say("{app} ({n})", app=label, n=count) for label, count in apps.most_common(NAMED)]
    listed = joined(named, ", ")
    return say("{apps} and {n} more", apps=listed, n=len(apps) - NAMED) if len(apps) > NAMED else listed
