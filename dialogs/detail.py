"""One request in full, as far as its reader may see it; whether they may is asked for this request, each time.

The requester sees their own request and nothing of the review, whoever they are besides. Reviewers see what they are
or were asked about or decided; administrators everything. Nobody else sees anything, and neither does a party of the
request on the reviewers' side. An unknown request and one that is not for the reader get the same words.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from cards.views import Ending, ReviewVerb, Stage
from cards.views_review import Attachment, DetailView, OwnDetailView
from cards.words import say
from dialogs import owners, presses, recorded, review_view, rights, rounds, views_of, worded
from dialogs.chat import Identity
from dialogs.errors import Declined, NotFound
from dialogs.own import Asker
from dialogs.services import Services
from integrations.base import Account, SystemFault
from storage import audit, moments, pictures, requests, reviewers, votes
from storage.database import transaction
from storage.models import AuditEvent, Request

SURFACE = presses.DETAIL
VERBS: tuple[ReviewVerb, ...] = ("approve", "return", "reject")
NOT_NOW = say("I can't check right now whether you may see this. Please try again in a moment.")
_USED = {"password changed": say("The link was used."), "link not used": say("The link was not used.")}
_OWNED_BY = {"backup": say("backup owner"), "fallback": say("fallback owner")}


async def detail_for(services: Services, account: Account, who: Identity, request_id: str) -> DetailView | OwnDetailView:
    """The request as `account`, who looks as `who`, may see it.

    Raises NotFound for an unknown request and for one that is not theirs to see; Declined when that cannot be known now.
    """
    request = await requests.get(request_id) if request_id else None
    if request is None:
        raise not_found(request_id)
    if Asker(who, account.id).asked(request):
        return await _own(services, request, who)
    sees, decides = await _rights(services, request, account)
    if not sees:
        raise not_found(request_id)
    return await _whole(request, who, VERBS if decides and rounds.stale(request, request.round) is None else ())


def not_found(request_id: str) -> NotFound:
    if not request_id:
        return NotFound(say("That button is out of date."))
    return NotFound(say("I don't see a request {reference} that you may look at.", reference=request_id))


async def _rights(services: Services, request: Request, account: Account) -> tuple[bool, bool]:
    """Whether this account may see the whole of the request, and whether it may decide it now; a party of it neither."""
    try:
        await rights.may(services, request, account, is_admin=rights.is_admin(services, account))
    except Declined as no:
        if no.text == rights.NOT_NOW:
            raise Declined(NOT_NOW) from None
        if no.text == rights.SELF or account.status not in owners.ABLE:
            return False, False
    else:
        return True, True
    for round in range(1, request.round + 1):
        if await votes.of_voter(request.request_id, round, account.id) is not None:
            return True, False
    try:
        for owner in await reviewers.of_request(request.number):
            if await owners.answers_for(services, owner, account):
                return True, False
    except SystemFault:
        raise Declined(NOT_NOW) from None
    return False, False


# ---------------------------------------------------------------- the requester's own


async def _own(services: Services, request: Request, who: Identity) -> OwnDetailView:
    now, ref = services.now(), request.request_id
    end = views_of.ending(request, now)
    progress = await pictures.find(ref, "progress", str(who))
    nonce = progress.nonce if progress is not None else await _nonce(request, who, SURFACE, "")
    if end is Ending.NEUTRAL:
        return OwnDetailView(ref, "", ending=end, nonce=nonce)
    # While a neutral ending is held back the request looks like one that is being checked.
    held = views_of.held_until(request, now) is not None
    seen = views_of.requester_view(request, nonce, now)
    return OwnDetailView(
        reference=ref,
        target=views_of.target(request),
        stage=Stage.CHECKING if held else seen.stage,
        ending=end,
        created_at=request.created_at,
        due_at=seen.due_at,
        closed_at=None if held else request.closed_at,
        ticket=seen.ticket,
        asked=request.summary,
        justification=request.justification,
        reason=request.rationale if end is Ending.REJECTED else "",
        owner_review=seen.owner_review and not held,
        url=seen.url,
        chat=recorded.conversation(request, await audit.of_request(ref), own=True),
        attachments=_attachments(request),
        can_cancel=seen.can_cancel or held,
        nonce=nonce,
    )


# ---------------------------------------------------------------- the whole, for reviewers


async def _whole(request: Request, who: Identity, verbs: tuple[ReviewVerb, ...]) -> DetailView:
    rows = await audit.of_request(request.request_id)
    shown = rounds.shown(request)
    # A surface of its own for each state of the facts: an older modal keeps what it showed, and its Approve is refused.
    nonce = await _nonce(request, who, f"{SURFACE}:{shown[:16]}", shown)
    card = review_view.view(request, nonce, round=request.round, cast=tuple(await votes.of_round(request.request_id, request.round)))
    return DetailView(
        reference=request.request_id,
        target=card.target,
        status=request.status,
        priority=request.priority,
        requester=card.requester,
        email=request.requester if "@" in request.requester else "",
        on_behalf_of=request.on_behalf,
        owner=request.owner.removeprefix(owners.GROUP).strip(),
        why_owner=_why_owner(request, rows),
        created_at=request.created_at,
        due_at=request.due_at,
        closed_at=request.closed_at,
        ticket=request.ticket,
        policy_label=card.policy_label,
        section_label=card.section,
        rationale=request.rationale if request.closed_at is not None else card.rationale or request.rationale,
        suggestion=card.suggestion,
        asked=request.summary,
        justification=request.justification,
        round=request.round,
        chat=recorded.conversation(request, rows, own=False),
        audit=recorded.events(request, rows),
        checks=card.checks,
        tools=recorded.tools(rows),
        outcome=_resolution(request, rows),
        decision=card.decision,
        decided_by=card.decided_by,
        decided_at=card.decided_at,
        attachments=_attachments(request),
        verbs=verbs,
        confirm=card.confirm,
        manual=card.manual,
        step_up=card.step_up,
        attest=card.attest,
        nonce=nonce,
    )


def _why_owner(request: Request, rows: Sequence[AuditEvent]) -> str:
    """Why the owner has it, when that is not simply that the policy names them."""
    assigned = [kept for row in rows if (kept := recorded.details(row)).get("kind") == "assigned" and kept.get("owner") == request.owner]
    return _OWNED_BY.get(str(assigned[-1].get("why", "")), "") if assigned else ""


def _resolution(request: Request, rows: Sequence[AuditEvent]) -> tuple[str, ...]:
    """How it ended, in sentences; () while it is under way and nobody decided."""
    decided: dict[str, Any] = (request.verdict or {}).get("decided") or {}
    if request.closed_at is None and not decided:
        return ()
    told = [worded.outcome(request) if request.closed_at is not None else "", request.rationale]
    if decided and request.closed_at is None:
        by = {"decision": worded.decision(str(decided["decision"])), "name": str(decided["by"]), "time": moments.read(decided["at"])}
        told.append(say("{decision} by {name} at {time}; not finished yet.", **by))
    for row in rows:
        kept = recorded.details(row)
        if row.event_type == audit.TOOL_CALL and kept.get("tool") == "follow_up":
            told.append(_USED.get(str(kept.get("result")), ""))
    if request.ticket:
        told.append(say("Ticket {ticket}.", ticket=request.ticket))
    return tuple(sentence for sentence in told if sentence)


def _attachments(request: Request) -> tuple[Attachment, ...]:
    """Names, sizes and types as the platform gave them; a size that is none counts as 0."""
    found = []
    for kept in request.attachments or []:
        size = kept.get("size")
        found.append(Attachment(str(kept.get("name", "")), size if isinstance(size, int) else 0, str(kept.get("type", ""))))
    return tuple(found)


async def _nonce(request: Request, who: Identity, surface: str, shown: str) -> str:
    """What the buttons of this reader's page carry: a row that says which request, which round, and what was shown."""
    ref, round = request.request_id, request.round
    picture = await pictures.find(ref, surface, str(who), round)
    if picture is None:
        async with transaction():
            picture = await pictures.find(ref, surface, str(who), round)
            if picture is None:
                picture = await pictures.add(
                    request_id=ref, surface=surface, audience=str(who), nonce=secrets.token_urlsafe(18), round=round, shown=shown
                )
    return picture.nonce
