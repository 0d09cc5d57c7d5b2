"""What is known about a request when it is judged: each fact yes, no or unknown, from code alone.

The model never writes a fact. Unknown never resets and never rejects (rulings, head of the table).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum

from integrations.base import AccountStatus


class Tri(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool | None) -> Tri:
        return cls.UNKNOWN if value is None else cls.YES if value else cls.NO


class AppKind(StrEnum):
    """What the request names. ACCOUNT is the Okta account itself ("my single sign-on password")."""

    UNNAMED = ""
    APP = "app"
    ACCOUNT = "account"
    OTHER = "other"
    """Named in words, not found in the person's own list."""


class Identity(StrEnum):
    """Where the identity check of this request stands."""

    NONE = "none"
    """Not asked yet."""
    PENDING = "pending"
    PASSED = "passed"
    TIMED_OUT = "timed_out"
    """Once: one more try is due."""
    FAILED = "failed"
    """Timed out twice, or the person has no phone at hand."""
    REJECTED = "rejected"
    """The push was refused in Okta."""
    DENIED = "denied"
    """"This wasn't me" was pressed."""
    UNKNOWN = "unknown"


class Symptom(StrEnum):
    UNKNOWN = ""
    FORGOT = "forgot"
    LOCKED = "locked"
    EXPIRED = "expired"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the gate may look at. Times are aware UTC; `None` in an optional field means unknown."""

    now: datetime
    bound: Tri = Tri.UNKNOWN
    """The chat identity is exactly one Okta person, by platform id and verified e-mail (row 4)."""
    about_reset: Tri = Tri.UNKNOWN
    """The request asks for a password reset or unlock (row 5). A form that was filled is YES."""
    about_self: Tri = Tri.UNKNOWN
    """The target is the requester's own account (row 6). NO when code saw another person's address."""
    on_behalf: bool = False
    """Declared in the form's "Who is it for?" (row 6b)."""
    relationship: Tri = Tri.UNKNOWN
    """The requester is managerId or manager in the declared target's Okta profile (row 6b)."""
    status: AccountStatus | None = None
    """Of the target's account; None when it could not be read or is a word we do not know (row 7)."""
    okta_sourced: Tri = Tri.UNKNOWN
    """The credentials are Okta's own (row 7e)."""
    contradiction: Tri = Tri.UNKNOWN
    """Facts contradict each other (row 7e), such as a form that says one thing and a profile another."""
    resent_recently: Tri = Tri.UNKNOWN
    """A link of this account was sent again within 24 h (row 7d)."""
    admin_role: Tri = Tri.UNKNOWN
    service_account: Tri = Tri.UNKNOWN
    groups: frozenset[str] | None = None
    """Names of the target's Okta groups (row 8, privileged groups)."""
    app_kind: AppKind = AppKind.UNNAMED
    app_label: str = ""
    """As Okta or the form names it; compared with the policy's Okta label without case."""
    app_assigned: Tri = Tri.UNKNOWN
    """The application is in the target's own list (row 9b)."""
    asked_for_app: bool = False
    """The requester has been shown their own list once already (row 9b: then reject)."""
    assigned_labels: frozenset[str] | None = None
    """Labels of every application assigned to the target (row 11, account-wide)."""
    resets_today: int | None = None
    """Resets made or intended for this account in the last 24 h (row 12)."""
    newest_factor_at: datetime | None = None
    """When the newest active factor was enrolled (row 12). None with `factors_known` YES: no date given."""
    factors_known: Tri = Tri.UNKNOWN
    factor_enrolled: Tri = Tri.UNKNOWN
    """An active Okta Verify push factor is there (row 13)."""
    breaker_open: Tri = Tri.UNKNOWN
    """The installation made its hourly number of resets (row 12), or an admin paused all resets."""
    frozen: Tri = Tri.UNKNOWN
    """"This wasn't me" was said for this account and not lifted."""
    identity: Identity = Identity.NONE
    policy_age: timedelta | None = None
    """Since the last successful fetch of the accepted revision's source; None: never (row 10)."""
    symptom: Symptom = Symptom.UNKNOWN
    approved: frozenset[str] = frozenset()
    """Rows that a person has approved for this request, in this state of its facts (rulings, Human decisions)."""
    sources: dict[str, str] = field(default_factory=dict)
    """Fact name -> where it came from, for the record and for people."""

    def digest(self) -> str:
        """SHA-256 over what decides (not `now`, ages or sources): an effect and an approval are bound to it."""
        volatile = ("now", "sources", "policy_age", "resets_today", "identity")
        kept = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in volatile}
        text = json.dumps(kept, sort_keys=True, default=lambda v: sorted(v) if isinstance(v, frozenset) else str(v))
        return hashlib.sha256(text.encode()).hexdigest()
