"""What one triage run works on, what it may ask for, and what it leaves behind.

Plain data without the model library, so that dialogs can hold it without paying for that import.
A run has no other sight of the world than its `Case` and the `Tools` it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from agent.verdict import Reading


@dataclass(frozen=True, slots=True)
class Case:
    """The request as the run sees it: only fields that may leave for a model provider.

    No e-mail, phone, manager or platform id is among them. `summary` and `justification` are the
    requester's own words: data, never instructions. Secrets are masked before they get here.
    """

    request_id: str
    summary: str
    justification: str = ""
    form: bool = False
    """The request came from the form, which is a declaration that it is about a password."""
    symptom: str = ""
    """forgot, locked, expired, other, or "" when not said (facts.Symptom)."""
    app_kind: str = ""
    """What was picked already: app, account, other, or "" (facts.AppKind)."""
    app_label: str = ""
    """The label picked, or the words typed under "Something else"."""
    on_behalf: bool = False
    """Declared in the form as being for someone else (rulings, row 6b): no surprise then that the text says so."""
    own_applications: tuple[str, ...] = ()
    """Labels of the applications assigned to the requester; () when they could not be read."""


class Tools(Protocol):
    """What dialogs lend to a run. Each call acts for the run's own request; none takes an identity.

    All may raise `integrations.base.SystemFault`: the model is then told which system could not be read.
    Only allow-listed keys of the answers reach the model (agent/tools.py), whatever else they hold.
    """

    async def get_row(self) -> dict[str, Any]:
        """The request's row: request_id, summary, target_record, status, priority, decision, created_at."""

    async def account(self) -> dict[str, Any]:
        """The requester's account: status (Okta's word), name, first_name, last_name, login, email, provider."""

    async def applications(self) -> list[str]:
        """Labels of the requester's own applications."""

    async def search_policy(self, words: str) -> list[dict[str, Any]]:
        """Passages of the policy source: title, text, url, section."""

    async def service_desk(self) -> list[dict[str, Any]]:
        """The requester's open incidents: number, state, summary."""

    async def check_identity(self) -> str:
        """Where the identity check stands, one word of facts.Identity. Starts nothing."""

    async def record(self, note: str) -> None:
        """Takes a note of the model for the record: one line, 300 characters at most, a few a run."""


class Failure(StrEnum):
    """Why a run gave no reading. The gate's verdict or a person follows all the same."""

    NONE = ""
    TIME_OUT = "time-out"
    LIMIT = "limit"
    """More model requests or tool calls than a run may make."""
    NONSENSE = "nonsense"
    """No output of the agreed form, even when asked again; or the provider withheld it."""
    UNAVAILABLE = "unavailable"
    """The provider cannot be reached or answers 429 or 5xx."""
    REFUSED = "refused"
    """The provider said no: key, rights, unknown model, request too large."""
    SETTINGS = "settings"
    """KEYTURN_MODEL names no model that can be built here (unknown name, missing extra, missing key)."""
    ERROR = "error"
    """Anything else a model or its library did; the log has the error's type."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One tool call of the run, for the audit log. What it says is the model's, clipped and on one line."""

    name: str
    arguments: dict[str, str]
    """Only arguments the tool declares, 160 characters each at most."""
    result: str
    """What came back in a few words, without personal data: "5 applications", "could not be read: Okta"."""
    ms: int
    ok: bool = True
    """False: the system behind it could not be read."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run leaves behind. `reading` is None exactly when `failure` is set."""

    reading: Reading | None
    tools: tuple[ToolUse, ...] = ()
    failure: str = ""
    """One of `Failure`, "" when all is well."""
    detail: str = ""
    """The failure in a few words for operators: no prompt, no key, no text of the request."""
    model: str = ""
    """As configured in KEYTURN_MODEL."""
    intent: str = ""
    """reset, unlock, other, unclear; "" without a reading. What `facts.about_reset` of a free text may rest on."""
    about: str = ""
    """self, someone_else, unclear; "" without a reading."""
    check_wanted: bool = False
    """The model asked for the identity check; whether one starts is the gate's to say."""
    requests: int = 0
    """Model requests made."""
    input_tokens: int = 0
    output_tokens: int = 0
    ms: int = 0
