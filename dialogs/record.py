"""The one way a request changes: its row, the events that tell it, and the work that follows, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cards.words import say
from dialogs.errors import Declined
from dialogs.lifecycle import DECISIONS, TERMINAL, Status, Verb, after
from dialogs.worded import status as worded
from storage import audit, jobs, moments, requests
from storage.audit import NewEvent
from storage.models import Request

AGENT = audit.AGENT
PAINT = "paint"
ADVANCE = "advance"
TICKET = "ticket"
PAINTED_WITHIN = timedelta(milliseconds=300)
TOLD_WITHIN = timedelta(seconds=2)
"""How long a change that is only passed through may stay undrawn, and untold to the ticket."""
CLOSURE = "closure"
ASSIGN = "assign"
REMIND = "remind"
DEFAULT_WINDOW_SECONDS = 4 * 3600
"""The review window where no policy said one (contract, section 5, Medium)."""


@dataclass(slots=True)
class Change:
    """What one move writes beside the status."""

    columns: dict[str, Any] = field(default_factory=dict)
    events: list[NewEvent] = field(default_factory=list)
    actor: str = AGENT


def event(request: Request, event_type: str, actor: str = AGENT, **details: Any) -> NewEvent:
    """An event of this request; details are JSON-able and hold no secret and no address but those of the tables."""
    return NewEvent(request_id=request.request_id, actor=actor, event_type=event_type, details=details)


async def move(
    request: Request, verb: Verb, *, actor: str = AGENT, events: Sequence[NewEvent] = (), advance_at: datetime | None = None, **columns: Any
) -> Request:
    """Moves the request; call it inside `transaction()`.

    Raises Declined when the move is not legal from where the request stands, Conflict (storage.requests) when
    it changed meanwhile. A terminal status sets closed_at and writes the one Closure event (contract, section 4).
    """
    status = after(verb, request.status)
    if status is None:
        where = worded(request.status)
        raise Declined(say("{reference}: {status}. That can't be done any more.", reference=request.request_id, status=where))
    columns.setdefault("decision", DECISIONS[status].value)
    told = list(events)
    if status is Status.ESCALATED:
        kept = columns.get("verdict", request.verdict) or {}
        if kept.get("decided"):
            kept = columns["verdict"] = _next_round(kept)
            columns.setdefault("round", request.round + 1)
        columns.setdefault("due_at", moments.now() + timedelta(seconds=float(kept.get("window_seconds") or DEFAULT_WINDOW_SECONDS)))
    if status in TERMINAL:
        closed = moments.now()
        columns.update(closed_at=closed, open_key=None, due_at=None)
        told.append(
            NewEvent(
                request_id=request.request_id,
                actor=actor,
                event_type=audit.CLOSURE,
                details={"status": status.value, "decision": columns["decision"], "rationale": columns.get("rationale", request.rationale)},
            )
        )
    changed = await requests.change(request, status=status.value, **columns)
    await audit.append(told)
    if status is Status.ESCALATED:
        ref, round = changed.request_id, changed.round
        await jobs.put(ASSIGN, ref, key=f"{ASSIGN}:{ref}:{round}", payload={"round": round})
        await jobs.put(REMIND, ref, key=f"{REMIND}:{ref}:{round}", at=changed.due_at, payload={"round": round, "sent": 0})
    await follow(changed, advance_at=advance_at)
    return changed


def _next_round(kept: dict[str, Any]) -> dict[str, Any]:
    """What a request keeps when somebody decides it again: who decided before, and none of that round's reminders."""
    gone = ("decided", "also", "reminded_at", "reminded")
    return {**{k: v for k, v in kept.items() if k not in gone}, "past": [*kept.get("past", []), kept["decided"]]}


def questions(request: Request) -> int:
    """Questions of our own that were put to the requester; a reviewer's (Return) are not counted among them."""
    return request.asked - len((request.verdict or {}).get("history", []))


async def amend(request: Request, *, events: Sequence[NewEvent] = (), advance_at: datetime | None = None, **columns: Any) -> Request:
    """Changes columns without moving; the same transaction rules as `move`."""
    changed = await requests.change(request, **columns)
    await audit.append(list(events))
    await follow(changed, advance_at=advance_at)
    return changed


async def follow(request: Request, *, advance_at: datetime | None = None) -> None:
    """The work that any change asks for: repaint every copy, tell the ticket, go on, and close.

    What will have changed again in a moment is not drawn and told at once; whatever comes before that brings it forward.
    """
    ref = request.request_id
    passing = _passing(request)
    now = moments.now()
    if request.platform:
        await jobs.put(PAINT, ref, key=f"{PAINT}:{ref}", at=now + PAINTED_WITHIN if passing else None)
    if request.okta_id or request.ticket_id or Status(request.status) not in (Status.NEW, Status.TRIAGING):
        told_at = now + TOLD_WITHIN if passing or Status(request.status) is Status.WAITING else None
        await jobs.put(TICKET, ref, key=f"{TICKET}:{ref}", at=told_at)
    if advance_at is not None:
        await jobs.put(ADVANCE, ref, key=f"{ADVANCE}:{ref}", at=advance_at)
    if Status(request.status) in TERMINAL or Status(request.status) is Status.ESCALATED:
        await jobs.put(CLOSURE, ref, key=f"{CLOSURE}:{ref}")


def _passing(request: Request) -> bool:
    """Triage is at it, or the push is about to go out with its number: the next change is under way."""
    status = Status(request.status)
    return status in (Status.NEW, Status.TRIAGING) or (status is Status.WAITING and (request.identity or {}).get("state") == "asked")
