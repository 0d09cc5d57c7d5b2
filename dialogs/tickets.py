"""One ServiceNow incident a request, kept in step with it: created, noted, resolved (rulings, Tickets).

An outage there delays the note, never the requester: the job comes back until it is told.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from dialogs import closure
from dialogs.lifecycle import STOPPED, TERMINAL, Status, Verb
from dialogs.record import event, move
from dialogs.services import Services
from integrations.base import Incident, NewIncident
from storage import audit, jobs, requests
from storage.database import transaction
from storage.models import AuditEvent, Request

URGENCY = {"High": "1", "Medium": "2", "Low": "3"}
NOTED = frozenset({audit.DECISION, audit.ESCALATION, audit.APPROVAL, audit.REJECTION, audit.CLOSURE})
OVER = frozenset({"6", "7", "8"})


async def tell(services: Services, request_id: str) -> None:
    """Brings the ticket up to date. Raises integrations.base faults: the worker tries again."""
    request = await requests.get(request_id)
    desk = services.desk
    if request is None or desk is None or not request.platform:
        return
    if services.house.tickets == "escalations" and request.status != Status.ESCALATED and not request.ticket_id:
        return
    if request.status in (Status.NEW, Status.TRIAGING) and not request.ticket_id and not request.okta_id:
        # Who asks is not known yet; the next change brings us back with the caller's name.
        return
    events = [e for e in await audit.of_request(request_id) if e.seq > request.ticket_seq]
    notes = [note for note in (_line(e) for e in events) if note]
    last = events[-1].seq if events else request.ticket_seq
    ticket_id = request.ticket_id
    if not ticket_id:
        incident = await desk.create(
            NewIncident(
                correlation_id=request_id,
                summary=f"Password reset {request_id}: {request.target_record or 'application not named yet'}"[:160],
                description=_description(request),
                urgency=URGENCY.get(request.priority, "2"),
                caller_email=request.requester if "@" in request.requester else "",
                note="\n".join(notes),
            )
        )
        notes, ticket_id = [], incident.id
        await _keep(request_id, incident, None)
    over = Status(request.status) in TERMINAL
    if over:
        await desk.resolve(ticket_id, "\n".join([*notes, f"{request.status} / {request.decision}. {request.rationale}".strip()])[:4000])
    elif notes:
        await desk.note(ticket_id, "\n".join(notes)[:4000])
    await _keep(request_id, None, last)


async def _keep(request_id: str, incident: Incident | None, seq: int | None) -> None:
    columns: dict[str, Any] = {}
    if incident is not None:
        columns |= {"ticket": incident.number, "ticket_id": incident.id}
    if seq is not None:
        columns["ticket_seq"] = seq
    async with transaction():
        fresh = await requests.get(request_id)
        if fresh is None or all(getattr(fresh, name) == value for name, value in columns.items()):
            return
        await requests.change(fresh, **columns)
        if incident is not None:
            await audit.append(
                [
                    audit.NewEvent(
                        request_id=request_id,
                        actor="ServiceNow",
                        event_type=audit.TOOL_CALL,
                        details={"tool": "servicenow_create_incident", "result": "incident ready", "ticket": incident.number},
                    )
                ]
            )
            await closure.settle_again(request_id)
            await jobs.put("paint", request_id, key=f"paint:{request_id}")


def _description(request: Request) -> str:
    lines = [
        f"Request {request.request_id}",
        f"Requester: {request.requester}",
        f"Target: {request.target_record or 'not named yet'}",
        f"Status: {request.status}",
        f"Priority: {request.priority}",
    ]
    if request.on_behalf:
        lines.append(f"On behalf of: {request.on_behalf}")
    if request.summary:
        lines.append(f"In their words: {request.summary}")
    if request.justification:
        lines.append(f"Why it is needed: {request.justification}")
    return "\n".join(lines)[:4000]


def _line(row: AuditEvent) -> str:
    if row.event_type not in NOTED:
        return ""
    details = json.loads(row.details)
    said = details.get("rationale") or details.get("reason") or details.get("status") or ""
    rule = f" (rule {details['rule']})" if details.get("rule") else ""
    owner = f" Next: {details['next_owner']}." if details.get("next_owner") else ""
    return f"{row.event_type}: {said}{rule}{owner}".strip()


POLL = (timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=5))
"""How often a released incident is looked at, slower with time."""


async def released(services: Services, request_id: str, looks: int) -> datetime | None:
    """Looks whether the incident of a request that was released for manual handling is done (rulings, row 8).

    Resolved or closed there: Completed. Cancelled there: Closed / Cancelled. Answers when to look again.
    """
    request = await requests.get(request_id)
    desk = services.desk
    if request is None or desk is None or request.status != Status.ESCALATED or not (request.verdict or {}).get("released"):
        return None
    again = services.now() + POLL[min(looks // 6, len(POLL) - 1)]
    incident = await desk.find(request_id) if request.ticket_id else None
    if incident is None or incident.state not in OVER:
        return again
    done = incident.state in ("6", "7")
    said = f"{incident.number} was {'resolved' if done else 'cancelled'} in ServiceNow."
    async with transaction():
        fresh = await requests.get(request_id)
        if fresh is None or fresh.status != Status.ESCALATED:
            return None
        await move(
            fresh,
            Verb.COMPLETE if done else Verb.CLOSE,
            actor="ServiceNow",
            owner="",
            rule=fresh.rule if done else STOPPED,
            rationale=said,
            events=[event(fresh, audit.MESSAGE, "ServiceNow", kind="manual", ticket=incident.number, state=incident.state)],
        )
    return None
