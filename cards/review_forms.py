"""The forms behind Reject, Return and an Approve that needs to know how the person was verified.

Cancelling a form decides nothing. What comes back is checked by `faults`; rights are looked up by whoever takes it.
"""

from __future__ import annotations

from typing import Final

from cards.card import Inline, Node, Option, Text, Theirs, When
from cards.form import ChoiceField, Filled, Form, Page, TextField
from cards.text import one_line
from cards.views_review import DecidedView, ReviewFormView
from cards.words import Words

REJECT: Final = "reject"
RETURN: Final = "return"
ATTEST: Final = "attest"
DECIDED: Final = "decided"
"""The kinds."""

WHY_NOT: Final = "why_not"
REASON: Final = "reason"
QUESTION: Final = "question"
HOW: Final = "how"
NOTE: Final = "note"
"""The keys."""

RISKY: Final = "looks_risky"
"""With this choice the requester is told the neutral sentence only, never the reason."""

LEAST: Final = 5
"""Characters of a reason: enough to keep a lone "no" out, few enough for "Too risky"."""
MOST: Final = 300
_NOTE: Final = 500
_NAME: Final = 80


def why_not(words: Words) -> tuple[Option, ...]:
    return (
        Option("not_needed", words.gettext("Not needed")),
        Option("not_expected", words.gettext("Not expected")),
        Option(RISKY, words.gettext("Looks risky")),
        Option("other", words.gettext("Other")),
    )


def ways(words: Words) -> tuple[Option, ...]:
    """How an approver may have verified a person who cannot confirm on a phone (rulings, row 13): a list, no free text."""
    return (
        Option("met_in_person", words.gettext("Met in person")),
        Option("video_call_with_id", words.gettext("Video call, with an ID document shown")),
        Option("call_back", words.gettext("Called back on the number on record")),
        Option("manager_vouched", words.gettext("Their manager vouched for them in person")),
    )


def attested(how: str, words: Words) -> str:
    """The words of a chosen way; the value itself when it is none of them."""
    return next((one.label for one in ways(words) if one.value == how), how)


def _note(words: Words) -> TextField:
    return TextField(
        NOTE,
        words.gettext("Note for the audit log"),
        optional=True,
        multiline=True,
        limit=_NOTE,
        hint=words.gettext("Only reviewers see this."),
    )


def _about(view: ReviewFormView, words: Words) -> tuple[Node, ...]:
    if not view.target:
        return ()
    name, target, person = (one_line(text, _NAME) for text in (view.requester, words.said(view.target), view.on_behalf_of))
    if person:
        said = words.gettext("{requester} asks to reset {target} for {person}.", requester=name, target=target, person=person)
    else:
        said = words.gettext("{requester} asks to reset {target}.", requester=name, target=target)
    return (Text((said,)),)


def reject_form(view: ReviewFormView, words: Words) -> Form:
    """Comes back as kind "reject": `why_not`, `reason` (5 to 300 characters), `note` or ""."""
    name = one_line(view.requester, _NAME)
    return Form(
        kind=REJECT,
        title=words.gettext("Reject {reference}", reference=view.reference),
        submit=words.gettext("Reject"),
        close=words.gettext("Cancel"),
        fields=(
            ChoiceField(WHY_NOT, words.gettext("Why not?"), why_not(words), optional=True),
            TextField(
                REASON,
                words.gettext("Reason"),
                multiline=True,
                limit=MOST,
                least=LEAST,
                hint=words.gettext(
                    "{name} will see this. With “Looks risky” they only read that a person has to finish it.", name=name
                ),
                initial=view.reason,
            ),
            _note(words),
        ),
        nonce=view.nonce,
        intro=_about(view, words),
    )


def return_form(view: ReviewFormView, words: Words) -> Form:
    """Comes back as kind "return": `question` (5 to 300 characters), `note` or ""."""
    name = one_line(view.requester, _NAME)
    return Form(
        kind=RETURN,
        title=words.gettext("Return {reference}", reference=view.reference),
        submit=words.gettext("Return"),
        close=words.gettext("Cancel"),
        fields=(
            TextField(
                QUESTION,
                words.gettext("What do you need from {name}?", name=name),
                multiline=True,
                limit=MOST,
                least=LEAST,
                hint=words.gettext("{name} will see this. Please don't ask for passwords or codes.", name=name),
                initial=view.reason,
            ),
            _note(words),
        ),
        nonce=view.nonce,
        intro=_about(view, words),
    )


def attest_form(view: ReviewFormView, words: Words) -> Form:
    """Comes back as kind "attest": `how` (a value of `ways`), `note` or "". Sending it is the approval."""
    name = one_line(view.on_behalf_of or view.requester, _NAME)
    needed = words.gettext("{name} can't confirm on a phone, so your approval has to say how you know it's them.", name=name)
    return Form(
        kind=ATTEST,
        title=words.gettext("Approve {reference}", reference=view.reference),
        submit=words.gettext("Approve"),
        close=words.gettext("Cancel"),
        fields=(ChoiceField(HOW, words.gettext("How did you verify them?"), ways(words)), _note(words)),
        nonce=view.nonce,
        intro=(*_about(view, words), Text((needed,))),
    )


def faults(filled: Filled, words: Words) -> dict[str, str]:
    """What is wrong with a filled form of these, by field key; empty when it can be taken. Other kinds have no faults."""
    wrong: dict[str, str] = {}
    lists = {REJECT: (WHY_NOT, why_not(words)), ATTEST: (HOW, ways(words))}
    if filled.kind in lists:
        key, offered = lists[filled.kind]
        optional = {""} if filled.kind == REJECT else set()
        if filled.values.get(key, "") not in {one.value for one in offered} | optional:
            wrong[key] = words.gettext("Please pick one from the list.")
    text = {REJECT: REASON, RETURN: QUESTION}.get(filled.kind)
    if text is not None:
        wrong |= length_fault(text, filled, words)
    if len(filled.values.get(NOTE, "")) > _NOTE:
        wrong[NOTE] = words.gettext("Please use at most {limit} characters.", limit=_NOTE)
    return wrong


def length_fault(key: str, filled: Filled, words: Words) -> dict[str, str]:
    """For every reason that is asked for: 5 to 300 characters, blanks at the ends not counted."""
    if LEAST <= len(filled.values.get(key, "").strip()) <= MOST:
        return {}
    return {key: words.gettext("Please write {least} to {most} characters.", least=LEAST, most=MOST)}


def already(view: DecidedView, words: Words) -> tuple[Inline, ...]:
    """Who was faster, in one line; without names when they are not known."""
    told: dict[str, tuple[Inline, ...]] = {}
    if view.by and view.at is not None:
        parts: dict[str, Inline] = {"name": Theirs(view.by), "time": When(view.at)}
        told = {
            "Approved": words.line("{name} already approved this at {time}.", **parts),
            "Rejected": words.line("{name} already rejected this at {time}.", **parts),
            "Returned": words.line("{name} already returned this with a question at {time}.", **parts),
        }
    by_itself = {
        "Approved": words.gettext("This has been approved already."),
        "Rejected": words.gettext("This has been rejected already."),
        "Returned": words.gettext("This has been returned with a question already."),
        "Cancelled": words.gettext("The requester has withdrawn this meanwhile."),
        "Completed": words.gettext("This has been completed meanwhile."),
        "Closed": words.gettext("This has been closed meanwhile."),
    }.get(view.decision, words.gettext("This changed since you saw it."))
    return told.get(view.decision, (by_itself,))


def nothing_left(view: DecidedView, words: Words) -> str:
    """The second sentence of a lost race: what became of what the reader wrote, or what to do now."""
    if view.had_text:
        return words.gettext("Your note was not sent.")
    return words.gettext("Nothing more to do.") if view.decision else words.gettext("Please look at the newest message.")


def decided_view(view: DecidedView, words: Words) -> Page:
    """Stands in a form's place when somebody was faster; nothing in it can be sent."""
    return Page(DECIDED, view.reference, words.gettext("Close"), (Text(already(view, words)), Text((nothing_left(view, words),))))
