"""What the surfaces of approvers and admins are given: plain data, already looked up and allowed to be seen.

The review card's own view is `cards.views.EscalationView`. Each view names the function that draws it.
As everywhere: times are aware (UTC), empty text means "leave it out", `nonce` and `value` are opaque to
the platform and come back with a press, where rights are looked up anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cards.views import Check, Ending, ReviewVerb, Stage

# ---------------------------------------------------------------- forms and their answers


@dataclass(frozen=True, slots=True)
class ReviewFormView:
    """`review_forms.reject_form`, `return_form`, `attest_form` (view, words) -> Form."""

    reference: str
    requester: str
    """Name as people know it; the forms say who reads what."""
    target: str = ""
    on_behalf_of: str = ""
    """Whose account it is, when that is somebody else: the person to be verified."""
    nonce: str = ""
    reason: str = ""
    """First text of the reason or question, when the form is opened again."""


@dataclass(frozen=True, slots=True)
class DecidedView:
    """Somebody was faster. `review_forms.decided_view(view, words)` -> Page, `notes.decided(view, words)` -> Card."""

    reference: str
    decision: str = ""
    """Approved, Rejected, Returned, Cancelled, Completed, Closed; "" when only "it changed" is known."""
    by: str = ""
    at: datetime | None = None
    had_text: bool = False
    """The reader had written something that was not sent; it is said."""


@dataclass(frozen=True, slots=True)
class StepUpView:
    """The approver's own confirmation. `step_up.step_up(view, words)` -> Card, pending and ended."""

    reference: str
    requester: str
    target: str
    number: str = ""
    """The number to tap; "" without number matching."""
    ends_at: datetime | None = None
    outcome: Literal["", "confirmed", "refused", "timed_out", "not_possible", "unavailable", "overtaken"] = ""
    """not_possible: no factor that could confirm. unavailable: Okta did not answer. overtaken: decided or changed meanwhile."""
    more_votes: int = 0
    """With confirmed: how many further approvals are needed before anything happens."""
    nonce: str = ""


# ---------------------------------------------------------------- queue


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which requests, and from where; `queue.carried` and `queue.read` turn it into the value of a press and back."""

    whose: Literal["mine", "all"] = "mine"
    status: str = ""
    """"", New, Triaging, Waiting, Escalated (open ones); "" is every open status."""
    priority: str = ""
    """"", Low, Medium, High."""
    overdue: bool = False
    cursor: str = ""
    """Where the page starts, as the storage gave it: letters, digits and -_.:~+= only; "" is the first page."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One request; "Open" comes back with verb "open", this nonce and this value."""

    reference: str
    target: str
    priority: str
    requester: str
    status: str = "Escalated"
    why: str = ""
    """A few words of ours: "needs the owner's OK"."""
    due_at: datetime | None = None
    waits_for: str = ""
    """Whom it waits for, when that is not the reader."""
    nonce: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class QueueView:
    """`queue.queue(view, words)` -> nodes for the Home tab. Rows oldest first, ten at most are drawn."""

    rows: tuple[QueueRow, ...]
    filter: QueueFilter
    now: datetime
    open: int = 0
    overdue: int = 0
    due_soon: int = 0
    closed_today: int = 0
    """The counters; above 1,000 they are shown as "1,000+"."""
    first: int = 1
    """Number of the first row, counted from 1."""
    total: int | None = None
    """How many the filter finds (above 1,000: "1,000+"); None when it was not counted."""
    previous: str | None = None
    next: str | None = None
    """Cursors of the pages beside this one; None: there is none ("" is the first page)."""
    nonce: str = ""


# ---------------------------------------------------------------- detail

Section = Literal["summary", "chat", "audit", "checks", "outcome"]
EventType = Literal["Message", "Tool Call", "Decision", "Escalation", "Approval", "Rejection", "Closure"]


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the conversation."""

    at: datetime
    who: str
    """Name; "" is the bot."""
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """One audit row, arguments already redacted."""

    at: datetime
    type: EventType
    actor: str
    text: str
    note: str = ""
    """A reviewer's note; only reviewers have a view that can hold it."""


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    name: str
    """okta_get_user_by_email, ..."""
    state: Literal["ok", "failed", "unknown"]
    text: str = ""
    milliseconds: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """Shown, never fetched."""

    name: str
    size: int
    """Bytes."""
    type: str = ""


@dataclass(frozen=True, slots=True)
class DetailView:
    """For reviewers and admins. `detail.detail(view, words, section="summary", page=1)` -> Page.

    Presses inside: the review verbs; "section" with a value for `detail.place(value)` -> (section, page).
    """

    reference: str
    target: str
    status: str
    priority: str
    requester: str
    email: str = ""
    on_behalf_of: str = ""
    owner: str = ""
    """Who has it now."""
    why_owner: str = ""
    created_at: datetime | None = None
    due_at: datetime | None = None
    closed_at: datetime | None = None
    ticket: str = ""
    policy_label: str = ""
    section_label: str = ""
    """The policy section that applies."""
    rationale: str = ""
    suggestion: str = ""
    """The agent's own words."""
    asked: str = ""
    justification: str = ""
    round: int = 1
    chat: tuple[Said, ...] = ()
    audit: tuple[Event, ...] = ()
    """Oldest first."""
    checks: tuple[Check, ...] = ()
    tools: tuple[ToolOutcome, ...] = ()
    outcome: tuple[str, ...] = ()
    """The final resolution in sentences; empty: not decided yet."""
    decision: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    verbs: tuple[ReviewVerb, ...] = ()
    """What this reader may do ("details" is left out here)."""
    confirm: bool = False
    manual: bool = False
    step_up: bool = False
    attest: bool = False
    """As in EscalationView: they shape the Approve button."""
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class OwnDetailView:
    """A requester's own request. `own_detail.own_detail(view, words, section="summary", page=1)` -> Page.

    It has no place for reviewer notes, risk signals, checks, rationale or priority. With Ending.NEUTRAL only
    the neutral sentence is drawn, whatever else is here.
    """

    reference: str
    target: str
    stage: Stage = Stage.RECEIVED
    ending: Ending = Ending.NONE
    created_at: datetime | None = None
    due_at: datetime | None = None
    closed_at: datetime | None = None
    ticket: str = ""
    asked: str = ""
    justification: str = ""
    reason: str = ""
    """With REJECTED: the reviewer's words for the requester."""
    owner_review: bool = False
    url: str = ""
    chat: tuple[Said, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    can_cancel: bool = False
    nonce: str = ""


# ---------------------------------------------------------------- admin


@dataclass(frozen=True, slots=True)
class SystemHealth:
    name: str
    """Slack, Okta, ServiceNow, ..."""
    state: Literal["ok", "slow", "down", "off", "unknown"]
    """off: not configured. unknown: not asked yet."""
    milliseconds: int | None = None
    note: str = ""
    """What to do, in one sentence."""


@dataclass(frozen=True, slots=True)
class PolicyLine:
    label: str = ""
    """"Password resets v12"; "" when no revision was accepted."""
    source: str = ""
    """Confluence, a file."""
    fetched_at: datetime | None = None
    accepted_by: str = ""
    accepted_at: datetime | None = None
    rules: int = 0
    stale: bool = False
    """Older than its maximum age: everything escalates."""
    pending: str = ""
    """Label of a valid revision that waits to be accepted."""
    pending_value: str = ""
    """Opaque; comes back with "policy_difference" and "policy_accept"."""
    problem: str = ""
    """Why the newest fetched revision is invalid, the row named."""


@dataclass(frozen=True, slots=True)
class Today:
    requests: int = 0
    by_bot: int = 0
    to_people: int = 0
    rejected: int = 0
    median: timedelta | None = None
    """From request to link."""


@dataclass(frozen=True, slots=True)
class Paused:
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """An account whose resets are frozen ("This wasn't me"); "Lift" comes back with verb "unfreeze" and `value`."""

    person: str
    since: datetime
    reference: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class AdminView:
    """`admin.admin(view, words)` -> nodes for the Home tab. Verbs: pause, resume, try_case, policy_difference, policy_accept, unfreeze."""

    systems: tuple[SystemHealth, ...] = ()
    jobs_waiting: int = 0
    oldest_job: timedelta | None = None
    policy: PolicyLine = PolicyLine()
    mode: Literal["observe", "enforce"] = "observe"
    paused: Paused | None = None
    breaker: bool = False
    """The global breaker has tripped: everything escalates."""
    today: Today = Today()
    frozen: tuple[Frozen, ...] = ()
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class TryResult:
    """`admin_forms.try_result(view, words)` -> Page."""

    requester: str
    target: str
    application: str
    verdict: str
    """reset, unlock, resend, point, ask, escalate, reject, close."""
    rule: str
    """Row of the rulings and policy section, as the verdict cites it."""
    why: str
    owner: str = ""
    """Who would decide it."""
    checks: tuple[Check, ...] = ()
    policy_label: str = ""
    problem: str = ""
    """Instead of a verdict: why it could not be tried."""


@dataclass(frozen=True, slots=True)
class PolicyDifference:
    """`admin_forms.policy_difference(view, words)` -> Page. Lines come from the caller, as text."""

    label: str
    accepted: str = ""
    """Label of the revision in force; "" when there is none."""
    changes: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    """What it would have changed in the decisions of the last 90 days."""
    value: str = ""
    nonce: str = ""


# ---------------------------------------------------------------- reminders


@dataclass(frozen=True, slots=True)
class ReminderView:
    """`reminders.ping`, `reminders.handed_over`, `reminders.also_with` (view, words) -> Card."""

    reference: str
    target: str
    priority: str = "Medium"
    waited: timedelta = timedelta()
    due_at: datetime | None = None
    now: datetime | None = None
    """With it, a due time that has passed is said as overdue."""
    other: str = ""
    """handed_over: who had it before. also_with: who is asked now."""
    nonce: str = ""
