"""A message to the bot: who wrote it, and whether it is a command, an answer, a greeting, or a request.

Runs as a job, after the delivery was committed and answered. People from outside and bots are not served and
leave no row (rulings, row 1b).
"""

from __future__ import annotations

import re
from typing import Any

import structlog

from cards import help as help_cards
from cards import notes
from cards.card import Card
from cards.question import account_label
from cards.words import Words
from dialogs import own, presses, views_of
from dialogs.chat import Identity, Profile, Submission, Unreachable
from dialogs.desk import Desk
from dialogs.errors import Declined
from dialogs.lifecycle import Status
from dialogs.own import Asker
from dialogs.services import Services
from integrations.base import Unavailable
from storage import deliveries, requests
from storage.database import transaction
from storage.models import Request

log = structlog.get_logger(__name__)
CANCEL = re.compile(r"^\s*(?:cancel|withdraw|stornieren|abbrechen)\b[\s:#]*(IT-\d+)?\s*[.!]?\s*$", re.IGNORECASE)
HELP = re.compile(r"^\s*(?:help|hilfe|\?|what can you do\??)\s*[.!?]*\s*$", re.IGNORECASE)
STATUS = re.compile(r"^\s*(?:status|my requests|where (?:is|are) my requests?|any news)\s*[.!?]*\s*$", re.IGNORECASE)
GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|hallo|moin|good (?:morning|afternoon|evening)|guten (?:morgen|tag|abend)"
    r"|thanks?|thank you|thx|danke|ok|okay|great|perfect)"
    r"(?:\s+(?:there|you|all|so much|very much|bot|password reset))*\s*[.!]*\s*$",
    re.IGNORECASE,
)
CLAIM = re.compile(
    r"^\s*(?:(?:ok(?:ay)?|yes|ja)[,.!\s]+)?(?:done|approved|confirmed|finished|accepted|i (?:did|have)(?: it)?"
    r"|i(?:'ve| have)? (?:approved|confirmed|accepted|tapped)(?: it| that)?|it(?:'s| is|’s) me"
    r"|erledigt|best[aä]tigt|fertig|hab(?:e)? ich)\s*[.!]*\s*$",
    re.IGNORECASE,
)
"""Somebody says that they confirmed, while their phone is waited for."""
OWN = 10
TRIES = 6
"""How often it is asked who wrote a message; after that it is taken without knowing their language, and triage finds out."""


async def take(services: Services, desk: Desk, heard: dict[str, Any], tries: int = TRIES) -> None:
    """`heard` is the payload of the job. Raises Unavailable when the platform cannot be asked: the worker tries again."""
    who = Identity.parse(heard["who"])
    profile = await services.people.profile(who)
    if profile is None and tries < TRIES:
        raise Unavailable("Slack", "it cannot be asked who wrote this")
    if profile is not None and profile.outside:
        log.warning("security: ignored", reason=profile.outside, who=str(who))
        return
    words = services.words(profile.locale, profile.zone) if profile else services.words("en", services.house.zone)
    channel = str(heard["channel"]) if heard["private"] else ""
    card = await _command(services, who, profile, str(heard["text"]), words, str(heard["message"]))
    try:
        if heard["masked"]:
            await services.chat.post(who, notes.secret_seen(words), channel=channel, key=f"secret-{heard['message']}")
        if not heard["private"]:
            await services.chat.whisper(who, str(heard["channel"]), notes.in_private(words).summary)
        if card is not None:
            await services.chat.post(who, card, channel=channel, key=f"reply-{heard['message']}")
            return
    except Unreachable as why:
        log.warning("cannot be reached in chat", who=str(who), why=str(why))
        if card is not None:
            return
    key = f"heard:{who}:{heard['channel']}:{heard['message']}"
    before = await deliveries.seen(key)
    if before is not None and before.answer is None:
        return  # an earlier run took it as the answer to a question, and did not live to put its job away
    waiting = await _waiting(who)
    if waiting is not None:
        async with transaction():
            fresh = await requests.get(waiting.request_id)
            if fresh is not None and fresh.status == Status.WAITING:
                await presses.answered(services, fresh, str(who), str(heard["text"]), _picked(fresh, str(heard["text"]), words))
                await deliveries.record(key, fresh.request_id)
                return
    reply = await desk.submit(
        Submission(
            delivery=key,
            who=who,
            intake="text",
            summary=str(heard["text"]),
            channel=channel,
            attachments=tuple(heard["attachments"]),
        )
    )
    if reply.text:
        await services.chat.post(who, notes.note(words.said(reply.text)), channel=channel, key=f"reply-{heard['message']}")


async def secret_seen(services: Services, payload: dict[str, Any]) -> None:
    """Tells somebody that what looked like a password was not kept."""
    who = Identity.parse(payload["who"])
    profile = await services.people.profile(who)
    words = services.words(profile.locale, profile.zone) if profile else services.words("en", services.house.zone)
    await services.chat.post(who, notes.secret_seen(words), channel=str(payload.get("channel", "")))


async def _command(services: Services, who: Identity, profile: Profile | None, text: str, words: Words, message: str) -> Card | None:
    if HELP.match(text):
        return help_cards.usage(words, "")
    if STATUS.match(text):
        return await status_card(services, await own.asker(services, who, own.IN_A_JOB), words)
    if GREETING.match(text) or not text.strip():
        return help_cards.welcome(profile.name.split(" ")[0] if profile else "", words)
    if CLAIM.match(text) and (pending := await _pending(services, who)) is not None:
        # What is written proves nothing (rulings, row 14; security brief, I6); a second request would only confuse.
        said = words.gettext(
            "{reference} is waiting for your phone: please confirm in Okta Verify. What is written here doesn't count.",
            reference=pending.request_id,
        )
        return notes.note(said)
    cancelled = CANCEL.match(text)
    if cancelled:
        return await _cancel(services, who, cancelled.group(1), words)
    return None


async def status_card(services: Services, asker: Asker, words: Words) -> Card:
    """The person's own requests, wherever they were made, newest first."""
    return help_cards.status(tuple(views_of.line(r, services.now()) for r in await asker.newest(OWN)), words)


async def _cancel(services: Services, who: Identity, reference: str | None, words: Words) -> Card:
    if reference is None:
        asker = await own.asker(services, who, own.IN_A_JOB)
        open_ones = [r for r in await asker.newest(OWN) if views_of.can_cancel(r)]
        if len(open_ones) != 1:
            return notes.which_request(words)
        reference = open_ones[0].request_id
    else:
        reference = reference.upper()
        asker = await own.asker_of(services, who, reference, own.IN_A_JOB)
    try:
        async with transaction():
            reply = await presses.cancel_by_name(asker, reference)
    except Declined as no:
        return notes.note(words.said(no.text))
    return notes.note(words.said(reply.text))


async def _pending(services: Services, who: Identity) -> Request | None:
    """The person's request that waits for their phone."""
    asker = await own.asker(services, who, own.IN_A_JOB)
    return next((r for r in await asker.newest(OWN) if r.status == Status.WAITING and not (r.question or {}).get("open")), None)


async def _waiting(who: Identity) -> Request | None:
    """The request whose question is open here; what is written on another platform is no answer to it."""
    asked = await requests.of_person(who.platform, who.tenant, who.user, limit=OWN)
    return next((r for r in asked if r.status == Status.WAITING and (r.question or {}).get("open")), None)


def _picked(request: Request, text: str, words: Words) -> dict[str, Any] | None:
    """The offered option whose label was typed, or None: triage reads the words then."""
    said = " ".join(text.casefold().split()).strip(" .!")
    for option in (request.question or {}).get("options", []):
        if " ".join(str(option["label"]).casefold().split()) == said:
            return dict(option)
    account = " ".join(account_label(words).casefold().split())
    return dict(presses.ACCOUNT) if said in ("my okta account", "my okta account (single sign-on)", account) else None
