"""Approve, Reject, Return: one decision a round, by somebody who may, about what the card showed.

A press is written down and acknowledged first (`ask`); the worker then looks up who it was, whether they may, and
whether everything still is as shown (`decide`). Time passing never decides anything.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from agent.policy import Policy
from agent.verdict import Outcome, Verdict
from cards.words import say, sentences
from dialogs import rights
from dialogs.chat import Identity
from dialogs.errors import Declined
from dialogs.lifecycle import STOPPED, TERMINAL, Status, Verb
from dialogs.record import amend, event, move
from dialogs.services import Services
from dialogs.verdicts import ask_for_reviewer
from integrations.base import Account
from storage import audit, jobs, moments, requests, votes
from storage.audit import NewEvent
from storage.database import transaction
from storage.models import Request, Vote

DECIDE = "decide"
RELEASED = "released"
STEP_UP = "step_up"
Said = Literal["approve", "reject", "return"]
PAST = {"approve": "Approved", "reject": "Rejected", "return": "Returned"}
WAYS = frozenset({"met_in_person", "video_call_with_id", "call_back", "manager_vouched"})
"""How an approver may have verified somebody who cannot confirm on a phone: from a list, no free text (rulings, row 13)."""
ATTESTED_ROWS = frozenset({"13", "14"})
"""Where the person could not confirm who they are: an approval says how the approver verified them."""
VOTED = say("You have already said what you think in this round.")
STILL_OUT = say("I'm still waiting for you to confirm on your phone.")
ABANDONED = timedelta(seconds=90)
"""After the end of its prompt a pending vote that nobody follows up (a command line that was ended) is given up."""
CHANGED = say("This changed since you saw it. Here is how it stands now; nothing was decided.")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer says. `how` is the attestation, `why_not` the choice in the Reject form."""

    verb: Said
    reason: str = ""
    note: str = ""
    how: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who says it: an Okta account, reached on a surface ("command line", or where they pressed)."""

    account: Account
    surface: str
    who: Identity | None = None

    @property
    def name(self) -> str:
        return self.account.name or self.account.email


@dataclass(frozen=True, slots=True)
class Result:
    """`text` for the reviewer; `step_up` the vote that waits for their own confirmation."""

    text: str = ""
    step_up: Vote | None = None
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Stale:
    """The round is over: who decided what, when. `decision` "" when only "it changed" is known."""

    decision: str = ""
    by: str = ""
    at: datetime | None = None


def stale(request: Request, round: int) -> Stale | None:
    """Why this round takes no more decisions; None when it does."""
    decided = decided_in(request, round)
    if request.status == Status.ESCALATED and request.round == round and not decided:
        return None
    if decided:
        return Stale(str(decided["decision"]), str(decided["by"]), moments.read(decided["at"]))
    if Status(request.status) not in TERMINAL:
        return Stale()
    closed = request.status == Status.CLOSED and request.rule in (STOPPED, "expired")
    return Stale("Closed" if closed else request.decision, "", request.closed_at)


def decided_in(request: Request, round: int) -> dict[str, Any]:
    """Who decided what and when in this round; {} when nobody has."""
    kept = request.verdict or {}
    known: list[dict[str, Any]] = [kept.get("decided") or {}, *kept.get("past", [])]
    return next((one for one in known if one.get("round") == round), {})


def shown(request: Request) -> str:
    """A digest of what a review card shows and an approval is bound to (security brief, I15)."""
    kept = request.verdict or {}
    verdict = kept.get("verdict") or {}
    parts = [
        request.request_id,
        request.round,
        request.okta_id,
        request.on_behalf,
        request.app_kind,
        request.app_id,
        request.app_label,
        request.rule,
        request.policy_revision,
        verdict.get("effect"),
        kept.get("digest"),
        request.summary,
        request.justification,
    ]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def needed(request: Request, policy: Policy | None) -> int:
    """Approvals that this request needs (policy, Approvals needed for Privileged)."""
    privileged = bool(((request.verdict or {}).get("verdict") or {}).get("privileged"))
    return policy.approvals_privileged if policy is not None and privileged else 1


def steps_up(request: Request, policy: Policy | None) -> bool:
    """Whether an approver confirms with their own Okta Verify first. "Sensitive" means Sensitive and above (rulings)."""
    verdict = (request.verdict or {}).get("verdict") or {}
    setting = policy.step_up if policy is not None else "Privileged"
    if setting == "none":
        return False
    return bool(verdict.get("privileged") or (setting == "Sensitive" and verdict.get("sensitive")))


def attests(request: Request) -> bool:
    """Whether Approve asks how the approver verified the person."""
    verdict = (request.verdict or {}).get("verdict") or {}
    return request.rule in ATTESTED_ROWS and verdict.get("effect") is not None


@dataclass
class Review:
    """Decides. `judge` looks at the facts again (dialogs.judging.Judge)."""

    services: Services
    judge: Any

    async def decide(self, request: Request, round: int, seen: str, by: Reviewer, decision: Decision) -> Result:
        """One reviewer's word. Raises Declined with the sentence for them; nothing has changed then."""
        over = stale(request, round)
        if over is not None:
            return Result(said_already(request, over))
        await rights.may(self.services, request, by.account, is_admin=rights.is_admin(self.services, by.account))
        if decision.verb != "approve":
            return await self._count(request, by, decision)
        if seen != shown(request):
            return await self._refresh(request, by)
        changed, policy = await self._as_shown(request, by)
        if changed is not None:
            return changed
        if attests(request) and decision.how not in WAYS:
            raise Declined(say("Please say how you made sure who it is ({ways}); then approve.", ways=", ".join(sorted(WAYS))))
        if steps_up(request, policy):
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
        over = stale(request, vote.round)
        if over is not None:
            await votes.settle(vote, votes.VOID)
            return Result(said_already(request, over))
        decision = Decision("approve", **{k: str(v) for k, v in vote.said.items() if k in ("reason", "note", "how")})
        await rights.may(self.services, request, by.account, is_admin=rights.is_admin(self.services, by.account))
        if vote.said.get("seen") != shown(request):
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
            parts["seen"] = shown(request)
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
                    changed = await self._reject(request, by, decision)
                case "return":
                    changed = await self._return(request, by, decision)
                case _:
                    so_far = [
                        v
                        for v in await votes.of_round(request.request_id, request.round)
                        if v.state == votes.COUNTED and v.verb == "approve"
                    ]
                    wanted = needed(request, policy)
                    if len(so_far) < wanted:
                        changed = await amend(request, events=[self._approval(request, by, decision, votes=len(so_far), needed=wanted)])
                        noted = {"given": len(so_far), "needed": wanted, "reference": request.request_id}
                        return Result(say("Noted: {given} of {needed} approvals for {reference}.", **noted), request=changed)
                    changed = await self._approve(request, by, decision, len(so_far), wanted)
        return Result(request=changed)

    def _approval(self, request: Request, by: Reviewer, decision: Decision, **more: Any) -> NewEvent:
        details: dict[str, Any] = {"by": by.account.email, "round": request.round, "surface": by.surface, **more}
        said = (("reason", decision.reason), ("note", decision.note), ("how", decision.how))
        details |= {name: value for name, value in said if value}
        return event(request, audit.APPROVAL, by.account.email, **details)

    # ------------------------------------------------------------ what a decision does

    def _decided(self, request: Request, by: Reviewer, decision: Decision, **more: Any) -> dict[str, Any]:
        return {
            **(request.verdict or {}),
            "decided": {
                "decision": PAST[decision.verb],
                "by": by.name,
                "email": by.account.email,
                "okta_id": by.account.id,
                "at": moments.write(self.services.now()),
                "round": request.round,
            },
            **more,
        }

    async def _approve(self, request: Request, by: Reviewer, decision: Decision, count: int, wanted: int) -> Request:
        verdict = (request.verdict or {}).get("verdict") or {}
        if verdict.get("effect") is None:
            return await self._release(request, by, decision, count, wanted)
        approved = [*(request.verdict or {}).get("approved", []), request.rule]
        told = self._approval(request, by, decision, rule=request.rule, effect=verdict["effect"], votes=count, needed=wanted)
        identity: dict[str, Any] = {}
        if decision.how:
            identity = {
                "identity": {
                    **(request.identity or {}),
                    "state": "passed",
                    "passed_at": moments.write(self.services.now()),
                    "attested_by": by.account.email,
                    "how": decision.how,
                }
            }
        return await move(
            request,
            Verb.APPROVE,
            actor=by.account.email,
            events=[told],
            owner=audit.AGENT,
            due_at=None,
            advance_at=self.services.now(),
            verdict=self._decided(request, by, decision, approved=approved, expected=None),
            **identity,
        )

    async def _release(self, request: Request, by: Reviewer, decision: Decision, count: int, wanted: int) -> Request:
        """Row 8 and whatever the bot must not do: the incident is released for manual handling, never a reset."""
        told = self._approval(
            request, by, decision, rule=request.rule, effect="manual", votes=count, needed=wanted, next_owner=request.owner
        )
        why = str(((request.verdict or {}).get("verdict") or {}).get("rationale", ""))
        changed = await amend(
            request,
            events=[told],
            due_at=None,
            rationale=f"Released for manual handling by {by.name}. {why}".strip(),
            verdict=self._decided(request, by, decision, released=True),
        )
        ref = request.request_id
        await jobs.put(RELEASED, ref, key=f"{RELEASED}:{ref}", at=self.services.now())
        return changed

    async def _reject(self, request: Request, by: Reviewer, decision: Decision) -> Request:
        details = {"by": by.account.email, "reason": decision.reason, "round": request.round, "surface": by.surface}
        details |= {k: v for k, v in (("why_not", decision.why_not), ("note", decision.note)) if v}
        return await move(
            request,
            Verb.REJECT,
            actor=by.account.email,
            owner="",
            rationale=decision.reason,
            rule="reviewed",
            events=[event(request, audit.REJECTION, by.account.email, **details)],
            verdict=self._decided(request, by, decision, why_not=decision.why_not),
        )

    async def _return(self, request: Request, by: Reviewer, decision: Decision) -> Request:
        return await ask_for_reviewer(
            self.services,
            request,
            decision.reason,
            self._decided(request, by, decision, returned_by=by.name),
            event(
                request,
                audit.MESSAGE,
                by.account.email,
                kind="returned",
                asked=decision.reason,
                round=request.round,
                surface=by.surface,
                **({"note": decision.note} if decision.note else {}),
            ),
        )

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


def said_already(request: Request, over: Stale) -> str:
    """The plain answer for a click that came too late."""
    told: dict[str, object] = {"reference": request.request_id, "name": over.by, "time": over.at}
    if over.by and over.at is not None:
        match over.decision:
            case "Approved":
                return say("{reference} was already approved by {name} at {time}. Nothing more to do.", **told)
            case "Rejected":
                return say("{reference} was already rejected by {name} at {time}. Nothing more to do.", **told)
            case "Returned":
                return say("{reference} was already returned by {name} at {time}. Nothing more to do.", **told)
    match over.decision:
        case "":
            return say("{reference} has moved on since this card was sent. Please use the newest one.", reference=request.request_id)
        case "Approved":
            return say("{reference} is already approved. Nothing more to do.", reference=request.request_id)
        case "Rejected":
            return say("{reference} is already rejected. Nothing more to do.", reference=request.request_id)
        case "Cancelled":
            return say("{reference} is already withdrawn. Nothing more to do.", reference=request.request_id)
        case _:
            return say("{reference} is already closed. Nothing more to do.", reference=request.request_id)
