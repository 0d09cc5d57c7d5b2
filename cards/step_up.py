"""The approver's own confirmation: an approval of something sensitive counts once it was confirmed on a phone.

Shown in the approver's own conversation only: the number belongs to their phone.
"""

from __future__ import annotations

from cards.card import Card, Node, Strong, Text, When
from cards.text import one_line
from cards.views_review import StepUpView
from cards.words import Words


def step_up(view: StepUpView, words: Words) -> Card:
    """What to tap and what for; once it ended, what came of it."""
    if view.outcome:
        said = _ended(view, words)
        return Card(summary=said, title="", body=(Text((said,)),))
    about = words.gettext(
        "You approved {reference}: the reset of {target} for {name}. It counts once you confirm on your phone.",
        reference=view.reference,
        target=one_line(words.said(view.target), 100),
        name=one_line(view.requester, 100),
    )
    nodes: list[Node] = [Text((about,)), Text((words.gettext("I've sent a prompt to Okta Verify on your phone."),))]
    if view.number:
        nodes.append(Text(words.line("Your phone will show a number. Tap {number}.", number=Strong(view.number))))
    else:
        nodes.append(Text((words.gettext("Open it and say that it's you."),)))
    if view.ends_at is not None:
        nodes.append(Text(words.line("Waiting… this ends at {time}.", time=When(view.ends_at)), tone="quiet"))
    nodes.append(Text((words.gettext("You didn't approve this? Refuse the prompt and tell IT security."),), tone="quiet"))
    if view.number:
        told = words.gettext(
            "{reference}: confirm your approval. Tap {number} in Okta Verify.", reference=view.reference, number=view.number
        )
    else:
        told = words.gettext("{reference}: confirm your approval in Okta Verify.", reference=view.reference)
    return Card(summary=told, title=words.gettext("Confirm your approval"), body=tuple(nodes))


def _ended(view: StepUpView, words: Words) -> str:
    said = {"reference": view.reference}
    match view.outcome:
        case "confirmed" if view.more_votes > 0:
            more = words.ngettext("{n} more approval is needed.", "{n} more approvals are needed.", view.more_votes)
            return " ".join((words.gettext("Confirmed: your approval of {reference} counts.", **said), more))
        case "confirmed":
            return words.gettext("Confirmed: your approval of {reference} counts.", **said)
        case "refused":
            return words.gettext(
                "The prompt was refused on your phone, so your approval of {reference} was not counted. "
                "If that wasn't you, tell IT security now.",
                **said,
            )
        case "timed_out":
            return words.gettext(
                "I didn't get an answer from your phone, so your approval of {reference} was not counted. "
                "You can approve again in the review message.",
                **said,
            )
        case "not_possible":
            return words.gettext(
                "I found no Okta Verify on your account, so your approval of {reference} was not counted. Please ask another reviewer.",
                **said,
            )
        case "unavailable":
            return words.gettext(
                "Okta doesn't answer right now, so your approval of {reference} was not counted. Please try again in a few minutes.",
                **said,
            )
        case _:
            return words.gettext("{reference} was decided or changed meanwhile, so your approval was not counted.", **said)
