"""The words that the record keeps as keys, for people: statuses, decisions, effects, what came of a call.

A key that is none of these (an imported row may hold any) stays as it is.
"""

from __future__ import annotations

from typing import Final

from cards.words import say
from storage.models import Request

_STATUSES: Final = {
    "New": say("New"),
    "Triaging": say("Triaging"),
    "Waiting": say("Waiting"),
    "Escalated": say("Escalated"),
    "Completed": say("Completed"),
    "Rejected": say("Rejected"),
    "Closed": say("Closed"),
}
_DECISIONS: Final = {
    "Approved": say("Approved"),
    "Rejected": say("Rejected"),
    "Returned": say("Returned with a question"),
    "Escalated": say("Escalated"),
    "Cancelled": say("Cancelled"),
}
_RESULTS: Final = {
    "about to be done": say("about to be done"),
    "incident ready": say("incident ready"),
    "link not used": say("link not used"),
    "link sent": say("link sent"),
    "mailed": say("mailed"),
    "not done": say("not done"),
    "passed": say("passed"),
    "password changed": say("password changed"),
    "refused": say("refused"),
    "rejected": say("rejected"),
    "sent": say("sent"),
    "failed": say("failed"),
    "timed_out": say("no answer in time"),
    "unknown": say("unknown"),
    "unlocked": say("unlocked"),
}


_OUTCOMES: Final = {
    "effect": say("To be carried out"),
    "check": say("Identity check"),
    "wait": say("Waits for the identity check"),
    "ask": say("Question to the requester"),
    "escalate": say("Escalate"),
    "reject": say("Reject"),
    "close": say("Close"),
    "reconsidered": say("Judged anew"),
    "approved": say("Approved"),
    "cancelled": say("Cancelled"),
}
_EFFECTS: Final = {
    "reset": say("a reset link"),
    "resend": say("the link once more"),
    "unlock": say("an unlock"),
    "point": say("the app's own page"),
    "manual": say("done by hand"),
}
_INTAKES: Final = {"form": say("by the form"), "shortcut": say("from a message"), "text": say("in words")}
_WHY_NOT: Final = {
    "not_needed": say("not needed"),
    "not_expected": say("not expected"),
    "looks_risky": say("looks risky"),
    "other": say("another reason"),
}
_WAYS: Final = {
    "met_in_person": say("met in person"),
    "video_call_with_id": say("video call, with an ID document shown"),
    "call_back": say("called back on the number on record"),
    "manager_vouched": say("their manager vouched for them in person"),
}


def status(name: str) -> str:
    return _STATUSES.get(name, name)


def decision(name: str) -> str:
    return _DECISIONS.get(name, name)


def result(name: str) -> str:
    """Of a tool call, as the record names it."""
    return _RESULTS.get(name, name)


def verdict(name: str) -> str:
    """What a judgement came to, or what a person decided."""
    return _OUTCOMES.get(name.casefold(), name.capitalize())


def effect(name: str) -> str:
    return _EFFECTS.get(name, name)


def intake(name: str) -> str:
    return _INTAKES.get(name, name)


def why_not(name: str) -> str:
    """The choice in the Reject form."""
    return _WHY_NOT.get(name, name)


def way(name: str) -> str:
    """How an approver verified a person."""
    return _WAYS.get(name, name)


def outcome(request: Request) -> str:
    """How a finished request ended: status and decision."""
    return say("{status} / {decision}.", status=status(request.status), decision=decision(request.decision))


def target(request: Request) -> str:
    """What is to be reset, for anybody but the account's owner: the application's label, or the requester's own words."""
    return say("the Okta account") if request.app_kind == "account" else request.target_record
