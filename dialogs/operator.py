"""What an administrator does from the command line: audited and checked like a click (rulings, Human decisions)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cards.words import say
from dialogs import deciding, rights
from dialogs.decisions import Decision, Reviewer
from dialogs.errors import Declined, NotFound
from dialogs.lifecycle import STOPPED, TERMINAL, Status, Verb
from dialogs.record import event, move
from dialogs.review import CHANGED, Result, Review
from dialogs.rounds import shown
from dialogs.services import Services
from integrations.base import ChallengeState
from storage import audit, effects, freezes, requests, votes
from storage.database import transaction
from storage.models import Request, Vote

TRIES = 5


async def cancel(request_id: str, by: str, reason: str) -> Request:
    """Withdraws a request in an administrator's name; the caller has checked that `by` is one.

    Raises NotFound, or Declined when it is over or being carried out.
    """
    async with transaction():
        request = await requests.get(request_id)
        if request is None:
            raise NotFound(f"There is no request {request_id}.")
        if Status(request.status) in TERMINAL:
            raise Declined(f"{request_id} is {request.status} already.")
        if await effects.unfinished(request_id):
            raise Declined(f"{request_id} is being carried out right now, so it can't be cancelled any more.")
        return await move(
            request,
            Verb.CANCEL,
            actor=by,
            owner="",
            rule=STOPPED,
            rationale=f"Cancelled by {by}: {reason}",
            events=[event(request, audit.DECISION, by, decision="Cancelled", reason=reason, surface="command line")],
        )


async def unfreeze(email: str, by: str, reason: str) -> int:
    """Lifts the freezes of an account after "This wasn't me". Answers how many; raises Declined when there is none."""
    async with transaction():
        found = await freezes.of_email(email)
        if not found:
            raise Declined(say("Resets of {name} are not frozen.", name=email))
        for freeze in found:
            await freezes.lift(freeze.okta_id, by, reason)
            request = await requests.get(freeze.request_id)
            if request is not None:
                await audit.append([event(request, audit.DECISION, by, kind="unfreeze", account=email, reason=reason)])
    return len(found)


async def decide(services: Services, review: Review, request_id: str, by: str, decision: Decision, tell: Callable[[str], None]) -> Request:
    """Approve, reject or return in an administrator's name: one vote of that person, with all the rules of a click.

    The step-up goes to that person; `tell` gets the sentence with the number, and this waits for the answer.
    Approving what was released for manual handling says that it is done. Raises Declined, Unavailable.
    """
    request = await requests.get(request_id)
    if request is None:
        raise NotFound(f"There is no request {request_id}.")
    reviewer = await _administrator(services, by)
    if decision.verb == "approve" and request.status == Status.ESCALATED and (request.verdict or {}).get("released"):
        return await _done_by_hand(services, request, reviewer, decision)
    result = await _steady(lambda: _said(review, request_id, reviewer, decision))
    if result.step_up is not None:
        result = await _confirm(services, review, result.step_up, reviewer, tell)
    if result.text and (result.request is None or result.text.startswith(CHANGED)):
        raise Declined(result.text)
    if result.text:
        tell(result.text)
    return await requests.get(request_id) or request


async def _said(review: Review, request_id: str, by: Reviewer, decision: Decision) -> Result:
    fresh = await requests.get(request_id)
    if fresh is None:
        raise NotFound(f"There is no request {request_id}.")
    return await review.decide(fresh, fresh.round, shown(fresh), by, decision)


async def _steady(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Tried again while the running `serve` changes the row at the same moment."""
    for _ in range(TRIES):
        try:
            return await attempt()
        except requests.Conflict:
            await asyncio.sleep(0.05)
    raise Declined("The request is being changed right now, so nothing was decided. Please try again in a moment.")


async def _administrator(services: Services, by: str) -> Reviewer:
    if services.directory is None:
        raise Declined("Okta is not configured, so nobody's rights can be checked.")
    found = await services.directory.find(by)
    if len(found) != 1:
        raise Declined(f"{by} is not exactly one Okta account, so nothing can be decided in that name.")
    return Reviewer(found[0], "command line")


async def _confirm(services: Services, review: Review, vote: Vote, by: Reviewer, tell: Callable[[str], None]) -> Result:
    """Sends the prompt and waits for its answer. However this ends, a vote that does not count is void."""
    try:
        pending = await deciding.send(services, vote)
        if pending == "unavailable":
            raise Declined("Okta does not answer right now, so the approval was not counted. Please try again in a few minutes.")
        if isinstance(pending, str):
            raise Declined(f"{by.account.email} has no Okta Verify to confirm with, so the approval was not counted.")
        number = f" Tap {pending['number']}." if pending["number"] else ""
        tell(f"A prompt was sent to {by.account.email}'s Okta Verify.{number}")
        while True:
            await asyncio.sleep(services.next_look.total_seconds())
            fresh = await votes.of_voter(vote.request_id, vote.round, vote.voter)
            if fresh is None or fresh.state != votes.PENDING:
                raise Declined("The confirmation was overtaken by something else.")
            state = await deciding.read(services, fresh)
            if state is ChallengeState.WAITING:
                continue
            if state is not ChallengeState.SUCCESS:
                raise Declined("The prompt was not confirmed, so the approval was not counted.")
            return await _steady(lambda: review.confirmed(vote, by))
    finally:
        await votes.settle(vote, votes.VOID)


async def _done_by_hand(services: Services, request: Request, by: Reviewer, decision: Decision) -> Request:
    await rights.may(services, request, by.account, is_admin=rights.is_admin(services, by.account))
    async with transaction():
        fresh = await requests.get(request.request_id) or request
        return await move(
            fresh,
            Verb.COMPLETE,
            actor=by.account.email,
            owner="",
            rationale=f"Done by hand, recorded by {by.name}: {decision.reason}",
            events=[event(fresh, audit.APPROVAL, by.account.email, kind="manual", reason=decision.reason, surface="command line")],
        )
