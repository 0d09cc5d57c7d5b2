"""One question to a requester, with choices (rulings, rows 9 and 9b; a reviewer's Return)."""

from __future__ import annotations

from typing import Final

from cards.card import Action, Actions, Button, Card, Menu, Node, Option, Quote, Text
from cards.views import QuestionView
from cards.words import Words

ACCOUNT: Final = "account"
OTHER: Final = "other"
"""Values of the two choices beside the requester's own applications, here and in the form."""

_BUTTONS: Final = 8
_MENU: Final = 98


def account_label(words: Words) -> str:
    return words.gettext("My Okta account (single sign-on)")


def other_label(words: Words) -> str:
    return words.gettext("Something else")


def _asked(view: QuestionView, words: Words) -> tuple[str, tuple[Node, ...]]:
    if view.kind == "reviewer":
        said = words.gettext("The reviewer needs one more detail:")
        return said, (Text((said,)), Quote("", view.asked), Text((words.gettext("Please answer here."),)))
    if view.kind == "not_assigned":
        # What they named may be their own words: a line of strings only is drawn as plain text.
        said = words.gettext("{name} isn't in your list of apps. Which one did you mean?", name=view.named)
        return said, (Text((said,)),)
    said = words.gettext("One question so I can help: which app is this for?")
    return said, (Text((said,)),)


def _choices(view: QuestionView, words: Words) -> tuple[Action, ...]:
    offered = [Option(str(place), label) for place, label in enumerate(view.options[:_MENU])]
    offered += [Option(ACCOUNT, account_label(words)), Option(OTHER, other_label(words))]
    if len(view.options) > _BUTTONS:
        return (Menu(words.gettext("Choose one"), "choose", view.nonce, tuple(offered)),)
    return tuple(Button(one.label, verb="choose", nonce=view.nonce, value=one.value) for one in offered)


def question(view: QuestionView, words: Words) -> Card:
    """The question; once answered, what was chosen; once over, neither.

    A choice comes back with verb "choose" and a value: the index in `view.options`, "account" or "other".
    """
    said, nodes = _asked(view, words)
    quiet = Text((view.reference,), tone="quiet")
    if view.chosen:
        nodes += (Text((words.gettext("You chose {choice}.", choice=words.said(view.chosen)),)),)
    elif view.over:
        nodes += (Text((words.gettext("This question is closed."),)),)
    elif view.kind != "reviewer":
        nodes += (Actions(_choices(view, words)),)
        quiet = Text((words.gettext("You can also just type the name. {reference}", reference=view.reference),), tone="quiet")
    return Card(summary=f"{said} ({view.reference})", title="", body=(*nodes, quiet))


def nudge(view: QuestionView, words: Words) -> Card:
    """The one reminder that an answer is missing."""
    said = words.gettext("I'm still waiting for your answer, so that I can go on with {reference}.", reference=view.reference)
    return Card(summary=said, title="", body=(Text((said,)), *question(view, words).body))
