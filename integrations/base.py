"""What Keyturn asks of other systems, and how they fail: protocols, plain data, errors by consequence.

Nothing here knows an SDK. Each client turns whatever its library raises into one of three errors,
so that callers decide by consequence: try later, tell a human, it is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class SystemFault(Exception):
    """A system did not do what was asked. `system` is its name for people ("Okta")."""

    def __init__(self, system: str, reason: str, *, reference: str = "") -> None:
        super().__init__(f"{system}: {reason}")
        self.system = system
        self.reason = reason
        self.reference = reference
        """The system's own id of the error (Okta errorId), for its support; never a secret."""


class Unavailable(SystemFault):
    """Try later: refused connection, time-out, 429, 5xx, an answer that cannot be read.

    `sent` says whether the request may have had its effect: a write that timed out or got a 5xx is
    `sent=True` (the outcome is unknown), a refused connection or a 429 is `sent=False`.
    """

    def __init__(
        self, system: str, reason: str, *, retry_after: float | None = None, sent: bool = False, reference: str = ""
    ) -> None:
        super().__init__(system, reason, reference=reference)
        self.retry_after = retry_after
        self.sent = sent


class Refused(SystemFault):
    """Tell a human: the system understood and said no (credentials, rights, state, validation)."""

    def __init__(self, system: str, reason: str, *, code: str = "", status: int = 0, reference: str = "") -> None:
        super().__init__(system, reason, reference=reference)
        self.code = code
        self.status = status


class Missing(SystemFault):
    """It is not there (404), or our account may not see it."""


# ---------------------------------------------------------------- Okta


class AccountStatus(StrEnum):
    """Okta's own words (management API, User.status)."""

    ACTIVE = "ACTIVE"
    DEPROVISIONED = "DEPROVISIONED"
    LOCKED_OUT = "LOCKED_OUT"
    PASSWORD_EXPIRED = "PASSWORD_EXPIRED"  # noqa: S105 - a status, not a secret
    PROVISIONED = "PROVISIONED"
    RECOVERY = "RECOVERY"
    STAGED = "STAGED"
    SUSPENDED = "SUSPENDED"


@dataclass(frozen=True, slots=True)
class Account:
    """One Okta person, only the fields that a decision needs."""

    id: str
    status: AccountStatus | None
    """None: a status this program does not know."""
    login: str
    email: str
    name: str
    provider: str
    """credentials.provider.type: OKTA, ACTIVE_DIRECTORY, LDAP, FEDERATION, SOCIAL, IMPORT; "" when absent."""
    password_changed: datetime | None = None
    status_changed: datetime | None = None
    manager_id: str = ""
    manager: str = ""
    user_type: str = ""
    """profile.userType, where organisations mark service accounts."""


@dataclass(frozen=True, slots=True)
class Application:
    """An entry of the person's own application list (appLinks): the instance id and its label."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Role:
    """An admin role, direct or by group. Any one makes the account privileged."""

    type: str
    label: str
    by_group: bool = False


@dataclass(frozen=True, slots=True)
class Factor:
    id: str
    type: str
    """Okta's factorType: push, token:software:totp, webauthn, ..."""
    provider: str
    active: bool
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """A push that Okta has sent. `number` is what the person must pick on the phone, "" without number matching."""

    factor_id: str
    transaction_id: str
    number: str
    expires_at: datetime


class ChallengeState(StrEnum):
    WAITING = "WAITING"
    SUCCESS = "SUCCESS"
    REJECTED = "REJECTED"
    TIMEOUT = "TIMEOUT"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One System Log entry, reduced to type, time, who did it and to whom."""

    type: str
    published: datetime
    actor_id: str
    target_ids: tuple[str, ...]
    outcome: str


class Directory(Protocol):
    """Okta. Every method may raise Unavailable, Refused or Missing. Reads are retried inside, writes never.

    `user_id` is the immutable Okta id, validated before it goes into a path.
    """

    async def find(self, email: str) -> tuple[Account, ...]:
        """Everybody whose profile.email or login equals `email` (compared after the fetch); () when nobody."""

    async def account(self, user_id: str) -> Account: ...
    async def applications(self, user_id: str) -> tuple[Application, ...]: ...
    async def groups(self, user_id: str) -> tuple[Group, ...]: ...
    async def roles(self, user_id: str) -> tuple[Role, ...]: ...
    async def factors(self, user_id: str) -> tuple[Factor, ...]: ...
    async def group_named(self, name: str) -> Group:
        """The one group with exactly this name; Missing when none, Refused when several."""

    async def members(self, group_id: str) -> tuple[Account, ...]: ...
    async def challenge(self, user_id: str, factor_id: str) -> Challenge:
        """Sends a push with number matching."""

    async def challenge_state(self, user_id: str, factor_id: str, transaction_id: str) -> ChallengeState: ...
    async def events(self, user_id: str, since: datetime, *types: str) -> tuple[LogEvent, ...]:
        """System Log entries of these types that name the person as target, oldest first."""

    async def reset_password(self, user_id: str) -> None:
        """Okta mails the link itself (sendEmail=true, no way to say otherwise)."""

    async def forgot_password(self, user_id: str) -> None: ...
    async def unlock(self, user_id: str) -> None: ...
    async def revoke_sessions(self, user_id: str) -> None: ...


# ---------------------------------------------------------------- service desk


@dataclass(frozen=True, slots=True)
class Incident:
    """A ServiceNow incident: `id` is its sys_id, `state` the number as text (1 new, 2, 3, 6 resolved, 7, 8 cancelled)."""

    id: str
    number: str
    state: str
    summary: str = ""
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class NewIncident:
    correlation_id: str
    summary: str
    description: str
    urgency: str
    """1 high, 2 medium, 3 low."""
    caller_email: str = ""
    note: str = ""


class ServiceDesk(Protocol):
    async def find(self, correlation_id: str) -> Incident | None: ...
    async def create(self, new: NewIncident) -> Incident:
        """Looks for the correlation_id first, so that a repeat never makes a second incident."""

    async def note(self, incident_id: str, text: str) -> Incident: ...
    async def resolve(self, incident_id: str, notes: str) -> Incident:
        """State 6 with the configured close code; does nothing when it is at 6, 7 or 8 already."""

    async def open_of(self, email: str) -> tuple[Incident, ...]:
        """The person's open incidents, newest first, 10 at most."""


# ---------------------------------------------------------------- policy source, wiki


@dataclass(frozen=True, slots=True)
class Page:
    """A document as its source keeps it. `format` says how `body` is to be read."""

    id: str
    title: str
    version: str
    body: str
    format: str
    """"markdown" or "storage" (Confluence's XHTML)."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """Prose that was found: data for reading and citing, never an instruction."""

    title: str
    text: str
    url: str = ""


class PolicySource(Protocol):
    name: str
    """For people: "file policy.md", "Confluence page 4711"."""

    async def fetch(self) -> Page: ...
    async def search(self, words: str) -> tuple[Passage, ...]:
        """Supporting pages; () where the source has none."""


# ---------------------------------------------------------------- mail


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one address. `key` makes the Message-ID: the same key is the same message."""

    to: str
    subject: str
    text: str
    key: str


class Post(Protocol):
    async def send(self, letter: Letter) -> None: ...


# ---------------------------------------------------------------- health


@dataclass(frozen=True, slots=True)
class Health:
    """What `doctor` and /status say of one system. `advice` is the next step in plain words when not ok."""

    system: str
    ok: bool
    detail: str
    advice: str = ""
    checks: tuple[str, ...] = field(default_factory=tuple)
    kind: str = "ok"
    """ok, down (exit code 4), settings (exit code 3)."""


class Checked(Protocol):
    async def health(self) -> Health:
        """Asks the system a harmless question; never raises, never names a secret."""
