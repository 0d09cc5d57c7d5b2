"""From a row to what its reader may see of it. Who may not know a reason is not given one.

The requester's view hides every reason of a neutral ending; the owner's view shows checks and risk signals.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from agent.facts import Identity as Standing
from agent.verdict import EffectKind
from cards.views import Ending, QuestionView, RequestLine, RequestView, Stage
from cards.words import say
from dialogs.lifecycle import STOPPED, TERMINAL, Status
from storage import moments
from storage.models import Request

NEUTRAL_AFTER = timedelta(seconds=3)
"""Neutral endings are shown at the same time after the request, whichever check gave them (rulings, Words to the requester)."""
OWNER_ROWS = frozenset({"10a", "11"})
REVIEWED = "reviewed"
"""The rule of a request that a reviewer rejected."""


def ending(request: Request, now: datetime) -> Ending:
    """How the request ended for its requester; NONE while it is under way, or while a neutral ending is held back."""
    verdict = _verdict(request)
    match Status(request.status):
        case Status.COMPLETED:
            kind = verdict.get("effect")
            return Ending(kind) if kind in set(EffectKind) else Ending.MANUAL
        case Status.REJECTED if request.rule == "9b":
            return Ending.NOT_ASSIGNED
        case Status.REJECTED if request.rule == REVIEWED and (request.verdict or {}).get("why_not") != "looks_risky":
            return Ending.REJECTED
        case Status.REJECTED:
            return _held(request, now)
        case Status.CLOSED:
            ends = {"5": Ending.NOT_RESET, "expired": Ending.TIMED_OUT, "3": Ending.MERGED, STOPPED: Ending.NEUTRAL}
            return ends.get(request.rule, Ending.CANCELLED)
        case Status.ESCALATED:
            if _standing(request) is Standing.DENIED:
                return Ending.DENIED
            return _held(request, now) if _failed_check(request) else Ending.ESCALATED
        case _:
            return Ending.NONE


def held_until(request: Request, now: datetime) -> datetime | None:
    """When a neutral ending may be shown; None when nothing is held back."""
    neutral = (request.status == Status.REJECTED and request.rule not in ("9b", REVIEWED)) or (
        request.status == Status.ESCALATED and _failed_check(request)
    )
    shown = request.created_at + NEUTRAL_AFTER
    return shown if neutral and now < shown else None


def _held(request: Request, now: datetime) -> Ending:
    return Ending.NONE if held_until(request, now) else Ending.NEUTRAL


def _failed_check(request: Request) -> bool:
    return request.rule == "14" and _standing(request) is not Standing.DENIED


def stage(request: Request) -> Stage:
    state = (request.identity or {}).get("state")
    match Status(request.status):
        case Status.NEW:
            return Stage.RECEIVED
        case Status.WAITING if (request.question or {}).get("open"):
            return Stage.QUESTION
        case Status.WAITING if state == Standing.PENDING.value:
            return Stage.IDENTITY
        case Status.TRIAGING if state == Standing.PASSED.value:
            return Stage.EFFECT
        case _:
            return Stage.CHECKING


def target(request: Request) -> str:
    """What is to be reset, in the requester's words or the application's label."""
    return say("your Okta account") if request.app_kind == "account" else request.target_record


def requester_view(request: Request, nonce: str, now: datetime) -> RequestView:
    verdict, kept = _verdict(request), request.identity or {}
    end = ending(request, now)
    # A passed check is pending again only when its number is still to be tapped.
    pending = request.status == Status.WAITING and kept.get("state") == Standing.PENDING.value
    expected = ((request.verdict or {}).get("expected") or {}).get("verdict", {})
    foreign = bool(request.on_behalf)
    good = end in (Ending.RESET, Ending.UNLOCK, Ending.RESEND, Ending.POINT)
    hidden = end is Ending.NEUTRAL
    # A neutral ending that is held back looks like work going on: the same target, the same buttons, until its time.
    held = held_until(request, now) is not None
    return RequestView(
        reference=request.request_id,
        target="" if hidden else target(request),
        stage=Stage.CHECKING if hidden or held else stage(request),
        ending=end,
        number=str(kept.get("number", "")) if pending and not foreign else "",
        identity_ends=moments.read(kept["expires_at"]) if pending and kept.get("expires_at") else None,
        again=int(kept.get("try", 1)) > 1,
        owner_review=request.rule in OWNER_ROWS,
        due_at=request.due_at if end is Ending.ESCALATED else None,
        effect=_effect(verdict.get("effect") or expected.get("effect")),
        url=str(verdict.get("url", "")) if end is Ending.POINT else "",
        ticket="" if hidden else request.ticket,
        note=_note(request, end),
        for_other=foreign,
        other=request.on_behalf,
        policy_label=policy_label(request) if good else "",
        can_cancel=(held or can_cancel(request)) and end in (Ending.NONE, Ending.ESCALATED),
        nonce=nonce,
    )


def _note(request: Request, end: Ending) -> str:
    """A reviewer's reason, or the other request that this one became part of."""
    if end is Ending.REJECTED:
        return request.rationale
    return str((request.verdict or {}).get("merged", "")) if end is Ending.MERGED else ""


def _effect(word: object) -> Literal["reset", "unlock", "resend", "point"]:
    match word:
        case "unlock" | "resend" | "point":
            return word
        case _:
            return "reset"


def target_view(request: Request) -> RequestView:
    """The check of somebody else's request, for the person whose account it is: the number, and nothing of the reasons."""
    kept = request.identity or {}
    pending = request.status == Status.WAITING and kept.get("state") == Standing.PENDING.value
    return RequestView(
        reference=request.request_id,
        target=target(request),
        asked_by=request.requester_name or request.requester,
        stage=Stage.IDENTITY if pending else Stage.EFFECT,
        number=str(kept.get("number", "")) if pending else "",
        identity_ends=moments.read(kept["expires_at"]) if pending and kept.get("expires_at") else None,
        again=int(kept.get("try", 1)) > 1,
        ending=Ending.NONE if pending else ending_of_check(kept),
    )


def ending_of_check(kept: dict[str, Any]) -> Ending:
    return Ending.NONE if kept.get("state") == Standing.PASSED.value else Ending.NEUTRAL


def line(request: Request, now: datetime) -> RequestLine:
    """One of the requester's own requests in a list."""
    end = ending(request, now)
    return RequestLine(
        reference=request.request_id,
        target="" if end is Ending.NEUTRAL else target(request),
        stage=stage(request),
        ending=end,
        created_at=request.created_at,
        can_cancel=False,
    )


def can_cancel(request: Request) -> bool:
    """Until somebody approved it, or it is over (rulings, Cancel)."""
    decided = (request.verdict or {}).get("decided") or {}
    return Status(request.status) not in TERMINAL and decided.get("decision") != "Approved"


def question_view(request: Request, nonce: str) -> QuestionView:
    kept = request.question or {}
    kind: Literal["application", "not_assigned", "reviewer"] = "application"
    if kept.get("kind") in ("not_assigned", "reviewer"):
        kind = kept["kind"]
    chosen = str(kept.get("chosen", ""))
    is_open = bool(kept.get("open")) and request.status == Status.WAITING
    return QuestionView(
        reference=request.request_id,
        kind=kind,
        options=tuple(str(o["label"]) for o in kept.get("options", [])),
        named=str(kept.get("named", "")),
        asked=str(kept.get("asked", "")),
        chosen=say("Okta account") if chosen == "Okta account" else chosen,
        over=not is_open and not kept.get("chosen"),
        nonce=nonce,
    )


def _standing(request: Request) -> Standing:
    state = (request.identity or {}).get("state", Standing.NONE.value)
    return Standing(state) if state in set(Standing) else Standing.PENDING


def policy_label(request: Request) -> str:
    """How people see which policy was applied."""
    return request.policy_revision


def _verdict(request: Request) -> dict[str, Any]:
    stored: dict[str, Any] = (request.verdict or {}).get("verdict") or {}
    return stored
