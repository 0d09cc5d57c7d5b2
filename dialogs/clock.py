"""What happens because time passes: a nudge, then Closed / Cancelled; the policy's look at its source; the ledger's end.

Time passing never approves and never resets.
"""

from __future__ import annotations

from datetime import timedelta

from cards import question
from dialogs import views_of
from dialogs.chat import Identity, Unreachable
from dialogs.lifecycle import Status, Verb
from dialogs.record import event, move
from dialogs.services import Services
from storage import audit, deliveries, pictures, requests
from storage.database import transaction

KEPT = timedelta(days=7)
"""How long a delivery is known again; the platforms repeat theirs within the hour, a signature is good for five minutes."""


async def nudge(services: Services, request_id: str, asked: int) -> None:
    """Reminds the requester of an open question, once."""
    request = await requests.get(request_id)
    if request is None or request.status != Status.WAITING or not (request.question or {}).get("open") or request.asked != asked:
        return
    who = Identity(request.platform, request.tenant, request.platform_user)
    profile = await services.people.profile(who)
    words = services.words(profile.locale, profile.zone) if profile else services.words("en", services.house.zone)
    picture = next((p for p in await pictures.of_request(request_id) if p.surface == f"question:{asked}"), None)
    try:
        await services.chat.post(
            who,
            question.nudge(views_of.question_view(request, picture.nonce if picture else ""), words),
            channel=request.channel,
            key=f"nudge-{request_id}-{asked}",
        )
    except Unreachable:
        return
    async with transaction():
        await audit.append([event(request, audit.MESSAGE, kind="nudge")])


async def expire(services: Services, request_id: str, asked: int) -> None:
    """Nobody answered: Closed / Cancelled (contract, section 5, Waiting for requester)."""
    async with transaction():
        request = await requests.get(request_id)
        if request is None or request.status != Status.WAITING or not (request.question or {}).get("open") or request.asked != asked:
            return
        await move(
            request,
            Verb.EXPIRE,
            owner="",
            rule="expired",
            rationale="The requester did not answer in time.",
            events=[event(request, audit.MESSAGE, kind="expired")],
        )


async def sweep(services: Services) -> int:
    """Forgets deliveries that cannot come again. Answers how many."""
    async with transaction():
        return await deliveries.forget_before(services.now() - KEPT)
