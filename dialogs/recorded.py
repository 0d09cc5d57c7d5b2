"""The audit log of a request in plain words, for readers of any language: what was said, what was done, which systems were asked.

Arguments of tool calls and addresses beyond those of the tables are left out; what people wrote is given as it was
kept. Reviewers' notes are apart from the rest, so that a view without a place for them cannot show them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal, cast

from cards.views_review import Event, EventType, Said, ToolOutcome
from cards.words import say, sentences
from dialogs import worded
from storage import audit
from storage.models import AuditEvent, Request

ASKED_APP = say("Which app is this for?")
NOT_IN_LIST = say("The app that was named is not in the list of own apps. Which one is meant?")
_FAILED = frozenset({"refused", "failed", "rejected", "timed_out", "not done"})


def details(row: AuditEvent) -> dict[str, Any]:
    """What an event holds; {} for an imported one that holds something else than an object."""
    found = json.loads(row.details)
    return found if isinstance(found, dict) else {}


def events(request: Request, rows: Sequence[AuditEvent]) -> tuple[Event, ...]:
    """Every audit row in words, oldest first, for reviewers."""
    told, also = [], _also_requester(rows)
    for row in rows:
        kept = details(row)
        note = str(kept.get("note", "")) if row.event_type in (audit.APPROVAL, audit.REJECTION, audit.MESSAGE) else ""
        by = name(request, row.actor, also)
        told.append(Event(row.created_at, cast("EventType", row.event_type), by, _words(row.event_type, kept), note))
    return tuple(told)


def _also_requester(rows: Sequence[AuditEvent]) -> frozenset[str]:
    """Identities that were verified to be the requester's when they did something from another platform."""
    return frozenset(row.actor for row in rows if row.event_type == audit.MESSAGE and details(row).get("requester") is True)


def name(request: Request, actor: str, also: frozenset[str] = frozenset()) -> str:
    """An actor for people: the requester by name (`also`: under another identity), somebody else of a chat platform without
    their id, others as they are."""
    if actor in also or actor == f"{request.platform}:{request.tenant}:{request.platform_user}":
        return request.requester_name or request.requester
    if actor.startswith(("slack:", "teams:")):
        return say("Somebody in chat")
    return actor


def conversation(request: Request, rows: Sequence[AuditEvent], *, own: bool) -> tuple[Said, ...]:
    """What the requester, the bot and reviewers said, oldest first. With `own` as the requester saw it: reviewers without names."""
    said: list[Said] = []
    also = _also_requester(rows)
    for row in rows:
        if row.event_type != audit.MESSAGE:
            continue
        kept = details(row)
        bot = kept.get("kind") in ("question", "nudge")
        by = "" if bot or (own and kept.get("kind") == "returned") else name(request, row.actor, also)
        said += [Said(row.created_at, by, text) for text in _said(kept) if text.strip()]
    return tuple(said)


def tools(rows: Sequence[AuditEvent]) -> tuple[ToolOutcome, ...]:
    """The systems that were asked, oldest first; an intent whose result is on the record is not told twice."""
    told = []
    results = {details(row).get("tool") for row in rows if row.event_type == audit.TOOL_CALL and details(row).get("phase") == "result"}
    for row in rows:
        if row.event_type != audit.TOOL_CALL:
            continue
        kept = details(row)
        tool = str(kept.get("tool", ""))
        if kept.get("phase") == "intent" and tool in results:
            continue
        took = kept.get("ms")
        told.append(ToolOutcome(tool, _state(kept), _outcome(kept), took if isinstance(took, int) else None))
    return tuple(told)


# ---------------------------------------------------------------- words


def _said(kept: dict[str, Any]) -> tuple[str, ...]:
    """The sentences of one message; () for an event that nobody said."""
    text = str(kept.get("text", ""))
    match kept.get("kind"):
        case "submitted":
            return (text, str(kept.get("justification", "")))
        case "note" if "intake" in kept:
            return (text, str(kept.get("justification", "")))
        case "answer":
            return (text,)
        case "question":
            return (ASKED_APP if kept.get("asked") == "application" else NOT_IN_LIST,)
        case "returned":
            return (str(kept.get("asked", "")),)
        case "nudge":
            return (say("I asked again whether there is an answer."),)
        case "withdrawn":
            return (say("I don't need this any more."),)
        case "not_me":
            return (say("This wasn't me."),)
        case "no_phone":
            return (say("I don't have my phone at hand."),)
        case _:
            return ()


def _words(event_type: str, kept: dict[str, Any]) -> str:
    match event_type:
        case audit.MESSAGE:
            return _message(kept)
        case audit.TOOL_CALL:
            return _sentences(kept.get("tool"), "→", _outcome(kept))
        case audit.ESCALATION:
            after = say("Next: {owner}.", owner=_owner(kept["next_owner"])) if kept.get("next_owner") else ""
            return _sentences(kept.get("reason"), _row(kept), after)
        case audit.APPROVAL:
            return _approval(kept)
        case audit.REJECTION:
            chosen = str(kept.get("why_not", ""))
            said = say("Rejected ({why}).", why=worded.why_not(chosen)) if chosen else say("Rejected.")
            return _sentences(said, kept.get("reason"), _row(kept))
        case audit.CLOSURE:
            status, decision = worded.status(str(kept.get("status", ""))), worded.decision(str(kept.get("decision", "")))
            return _sentences(say("{status} / {decision}.", status=status, decision=decision), kept.get("rationale"))
        case _:
            return _decision(kept)


def _approval(kept: dict[str, Any]) -> str:
    votes = say("{given} of {needed} approvals.", given=kept["votes"], needed=kept["needed"]) if int(kept.get("needed", 1) or 1) > 1 else ""
    manual = say("To be done by hand.") if kept.get("effect") == "manual" else ""
    manual = say("Done by hand.") if kept.get("kind") == "manual" else manual
    how = str(kept.get("how", ""))
    verified = say("Verified: {how}.", how=worded.way(how)) if how else ""
    return _sentences(say("Approved."), votes, manual, verified, kept.get("reason"))


def _message(kept: dict[str, Any]) -> str:
    text, kind = str(kept.get("text", "")), str(kept.get("kind", ""))
    match kind:
        case "submitted":
            intake = str(kept.get("intake", ""))
            return _sentences(say("Asked for it ({intake}).", intake=worded.intake(intake)), text, kept.get("justification"))
        case "note":
            notes = kept.get("notes")
            return _sentences(*notes) if isinstance(notes, list) else _sentences(say("Added:"), text, kept.get("justification"))
        case "question":
            return _sentences(say("Asked the requester:"), *_said(kept))
        case "answer":
            return _sentences(say("Answered:"), text)
        case "returned":
            return _sentences(say("Asked the requester:"), kept.get("asked"))
        case "assigned":
            places = [one for one in kept.get("reached", []) if isinstance(one, dict)]
            reached = ", ".join(f"{_owner(one.get('reviewer', ''))} ({one.get('by', '')})" for one in places)
            brought = say("Brought to {owner}.", owner=_owner(kept.get("owner", "")))
            return _sentences(brought, say("Reached: {people}.", people=reached) if reached else "")
        case "reminder":
            return say("Reminder {number} to {owner}.", number=kept.get("number", ""), owner=_owner(kept.get("owner", "")))
        case "manual":
            return say("Incident {ticket} is at state {state}.", ticket=kept.get("ticket", ""), state=kept.get("state", ""))
        case "stale card":
            return say("Pressed a button of a card that had changed since; nothing was decided.")
        case "expired":
            return say("The requester did not answer in time.")
        case "nudge":
            return say("Reminded the requester of the open question.")
        case "withdrawn":
            return say("Withdrew the request.")
        case "not_me":
            return say("Said “This wasn't me”.")
        case "no_phone":
            return say("Has no phone at hand for the check.")
        case _:
            return _sentences(kind.replace("_", " ").capitalize(), text)


def _decision(kept: dict[str, Any]) -> str:
    if kept.get("kind") == "unfreeze":
        return _sentences(say("Lifted the freeze."), kept.get("reason"))
    what = str(kept.get("outcome") or kept.get("decision") or "")
    effect = str(kept.get("effect", ""))
    done = say("Effect: {effect}.", effect=worded.effect(effect)) if effect else ""
    told = say("{outcome}.", outcome=worded.verdict(what)) if what else ""
    return _sentences(told, kept.get("rationale") or kept.get("reason"), done, _row(kept))


def _outcome(kept: dict[str, Any]) -> str:
    """Of a tool call: what came back, and why when that is known."""
    result = worded.result(str(kept.get("result") or ("about to be done" if kept.get("phase") == "intent" else "")))
    more = [str(kept[name]) for name in ("ticket", "why", "note") if kept.get(name)]
    return say("{result} ({more})", result=result, more=", ".join(more)) if more else result


def _state(kept: dict[str, Any]) -> Literal["ok", "failed", "unknown"]:
    result = kept.get("result")
    if result == "unknown" or (kept.get("phase") == "intent" and not result):
        return "unknown"
    return "failed" if kept.get("ok") is False or result in _FAILED else "ok"


def _row(kept: dict[str, Any]) -> str:
    return say("Row {row}.", row=kept["rule"]) if kept.get("rule") else ""


def _owner(owner: object) -> str:
    return str(owner).removeprefix("group:").strip()


def _sentences(*parts: object) -> str:
    return sentences(*(part if isinstance(part, str) else str(part) for part in parts if part))
