"""The worker's side of a review: who pressed, may they, is it still so; the approver's own confirmation; the answer to them.

A click is never swallowed: whatever comes of it is said to whoever pressed, where they pressed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from cards import notes
from cards import step_up as step_up_cards
from cards.views_review import StepUpView
from dialogs import identity, views_of
from dialogs.chat import Bind, Identity, Shown, Unreachable
from dialogs.errors import Declined
from dialogs.policy_in_force import PolicyShelf
from dialogs.review import Decision, Result, Review, Reviewer
from dialogs.rights import NOT_NOW, NOT_YOURS
from dialogs.services import Services
from integrations.base import ChallengeState, SystemFault
from storage import jobs, moments, requests, votes
from storage.database import transaction
from storage.models import Request, Vote

log = structlog.get_logger(__name__)
STEP_UP = "step_up"


async def decide(services: Services, review: Review, payload: dict[str, Any], request_id: str) -> None:
    """One press of Approve, Reject or Return, from its job."""
    who = Identity.parse(payload["who"])
    request = await requests.get(request_id)
    if request is None:
        return
    try:
        by = await _reviewer(services, who)
        said = {k: str(v) for k, v in payload.get("said", {}).items() if k in ("reason", "note", "how", "why_not")}
        result = await review.decide(request, int(payload["round"]), str(payload["seen"]), by, Decision(payload["verb"], **said))
    except Declined as no:
        await answer(services, who, str(payload.get("channel", "")), no.text)
        return
    if result.step_up is not None:
        await _challenge(services, request, result.step_up, by)
    elif result.text:
        await answer(services, who, str(payload.get("channel", "")), result.text)


async def _reviewer(services: Services, who: Identity) -> Reviewer:
    """By platform id, looked up anew."""
    bound = await services.people.verified(who)
    if bound.bind is Bind.UNKNOWN:
        raise Declined(NOT_NOW)
    if bound.bind is not Bind.ONE or bound.account is None:
        raise Declined(NOT_YOURS)
    return Reviewer(bound.account, who.platform, who)


async def answer(services: Services, who: Identity, channel: str, text: str) -> None:
    """A plain answer to whoever pressed: in their own conversation, or for their eyes only where others read."""
    try:
        if channel and not channel.startswith("D"):
            await services.chat.whisper(who, channel, text)
        else:
            await services.chat.post(who, notes.note(text), channel=channel)
    except Unreachable as why:
        log.warning("an answer could not be given", who=str(who), why=str(why))


# ---------------------------------------------------------------- the approver's own confirmation


async def _challenge(services: Services, request: Request, vote: Vote, by: Reviewer) -> None:
    """Sends the approver a push of their own; the number is shown to them alone."""
    pending = await send(services, vote, by)
    if by.who is None:
        return
    view = _view(request, vote)
    if pending is None:
        await _say(services, by.who, _with(view, outcome="not_possible"))
        return
    shown = await _say(services, by.who, _with(view, number=str(pending["number"]), ends_at=moments.read(pending["expires_at"])))
    async with transaction():
        await jobs.put(
            STEP_UP,
            request.request_id,
            key=f"{STEP_UP}:{vote.id}",
            at=services.now() + services.first_look,
            payload={"round": vote.round, "voter": vote.voter, "who": str(by.who), "at": [shown.channel, shown.message] if shown else []},
        )


async def send(services: Services, vote: Vote, by: Reviewer) -> dict[str, Any] | None:
    """The push of a pending vote, as written down; None when the approver has nothing to confirm with: the vote is void then."""
    if services.directory is None:
        return None
    try:
        factor = identity.usable(await services.directory.factors(by.account.id))
        challenge = await services.directory.challenge(by.account.id, factor.id) if factor else None
    except SystemFault as fault:
        log.warning("the approver's push could not be sent", why=fault.reason)
        challenge = None
    if challenge is None:
        await votes.settle(vote, votes.VOID)
        return None
    pending = {
        "factor": challenge.factor_id,
        "transaction": challenge.transaction_id,
        "number": challenge.number,
        "expires_at": moments.write(challenge.expires_at),
    }
    await votes.challenged(vote, pending)
    return pending


async def look(services: Services, review: Review, shelf: PolicyShelf, request_id: str, payload: dict[str, Any]) -> datetime | None:
    """Looks at a pending confirmation. Answers when to look again; None when it is settled."""
    vote = await votes.of_voter(request_id, int(payload["round"]), str(payload["voter"]))
    request = await requests.get(request_id)
    if vote is None or request is None or vote.state != votes.PENDING or not vote.step_up:
        return None
    who = Identity.parse(payload["who"])
    at = Shown(*payload["at"]) if payload.get("at") else None
    state = await read(services, vote)
    if state is ChallengeState.WAITING:
        return services.now() + services.next_look
    view = _view(request, vote)
    if state is not ChallengeState.SUCCESS:
        await votes.settle(vote, votes.VOID)
        await _say(services, who, _with(view, outcome="refused" if state is ChallengeState.REJECTED else "timed_out"), at)
        return None
    try:
        result = await finish(services, review, shelf, vote, who)
    except Declined as no:
        await votes.settle(vote, votes.VOID)
        await _say(services, who, _with(view, outcome="overtaken"), at)
        await answer(services, who, "", no.text)
        return None
    if result.text:
        await _say(services, who, _with(view, outcome="confirmed"), at)
        await answer(services, who, "", result.text)
    else:
        await _say(services, who, _with(view, outcome="confirmed"), at)
    return None


async def read(services: Services, vote: Vote) -> ChallengeState:
    """The answer to a vote's push. Whatever cannot be read, or came too late, is no confirmation."""
    kept = vote.step_up or {}
    ends = moments.read(kept["expires_at"])
    over = services.now() > ends + identity.PATIENCE
    if services.directory is None:
        return ChallengeState.TIMEOUT
    try:
        state = await services.directory.challenge_state(vote.voter, kept["factor"], kept["transaction"])
    except SystemFault:
        return ChallengeState.TIMEOUT if over else ChallengeState.WAITING
    return ChallengeState.TIMEOUT if over and state in (ChallengeState.WAITING, ChallengeState.SUCCESS) else state


async def finish(services: Services, review: Review, shelf: PolicyShelf, vote: Vote, who: Identity) -> Result:
    """Counts a confirmed vote, with the voter's rights looked up once more."""
    by = await _reviewer(services, who)
    if by.account.id != vote.voter:
        raise Declined(NOT_YOURS)
    return await review.confirmed(vote, by, (await shelf.current(services.now())).policy)


def _view(request: Request, vote: Vote) -> StepUpView:
    return StepUpView(reference=request.request_id, requester=request.requester_name or request.requester, target=views_of.target(request))


def _with(view: StepUpView, **more: Any) -> StepUpView:
    return replace(view, **more)


async def _say(services: Services, who: Identity, view: StepUpView, at: Shown | None = None) -> Shown | None:
    """Shows the confirmation to the approver alone; with `at` the message is edited, so that no old number stays."""
    profile = await services.people.profile(who)
    words = services.words(profile.locale, profile.zone) if profile else services.words("en", services.house.zone)
    card = step_up_cards.step_up(view, words)
    try:
        if at is not None:
            await services.chat.edit(who, at, card)
            return at
        return await services.chat.post(who, card)
    except Unreachable as why:
        log.warning("an approver cannot be reached in chat", why=str(why))
        return None
