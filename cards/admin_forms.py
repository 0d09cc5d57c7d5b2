"""The admin's forms and pages: pause with a reason, lift a freeze, try a case, compare policies."""

from __future__ import annotations

import re
from typing import Final

from cards import admin, escalation, review_forms
from cards.card import Actions, Facts, Line, Node, Step, Steps, Strong, Text
from cards.form import Filled, Form, Page, TextField
from cards.text import one_line
from cards.views_review import Frozen, PolicyDifference, TryResult
from cards.words import Words

PAUSE: Final = "pause"
UNFREEZE: Final = "unfreeze"
TRY: Final = "try_case"
RESULT: Final = "try_result"
DIFFERENCE: Final = "policy_difference"
"""The kinds."""

REASON: Final = review_forms.REASON
REQUESTER: Final = "requester"
TARGET: Final = "target"
APPLICATION: Final = "application"
"""The keys."""

_ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_LINES: Final = 40


def _reason(words: Words) -> TextField:
    return TextField(
        REASON,
        words.gettext("Reason"),
        multiline=True,
        limit=review_forms.MOST,
        least=review_forms.LEAST,
        hint=words.gettext("It is recorded with your name."),
    )


def pause_form(words: Words, nonce: str = "") -> Form:
    """Comes back as kind "pause" with `reason` (10 to 300 characters). Sending it pauses."""
    told = words.gettext("No reset, unlock or new link is made until somebody resumes. Requests go to people instead.")
    return Form(
        PAUSE,
        words.gettext("Pause all resets"),
        words.gettext("Pause"),
        words.gettext("Cancel"),
        (_reason(words),),
        nonce,
        (Text((told,)),),
    )


def unfreeze_form(view: Frozen, words: Words, nonce: str = "") -> Form:
    """Comes back as kind "unfreeze" with `reason`. `nonce` should lead to the account: the form holds no key of it."""
    name = one_line(view.person, 80)
    told = words.gettext("Resets of {name} become possible again. Lift it only when you have spoken to them.", name=name)
    return Form(
        UNFREEZE,
        words.gettext("Lift the freeze"),
        words.gettext("Lift"),
        words.gettext("Cancel"),
        (_reason(words),),
        nonce,
        (Text((told,)),),
    )


def try_case_form(words: Words, nonce: str = "", *, filled: Filled | None = None) -> Form:
    """Comes back as kind "try_case": `requester`, `target` or "", `application` or "" (the account itself)."""
    values = filled.values if filled is not None else {}
    told = words.gettext("A dry run: nothing is changed and nobody is told. It is recorded that you tried it.")
    return Form(
        TRY,
        words.gettext("Try a case"),
        words.gettext("Try"),
        words.gettext("Close"),
        (
            TextField(
                REQUESTER,
                words.gettext("Who asks?"),
                limit=254,
                placeholder="emma.clarke@example.com",
                initial=values.get(REQUESTER, ""),
            ),
            TextField(
                TARGET,
                words.gettext("For whom?"),
                optional=True,
                limit=254,
                hint=words.gettext("Leave this empty for their own account."),
                initial=values.get(TARGET, ""),
            ),
            TextField(
                APPLICATION,
                words.gettext("Which app?"),
                optional=True,
                limit=100,
                hint=words.gettext("As it is named in the policy. Leave this empty for the Okta account itself."),
                initial=values.get(APPLICATION, ""),
            ),
        ),
        nonce,
        (Text((told,)),),
    )


def faults(filled: Filled, words: Words) -> dict[str, str]:
    """What is wrong with a filled form of these, by field key. Whether an address is somebody's is not asked here."""
    if filled.kind in {PAUSE, UNFREEZE}:
        return review_forms.length_fault(REASON, filled, words)
    if filled.kind != TRY:
        return {}
    wrong = {}
    for key in (REQUESTER, TARGET):
        value = filled.values.get(key, "").strip()
        if (value or key == REQUESTER) and (len(value) > 254 or _ADDRESS.fullmatch(value) is None):
            wrong[key] = words.gettext("Please give a whole e-mail address.")
    return wrong


def _verdict(name: str, words: Words) -> str:
    return {
        "reset": words.gettext("Reset: Okta would be asked to mail a link"),
        "unlock": words.gettext("Unlock the account"),
        "resend": words.gettext("Send the link once more"),
        "point": words.gettext("Point to the app's own page"),
        "ask": words.gettext("Ask the requester for more"),
        "escalate": words.gettext("Escalate to a person"),
        "reject": words.gettext("Reject"),
        "close": words.gettext("Close: not a password reset"),
    }.get(name, name)


def try_result(view: TryResult, words: Words) -> Page:
    """The verdict, the rule behind it, and why."""
    nothing = Text((words.gettext("This was a dry run: nothing was changed and nobody was told."),), tone="quiet")
    close, title = words.gettext("Close"), words.gettext("Try a case")
    asked: tuple[tuple[str, Line], ...] = tuple(
        (label, (value,))
        for label, value in (
            (words.gettext("Requester"), view.requester),
            (words.gettext("For"), view.target),
            (words.gettext("App"), view.application),
        )
        if value
    )
    if view.problem:
        problem = words.gettext("It could not be tried: {problem}", problem=one_line(words.said(view.problem), 500))
        return Page(RESULT, title, close, (Facts(asked), Text((problem,)), nothing))
    rows = (
        (words.gettext("Verdict"), _verdict(view.verdict, words)),
        (words.gettext("Rule"), words.said(view.rule)),
        (words.gettext("Why"), view.why),
        (words.gettext("Would be decided by"), view.owner),
        (words.gettext("Policy"), view.policy_label),
    )
    nodes: list[Node] = [Facts((*asked, *((label, (value,)) for label, value in rows if value)))]
    if view.checks:
        nodes.append(Text((Strong(words.gettext("What I checked")),)))
        nodes.append(Steps(tuple(escalation.step(check, words) for check in view.checks[:_LINES])))
    return Page(RESULT, title, close, (*nodes, nothing))


def _listed(lines: tuple[str, ...], words: Words) -> tuple[Node, ...]:
    """The lines, 40 at most, and how many are left out."""
    steps = tuple(Step("next", one_line(words.said(line), 300)) for line in lines[:_LINES])
    more = len(lines) - _LINES
    left = (Text((words.ngettext("And {n} more.", "And {n} more.", more),), tone="quiet"),) if more > 0 else ()
    return (Steps(steps), *left)


def policy_difference(view: PolicyDifference, words: Words) -> Page:
    """What a revision changes, what it would have changed, and the button that puts it in force."""
    if view.accepted:
        told = words.gettext("{new} instead of {old}.", new=one_line(view.label, 120), old=one_line(view.accepted, 120))
    else:
        told = words.gettext("{new}. No policy is in force yet.", new=one_line(view.label, 120))
    nodes: list[Node] = [Text((told,)), Text((Strong(words.gettext("What changes")),))]
    nodes += _listed(view.changes, words) if view.changes else (Text((words.gettext("No rule changes."),)),)
    nodes.append(Text((Strong(words.gettext("What it would have changed in the last 90 days")),)))
    nodes += _listed(view.effects, words) if view.effects else (Text((words.gettext("No decision would have been another one."),)),)
    if view.value:
        nodes.append(Actions((admin.accept(view.value, view.nonce, words),)))
    return Page(DIFFERENCE, words.gettext("Policy"), words.gettext("Close"), tuple(nodes), view.nonce)
