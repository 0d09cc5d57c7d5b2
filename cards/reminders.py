"""Reminders to reviewers: short, with what is needed to act."""

from __future__ import annotations

from cards.card import Card, Text
from cards.text import one_line
from cards.views_review import ReminderView
from cards.words import Words


def ping(view: ReminderView, words: Words) -> Card:
    """In the thread of the review message."""
    minutes = int(view.waited.total_seconds() // 60)
    said = words.gettext(
        "{reference} ({target}) has waited {minutes} min for a decision.", reference=view.reference, target=one_line(view.target, 80), minutes=minutes
    )
    return Card(summary=said, title="", body=(Text((said,)),))
