"""The one way a request changes: its row, the events that tell it, and the work that follows, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dialogs.errors import Declined
from dialogs.lifecycle import DECISIONS, TERMINAL, Status, Verb, after
from storage import audit, jobs, moments, requests
from storage.audit import NewEvent
from storage.models import Request

AGENT = audit.AGENT
PAINT = "paint"
ADVANCE = "advance"
TICKET = "ticket"
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
        raise Declined(f"{request.request_id} is {request.status.lower()}; that can't be done any more.")
    columns.setdefault("decision", DECISIONS[status].value)
    told = list(events)
    if status is Status.ESCALATED:
        kept = columns.get("verdict", request.verdict) or {}
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


async def amend(request: Request, *, events: Sequence[NewEvent] = (), advance_at: datetime | None = None, **columns: Any) -> Request:
    """Changes columns without moving; the same transaction rules as `move`."""
    changed = await requests.change(request, **columns)
    await audit.append(list(events))
    await follow(changed, advance_at=advance_at)
    return changed


async def follow(request: Request, *, advance_at: datetime | None = None) -> None:
    """The work that any change asks for: repaint every copy, tell the ticket, go on, and close."""
    ref = request.request_id
    if request.platform:
        await jobs.put(PAINT, ref, key=f"{PAINT}:{ref}")
    await jobs.put(TICKET, ref, key=f"{TICKET}:{ref}")
    if advance_at is not None:
        await jobs.put(ADVANCE, ref, key=f"{ADVANCE}:{ref}", at=advance_at)
    if Status(request.status) in TERMINAL:
        await jobs.put(CLOSURE, ref, key=f"{CLOSURE}:{ref}")
