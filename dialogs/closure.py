"""What a finished or escalated request owes to people outside the chat: mails, and whether a link was used.

Mail goes to addresses from Okta or the settings, never from text (rulings, Mail).
"""

from __future__ import annotations

import json
from datetime import timedelta

from agent.verdict import EffectKind
from cards import mails
from cards import request as request_cards
from cards.views import Ending, NoticeView
from cards.words import Words
from dialogs import review_view, views_of
from dialogs.agent_output import settled
from dialogs.chat import Identity, Unreachable
from dialogs.effects import last_done
from dialogs.lifecycle import Status
from dialogs.record import event
from dialogs.services import Services
from integrations.base import Letter, SystemFault
from storage import audit, jobs, pictures, requests
from storage.database import transaction
from storage.models import Effect, Request

MAIL = "mail"
FOLLOW = "follow"
LOOKS = (timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=60))
"""When it is looked up whether the link was used (rulings, Completed); after the last the requester is nudged once."""
USED = "user.account.update_password"


async def close(services: Services, request_id: str) -> None:
    """After a terminal status, or in a person's hands: the agent's output is settled. After an effect the account is told
    by mail, and the follow-up starts."""
    request = await requests.get(request_id)
    if request is None:
        return
    effect = await last_done(request_id)
    async with transaction():
        fresh = await requests.get(request_id) or request
        await requests.change(fresh, agent_output=await settled(fresh))
        if effect is not None and request.status == Status.COMPLETED:
            if services.post is not None:
                await jobs.put(MAIL, request_id, key=f"{MAIL}:{request_id}:reset", payload={"letter": "reset"})
            if effect.kind != EffectKind.UNLOCK.value and effect.finished_at is not None:
                await jobs.put(FOLLOW, request_id, key=f"{FOLLOW}:{request_id}", at=effect.finished_at + LOOKS[0], payload={"look": 0})


async def settle_again(request_id: str) -> None:
    """Something more was done after the output was settled (the ticket, a mail): inside the transaction that records it."""
    fresh = await requests.get(request_id)
    if fresh is None or fresh.agent_output is None:
        return
    output_now = await settled(fresh)
    if output_now != fresh.agent_output:
        await requests.change(fresh, agent_output=output_now)


async def mail(services: Services, request_id: str, letter: str) -> None:
    """Sends one mail of a request. Raises integrations.base faults: the worker tries again; the Message-ID stays the same."""
    request = await requests.get(request_id)
    if request is None or services.post is None:
        return
    if letter == "closure" or letter.startswith("review:"):
        # Each copy that cannot be painted asks for it again.
        told = [json.loads(said.details) for said in await audit.of_request(request_id) if said.event_type == audit.TOOL_CALL]
        if any(one.get("letter") == letter and one.get("result") == "mailed" for one in told):
            return
    to, made = await _letter(services, request, letter)
    if not to or made is None:
        return
    await services.post.send(Letter(to, made.subject, made.text, key=f"{request_id}-{letter}"))
    async with transaction():
        await audit.append(
            [
                event(
                    request,
                    audit.TOOL_CALL,
                    "SMTP",
                    tool="notify_owner" if letter == "owner" or letter.startswith("review:") else "notify_requester",
                    result="mailed",
                    letter=letter,
                )
            ]
        )
        await settle_again(request_id)


async def _letter(services: Services, request: Request, letter: str) -> tuple[str, mails.Mail | None]:
    now = services.now()
    match letter:
        case "reset":
            effect = await last_done(request.request_id)
            if effect is None or services.directory is None:
                return "", None
            account = await services.directory.account(effect.okta_id)
            words = await _words(services, request, own=account.id == request.okta_id)
            kind = "unlock" if effect.kind == "unlock" else "resend" if effect.kind == "resend" else "reset"
            third = request.requester_name if account.id != request.okta_id else ""
            return account.email, mails.reset_notice(
                NoticeView(
                    name=account.name,
                    reference=request.request_id,
                    target=views_of.target(request),
                    effect=kind,  # type: ignore[arg-type]  # one of the three words
                    at=effect.finished_at or now,
                    on_behalf_by=third,
                    where="Teams" if request.platform == "teams" else "Slack",
                ),
                words,
            )
        case "owner":
            view = review_view.view(request, "", round=request.round, reason="fallback", verbs=False)
            return services.house.fallback_owner, mails.review_request(view, services.words("en", services.house.zone))
        case _ if letter.startswith("review:"):
            # A reviewer whom chat does not know; the address comes from Okta or the policy page.
            _, round, to = letter.split(":", 2)
            asked = [p.reason for p in await pictures.of_request(request.request_id, gone=True) if p.reader == to and p.round == int(round)]
            view = review_view.view(request, "", round=int(round), reason=(asked and asked[0]) or "owner", verbs=False)
            return to, mails.review_request(view, services.words("en", services.house.zone))
        case "closure":
            if "@" not in request.requester:
                return "", None
            return request.requester, mails.closure(views_of.requester_view(request, "", now), await _words(services, request))
        case other:
            raise ValueError(f"no letter {other!r}")


async def _words(services: Services, request: Request, *, own: bool = True) -> Words:
    """The requester's language as their chat says it; English for anybody else, who may never have been met there."""
    profile = await services.people.profile(Identity(request.platform, request.tenant, request.platform_user)) if own else None
    return services.words(profile.locale, profile.zone) if profile else services.words("en", services.house.zone)


async def unreached(services: Services, request_id: str, surface: str) -> None:
    """Chat cannot reach somebody: mail takes over for what they must know."""
    request = await requests.get(request_id)
    if request is None or services.post is None:
        return
    letter = "owner" if surface == "notice" else "closure" if surface in ("outcome", "escalated") else ""
    if letter:
        async with transaction():
            await jobs.put(MAIL, request_id, key=f"{MAIL}:{request_id}:{letter}", payload={"letter": letter})


async def follow(services: Services, request_id: str, look: int) -> None:
    """Looks whether the link was used, writes it on the record, and nudges once when it was not."""
    request = await requests.get(request_id)
    effect = await last_done(request_id)
    if request is None or effect is None or services.directory is None or request.status != Status.COMPLETED:
        return
    used = await _used(services, effect)
    last = look + 1 >= len(LOOKS)
    async with transaction():
        if used:
            await audit.append([event(request, audit.TOOL_CALL, "Okta", tool="follow_up", result="password changed", look=look + 1)])
        elif last:
            await audit.append([event(request, audit.TOOL_CALL, "Okta", tool="follow_up", result="link not used", look=look + 1)])
            await jobs.put("unused", request_id, key=f"unused:{request_id}")
        elif effect.finished_at is not None:
            await jobs.put(
                FOLLOW, request_id, key=f"{FOLLOW}:{request_id}", at=effect.finished_at + LOOKS[look + 1], payload={"look": look + 1}
            )


async def _used(services: Services, effect: Effect) -> bool:
    """A passwordChanged after our intent, or the person's own update in the System Log; our own call writes other events."""
    directory = services.directory
    if directory is None:
        return False
    account = await directory.account(effect.okta_id)
    if account.password_changed is not None and account.password_changed > effect.intended_at:
        return True
    try:
        return bool(await directory.events(effect.okta_id, effect.intended_at, USED))
    except SystemFault:
        # The log may be closed to us while the profile is not; the profile's date alone decides then.
        return False


async def unused(services: Services, request_id: str) -> None:
    """The one nudge about a link that was not used."""
    request = await requests.get(request_id)
    if request is None:
        return
    who, words = Identity(request.platform, request.tenant, request.platform_user), await _words(services, request)
    # The buttons are those of the progress message: they say of which request, and who may press.
    nonce = next((p.nonce for p in await pictures.of_request(request_id, gone=True) if p.surface == "progress"), "")
    view = views_of.requester_view(request, nonce, services.now())
    if view.ending is Ending.NONE:
        return
    try:
        await services.chat.post(who, request_cards.link_unused(view, words), channel=request.channel, key=f"unused-{request_id}")
    except Unreachable:
        await unreached(services, request_id, "outcome")
