"""Bringing an escalated request to the people who decide it, and reminding them (the operation's Escalation Reminder).

Where each reviewer is reached is on the record. A reminder is an edit and a ping, once a window, never in the
reader's quiet hours; after the set number the backup owner is asked as well. Time never decides.
"""

from __future__ import annotations

import secrets
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from cards import reminders
from cards.views_review import ReminderView
from dialogs import owners, rounds, worded
from dialogs.chat import Identity, Profile, Unreachable
from dialogs.closure import MAIL
from dialogs.lifecycle import Status
from dialogs.policy_in_force import PolicyShelf
from dialogs.record import PAINT, REMIND, event
from dialogs.services import Services
from integrations.base import SystemFault
from storage import audit, jobs, moments, pictures, requests, reviewers
from storage.database import transaction
from storage.models import Picture, Request

log = structlog.get_logger(__name__)
REVIEW = "review"
CHANNEL = "channel"


async def assign(services: Services, shelf: PolicyShelf, request_id: str, round: int, owner: str = "", why: str = "owner") -> None:
    """Finds the reviewers of this round and puts a card before each who has none yet; mail where chat has nobody.

    `owner` is somebody further (the backup); "" is the request's own owner. Raises integrations.base.Unavailable:
    the worker tries again.
    """
    request = await requests.get(request_id)
    if request is None or request.status != Status.ESCALATED or request.round != round:
        return
    policy = (await shelf.current(services.now())).policy
    found = await owners.assigned(services, request, policy, owner or request.owner, why)
    placed = [(r, await services.people.locate(r.email)) for r in found.reviewers]
    ref = request.request_id
    async with transaction():
        fresh = await requests.get(ref)
        if fresh is None or fresh.status != Status.ESCALATED or fresh.round != round:
            return
        have = {p.audience for p in await pictures.of_request(ref, gone=True) if p.surface == REVIEW and p.round == round}
        asked = {str(who) for _, places in placed for who in places}
        if have and not owner and asked <= have and found.owner == fresh.owner:
            return
        reached = []
        for reviewer, places in placed:
            reached.append({"reviewer": reviewer.email, "by": ", ".join(who.platform for who in places) or "mail"})
            for who in places:
                if str(who) not in have:
                    await pictures.add(
                        request_id=ref,
                        surface=REVIEW,
                        audience=str(who),
                        nonce=secrets.token_urlsafe(18),
                        round=round,
                        reason=found.why[:200],
                        reader=reviewer.email,
                    )
            if not places and services.post is not None:
                await _write(ref, round, reviewer.email)
        columns: dict[str, Any] = {}
        if owner or found.owner != fresh.owner:
            kept = fresh.verdict or {}
            if owner:
                columns["verdict"] = {**kept, "also": [*kept.get("also", []), found.owner]}
            else:
                columns["owner"] = found.owner
        if columns:
            changed = await requests.change(fresh, **columns)
            if owner:
                await reviewers.also(changed, found.owner)
        await audit.append([event(fresh, audit.MESSAGE, kind="assigned", owner=found.owner, why=found.why, round=round, reached=reached)])
        await jobs.put(PAINT, ref, key=f"{PAINT}:{ref}")


async def _write(request_id: str, round: int, email: str) -> None:
    """Puts the mail to a reviewer whom chat does not know, or cannot reach, in the running transaction."""
    letter = f"review:{round}:{email}"
    await jobs.put(MAIL, request_id, key=f"{MAIL}:{request_id}:{letter}", payload={"letter": letter})


async def unreached(services: Services, request_id: str, audience: str) -> None:
    """A card could not be put before a reviewer: mail takes over, when no other platform has one for them."""
    request = await requests.get(request_id)
    if request is None or services.post is None or request.status != Status.ESCALATED:
        return
    copies = [p for p in await pictures.of_request(request_id, gone=True) if p.surface == REVIEW and p.round == request.round]
    reader = next((p.reader for p in copies if p.audience == audience and not p.message), None)
    if reader and not any(p.message for p in copies if p.reader == reader):
        async with transaction():
            await _write(request_id, request.round, reader)


async def remind(services: Services, request_id: str, round: int, sent: int) -> datetime | None:
    """One reminder of this round. Answers when the next is due; None when there is nobody to remind."""
    request = await requests.get(request_id)
    if request is None or request.status != Status.ESCALATED or request.round != round or rounds.stale(request, round) is not None:
        return None
    now = services.now()
    kept = request.verdict or {}
    window = timedelta(seconds=float(kept.get("window_seconds") or 4 * 3600))
    cards = [p for p in await pictures.of_request(request_id) if p.surface == REVIEW and p.round == round and p.message]
    later = await _quiet_until(services, cards, now)
    if later is not None:
        return later
    handed_over = sent >= int(kept.get("reminders", 2))
    await _ping_all(services, request, cards, now)
    async with transaction():
        fresh = await requests.get(request_id)
        if fresh is None or fresh.status != Status.ESCALATED or fresh.round != round:
            return None
        told = [event(fresh, audit.MESSAGE, kind="reminder", round=round, number=sent + 1, owner=fresh.owner)]
        await requests.change(fresh, verdict={**(fresh.verdict or {}), "reminded_at": moments.write(now), "reminded": sent + 1})
        backup = str(kept.get("backup") or services.house.fallback_owner)
        if handed_over and backup and backup not in (fresh.owner, *kept.get("also", [])):
            told.append(event(fresh, audit.ESCALATION, reason="Nobody decided within the review window.", next_owner=backup, round=round))
            await jobs.put(
                "assign", request_id, key=f"assign:{request_id}:{round}:backup", payload={"round": round, "owner": backup, "why": "backup"}
            )
        await audit.append(told)
        await jobs.put(PAINT, request_id, key=f"{PAINT}:{request_id}")
        await jobs.put(
            REMIND, request_id, key=f"{REMIND}:{request_id}:{round}", at=now + window, payload={"round": round, "sent": sent + 1}
        )
    return None


async def _ping_all(services: Services, request: Request, cards: list[Picture], now: datetime) -> None:
    """Everybody who is awake. Raises what went wrong when it reached nobody: a second try would remind the others twice."""
    reached, trouble = 0, None
    for picture in cards:
        if services.house.quiet_hours is not None and await _quiet_until(services, [picture], now) is not None:
            continue
        try:
            await _ping(services, request, picture)
            reached += 1
        except SystemFault as fault:
            log.warning("a reviewer could not be reminded", request_id=request.request_id, why=str(fault))
            trouble = fault
    if trouble is not None and not reached:
        raise trouble


async def _ping(services: Services, request: Request, picture: Picture) -> None:
    reader = Identity.parse(picture.audience)
    profile = await services.people.profile(reader)
    words = services.words(profile.locale, profile.zone) if profile else services.words("en", services.house.zone)
    view = ReminderView(
        reference=request.request_id,
        target=worded.target(request),
        priority=request.priority,
        waited=services.now() - request.created_at,
        due_at=request.due_at,
        now=services.now(),
        nonce=picture.nonce,
    )
    try:
        await services.chat.post(reader, reminders.ping(view, words), channel=picture.channel, thread=picture.message)
    except Unreachable as why:
        log.warning("a reviewer cannot be reminded in chat", request_id=request.request_id, why=str(why))


async def _quiet_until(services: Services, cards: list[Picture], now: datetime) -> datetime | None:
    """When the quiet hours of the readers end; None when somebody may be reminded now."""
    quiet = services.house.quiet_hours
    if quiet is None or not cards:
        return None
    ends = []
    for picture in cards:
        end = quiet_end(quiet, now, await services.people.profile(Identity.parse(picture.audience)), services.house.zone)
        if end is None:
            return None
        ends.append(end)
    return min(ends)


def quiet_end(quiet: tuple[time, time], now: datetime, profile: Profile | None, zone: str) -> datetime | None:
    """When the quiet hours that hold now in the reader's zone end (UTC); None when it is no quiet hour there."""
    try:
        there = ZoneInfo(profile.zone if profile else zone)
    except (ZoneInfoNotFoundError, ValueError):
        there = ZoneInfo("UTC")
    local = now.astimezone(there)
    start, end = quiet
    clock = local.time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    if not inside:
        return None
    until = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return (until if until > local else until + timedelta(days=1)).astimezone(now.tzinfo)
