"""Who sees which card of a request, and keeping every copy true.

A copy is a row (`Picture`). Painting compares what should be shown with what was drawn last, and sends only
what differs; whatever failed is painted again until it is right or the message is gone.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from cards import escalation, question
from cards import identity as identity_card
from cards import request as request_cards
from cards.card import Card
from cards.views import Ending, EscalationView, RequestView
from cards.words import Words
from dialogs import review_view, rounds, views_of
from dialogs.assigning import CHANNEL, REVIEW
from dialogs.chat import Gone, Identity, Profile, Shown, Unreachable
from dialogs.lifecycle import TERMINAL, Status
from dialogs.services import Services
from integrations.base import SystemFault
from storage import jobs, pictures, requests, votes
from storage.database import transaction
from storage.models import Picture, Request

log = structlog.get_logger(__name__)
UNANSWERED = timedelta(minutes=2)
"""A post that was begun and not written down is looked for on the platform this long."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One copy that should be there: `draw(nonce)` gives it."""

    surface: str
    to: Identity
    draw: Callable[[str], Card]
    channel: str = ""
    only_edit: bool = False
    """Not worth a first post any more; existing copies are kept true."""
    round: int = 0
    """Of a reviewer's copy: there is one a round."""
    shown: str = ""
    """What an approval of this copy is bound to (dialogs.review.shown)."""


async def paint(services: Services, request_id: str) -> datetime | None:
    """Makes every copy of this request true. Answers when to paint again without a change, or None.

    Raises Unavailable when a platform cannot be reached, Refused when it will not have a copy; the others are done.
    """
    request = await requests.get(request_id)
    if request is None or not request.platform:
        return None
    trouble: SystemFault | None = None
    kept = {(p.surface, p.audience, p.round if p.surface == REVIEW else 0): p for p in await pictures.of_request(request_id, gone=True)}
    for wanted in await _wanted(services, request, list(kept.values())):
        try:
            await _show(services, request, wanted, kept.get((wanted.surface, str(wanted.to), wanted.round)))
        except SystemFault as fault:
            # One copy that the platform refuses keeps no other from being true.
            trouble = trouble or fault
        except Unreachable as why:
            log.warning("cannot be reached in chat", request_id=request_id, surface=wanted.surface, why=str(why))
            async with transaction():
                said = {"surface": wanted.surface, "audience": str(wanted.to)}
                await jobs.put("unreached", request_id, key=f"unreached:{request_id}:{wanted.surface}:{wanted.to}", payload=said)
    if trouble is not None:
        raise trouble
    return views_of.held_until(request, services.now())


async def current(services: Services, picture: Picture) -> Card | None:
    """What this copy shows now; None when its request shows none there any more. Changes nothing."""
    request = await requests.get(picture.request_id)
    if request is None or not request.platform:
        return None
    for wanted in await _wanted(services, request, await pictures.of_request(picture.request_id, gone=True)):
        if (wanted.surface, str(wanted.to)) == (picture.surface, picture.audience) and wanted.round in (0, picture.round):
            return wanted.draw(picture.nonce)
    return None


async def _wanted(services: Services, request: Request, existing: list[Picture]) -> list[Wanted]:
    """The copies of a request in this status: the requester's progress, question and outcome, the owner's notice."""
    now = services.now()
    who = Identity(request.platform, request.tenant, request.platform_user)
    profile = await services.people.profile(who)
    words = services.words(*_reader(profile, services))
    end = views_of.ending(request, now)
    wanted: list[Wanted] = []
    if profile is None or not profile.outside:
        wanted.append(
            Wanted("progress", who, lambda n: request_cards.progress(views_of.requester_view(request, n, now), words), request.channel)
        )
        if request.question:
            number = request.question.get("number", 1)
            wanted.append(
                Wanted(
                    f"question:{number}",
                    who,
                    lambda n: question.question(views_of.question_view(request, n), words),
                    request.channel,
                    only_edit=not request.question.get("open") or request.status != Status.WAITING,
                )
            )
        if end not in (Ending.NONE, Ending.CANCELLED, Ending.MERGED):
            surface = "outcome" if Status(request.status) in TERMINAL else "escalated"
            wanted.append(
                Wanted(surface, who, lambda n: request_cards.outcome(views_of.requester_view(request, n, now), words), request.channel)
            )
    wanted += await _confirmation(services, request)
    wanted += await _reviews(services, request, existing)
    return wanted


async def _reviews(services: Services, request: Request, existing: list[Picture]) -> list[Wanted]:
    """The copies of reviewers, of every round: those of an earlier round show how it ended, and have no buttons."""
    copies: list[Wanted] = []
    cards = [p for p in existing if p.surface == REVIEW]
    if not cards:
        return []
    cast = {round: tuple(await votes.of_round(request.request_id, round)) for round in {p.round for p in cards}}
    for picture in cards:
        reader = Identity.parse(picture.audience)
        words = services.words(*_reader(await services.people.profile(reader), services))
        draw = _drawn(review_view.for_picture(request, picture, cast[picture.round]), words)
        copies.append(Wanted(REVIEW, reader, draw, round=picture.round, shown=rounds.shown(request)))
    channel = services.house.review_channel
    if channel and (request.status == Status.ESCALATED or any(p.surface == CHANNEL for p in existing)):
        seen = review_view.view(request, "", round=request.round, verbs=False)
        copy = escalation.channel_copy(seen, services.words("en", services.house.zone))
        copies.append(Wanted(CHANNEL, Identity("slack", request.tenant, f"#{channel}"), lambda _: copy, channel, round=0))
    return copies


def _drawn(seen: EscalationView, words: Words) -> Callable[[str], Card]:
    return lambda _: escalation.escalation(seen, words)


async def _confirmation(services: Services, request: Request) -> list[Wanted]:
    """The identity check of somebody who did not ask themselves: its number is shown in their own conversation only
    (rulings, row 6b)."""
    if not request.on_behalf or not request.identity or not request.target_okta_id:
        return []
    seen = views_of.target_view(request)
    wanted = []
    for target in await services.people.locate(request.on_behalf):
        words = services.words(*_reader(await services.people.profile(target), services))
        wanted.append(Wanted("confirm", target, _confirm(seen, words)))
    return wanted


def _confirm(seen: RequestView, words: Words) -> Callable[[str], Card]:
    return lambda nonce: identity_card.card(replace(seen, nonce=nonce), words)


async def _show(services: Services, request: Request, wanted: Wanted, picture: Picture | None) -> None:
    if picture is not None and picture.gone:
        return
    if picture is None or not picture.message:
        if not wanted.only_edit:
            await _post(services, request, wanted, picture)
        return
    card = wanted.draw(picture.nonce)
    digest = _digest(card)
    if digest == picture.digest:
        if wanted.shown != picture.shown:
            await pictures.change(picture, shown=wanted.shown)
        return
    try:
        await services.chat.edit(wanted.to, Shown(picture.channel, picture.message), card)
    except Gone:
        async with transaction():
            await pictures.change(picture, gone=True)
        return
    await pictures.change(picture, digest=digest, shown=wanted.shown)


async def _post(services: Services, request: Request, wanted: Wanted, picture: Picture | None) -> None:
    """The row first, then the message: after a crash between the two the platform is asked before posting again."""
    now = services.now()
    begun = picture is not None and picture.posting_at is not None and now - picture.posting_at < UNANSWERED
    if picture is None:
        async with transaction():
            picture = await pictures.add(
                request_id=request.request_id,
                surface=wanted.surface,
                audience=str(wanted.to),
                nonce=secrets.token_urlsafe(18),
                round=wanted.round or request.round,
                channel=wanted.channel,
                posting_at=now,
                shown=wanted.shown,
            )
    elif not begun:
        picture = await pictures.change(picture, posting_at=now, shown=wanted.shown)
    there = await services.chat.find(wanted.to, picture.channel, picture.nonce) if begun else None
    if there is not None:
        # It shows what was true before the crash: it is written down as that, and then made true.
        await _show(services, request, wanted, await pictures.change(picture, channel=there.channel, message=there.message, digest=""))
        return
    card = wanted.draw(picture.nonce)
    made = await services.chat.post(wanted.to, card, channel=wanted.channel, key=picture.nonce)
    # A message that the platform gave no id of stands, and can never be edited: nothing is posted beside it.
    said = {"channel": made.channel, "message": made.message, "shown": wanted.shown, "digest": _digest(card)}
    await pictures.change(picture, **said, gone=not made.message)


def _reader(profile: Profile | None, services: Services) -> tuple[str, str]:
    return (profile.locale, profile.zone) if profile else ("en", services.house.zone)


def _digest(card: Card) -> str:
    return hashlib.sha256(repr(card).encode()).hexdigest()
