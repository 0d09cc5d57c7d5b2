"""The rows. The first ten columns of a request and the first six of an audit event are the operation's own.

Only functions of this package write them, each inside `database.transaction()`.
"""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from storage.moments import Moment


class Request(Model):
    """One password reset request. `version` is compared and set by every change."""

    request_id = fields.CharField(max_length=24, primary_key=True)
    requester = fields.CharField(max_length=320)
    """The verified e-mail once the person is bound; the platform's own user id until then."""
    summary = fields.TextField(default="")
    target_record = fields.CharField(max_length=300, default="")
    status = fields.CharField(max_length=12)
    priority = fields.CharField(max_length=8)
    decision = fields.CharField(max_length=12, default="")
    rationale = fields.TextField(default="")
    created_at = Moment()
    closed_at = Moment(null=True)

    number = fields.IntField(unique=True)
    """The digits of request_id; new ids follow the greatest."""
    version = fields.IntField(default=1)
    round = fields.IntField(default=1)
    """The round of review: a Return that is answered opens the next; pictures of an older round are dead."""
    open_key = fields.CharField(max_length=400, null=True, unique=True)
    """One open request a person and target (rulings, row 3): set while open, null once terminal."""

    platform = fields.CharField(max_length=8, default="")
    """slack, teams, "" for imported rows."""
    tenant = fields.CharField(max_length=64, default="")
    platform_user = fields.CharField(max_length=64, default="")
    channel = fields.CharField(max_length=64, default="")
    """Where the person is spoken to: their 1:1 conversation once known."""
    intake = fields.CharField(max_length=16, default="")
    """form, text, shortcut, import."""

    okta_id = fields.CharField(max_length=40, default="")
    """The requester's immutable Okta id once bound."""
    requester_name = fields.CharField(max_length=200, default="")
    target_okta_id = fields.CharField(max_length=40, default="")
    """The account to be reset: the requester's own, or the one of an approved declared third party."""
    on_behalf = fields.CharField(max_length=320, default="")
    """The e-mail declared in the form's "Who is it for?"; "" for oneself."""
    app_kind = fields.CharField(max_length=8, default="")
    """app, account (the Okta account itself), other (named, not in the person's list), "" not named yet."""
    app_id = fields.CharField(max_length=64, default="")
    app_label = fields.CharField(max_length=200, default="")
    symptom = fields.CharField(max_length=12, default="")
    """forgot, locked, expired, other, "" unknown."""
    justification = fields.TextField(default="")
    attachments: list[dict[str, Any]] = fields.JSONField(default=list)

    owner = fields.CharField(max_length=320, default="")
    """Current owner: "Password Reset Request Agent", an e-mail or group:NAME."""
    rule = fields.CharField(max_length=8, default="")
    """The row of the decision table that decided last."""
    policy_revision = fields.CharField(max_length=80, default="")
    due_at = Moment(null=True)
    asked = fields.IntField(default=0)
    """Questions put to the requester so far; two at most."""
    question: dict[str, Any] | None = fields.JSONField(null=True)
    """What the requester is being asked, with its options; null when nothing is."""
    identity: dict[str, Any] | None = fields.JSONField(null=True)
    """The identity check: factor, transaction, number, expiry, tries, result."""
    verdict: dict[str, Any] | None = fields.JSONField(null=True)
    """The gate's last verdict, for the effect that follows an approval."""
    agent_output: dict[str, Any] | None = fields.JSONField(null=True)

    ticket = fields.CharField(max_length=40, default="")
    ticket_id = fields.CharField(max_length=40, default="")
    ticket_seq = fields.IntField(default=0)
    """The last audit event (seq) that the ticket tells."""

    class Meta:
        table = "password_reset_requests"
        indexes = [
            Index(fields=("status", "created_at")),
            Index(fields=("platform", "tenant", "platform_user", "number")),
            Index(fields=("target_okta_id", "status")),
            Index(fields=("okta_id", "number")),
        ]


class AuditEvent(Model):
    """One event of the keyed hash chain. `details` is kept as the text it came as, so that exports are exact."""

    seq = fields.BigIntField(primary_key=True, generated=False)
    event_id = fields.CharField(max_length=24, unique=True)
    request_id = fields.CharField(max_length=24)
    actor = fields.CharField(max_length=320)
    event_type = fields.CharField(max_length=12)
    details = fields.TextField()
    created_at = Moment()
    previous = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "password_reset_audit_log"
        indexes = [Index(fields=("request_id", "seq"))]


class ChainHead(Model):
    """Where the chain ends, sealed with the audit key: a tail that was cut off is missed here. One row, id 1."""

    id = fields.IntField(primary_key=True, generated=False)
    seq = fields.BigIntField()
    hash = fields.CharField(max_length=64)
    event_number = fields.BigIntField()
    """The greatest EVT number given out."""
    request_number = fields.BigIntField()
    """The greatest IT number given out."""
    seal = fields.CharField(max_length=64)

    class Meta:
        table = "keyturn_chain_head"


class Delivery(Model):
    """A delivery of a chat platform that was taken in, and what was answered: the same one again gets the same answer."""

    key = fields.CharField(max_length=200, primary_key=True)
    received_at = Moment()
    request_id = fields.CharField(max_length=24, default="")
    answer: dict[str, Any] | None = fields.JSONField(null=True)

    class Meta:
        table = "keyturn_deliveries"
        indexes = [Index(fields=("received_at",))]


class Job(Model):
    """Work that must happen, put in the same transaction as the change that asks for it; gone when done."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=24)
    request_id = fields.CharField(max_length=24, default="")
    unique_key = fields.CharField(max_length=200, null=True, unique=True)
    """While such a job waits, another of the same key is the same job."""
    payload: dict[str, Any] = fields.JSONField(default=dict)
    run_at = Moment()
    attempts = fields.IntField(default=0)
    leased_until = Moment(null=True)
    """Set while somebody runs it; with `id` it is the runner's claim, which a later runner's replaces."""
    again_at = Moment(null=True)
    """Put again while it ran: it runs once more from then on, and is not gone when this run ends."""
    last_error = fields.CharField(max_length=300, default="")

    class Meta:
        table = "keyturn_jobs"
        indexes = [Index(fields=("run_at",)), Index(fields=("request_id",))]


class Picture(Model):
    """One copy of a card somewhere, so that every copy can be repainted. Its nonce is what its buttons carry."""

    id = fields.BigIntField(primary_key=True)
    request_id = fields.CharField(max_length=24, default="")
    surface = fields.CharField(max_length=24)
    """progress, outcome, notice, review, ..."""
    audience = fields.CharField(max_length=200)
    """platform:tenant:user, or platform:tenant:#channel."""
    nonce = fields.CharField(max_length=64, unique=True)
    round = fields.IntField(default=1)
    channel = fields.CharField(max_length=200, default="")
    message = fields.CharField(max_length=200, default="")
    """The platform's id of the message (Slack ts); "" until it is posted."""
    thread = fields.CharField(max_length=200, default="")
    digest = fields.CharField(max_length=64, default="")
    """Of the card as last drawn: nothing is sent when nothing changed."""
    shown = fields.CharField(max_length=64, default="")
    """Of the facts that were on it (request, target, application, policy, round): an approval is bound to them."""
    reason = fields.CharField(max_length=200, null=True)
    """Why this reader got it: "owner", "group:NAME", "backup", "fallback"; null where nobody asks."""
    reader = fields.CharField(max_length=320, null=True)
    """The reviewer's e-mail, from Okta; null where nobody is asked."""
    posting_at = Moment(null=True)
    """Set before the post goes out: after a crash the platform is asked before it is posted again."""
    gone = fields.BooleanField(default=False)
    created_at = Moment()

    class Meta:
        table = "keyturn_pictures"
        unique_together = (("request_id", "surface", "audience", "round"),)


class PolicyRevision(Model):
    """A policy page as it was read. The one accepted last is in force."""

    id = fields.IntField(primary_key=True)
    revision = fields.CharField(max_length=80, unique=True)
    digest = fields.CharField(max_length=64)
    source = fields.CharField(max_length=300)
    title = fields.CharField(max_length=300, default="")
    page_version = fields.CharField(max_length=40, default="")
    url = fields.CharField(max_length=1000, default="")
    format = fields.CharField(max_length=12)
    body = fields.TextField()
    fetched_at = Moment()
    accepted_at = Moment(null=True)
    accepted_by = fields.CharField(max_length=320, default="")

    class Meta:
        table = "keyturn_policy_revisions"


class Effect(Model):
    """What was about to be done outside, written before it is done; the single-use grant is its key.

    `outcome`: "" not known yet, done, refused, unknown (a human must look).
    """

    id = fields.BigIntField(primary_key=True)
    request_id = fields.CharField(max_length=24)
    kind = fields.CharField(max_length=16)
    """reset_password, forgot_password, unlock."""
    okta_id = fields.CharField(max_length=40)
    round = fields.IntField(default=1)
    attempt = fields.IntField(default=1)
    grant_digest = fields.CharField(max_length=64, unique=True)
    facts_digest = fields.CharField(max_length=64)
    policy_revision = fields.CharField(max_length=80)
    rule = fields.CharField(max_length=8)
    status_before = fields.CharField(max_length=24, default="")
    intended_at = Moment()
    expires_at = Moment()
    consumed_at = Moment(null=True)
    finished_at = Moment(null=True)
    outcome = fields.CharField(max_length=12, default="")
    detail = fields.CharField(max_length=300, default="")

    class Meta:
        table = "keyturn_effects"
        unique_together = (("request_id", "kind", "round", "attempt"),)
        indexes = [Index(fields=("okta_id", "intended_at"))]


class Freeze(Model):
    """Resets of this account are off after "This wasn't me", until an admin lifts it."""

    okta_id = fields.CharField(max_length=40, primary_key=True)
    email = fields.CharField(max_length=320)
    request_id = fields.CharField(max_length=24)
    since = Moment()
    lifted_at = Moment(null=True)
    lifted_by = fields.CharField(max_length=320, default="")
    reason = fields.TextField(default="")

    class Meta:
        table = "keyturn_freezes"


class Flag(Model):
    """A switch of the whole installation: `policy_fetch` (last fetch and its error), `paused`, ..."""

    name = fields.CharField(max_length=40, primary_key=True)
    value: dict[str, Any] = fields.JSONField()
    changed_at = Moment()

    class Meta:
        table = "keyturn_flags"


class Vote(Model):
    """What one reviewer said in one round of review: once a person and round, whatever they press how often.

    `state`: pending (their step-up is not confirmed yet), counted, void (step-up refused or timed out, or too late).
    """

    id = fields.BigIntField(primary_key=True)
    request_id = fields.CharField(max_length=24)
    round = fields.IntField()
    verb = fields.CharField(max_length=8)
    """approve, reject, return"""
    voter = fields.CharField(max_length=40)
    """The reviewer's immutable Okta id."""
    voter_email = fields.CharField(max_length=320)
    voter_name = fields.CharField(max_length=200, default="")
    surface = fields.CharField(max_length=200)
    """Where it was said: platform:tenant:user, or "command line"."""
    said: dict[str, Any] = fields.JSONField(default=dict)
    """reason, note, how (attestation), why_not."""
    step_up: dict[str, Any] | None = fields.JSONField(null=True)
    """factor, transaction, number, expires_at of the reviewer's own push."""
    state = fields.CharField(max_length=8)
    created_at = Moment()

    class Meta:
        table = "keyturn_votes"
        unique_together = (("request_id", "round", "voter"),)


class Conversation(Model):
    """Where a person is spoken to on a platform that cannot be asked for it later (Teams), and what it said of them there.

    `platform_user` is the platform's immutable id of the person; `account` is what they are called in conversations with
    this bot (`29:…`), which is an address and no identity.
    """

    id = fields.BigIntField(primary_key=True)
    platform = fields.CharField(max_length=8)
    tenant = fields.CharField(max_length=64)
    platform_user = fields.CharField(max_length=64)
    service_url = fields.CharField(max_length=300)
    """Of the latest authenticated activity; posts go there and nowhere else."""
    conversation = fields.CharField(max_length=300, default="")
    """The 1:1 conversation; "" until it is known, and again after the app was removed."""
    seen_in = fields.CharField(max_length=300, default="")
    """The conversation they wrote in last: its members can be asked about."""
    account = fields.CharField(max_length=200, default="")
    bot = fields.CharField(max_length=200, default="")
    """What the bot is called there (`28:…`)."""
    email = fields.CharField(max_length=320, default="")
    """As the platform said last, in lower case: for finding an approver, never for deciding who somebody is."""
    locale = fields.CharField(max_length=35, default="")
    zone = fields.CharField(max_length=64, default="")
    welcomed_at = Moment(null=True)
    seen_at = Moment()

    class Meta:
        table = "keyturn_conversations"
        unique_together = (("platform", "tenant", "platform_user"),)
        indexes = [Index(fields=("platform", "email"))]


class Reviewer(Model):
    """An owner who was asked about a request: what the queue of that owner is read from.

    `storage.requests` writes it with every change of a request, in the same transaction. Status, priority and times are
    copies, so that one index gives a page of the queue without a look at the requests.
    """

    id = fields.BigIntField(primary_key=True)
    number = fields.IntField()
    """Of the request."""
    owner = fields.CharField(max_length=320)
    """`storage.reviewers.key` of an e-mail or group:NAME."""
    asked = fields.BooleanField()
    """Whether the request waits for this owner as far as owners go; False once it went to somebody else."""
    also = fields.BooleanField(default=False)
    """Asked beside the owner of the request (the backup owner)."""
    status = fields.CharField(max_length=12)
    priority = fields.CharField(max_length=8)
    due_at = Moment(null=True)
    closed_at = Moment(null=True)

    class Meta:
        table = "keyturn_reviewers"
        unique_together = (("number", "owner"),)
