"""A round of review: what its card shows, who decided it, how many approvals it needs. Facts of the row; nothing is decided here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.policy import Policy
from cards.words import say
from dialogs.lifecycle import STOPPED, TERMINAL, Status
from storage import moments
from storage.models import Request

ATTESTED_ROWS = frozenset({"13", "14"})
"""Where the person could not confirm who they are: an approval says how the approver verified them."""


@dataclass(frozen=True, slots=True)
class Stale:
    """The round is over: who decided what, when. `decision` "" when only "it changed" is known."""

    decision: str = ""
    by: str = ""
    at: datetime | None = None


def stale(request: Request, round: int) -> Stale | None:
    """Why this round takes no more decisions; None when it does."""
    decided = decided_in(request, round)
    if request.status == Status.ESCALATED and request.round == round and not decided:
        return None
    if decided:
        return Stale(str(decided["decision"]), str(decided["by"]), moments.read(decided["at"]))
    if Status(request.status) not in TERMINAL:
        return Stale()
    closed = request.status == Status.CLOSED and request.rule in (STOPPED, "expired")
    return Stale("Closed" if closed else request.decision, "", request.closed_at)


def decided_in(request: Request, round: int) -> dict[str, Any]:
    """Who decided what and when in this round; {} when nobody has."""
    kept = request.verdict or {}
    known: list[dict[str, Any]] = [kept.get("decided") or {}, *kept.get("past", [])]
    return next((one for one in known if one.get("round") == round), {})


def shown(request: Request) -> str:
    """A digest of what a review card shows and an approval is bound to (security brief, I15)."""
    kept = request.verdict or {}
    verdict = kept.get("verdict") or {}
    parts = [
        request.request_id,
        request.round,
        request.okta_id,
        request.on_behalf,
        request.app_kind,
        request.app_id,
        request.app_label,
        request.rule,
        request.policy_revision,
        verdict.get("effect"),
        kept.get("digest"),
        request.summary,
        request.justification,
    ]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def needed(request: Request, policy: Policy | None) -> int:
    """Approvals that this request needs (policy, Approvals needed for Privileged)."""
    privileged = bool(((request.verdict or {}).get("verdict") or {}).get("privileged"))
    return policy.approvals_privileged if policy is not None and privileged else 1


def steps_up(request: Request, policy: Policy | None) -> bool:
    """Whether an approver confirms with their own Okta Verify first. "Sensitive" means Sensitive and above (rulings)."""
    verdict = (request.verdict or {}).get("verdict") or {}
    setting = policy.step_up if policy is not None else "Privileged"
    if setting == "none":
        return False
    return bool(verdict.get("privileged") or (setting == "Sensitive" and verdict.get("sensitive")))


def attests(request: Request) -> bool:
    """Whether Approve asks how the approver verified the person."""
    verdict = (request.verdict or {}).get("verdict") or {}
    return request.rule in ATTESTED_ROWS and verdict.get("effect") is not None


def said_already(request: Request, over: Stale) -> str:
    """The plain answer for a click that came too late."""
    told: dict[str, object] = {"reference": request.request_id, "name": over.by, "time": over.at}
    if over.by and over.at is not None:
        match over.decision:
            case "Approved":
                return say("{reference} was already approved by {name} at {time}. Nothing more to do.", **told)
            case "Rejected":
                return say("{reference} was already rejected by {name} at {time}. Nothing more to do.", **told)
            case "Returned":
                return say("{reference} was already returned by {name} at {time}. Nothing more to do.", **told)
    match over.decision:
        case "":
            return say("{reference} has moved on since this card was sent. Please use the newest one.", reference=request.request_id)
        case "Approved":
            return say("{reference} is already approved. Nothing more to do.", reference=request.request_id)
        case "Rejected":
            return say("{reference} is already rejected. Nothing more to do.", reference=request.request_id)
        case "Cancelled":
            return say("{reference} is already withdrawn. Nothing more to do.", reference=request.request_id)
        case _:
            return say("{reference} is already closed. Nothing more to do.", reference=request.request_id)
