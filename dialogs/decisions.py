"""What a decision does to its request: one move or change of the row, with its event, in the transaction that counts the vote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from dialogs.chat import Identity
from dialogs.lifecycle import Verb
from dialogs.record import amend, event, move
from dialogs.services import Services
from dialogs.verdicts import ask_for_reviewer
from integrations.base import Account
from storage import audit, jobs, moments
from storage.audit import NewEvent
from storage.models import Request

RELEASED = "released"
"""The job that follows the ticket of what a person does by hand."""
Said = Literal["approve", "reject", "return"]
PAST = {"approve": "Approved", "reject": "Rejected", "return": "Returned"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer says. `how` is the attestation, `why_not` the choice in the Reject form."""

    verb: Said
    reason: str = ""
    note: str = ""
    how: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who says it: an Okta account, reached on a surface ("command line", or where they pressed)."""

    account: Account
    surface: str
    who: Identity | None = None

    @property
    def name(self) -> str:
        return self.account.name or self.account.email


def approval(request: Request, by: Reviewer, decision: Decision, **more: Any) -> NewEvent:
    """The event of a counted approval, the deciding one or not."""
    details: dict[str, Any] = {"by": by.account.email, "round": request.round, "surface": by.surface, **more}
    said = (("reason", decision.reason), ("note", decision.note), ("how", decision.how))
    details |= {name: value for name, value in said if value}
    return event(request, audit.APPROVAL, by.account.email, **details)


def _decided(services: Services, request: Request, by: Reviewer, decision: Decision, **more: Any) -> dict[str, Any]:
    """The row's verdict with who decided what in this round, and when."""
    return {
        **(request.verdict or {}),
        "decided": {
            "decision": PAST[decision.verb],
            "by": by.name,
            "email": by.account.email,
            "okta_id": by.account.id,
            "at": moments.write(services.now()),
            "round": request.round,
        },
        **more,
    }


async def approve(services: Services, request: Request, by: Reviewer, decision: Decision, count: int, wanted: int) -> Request:
    """The last approval that was needed: the request goes on with this row allowed; what the bot must not do is released to a person."""
    verdict = (request.verdict or {}).get("verdict") or {}
    if verdict.get("effect") is None:
        return await _release(services, request, by, decision, count, wanted)
    approved = [*(request.verdict or {}).get("approved", []), request.rule]
    told = approval(request, by, decision, rule=request.rule, effect=verdict["effect"], votes=count, needed=wanted)
    identity: dict[str, Any] = {}
    if decision.how:
        identity = {
            "identity": {
                **(request.identity or {}),
                "state": "passed",
                "passed_at": moments.write(services.now()),
                "attested_by": by.account.email,
                "how": decision.how,
            }
        }
    return await move(
        request,
        Verb.APPROVE,
        actor=by.account.email,
        events=[told],
        owner=audit.AGENT,
        due_at=None,
        advance_at=services.now(),
        verdict=_decided(services, request, by, decision, approved=approved, expected=None),
        **identity,
    )


async def _release(services: Services, request: Request, by: Reviewer, decision: Decision, count: int, wanted: int) -> Request:
    """Row 8 and whatever the bot must not do: the incident is released for manual handling, never a reset."""
    told = approval(request, by, decision, rule=request.rule, effect="manual", votes=count, needed=wanted, next_owner=request.owner)
    why = str(((request.verdict or {}).get("verdict") or {}).get("rationale", ""))
    changed = await amend(
        request,
        events=[told],
        due_at=None,
        rationale=f"Released for manual handling by {by.name}. {why}".strip(),
        verdict=_decided(services, request, by, decision, released=True),
    )
    ref = request.request_id
    await jobs.put(RELEASED, ref, key=f"{RELEASED}:{ref}", at=services.now())
    return changed


async def reject(services: Services, request: Request, by: Reviewer, decision: Decision) -> Request:
    """Rejected, with the reviewer's reason as its rationale."""
    details = {"by": by.account.email, "reason": decision.reason, "round": request.round, "surface": by.surface}
    details |= {k: v for k, v in (("why_not", decision.why_not), ("note", decision.note)) if v}
    return await move(
        request,
        Verb.REJECT,
        actor=by.account.email,
        owner="",
        rationale=decision.reason,
        rule="reviewed",
        events=[event(request, audit.REJECTION, by.account.email, **details)],
        verdict=_decided(services, request, by, decision, why_not=decision.why_not),
    )


async def give_back(services: Services, request: Request, by: Reviewer, decision: Decision) -> Request:
    """Back to the requester with a question; their answer opens the next round."""
    return await ask_for_reviewer(
        services,
        request,
        decision.reason,
        _decided(services, request, by, decision, returned_by=by.name),
        event(
            request,
            audit.MESSAGE,
            by.account.email,
            kind="returned",
            asked=decision.reason,
            round=request.round,
            surface=by.surface,
            **({"note": decision.note} if decision.note else {}),
        ),
    )
