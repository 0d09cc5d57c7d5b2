"""An escalated request as one reader of it may see it: facts from code first, the agent's suggestion last."""

from __future__ import annotations

from typing import Any

from agent.facts import Identity as Standing
from cards.views import AfterApproval, Check, EarlierRound, EscalationView, Reminded, ReviewVerb
from cards.views import Vote as ShownVote
from cards.words import say
from dialogs import rounds, views_of, worded
from dialogs.lifecycle import Status
from storage import moments, votes
from storage.models import Picture, Request, Vote

BUTTONS: tuple[ReviewVerb, ...] = ("approve", "return", "reject", "details")


def why_you(request: Request, reason: str) -> str:
    """Why this reader got it, for people."""
    if reason.startswith("group:"):
        return say("Member of {group}", group=reason.removeprefix("group:").strip())
    if reason == "backup":
        return say("Backup: nobody has decided yet, or the owner is a party of the request")
    if reason == "fallback":
        return say("You look after requests that need a person")
    if reason == "admin":
        return say("You are an administrator of Keyturn")
    target = worded.target(request)
    return say("Owner of {target}", target=target) if target else say("You look after requests that need a person")


def view(request: Request, nonce: str, *, round: int, reason: str = "", cast: tuple[Vote, ...] = (), verbs: bool = True) -> EscalationView:
    """`round` is the reader's card's: a card of an earlier round shows how that round ended. `verbs` False informs only."""
    kept: dict[str, Any] = request.verdict or {}
    verdict: dict[str, Any] = kept.get("verdict") or {}
    reading: dict[str, Any] = kept.get("reading") or {}
    decided = rounds.decided_in(request, round)
    asked_for: dict[str, Any] = kept.get("escalated") or verdict
    over = rounds.stale(request, round)
    history = list(kept.get("history", []))
    decision, by, at = "", "", None
    if over is not None:
        decision, by, at = over.decision, over.by, over.at
        decision = decision or ("Closed" if request.closed_at else "")
    return EscalationView(
        reference=request.request_id,
        requester=request.requester_name or request.requester,
        target=worded.target(request),
        priority=request.priority,
        on_behalf_of=request.on_behalf,
        why_you=why_you(request, reason),
        asked=request.summary,
        justification=request.justification,
        checks=checks(request),
        rationale=str(asked_for.get("rationale", "")) or request.rationale,
        suggestion=str(reading.get("rationale", "")),
        policy_label=views_of.policy_label(request),
        section=str(asked_for.get("section", "")),
        ticket=request.ticket,
        attachments=tuple(str(a.get("name", "")) for a in request.attachments or []),
        waiting_since=request.created_at,
        due_at=request.due_at if over is None else None,
        verbs=BUTTONS if over is None and verbs else (),
        confirm=bool(asked_for.get("privileged") or asked_for.get("sensitive")),
        manual=asked_for.get("effect") is None,
        decision=decision,
        decided_by=by,
        decided_at=at,
        nonce=nonce,
        votes=tuple(
            ShownVote(v.voter_name or v.voter_email, v.created_at) for v in cast if v.state == votes.COUNTED and v.verb == "approve"
        ),
        votes_needed=int(kept.get("votes_needed", 1)),
        step_up=bool(kept.get("steps_up")),
        attest=rounds.attests(request),
        reminders=(Reminded(moments.read(kept["reminded_at"])),) if kept.get("reminded_at") else (),
        also_asked=tuple(str(name) for name in kept.get("also", [])),
        earlier=tuple(
            EarlierRound(str(h.get("asked", "")), str(h.get("answer", "")), str(h.get("by", "")))
            for h in history
            if int(h.get("round", 0)) < round
        ),
        confirmed_with="Okta Verify" if decided and _stepped(cast, decided) else "",
        attested=_said(cast, decided, "how"),
        reason=_said(cast, decided, "reason"),
        after=_after(request, decided),
        after_at=request.closed_at,
        next_owner=request.owner.removeprefix("group:") if kept.get("released") and request.status == Status.ESCALATED else "",
    )


def for_picture(request: Request, picture: Picture, cast: tuple[Vote, ...]) -> EscalationView:
    return view(request, picture.nonce, round=picture.round, reason=picture.reason or "", cast=cast)


def _stepped(cast: tuple[Vote, ...], decided: dict[str, Any]) -> bool:
    return any(v.voter == decided.get("okta_id") and v.verb == "approve" and v.step_up for v in cast)


def _said(cast: tuple[Vote, ...], decided: dict[str, Any], what: str) -> str:
    """Of the vote that decided: its reason, or how the person was verified."""
    said = next((v.said for v in cast if v.voter == decided.get("okta_id")), {})
    return str(said.get(what, ""))


def _after(request: Request, decided: dict[str, Any]) -> AfterApproval:
    if decided.get("decision") != "Approved":
        return ""
    released = bool((request.verdict or {}).get("released"))
    match Status(request.status):
        case Status.COMPLETED:
            return "manual_done" if released else "carried_out"
        case Status.ESCALATED:
            if released:
                return "manual"
            return "identity_failed" if request.rule == "14" else "facts_changed"
        case Status.WAITING:
            return "facts_changed" if (request.question or {}).get("open") else "identity"
        case Status.TRIAGING | Status.NEW:
            return "working"
        case _:
            return ""


def checks(request: Request) -> tuple[Check, ...]:
    """What was checked, from the row: plain words, what went wrong marked."""
    verdict: dict[str, Any] = (request.verdict or {}).get("escalated") or (request.verdict or {}).get("verdict") or {}
    unbound = Check("warn", say("The person's chat account does not match exactly one Okta account"))
    if request.rule == "4":
        unbound = Check("unknown", say("Which Okta account the person has could not be looked up"))
    made = [Check("ok", say("The request came from the person's own account")) if request.okta_id else unbound]
    kept = request.identity or {}
    state = kept.get("state", Standing.NONE.value)
    how = str(kept.get("how", ""))
    words: dict[str, Check] = {
        Standing.PASSED.value: Check("ok", say("Confirmed in another way by the approver") if how else say("Confirmed with Okta Verify")),
        Standing.REJECTED.value: Check("warn", say("The Okta Verify prompt was refused on the phone")),
        Standing.DENIED.value: Check("warn", say("The person said that this was not them")),
        Standing.FAILED.value: Check("warn", say("The person could not be confirmed with Okta Verify")),
        Standing.UNKNOWN.value: Check("unknown", say("The Okta Verify check could not be completed")),
    }
    made.append(words.get(str(state), Check("unknown", say("Identity has not been checked yet"))))
    if request.rule and request.rationale:
        why, row = str(verdict.get("rationale") or request.rationale), str(verdict.get("rule") or request.rule)
        made.append(Check("warn", say("{why} (row {row})", why=why, row=row)))
    made += [Check("warn", str(note)) for note in verdict.get("notes", []) if not str(note).startswith("The agent suggested")]
    return tuple(made)
