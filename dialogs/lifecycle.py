"""Statuses, verbs and every legal move of a request, in one table.

`MOVES[verb][from] -> to`. A move that is not in the table is a `Declined`, never a silent change.
The document of the table is generated from it (`diagram`), so the two cannot drift apart.
"""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """The operation's own words (contract, section 4)."""

    NEW = "New"
    TRIAGING = "Triaging"
    WAITING = "Waiting"
    ESCALATED = "Escalated"
    COMPLETED = "Completed"
    REJECTED = "Rejected"
    CLOSED = "Closed"


class Decision(StrEnum):
    NONE = ""
    APPROVED = "Approved"
    REJECTED = "Rejected"
    ESCALATED = "Escalated"
    CANCELLED = "Cancelled"


TERMINAL = frozenset({Status.COMPLETED, Status.REJECTED, Status.CLOSED})
OPEN = frozenset(Status) - TERMINAL


class Verb(StrEnum):
    """What moves a request."""

    START = "start"
    """Triage takes it up."""
    ASK = "ask"
    """The requester is asked something."""
    CHECK = "check"
    """The identity check is sent."""
    ANSWER = "answer"
    """The requester answered, or the identity check has a result."""
    ESCALATE = "escalate"
    REJECT = "reject"
    COMPLETE = "complete"
    CLOSE = "close"
    """Not a password reset, or a duplicate."""
    CANCEL = "cancel"
    """Withdrawn by the requester, or by an operator."""
    EXPIRE = "expire"
    """Nobody answered in time."""
    APPROVE = "approve"
    """A reviewer approved what the bot may carry out: everything is checked again first."""
    RECONSIDER = "reconsider"
    """What the card showed is not so any more: judged anew, nothing is carried out."""
    RETURN = "return"
    """A reviewer asks the requester for something."""


MOVES: dict[Verb, dict[Status, Status]] = {
    Verb.START: {Status.NEW: Status.TRIAGING},
    Verb.ASK: {Status.TRIAGING: Status.WAITING},
    Verb.CHECK: {Status.TRIAGING: Status.WAITING},
    Verb.ANSWER: {Status.WAITING: Status.TRIAGING},
    Verb.ESCALATE: {
        Status.NEW: Status.ESCALATED,
        Status.TRIAGING: Status.ESCALATED,
        Status.WAITING: Status.ESCALATED,
    },
    Verb.REJECT: {Status.TRIAGING: Status.REJECTED, Status.ESCALATED: Status.REJECTED},
    Verb.COMPLETE: {Status.TRIAGING: Status.COMPLETED, Status.ESCALATED: Status.COMPLETED},
    Verb.CLOSE: {Status.TRIAGING: Status.CLOSED, Status.ESCALATED: Status.CLOSED},
    Verb.CANCEL: dict.fromkeys((Status.NEW, Status.TRIAGING, Status.WAITING, Status.ESCALATED), Status.CLOSED),
    Verb.EXPIRE: {Status.WAITING: Status.CLOSED},
    Verb.APPROVE: {Status.ESCALATED: Status.TRIAGING},
    Verb.RECONSIDER: {Status.ESCALATED: Status.TRIAGING},
    Verb.RETURN: {Status.ESCALATED: Status.WAITING},
}

DECISIONS: dict[Status, Decision] = {
    Status.NEW: Decision.NONE,
    Status.TRIAGING: Decision.NONE,
    Status.WAITING: Decision.NONE,
    Status.ESCALATED: Decision.ESCALATED,
    Status.COMPLETED: Decision.APPROVED,
    Status.REJECTED: Decision.REJECTED,
    Status.CLOSED: Decision.CANCELLED,
}
"""The decision that goes with a status (contract, section 4)."""


STOPPED = "stopped"
"""The rule of a request that somebody else than its requester closed: an operator, or whoever cancelled its ticket."""


def after(verb: Verb, status: str) -> Status | None:
    """Where `verb` leads from `status`; None when it is not a legal move."""
    return MOVES[verb].get(Status(status))


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {Status.NEW}"]
    lines += [f"    {old} --> {new}: {verb}" for verb, moves in MOVES.items() for old, new in moves.items()]
    lines += [f"    {status} --> [*]" for status in Status if status in TERMINAL]
    return "\n".join(lines)
