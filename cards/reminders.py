"""Reminders: short, with what is needed to act, and never more than a nudge. Time passing decides nothing."""

from __future__ import annotations

from datetime import datetime

from cards import question
from cards.card import Card, Inline, Node, Text, Theirs, When
from cards.spans import due, span
from cards.text import one_line
from cards.views import QuestionView
from cards.views_review import ReminderView
from cards.words import Words


def _card(said: str, view: ReminderView, words: Words, *more: Node) -> Card:
    """The sentence, with until when: as a moment in the reader's zone, or overdue in words."""
    parts: tuple[Inline, ...] = (Theirs(said),)
    told = said
    if view.due_at is not None and view.now is not None and view.now >= view.due_at:
        late = due(view.due_at, view.now, words)
        parts, told = (*parts, " ", late, "."), f"{said} {late}."
    elif view.due_at is not None:
        parts = (*parts, " ", *words.line("Due {time}.", time=When(view.due_at, "date_time")))
        told = " ".join((said, words.gettext("Due {time}.", time=words.clock(view.due_at))))
    return Card(summary=told, title="", body=(Text(parts), *more))


def ping(view: ReminderView, words: Words) -> Card:
    """In the thread of the review message: an edit alone notifies nobody."""
    said = words.gettext(
        "{reference} ({target}) has waited {time} for you.",
        reference=view.reference,
        target=one_line(words.said(view.target), 80),
        time=span(view.waited, words),
    )
    return _card(said, view, words, Text((words.gettext("Please decide in the message above."),), tone="quiet"))


def handed_over(view: ReminderView, words: Words) -> Card:
    """To the backup owner, beside their own review message. `view.other` had it before."""
    given = {"reference": view.reference, "target": one_line(words.said(view.target), 80), "time": span(view.waited, words)}
    if view.other:
        said = words.gettext(
            "{reference} ({target}) has waited {time}, and {name} hasn't answered yet. I'm asking you as the backup.",
            name=one_line(view.other, 80),
            **given,
        )
    else:
        said = words.gettext("{reference} ({target}) has waited {time}. I'm asking you as the backup.", **given)
    return _card(said, view, words)


def also_with(view: ReminderView, words: Words) -> Card:
    """To those who had it first, in the thread. `view.other` is asked too from now on."""
    said = words.gettext(
        "I've now also asked {name} about {reference}. You can still decide it: whoever is first does.",
        name=one_line(view.other, 80) or words.gettext("the backup owner"),
        reference=view.reference,
    )
    return Card(summary=said, title="", body=(Text((said,)),))


def nudge(view: QuestionView, words: Words, closes_at: datetime | None = None) -> Card:
    """To the requester, once, when a question (a reviewer's, or ours) has not been answered."""
    card = question.nudge(view, words)
    if closes_at is None:
        return card
    closing = words.line("Without an answer I'll close it at {time}. You can start again at any time.", time=When(closes_at, "date_time"))
    return Card(card.summary, card.title, (*card.body, Text(closing, tone="quiet")))
