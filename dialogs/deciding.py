"""The worker's side of a review: who pressed, may they, is it still so; the approver's own confirmation; the answer to them.

A click is never swallowed: whatever comes of it is said to whoever pressed, where they pressed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import structlog

from cards import notes
from cards import step_up as step_up_cards
from cards.views_review import StepUpView
from dialogs import identity, worded
from dialogs.chat import Bind, Identity, Shown, Unreachable
from dialogs.decisions import Decision, Reviewer
from dialogs.errors import Declined
from dialogs.review import Review
from dialogs.rights import NOT_NOW, NOT_YOURS
from dialogs.services import Services
from integrations.base import ChallengeState, SystemFault
from storage import moments, requests, votes
from storage.models import Request, Vote

log = structlog.get_logger(__name__)


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
    except SystemFault as fault:
        log.warning("a decision could not be checked", request_id=request_id, why=str(fault))
        await answer(services, who, str(payload.get("channel", "")), NOT_NOW)
        return
    if result.text:
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
    """A plain answer to whoever pressed, in their language: in their own conversation, or for their eyes only where others read."""
    try:
        profile = await services.people.profile(who)
        words = services.words(profile.locale, profile.zone) if profile else services.words("en", services.house.zone)
        if channel and not channel.startswith("D"):
            await services.chat.whisper(who, channel, words.said(text))
        else:
            await services.chat.post(who, notes.note(words.said(text)), channel=channel)
    except Unreachable as why:
        log.warning("an answer could not be given", who=str(who), why=str(why))


# ---------------------------------------------------------------- the approver's own confirmation


async def look(services: Services, review: Review, request_id: str, payload: dict[str, Any]) -> datetime | None:
    """Sends the approver a push of their own, shows its number to them alone, and counts the answer.

    The vote's row says how far it is, and whatever ends it is said before it is settled: safe to repeat at any step.
    Answers when to look again; None when it is settled. Raises Unavailable while the chat cannot be reached.
    """
    vote = await votes.of_voter(request_id, int(payload["round"]), str(payload["voter"]))
    request = await requests.get(request_id)
    if vote is None or request is None:
        return None
    who, view = Identity.parse(payload["who"]), _view(request, vote)
    if vote.state == votes.PENDING and not vote.step_up:
        sent = await send(services, vote)
        if isinstance(sent, str):
            await _say(services, who, replace(view, outcome=sent))
            await votes.settle(vote, votes.VOID)
            return None
        vote.step_up = sent
    kept = vote.step_up or {}
    at = Shown(*kept["at"]) if kept.get("at") else None
    if vote.state != votes.PENDING:
        if at is not None:
            await _say(services, who, await _ended(request, vote, view), at)
        return None
    if at is None:
        at = await _say(services, who, replace(view, number=str(kept["number"]), ends_at=moments.read(kept["expires_at"])))
        if at is not None:
            await votes.challenged(vote, {**kept, "at": [at.channel, at.message]})
            return services.now() + services.first_look
    state = await read(services, vote)
    if state is ChallengeState.WAITING:
        return services.now() + services.next_look
    if state is not ChallengeState.SUCCESS:
        await _say(services, who, replace(view, outcome="refused" if state is ChallengeState.REJECTED else "timed_out"), at)
        await votes.settle(vote, votes.VOID)
        return None
    text = await _finish(services, review, vote, who)
    fresh = await votes.of_voter(request_id, vote.round, vote.voter) or vote
    await _say(services, who, await _ended(await requests.get(request_id) or request, fresh, view), at)
    if text and fresh.state != votes.COUNTED:
        await answer(services, who, "", text)
    return None


async def _finish(services: Services, review: Review, vote: Vote, who: Identity) -> str:
    """Counts a confirmed vote, with the voter's rights looked up once more; what to tell them beside the card."""
    try:
        by = await _reviewer(services, who)
        if by.account.id != vote.voter:
            raise Declined(NOT_YOURS)
        return (await review.confirmed(vote, by)).text
    except Declined as no:
        await votes.settle(vote, votes.VOID)
        return no.text


async def send(services: Services, vote: Vote) -> dict[str, Any] | Literal["not_possible", "unavailable"]:
    """The push of a pending vote, as written down; or why there is none: the caller gives the vote up then."""
    if services.directory is None:
        return "unavailable"
    try:
        factor = identity.usable(await services.directory.factors(vote.voter))
        if factor is None:
            return "not_possible"
        challenge = await services.directory.challenge(vote.voter, factor.id)
    except SystemFault as fault:
        log.warning("the approver's push could not be sent", why=fault.reason)
        return "unavailable"
    pending = {
        "factor": challenge.factor_id,
        "transaction": challenge.transaction_id,
        "number": challenge.number,
        "expires_at": moments.write(challenge.expires_at),
    }
    await votes.challenged(vote, pending)
    return pending


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


def _view(request: Request, vote: Vote) -> StepUpView:
    return StepUpView(reference=request.request_id, requester=request.requester_name or request.requester, target=worded.target(request))


async def _ended(request: Request, vote: Vote, view: StepUpView) -> StepUpView:
    """What came of a settled vote: it counts, and how many more are needed, or it was overtaken."""
    if vote.state != votes.COUNTED or vote.verb != "approve":
        return replace(view, outcome="overtaken")
    cast = [v for v in await votes.of_round(vote.request_id, vote.round) if v.state == votes.COUNTED and v.verb == "approve"]
    needed = int((request.verdict or {}).get("votes_needed", 1))
    return replace(view, outcome="confirmed", more_votes=max(0, needed - len(cast)))


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
