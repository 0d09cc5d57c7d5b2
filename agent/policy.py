"""The policy page as typed rules (contract, section 5)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Tier(StrEnum):
    STANDARD = "Standard"
    SENSITIVE = "Sensitive"
    PRIVILEGED = "Privileged"


@dataclass(frozen=True, slots=True)
class AppRule:
    """A row of the application table."""

    application: str
    okta_label: str
    tier: Tier
    owner: str
    """An e-mail or group:NAME."""
    reset_path: str
    """"Okta link", "Manual", or an https address."""
    row: int
    """Its number in the table, from 1, for citing."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One valid revision. Defaults are the contract's; the two "fallback" owners are filled in when parsed."""

    revision: str
    title: str
    applications: tuple[AppRule, ...]
    self_service: bool = False
    identity_check: bool = True
    on_behalf_escalates: bool = False
    unlock_locked_out: bool = False
    sensitive_blocks_account: bool = False
    privileged_groups: tuple[str, ...] = ()
    privileged_owner: str = ""
    """ "" means KEYTURN_FALLBACK_OWNER."""
    unlisted_standard: bool = False
    resets_per_day: int = 3
    wait_after_factor: timedelta = timedelta(hours=24)
    window_high: timedelta = timedelta(hours=1)
    window_medium: timedelta = timedelta(hours=4)
    window_low: timedelta = timedelta(hours=24)
    reminders: int = 2
    backup_owner: str = ""
    approvals_privileged: int = 1
    step_up: str = "Privileged"
    """none, Sensitive (and above), Privileged."""
    waiting: timedelta = timedelta(hours=72)
    maximum_age: timedelta = timedelta(hours=24)
    revoke_sessions: bool = False
    stated: frozenset[str] = frozenset()
    """Names of the rules that the page states itself; the others are the contract's defaults, and are cited as such."""

    def by_label(self, label: str) -> AppRule | None:
        """The row whose Okta label is `label`, without regard to case and spacing; None when there is none."""
        wanted = same(label)
        return next((row for row in self.applications if same(row.okta_label) == wanted), None)

    def by_words(self, words: str) -> AppRule | None:
        """As `by_label`, then by the Application column: what people call it."""
        wanted = same(words)
        return self.by_label(words) or next((row for row in self.applications if same(row.application) == wanted), None)


def same(text: str) -> str:
    """The form in which two names are compared: compatibility forms folded, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """One thing that is wrong with a page, for the person who edits it."""

    table: str
    """"Application table", "Rules table", or "Page"."""
    row: int
    """Counted from 1 under the header row; 0 when the table or the page as a whole is meant."""
    named: str
    """What stands in the row's first column, "" when nothing does."""
    column: str
    """The column's heading, "" when the row as a whole is meant."""
    wrong: str
    """What is wrong, a clause in plain words that quotes what was found."""
    allowed: str = ""
    """What would be right, "" when `wrong` says it."""

    def __str__(self) -> str:
        place = self.table
        if self.row:
            place += f", row {self.row}" + (f" ({self.named})" if self.named else "")
        if self.column:
            place += f", column {self.column}"
        return f"{place}: {self.wrong}." + (f" Allowed: {self.allowed}." if self.allowed else "")


class PolicyInvalid(Exception):
    """A page that is no policy. The whole revision is refused, whatever else in it is right (contract, section 5)."""

    def __init__(self, problems: tuple[PolicyProblem, ...]) -> None:
        super().__init__(" ".join(str(problem) for problem in problems))
        self.problems = problems
