"""The IT Reset Review Queue as one reader may see it.

"Waiting for me" is what waits for the reader's own e-mail or a group that they are in: as owner, backup or fallback.
"All" is, for an administrator, every open request; for a reviewer, every open one that they were asked about, also when
it has moved on (least privilege: security brief, T20). What the reader is a party of is never there. A row gives
access to nothing: `dialogs.detail` looks rights up again when it is opened.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cards.views_review import QueueFilter, QueueRow, QueueView
from cards.words import say
from dialogs import answering, owners, worded
from dialogs.answering import Reader
from dialogs.lifecycle import Status
from dialogs.services import Services
from integrations.base import Account
from storage import queue, reviewers
from storage.models import Request

ROWS = 10
SOON = timedelta(hours=1)
"""Until when "due soon" is."""
WHY = {
    "4": say("nobody could say who asks"),
    "6b": say("asked for somebody else"),
    "7b": say("the account is not active"),
    "7c": say("the account is locked"),
    "7d": say("a second link within a day"),
    "7e": say("facts contradict each other"),
    "8": say("privileged: done by hand"),
    "10": say("the policy has no rule for it"),
    "10a": say("self-service is off"),
    "11": say("needs the owner's OK"),
    "12": say("a limit was reached"),
    "13": say("no phone to confirm with"),
    "14": say("identity not confirmed"),
    "advice": say("the agent wants a person to look"),
}
"""Why a request waits for a person, by the row of the decision table, in a few words."""
SUGGESTED = say("suggested, needs your OK")
RELEASED = say("approved, to be done by hand")


async def queue_view(services: Services, reader: Account, is_admin: bool, chosen: QueueFilter, rows: int = ROWS) -> QueueView | None:
    """The queue of this reader, `rows` a page; None for somebody who decides nothing.

    Raises Declined when the groups of the reader cannot be known.
    """
    known = await answering.reader(services, reader, is_admin)
    return None if known is None else await look(known, chosen, services.now(), services.house.zone, rows)


async def look(reader: Reader, chosen: QueueFilter, now: datetime, zone: str, rows: int = ROWS) -> QueueView:
    """The page that was chosen, with its counters. `zone` is where a day begins for "closed today"."""
    own = reader.account
    without = await queue.numbers_of(own.id, sorted({own.email.casefold(), own.login.casefold()} - {""}))
    scope = None if reader.is_admin else reader.owners
    wanted = _wanted(reader, chosen, now, without)
    page = await queue.page(wanted, chosen.cursor, rows)
    counts = await queue.counters(scope, now=now, soon=now + SOON, today=day_of(now, zone), without=without)
    return QueueView(
        rows=tuple(_row(request, reader) for request in page.rows if not owners.involved(request, own)),
        filter=chosen,
        now=now,
        open=counts.open,
        overdue=counts.overdue,
        due_soon=counts.due_soon,
        closed_today=counts.closed,
        first=page.first,
        total=await queue.total(wanted),
        previous=page.previous,
        next=page.next,
    )


def day_of(now: datetime, zone: str) -> datetime:
    """When the day began there; in UTC where nobody knows the zone."""
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        there = ZoneInfo("UTC")
    return now.astimezone(there).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)


def _wanted(reader: Reader, chosen: QueueFilter, now: datetime, without: tuple[int, ...]) -> queue.Wanted:
    """A filter as the storage reads it. Without a status, "waiting for me" is what waits for a decision."""
    mine = chosen.whose == "mine"
    statuses = (chosen.status,) if chosen.status else (Status.ESCALATED.value,) if mine else queue.OPEN
    return queue.Wanted(
        owners=None if reader.is_admin and not mine else reader.owners,
        asked=mine,
        statuses=statuses,
        priorities=(chosen.priority,) if chosen.priority else queue.PRIORITIES,
        overdue_at=now if chosen.overdue else None,
        without=without,
    )


def _row(request: Request, reader: Reader) -> QueueRow:
    escalated = request.status == Status.ESCALATED
    return QueueRow(
        reference=request.request_id,
        target=worded.target(request),
        priority=request.priority,
        requester=request.requester_name or request.requester,
        status=request.status,
        why=_why(request) if escalated else "",
        due_at=request.due_at if escalated else None,
        waits_for=_waits_for(request, reader),
        value=request.request_id,
    )


def _why(request: Request) -> str:
    if (request.verdict or {}).get("released"):
        return RELEASED
    suggested = ((request.verdict or {}).get("verdict") or {}).get("effect")
    return WHY.get(request.rule, SUGGESTED if suggested else "")


def _waits_for(request: Request, reader: Reader) -> str:
    """Whom it waits for, when that is neither the reader nor the agent."""
    if request.status == Status.WAITING:
        return request.requester_name or request.requester
    if request.status != Status.ESCALATED:
        return ""
    asked = [request.owner, *(str(name) for name in (request.verdict or {}).get("also", []))]
    if {reviewers.key(owner) for owner in asked} & set(reader.owners):
        return ""
    return request.owner.removeprefix(reviewers.GROUP).strip()
