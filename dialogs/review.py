"""Approve, Reject, Return: one decision a round, by somebody who may, about what the card showed.

A press is written down and acknowledged first (`ask`); the worker then looks up who it was, whether they may, and
whether everything still is as shown (`decide`). Time passing never decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from agent.policy import Policy
from agent.verdict import Outcome, Verdict
from cards.words import say, sentences
from dialogs import decisions, rights, rounds
from dialogs.decisions import Decision, Reviewer
from dialogs.errors import Declined
from dialogs.lifecycle import Verb
from dialogs.record import amend, event, move
from dialogs.services import Services
from storage import audit, jobs, moments, requests, votes
from storage.database import transaction
from storage.models import Request, Vote

DECIDE = "decide"
STEP_UP = "step_up"
WAYS = frozenset({"met_in_person", "video_call_with_id", "call_back", "manager_vouched"})
"""How an approver may have verified somebody who cannot confirm on a phone: from a list, no free text (rulings, row 13)."""
VOTED = say("You have already said what you think in this round.")
STILL_OUT = say("I'm still waiting for you to confirm on your phone.")
ABANDONED = timedelta(seconds=90)
"""After the end of its prompt a pending vote that nobody follows up (a command line that was ended) is given up."""
CHANGED = say("This changed since you saw it. Here is how it stands now; nothing was decided.")


@dataclass(frozen=True, slots=True)
class Result:
    """`text` for the reviewer; `step_up` the vote that waits for their own confirmation."""

    text: str = ""
    step_up: Vote | None = None
    request: Request | None = None


@dataclass
class Review:
    """Decides. `judge` looks at the facts again (dialogs.judging.Judge)."""

    services: Services
    judge: Any

    async def decide(self, request: Request, round: int, seen: str, by: Reviewer, decision: Decision) -> Result:
        """One reviewer's word. Raises Declined with the sentence for them; nothing has changed then."""
        over = rounds.stale(request, round)
        if over is not None:
            return Result(rounds.said_already(request, over))
        await rights.may(self.services, request, by.account, is_admin=rights.is_admin(self.services, by.account))
        if decision.verb != "approve":
            return await self._count(request, by, decision)
        if seen != rounds.shown(request):
            return await self._refresh(request, by)
        changed, policy = await self._as_shown(request, by)
        if changed is not None:
            return changed
        if rounds.attests(request) and decision.how not in WAYS:
            raise Declined(say("Please say how you made sure who it is ({ways}); then approve.", ways=", ".join(sorted(WAYS))))
        if rounds.steps_up(request, policy):
            return await self._pend(request, by, decision)
        return await self._count(request, by, decision, policy=policy)

    async def _as_shown(self, request: Request, by: Reviewer) -> tuple[Result | None, Policy | None]:
        """Looks at the facts and the policy again: the answer when they are not what the card rests on, and the policy."""
        facts, verdict, in_force = await self.judge.look_again(request)
        kept = request.verdict or {}
        if facts.digest() != kept.get("digest") or (in_force.policy.revision if in_force.policy else "") != kept.get("in_force", ""):
            return await self._reconsider(request, by, verdict), in_force.policy
        return None, in_force.policy

    # ------------------------------------------------------------ votes

    async def _pend(self, request: Request, by: Reviewer, decision: Decision) -> Result:
        """The approval waits for the approver's own confirmation; in chat the job sends it, so that no crash loses it."""
        ref = request.request_id
        async with transaction():
            cast = await self._cast(request, by, decision, votes.PENDING)
            vote = await votes.of_voter(ref, request.round, by.account.id)
            if not cast:
                raise Declined(STILL_OUT if vote is not None and vote.state == votes.PENDING else VOTED)
            if by.who is not None and vote is not None:
                payload = {"round": vote.round, "voter": vote.voter, "who": str(by.who)}
                await jobs.put(STEP_UP, ref, key=f"{STEP_UP}:{vote.id}", payload=payload)
        return Result(step_up=vote, request=request)

    def _abandoned(self, vote: Vote) -> bool:
        ends = moments.read(vote.step_up["expires_at"]) if vote.step_up else vote.created_at
        return self.services.now() > ends + ABANDONED

    async def confirmed(self, vote: Vote, by: Reviewer) -> Result:
        """A pending approval whose step-up passed. Everything is compared once more; only what was shown is approved."""
        request = await requests.get(vote.request_id)
        if request is None:
            raise Declined(say("That request is not there any more."))
        over = rounds.stale(request, vote.round)
        if over is not None:
            await votes.settle(vote, votes.VOID)
            return Result(rounds.said_already(request, over))
        decision = Decision("approve", **{k: str(v) for k, v in vote.said.items() if k in ("reason", "note", "how")})
        await rights.may(self.services, request, by.account, is_admin=rights.is_admin(self.services, by.account))
        if vote.said.get("seen") != rounds.shown(request):
            await votes.settle(vote, votes.VOID)
            return await self._refresh(request, by)
        changed, policy = await self._as_shown(request, by)
        if changed is not None:
            return changed
        return await self._count(request, by, decision, policy=policy, pending=vote)

    async def _cast(self, request: Request, by: Reviewer, decision: Decision, state: str) -> bool:
        """One vote a person and round. A no, or a question, takes the place of an own approval that is not confirmed yet."""
        earlier = await votes.of_voter(request.request_id, request.round, by.account.id)
        if earlier is not None and (decision.verb != "approve" or self._abandoned(earlier)):
            await votes.settle(earlier, votes.VOID)
        parts = {"reason": decision.reason, "note": decision.note, "how": decision.how, "why_not": decision.why_not}
        if state == votes.PENDING:
            parts["seen"] = rounds.shown(request)
        said = {name: value for name, value in parts.items() if value}
        return await votes.cast(
            request_id=request.request_id,
            round=request.round,
            verb=decision.verb,
            voter=by.account.id,
            voter_email=by.account.email,
            voter_name=by.name[:200],
            surface=str(by.who) if by.who else by.surface,
            said=said,
            step_up=earlier.step_up if earlier is not None and decision.verb != "approve" else None,
            state=state,
        )

    async def _count(
        self, request: Request, by: Reviewer, decision: Decision, *, policy: Policy | None = None, pending: Vote | None = None
    ) -> Result:
        """Counts the vote and, when it decides, moves the request: one transaction, compare-and-set on the row."""
        async with transaction():
            if pending is not None:
                if not await votes.settle(pending, votes.COUNTED):
                    raise Declined(say("That confirmation came too late."))
            elif not await self._cast(request, by, decision, votes.COUNTED):
                raise Declined(VOTED)
            match decision.verb:
                case "reject":
                    changed = await decisions.reject(self.services, request, by, decision)
                case "return":
                    changed = await decisions.give_back(self.services, request, by, decision)
                case _:
                    so_far = [
                        v
                        for v in await votes.of_round(request.request_id, request.round)
                        if v.state == votes.COUNTED and v.verb == "approve"
                    ]
                    wanted = rounds.needed(request, policy)
                    if len(so_far) < wanted:
                        changed = await amend(request, events=[decisions.approval(request, by, decision, votes=len(so_far), needed=wanted)])
                        noted = {"given": len(so_far), "needed": wanted, "reference": request.request_id}
                        return Result(say("Noted: {given} of {needed} approvals for {reference}.", **noted), request=changed)
                    changed = await decisions.approve(self.services, request, by, decision, len(so_far), wanted)
        return Result(request=changed)

    # ------------------------------------------------------------ what changed meanwhile

    async def _refresh(self, request: Request, by: Reviewer) -> Result:
        async with transaction():
            changed = await amend(request, events=[event(request, audit.MESSAGE, by.account.email, kind="stale card", round=request.round)])
        return Result(CHANGED, request=changed)

    async def _reconsider(self, request: Request, by: Reviewer, verdict: Verdict) -> Result:
        """Judged anew: the card is drawn again from the new verdict, or the request goes on without a person."""
        told = event(
            request,
            audit.DECISION,
            by.account.email,
            outcome="reconsidered",
            now=verdict.outcome.value,
            rule=verdict.rule,
            round=request.round,
        )
        async with transaction():
            await votes.void_round(request.request_id, request.round)
            changed = await move(
                request,
                Verb.RECONSIDER,
                actor=by.account.email,
                events=[told],
                advance_at=self.services.now(),
                verdict={**(request.verdict or {}), "expected": None},
            )
        more = "" if verdict.outcome is Outcome.ESCALATE else say("It needs no decision any more.")
        return Result(sentences(CHANGED, more), request=changed)
