"""What the gate says, and what the model may say to it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """From least to most cautious, with the neutral ends last."""

    EFFECT = "effect"
    """Do `effect` now."""
    CHECK = "check"
    """Start the identity check (or the second try of it)."""
    WAIT = "wait"
    """The identity check is pending."""
    ASK = "ask"
    """Ask the requester which application it is."""
    ESCALATE = "escalate"
    REJECT = "reject"
    CLOSE = "close"
    """Not a password reset: Closed / Cancelled, with a pointer to the right place."""


class EffectKind(StrEnum):
    RESET = "reset"
    UNLOCK = "unlock"
    RESEND = "resend"
    POINT = "point"
    """The application keeps its own password: its page's address is given (row 15). Okta is not called."""


class Advice(StrEnum):
    """What the model proposes. It can only make a verdict more cautious."""

    RESET = "reset"
    ASK = "ask"
    ESCALATE = "escalate"
    REJECT = "reject"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model made of the request's text, and its proposal. None of it is a fact."""

    advice: Advice
    rationale: str = ""
    """One or two sentences for the record; shown to reviewers as the agent's suggestion, marked so."""
    rule: str = ""
    """For REJECT: the row it rests on; only 5 and 6 can be read from text alone."""
    app: str = ""
    """A label out of the requester's own list, "account", or "" when none was named."""
    app_words: str = ""
    """How the requester called an application that is not in the list, "" otherwise."""
    symptom: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    rule: str
    """The row of the decision table, such as "11" or "6b"."""
    rationale: str
    """One plain sentence for reviewers and the record, from code."""
    priority: str = "Medium"
    owner: str = ""
    """Who decides next: an e-mail or group:NAME; "" when nobody has to."""
    effect: EffectKind | None = None
    """With EFFECT; with ESCALATE, what Approve would do (None: a person does it by hand, row 8)."""
    policy_revision: str = ""
    """Cited revision; "" when the verdict rests on no policy."""
    section: str = ""
    """The policy page's row or heading that is cited, such as "Application table, row 3: Finance ERP"."""
    neutral: bool = False
    """The requester gets the one neutral sentence and no reason (rulings, Words to the requester)."""
    security: bool = False
    """A security event goes on the record."""
    freeze: bool = False
    """Resets of the account are frozen ("This wasn't me")."""
    url: str = ""
    """With POINT: the application's own page, from the accepted policy."""
    sensitive: bool = False
    privileged: bool = False
    identity_needed: bool = True
    """The policy asks for an identity check before any effect, also after an approval (True without a policy)."""
    revoke_sessions: bool = False
    reviewer: str = ""
    """With EFFECT: who is asked instead in observe mode, an e-mail or group:NAME."""
    notes: tuple[str, ...] = field(default_factory=tuple)
    """Further lines for a reviewer, such as what the model suggested against."""

    def as_row(self) -> dict[str, Any]:
        """As stored with the request."""
        kept = {each.name: getattr(self, each.name) for each in fields(self)}
        return kept | {"notes": list(self.notes)}

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Verdict:
        """The verdict that `as_row` wrote. TypeError or ValueError when it is none."""
        effect = row.get("effect")
        return cls(
            **{
                **row,
                "outcome": Outcome(row["outcome"]),
                "effect": EffectKind(effect) if effect else None,
                "notes": tuple(row.get("notes", ())),
            }
        )
