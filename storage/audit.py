"""The audit log: written only at its end, in the transaction of what it tells, and verifiable as a whole."""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage import chain, moments, sql, transaction
from storage.chain import ChainBroken, Head
from storage.models import AuditEvent
from storage.numbers import event_number
from storage.verification import COLUMNS, Broken, Intact, verify

__all__ = [
    "AGENT",
    "APPROVAL",
    "CLOSURE",
    "DECISION",
    "ESCALATION",
    "MESSAGE",
    "REJECTION",
    "TOOL_CALL",
    "TYPES",
    "Broken",
    "ChainBroken",
    "Intact",
    "NewEvent",
    "append",
    "details_text",
    "of_request",
    "pages",
    "verify",
]

MESSAGE = "Message"
TOOL_CALL = "Tool Call"
DECISION = "Decision"
ESCALATION = "Escalation"
APPROVAL = "Approval"
REJECTION = "Rejection"
CLOSURE = "Closure"
TYPES = frozenset({MESSAGE, TOOL_CALL, DECISION, ESCALATION, APPROVAL, REJECTION, CLOSURE})
"""The operation's event types."""

AGENT = "Password Reset Request Agent"
"""The actor of what the agent does."""

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be recorded. `event_id` and `details_text` are given by imports only: kept as they are."""

    request_id: str
    actor: str
    event_type: str
    details: dict[str, Any]
    created_at: datetime | None = None
    event_id: str = ""
    details_text: str = ""


async def append(events: Sequence[NewEvent]) -> list[AuditEvent]:
    """Record events, in this order, in the running transaction; gives the rows.

    RuntimeError outside a transaction; ChainBroken when the chain's end cannot be trusted; ValueError for an unknown
    event type or details that are no JSON. When it raises, the transaction must not be committed: leave it by the error.
    """
    tx = transaction.current()
    if not events:
        return []
    head = tx.head
    seq, previous, number = head.seq, head.hash, head.event_number
    moment = moments.write(moments.now())
    rows = []
    for event in events:
        if event.event_type not in TYPES:
            raise ValueError(f"no event type of the operation: {event.event_type!r}")
        if event.event_id:
            event_id = event.event_id
            number = max(number, event_number(event_id))
        else:
            number += 1
            event_id = f"EVT-{number}"
        seq += 1
        row = {
            "seq": seq,
            "event_id": event_id,
            "request_id": event.request_id,
            "actor": sql.storable(event.actor),
            "event_type": event.event_type,
            "details": event.details_text or details_text(event.details),
            "created_at": moment if event.created_at is None else moments.write(event.created_at),
            "previous": previous,
        }
        previous = row["hash"] = chain.link(tx.key, **row)
        rows.append(row)
    await sql.insert(AuditEvent, rows)
    tx.head = Head(seq, previous, number, head.request_number)
    return [sql.made(AuditEvent, row) for row in rows]


def details_text(details: Any) -> str:
    """The text of an event's details: compact JSON, readable in any language. ValueError or TypeError when it is no JSON."""
    return json.dumps(sql.storable(details), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


async def of_request(request_id: str) -> list[AuditEvent]:
    """The events of one request, oldest first."""
    found = await sql.rows(f"SELECT {COLUMNS} FROM password_reset_audit_log WHERE request_id = ? ORDER BY seq", [request_id])
    return [sql.made(AuditEvent, row) for row in found]


async def pages() -> AsyncIterator[list[dict[str, Any]]]:
    """All rows as they are stored, in order, a page at a time."""
    after = ""
    while page := await sql.rows(f"SELECT {COLUMNS} FROM password_reset_audit_log {after} ORDER BY seq LIMIT {_PAGE}"):
        yield page
        after = f"WHERE seq > {page[-1]['seq']:d}"
