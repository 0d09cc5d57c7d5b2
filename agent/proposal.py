"""What a model must answer, and how code turns the answer into a `Reading`.

The answer is never taken at its word: an application counts only when it is in the requester's own list,
a rejection only with a row that text alone can show (5 or 6), and of everything that was said or called for
the most cautious part wins: reset < ask < escalate < close < reject (rulings, head of the table).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from agent.case import Case
from agent.plain_text import line
from agent.verdict import Advice, Reading

RATIONALE_LIMIT = 500
QUESTION_LIMIT = 200
WORDS_LIMIT = 80
ACCOUNT = "account"
"""In place of a label: the Okta account itself."""
WHICH_APPLICATION = "Which application is it about?"
WHAT_IS_NEEDED = "Is this about a password, and for which application?"

_CAUTION = {Advice.RESET: 0, Advice.ASK: 1, Advice.ESCALATE: 2, Advice.CLOSE: 3, Advice.REJECT: 4}
_SYMPTOMS = frozenset({"forgot", "locked", "expired", "other"})


def _clipped(limit: int) -> BeforeValidator:
    """Too long is cut, not refused: an oversized answer costs no second request. None is ""."""
    return BeforeValidator(lambda value: line(value, limit))


def _word(value: Any) -> Any:
    """Models differ in case and in how they write "nothing"."""
    return value.strip().lower() if isinstance(value, str) else "" if value is None else value


class Proposal(BaseModel):
    """Your reading of the request. It is advice: the policy gate decides."""

    intent: Annotated[Literal["reset", "unlock", "other", "unclear"], BeforeValidator(_word)] = Field(
        description="reset: a password is forgotten, expired, does not work or shall be reset. unlock: the account is locked. "
        "other: anything else, such as hardware, access rights, a second factor or a question. unclear: you cannot tell."
    )
    about: Annotated[Literal["self", "someone_else", "unclear"], BeforeValidator(_word)] = Field(
        description="Whose account: self unless the text speaks of another person's; unclear for shared or service accounts."
    )
    application: Annotated[str, _clipped(200)] = Field(
        default="",
        description='Exactly one label out of own_applications; "account" for the Okta, single sign-on, Windows or company '
        "account itself; empty when none or several are named.",
    )
    application_words: Annotated[str, _clipped(WORDS_LIMIT)] = Field(
        default="", description="How the requester calls an application that is not in own_applications; empty otherwise."
    )
    symptom: Annotated[Literal["", "forgot", "locked", "expired", "other"], BeforeValidator(_word)] = ""
    advice: Annotated[Literal["reset", "ask", "escalate", "reject", "close"], BeforeValidator(_word)] = Field(
        description="What should follow. close: not a password reset. reject: somebody else's account."
    )
    rule: Annotated[str, _clipped(8)] = Field(default="", description="With close: 5. With reject: 6. Empty otherwise.")
    rationale: Annotated[str, _clipped(RATIONALE_LIMIT)] = Field(description="One or two plain sentences for the record.")
    question: Annotated[str, _clipped(QUESTION_LIMIT)] = Field(default="", description="With ask: one short question.")


@dataclass(frozen=True, slots=True)
class Noted:
    """An action tool that the model called: it advises, nothing was done."""

    advice: Advice
    rule: str = ""
    text: str = ""


def reading(proposal: Proposal, case: Case, noted: Iterable[Noted] = ()) -> Reading:
    """The proposal and the tools called for, as one `Reading`: the most cautious of them.

    - intent `other` is row 5 (CLOSE); somebody else's account, unless declared in the form, is row 6 (REJECT);
      the first of the two wins, as in the table.
    - `about` unclear escalates. `intent` unclear: a form has said what it is about, so nothing follows; a free
      text is asked about, or escalated when it names an application and could pass for a reset.
    - no application: ask.
    - a rejection or closing that rests on no such row counts as escalation.
    """
    app, words = _application(proposal, case)
    candidates = [Noted(Advice(proposal.advice), proposal.rule), _derived(proposal, case, app), *noted]
    chosen = max((_grounded(each, proposal) for each in candidates), key=lambda each: _CAUTION[each.advice])
    question = ""
    if chosen.advice is Advice.ASK:
        asked = next((each.text for each in candidates if each.advice is Advice.ASK and each.text), "")
        question = proposal.question or asked or (WHAT_IS_NEEDED if proposal.intent == "unclear" else WHICH_APPLICATION)
    symptom = case.symptom if case.symptom in _SYMPTOMS else proposal.symptom
    return Reading(
        advice=chosen.advice,
        rationale=proposal.rationale or "The model gave no reason.",
        rule=chosen.rule,
        app=app,
        app_words=words,
        symptom=symptom,
        question=line(question, QUESTION_LIMIT),
    )


def _application(proposal: Proposal, case: Case) -> tuple[str, str]:
    """(label or "account" or "", the requester's words for what is not in the list). What was picked in the form wins."""
    own = {label.casefold(): label for label in case.own_applications}
    if case.app_kind == ACCOUNT:
        return ACCOUNT, ""
    for named in (case.app_label, proposal.application):
        if not named:
            continue
        if named.casefold() in own:
            return own[named.casefold()], ""
        if named.casefold() == ACCOUNT and named != case.app_label:
            return ACCOUNT, ""
        return "", line(named, WORDS_LIMIT)
    return "", proposal.application_words


def _derived(proposal: Proposal, case: Case, app: str) -> Noted:
    """What follows from intent and person alone, whatever the model advises."""
    if proposal.intent == "other":
        return Noted(Advice.CLOSE, "5")
    if proposal.about == "someone_else":
        return Noted(Advice.ESCALATE) if case.on_behalf else Noted(Advice.REJECT, "6")
    if proposal.about == "unclear":
        return Noted(Advice.ESCALATE)
    if proposal.intent == "unclear" and not case.form and app:
        return Noted(Advice.ESCALATE)
    if not app:
        return Noted(Advice.ASK)
    return Noted(Advice.RESET)


def _grounded(each: Noted, proposal: Proposal) -> Noted:
    """A final advice keeps its force only with the row it rests on."""
    if each.advice is Advice.REJECT and each.rule == "6":
        return Noted(Advice.REJECT, "6", each.text)
    if each.advice in (Advice.CLOSE, Advice.REJECT):
        if proposal.intent == "other" and each.rule in ("5", ""):
            return Noted(Advice.CLOSE, "5", each.text)
        return Noted(Advice.ESCALATE, "", each.text)
    return Noted(each.advice, "", each.text)
