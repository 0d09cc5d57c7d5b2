"""What the surfaces are given: plain data, already looked up, already allowed to be seen by the reader.

Whoever fills a view decides what its reader may know. Nothing here is read back from a platform.
All times are aware (UTC). Empty text means: not there, leave it out. Text of ours (a target, a check, why you) may be a
sentence without a reader (`words.say`): whoever draws it gives it to `Words.said`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from cards.card import Option


class Stage(StrEnum):
    """How far an open request has come, as its requester sees it."""

    RECEIVED = "received"
    CHECKING = "checking"
    QUESTION = "question"
    """The requester was asked something; the question is a message of its own."""
    IDENTITY = "identity"
    EFFECT = "effect"


class Ending(StrEnum):
    """How a request ended for its requester (or, ESCALATED, left the bot's hands). NONE: still under way."""

    NONE = ""
    RESET = "reset"
    UNLOCK = "unlock"
    RESEND = "resend"
    POINT = "point"
    """The application keeps its own password: `url` is its page (rulings, row 15)."""
    MANUAL = "manual"
    """A person did it and recorded that."""
    ESCALATED = "escalated"
    REJECTED = "rejected"
    """A person said no; `note` is their reason."""
    NOT_ASSIGNED = "not_assigned"
    """Row 9b: rejected with a pointer to access requests."""
    NEUTRAL = "neutral"
    """Rows 4, 6, 6b without relationship, 7 and every failed check: one sentence, one layout."""
    DENIED = "denied"
    """The requester pressed "This wasn't me"."""
    NOT_RESET = "not_reset"
    """Row 5: closed, with a pointer to the right place."""
    CANCELLED = "cancelled"
    MERGED = "merged"
    """Row 3: the same is open already; `note` is its reference."""
    TIMED_OUT = "timed_out"
    """The requester was asked and did not answer in time (closed)."""


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request, for its requester: the progress message, the outcome, the mail at the end."""

    reference: str
    """IT-1048"""
    target: str = ""
    """What is to be reset, for people: "Payroll", "your Okta account". May be the requester's own words."""
    stage: Stage = Stage.RECEIVED
    ending: Ending = Ending.NONE
    number: str = ""
    """The number to tap on the phone while the check is pending; "" without number matching."""
    identity_needed: bool = True
    identity_ends: datetime | None = None
    again: bool = False
    """This is the one more try (rulings, row 14)."""
    owner_review: bool = False
    """With ESCALATED: the application's owner decides (rows 10a, 11); otherwise "a person"."""
    due_at: datetime | None = None
    """With ESCALATED: when the requester should have heard."""
    effect: Literal["reset", "unlock", "resend", "point"] = "reset"
    """Names the last step of the progress list."""
    for_other: bool = False
    """The account is somebody else's (declared, approved): "that account" instead of "your account"."""
    other: str = ""
    """With `for_other`: whose account it is, as the requester wrote it."""
    asked_by: str = ""
    """On the identity card of an account's owner: who asked, when it was somebody else."""
    delayed: bool = False
    """A system does not answer; work goes on by itself."""
    url: str = ""
    """With POINT: the https address from the accepted policy."""
    note: str = ""
    """With REJECTED: the reviewer's reason. Somebody's own words."""
    ticket: str = ""
    """INC0012345"""
    policy_label: str = ""
    """Such as 'Password resets v12, Finance ERP'; shown with the good endings only."""
    can_cancel: bool = False
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One of the requester's own requests in a list. With Ending.NEUTRAL nothing but the reference differs."""

    reference: str
    target: str
    stage: Stage = Stage.RECEIVED
    ending: Ending = Ending.NONE
    created_at: datetime | None = None
    can_cancel: bool = False
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class HomeView:
    """A person's Home tab. `requests` newest first; `more` says how many are not shown."""

    name: str = ""
    """First name, "" when not known."""
    requests: tuple[RequestLine, ...] = ()
    more: int = 0
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question to the requester, with choices. `options[i]` is offered under value str(i)."""

    reference: str
    kind: Literal["application", "not_assigned", "reviewer"] = "application"
    """application: row 9. not_assigned: row 9b. reviewer: returned by a person; `asked` is their question."""
    options: tuple[str, ...] = ()
    asked: str = ""
    """The reviewer's own words."""
    named: str = ""
    """With not_assigned: what the requester had named."""
    chosen: str = ""
    """What was answered; the buttons are gone then."""
    over: bool = False
    """The request went on or ended without an answer; the buttons are gone."""
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    state: Literal["ok", "warn", "unknown"]
    text: str


ReviewVerb = Literal["approve", "return", "reject", "details"]


@dataclass(frozen=True, slots=True)
class Vote:
    """One approval of this round."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder that was given; `also` names the person asked in addition from then on."""

    at: datetime
    also: str = ""


@dataclass(frozen=True, slots=True)
class EarlierRound:
    """A question of a reviewer and what the requester answered: the words of both."""

    question: str
    answer: str = ""
    asked_by: str = ""


AfterApproval = Literal["", "working", "identity", "manual", "manual_done", "carried_out", "facts_changed", "identity_failed"]
"""What came of an approval: being carried out; waiting for the person's own check; released for manual handling; a
person has done it; done; not done because the facts changed; not done because the person was not confirmed."""


@dataclass(frozen=True, slots=True)
class EscalationView:
    """One request, for the person who decides it. Facts first, the agent's suggestion last and marked."""

    reference: str
    requester: str
    """Name, or e-mail when there is no name."""
    target: str
    priority: str = "Medium"
    """Low, Medium, High."""
    on_behalf_of: str = ""
    why_you: str = ""
    """Such as "Owner of Finance ERP"."""
    asked: str = ""
    """The requester's own words."""
    justification: str = ""
    """The requester's own words."""
    checks: tuple[Check, ...] = ()
    rationale: str = ""
    """One sentence from code: why this needs a person."""
    suggestion: str = ""
    """The agent's own words."""
    policy_label: str = ""
    section: str = ""
    ticket: str = ""
    attachments: tuple[str, ...] = ()
    """File names."""
    waiting_since: datetime | None = None
    due_at: datetime | None = None
    verbs: tuple[ReviewVerb, ...] = ()
    """The buttons this reader gets, in this order; none: the message only informs."""
    confirm: bool = False
    """Approve asks once more (Sensitive and above)."""
    manual: bool = False
    """Approve releases the work to a person; the bot will not reset (row 8)."""
    decision: str = ""
    """"", Approved, Rejected, Returned, Cancelled, Completed, Closed: when set, the buttons are gone."""
    decided_by: str = ""
    decided_at: datetime | None = None
    nonce: str = ""
    waits_for: str = ""
    """Who decides, when the reader may not: "Waiting for Priya Nair". The reader then needs no buttons."""
    own: bool = False
    """The reader is requester, target or submitter: no buttons whatever `verbs` says, and it is said why."""
    votes: tuple[Vote, ...] = ()
    votes_needed: int = 1
    step_up: bool = False
    """Approve asks the approver to confirm on their phone before it counts."""
    attest: bool = False
    """Approve asks first how the person was verified."""
    reminders: tuple[Reminded, ...] = ()
    also_asked: tuple[str, ...] = ()
    """Names of the others who have this card."""
    earlier: tuple[EarlierRound, ...] = ()
    """Earlier rounds, oldest first."""
    confirmed_with: str = ""
    """"Okta Verify" when the approver confirmed the decision with it."""
    attested: str = ""
    """How the approver verified the person: the value chosen in the attest form."""
    reason: str = ""
    """The reviewer's words of a Reject or Return, for other reviewers."""
    after: AfterApproval = ""
    after_at: datetime | None = None
    next_owner: str = ""
    """With manual: who has it now."""


@dataclass(frozen=True, slots=True)
class FormView:
    """The reset form. Option values of applications are their ids; "account" and "other" are taken."""

    applications: tuple[Option, ...] = ()
    initial: str = ""
    """The value chosen at first: an application's, "account", "other", or ""."""
    other: str = ""
    """First text of the name field."""
    details: str = ""
    """First text of the details field (a message the form was opened from)."""
    symptom: str = ""
    """forgot, locked, expired, other, or ""."""
    files: bool = True
    """The platform can take a file here."""
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """The notice that goes to the account's own address whenever something was done to the account."""

    name: str
    reference: str
    target: str
    effect: Literal["reset", "unlock", "resend"]
    at: datetime
    by: str = ""
    """The reviewer's name when a person approved it."""
    on_behalf_by: str = ""
    """Name of the requester when that is somebody else."""
    where: str = "Slack"
