"""What follows from a verdict: the move, the events that tell it, the clocks that start. No judgement here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from agent.policy import Policy
from agent.verdict import Outcome, Verdict
from dialogs import agent_output, identity
from dialogs.lifecycle import Verb
from dialogs.record import AGENT, event, move, questions
from dialogs.services import Services
from integrations.base import Application
from storage import audit, freezes, jobs
from storage.audit import NewEvent
from storage.database import transaction
from storage.models import Request

MOST_QUESTIONS = 2
URGENCY = ("High", "Medium", "Low")
NUDGE = "nudge"
EXPIRE = "expire"
OFFERED = 40
"""Applications offered in a question; more would not be read."""
DEFAULTS = Policy("", "", ())
"""Windows and waiting times while no policy is accepted: the contract's defaults."""


async def apply(
    services: Services,
    request: Request,
    verdict: Verdict,
    policy: Policy | None,
    *,
    told: Sequence[NewEvent],
    applications: tuple[Application, ...] | None,
    columns: dict[str, Any],
) -> Request:
    """One transaction: whatever the verdict asks for, save an effect in Okta (dialogs.effects).

    `told` are the events that led here (tool calls), `columns` what was learnt and not written yet.
    """
    if verdict.outcome is Outcome.ASK and questions(request) >= MOST_QUESTIONS:
        verdict = replace(
            verdict,
            outcome=Outcome.ESCALATE,
            rationale="It is still not clear which application is meant after two questions.",
            owner=services.house.fallback_owner,
        )
    events = [*told, _decision(request, verdict)]
    known = {
        "priority": verdict.priority,
        "rule": verdict.rule,
        "policy_revision": verdict.policy_revision,
        "rationale": verdict.rationale,
        "verdict": {**(request.verdict or {}), **columns.pop("verdict", {}), "verdict": verdict.as_row()},
        **columns,
    }
    now = services.now()
    rules = policy or DEFAULTS
    if (request.verdict or {}).get("approved"):
        # What a person approved keeps the urgency it was brought to them with, unless it has become more urgent.
        known["priority"] = min(request.priority, verdict.priority, key=URGENCY.index)
    if verdict.outcome is Outcome.ESCALATE:
        known["verdict"]["escalated"] = verdict.as_row()
        if not known.get("app_kind", request.app_kind):
            # What was never named is no target: the person's next request must not be taken for this one.
            known["open_key"] = f"{request.platform}:{request.tenant}:{request.platform_user}:unnamed:{request.request_id}"
    known["verdict"] |= _clockwork(rules, verdict, services.house.fallback_owner)
    known["agent_output"] = agent_output.at_verdict(request, verdict, told, verdict.owner or services.house.fallback_owner)
    async with transaction():
        match verdict.outcome:
            case Outcome.CLOSE:
                return await move(request, Verb.CLOSE, events=events, owner="", **known)
            case Outcome.REJECT:
                events.append(event(request, audit.REJECTION, rule=verdict.rule, reason=verdict.rationale, **_security(verdict)))
                return await move(request, Verb.REJECT, events=events, owner="", **known)
            case Outcome.ESCALATE:
                events.append(
                    event(
                        request,
                        audit.ESCALATION,
                        reason=verdict.rationale,
                        rule=verdict.rule,
                        next_owner=verdict.owner,
                        priority=verdict.priority,
                        **_security(verdict),
                    )
                )
                if verdict.freeze and (request.target_okta_id or request.okta_id):
                    await freezes.freeze(request.target_okta_id or request.okta_id, request.requester, request.request_id)
                return await move(
                    request,
                    Verb.ESCALATE,
                    events=events,
                    owner=verdict.owner or services.house.fallback_owner,
                    due_at=now + window(rules, known["priority"]),
                    **known,
                )
            case Outcome.ASK:
                return await _ask(request, verdict, applications, events, known, now, rules.waiting)
            case Outcome.CHECK:
                return await move(request, Verb.CHECK, events=events, identity=identity.asked(request), **known)
            case Outcome.WAIT:
                return await move(request, Verb.CHECK, events=events, **known)
            case Outcome.EFFECT:
                # Only row 15 comes here: the application keeps its own password, its page is pointed to.
                return await move(request, Verb.COMPLETE, events=events, owner="", **known)


async def _ask(
    request: Request,
    verdict: Verdict,
    applications: tuple[Application, ...] | None,
    events: list[NewEvent],
    known: dict[str, Any],
    now: datetime,
    waiting: timedelta,
) -> Request:
    options: list[dict[str, str]] = [{"kind": "app", "id": a.id, "label": a.label} for a in (applications or ())[:OFFERED]]
    question = {
        "open": True,
        "kind": "application" if verdict.rule == "9" else "not_assigned",
        "number": request.asked + 1,
        "options": options,
        "named": known.get("app_label", request.app_label),
        "answers": list((request.question or {}).get("answers", [])),
    }
    await _clocks(request.request_id, request.asked + 1, now, waiting)
    events.append(event(request, audit.MESSAGE, AGENT, kind="question", asked=question["kind"], offered=len(options)))
    return await move(request, Verb.ASK, events=events, question=question, asked=request.asked + 1, due_at=now + waiting, **known)


async def ask_for_reviewer(services: Services, request: Request, asked: str, verdict: dict[str, Any], told: NewEvent) -> Request:
    """A reviewer's question to the requester (Return): Waiting, with the same nudge and end as any question."""
    ref, number, now = request.request_id, request.asked + 1, services.now()
    question = {
        "open": True,
        "kind": "reviewer",
        "number": number,
        "options": [],
        "asked": asked,
        "answers": list((request.question or {}).get("answers", [])),
    }
    await _clocks(ref, number, now, waiting_of(verdict))
    return await move(
        request,
        Verb.RETURN,
        actor=told.actor,
        events=[told],
        question=question,
        asked=number,
        verdict=verdict,
        decision="",
        due_at=now + waiting_of(verdict),
    )


def waiting_of(verdict: dict[str, Any]) -> timedelta:
    """How long the requester is waited for, as the policy said when the request was judged."""
    seconds = verdict.get("waiting_seconds")
    return timedelta(seconds=float(seconds)) if seconds else DEFAULTS.waiting


async def _clocks(ref: str, number: int, now: datetime, waiting: timedelta) -> None:
    """One nudge, then the end of waiting."""
    nudge_at = now + min(waiting / 2, timedelta(minutes=30))
    await jobs.put(NUDGE, ref, key=f"{NUDGE}:{ref}:{number}", at=nudge_at, payload={"asked": number})
    await jobs.put(EXPIRE, ref, key=f"{EXPIRE}:{ref}:{number}", at=now + waiting, payload={"asked": number})


def _clockwork(rules: Policy, verdict: Verdict, fallback_owner: str) -> dict[str, Any]:
    """What the review card says of clocks, votes and step-up, as the policy sets them now: a later revision moves no running clock."""
    return {
        "waiting_seconds": rules.waiting.total_seconds(),
        "window_seconds": window(rules, verdict.priority).total_seconds(),
        "reminders": rules.reminders,
        "backup": rules.backup_owner or fallback_owner,
        "votes_needed": rules.approvals_privileged if verdict.privileged else 1,
        "steps_up": rules.step_up != "none" and (verdict.privileged or (rules.step_up == "Sensitive" and verdict.sensitive)),
    }


def window(policy: Policy, priority: str) -> timedelta:
    """The review window of a priority (contract, section 5)."""
    return {"High": policy.window_high, "Low": policy.window_low}.get(priority, policy.window_medium)


def _decision(request: Request, verdict: Verdict) -> NewEvent:
    details: dict[str, Any] = {"outcome": verdict.outcome.value, "rule": verdict.rule, "rationale": verdict.rationale}
    if verdict.policy_revision:
        details |= {"policy_revision": verdict.policy_revision, "section": verdict.section}
    if verdict.effect:
        details["effect"] = verdict.effect.value
    if verdict.notes:
        details["notes"] = list(verdict.notes)
    return event(request, audit.DECISION, **details, **_security(verdict))


def _security(verdict: Verdict) -> dict[str, Any]:
    return {"security": True} if verdict.security else {}
