"""The Home tab of somebody who may ask for a reset: the way to start, and their own requests."""

from __future__ import annotations

from typing import Final

from cards import lists
from cards.card import Actions, Button, Card, Divider, Node, Strong, Text, When
from cards.ending import start_reset
from cards.help import greeting
from cards.views import HomeView
from cards.words import Words

SHOWN: Final = 10
"""Requests on the page; more are counted."""


def home(view: HomeView, words: Words) -> Card:
    """Most important first; never empty."""
    refresh = Button(words.gettext("Refresh"), verb="refresh_home")
    nodes: list[Node] = [Text((greeting(view.name, words),)), Actions((start_reset(words), refresh)), Divider()]
    nodes.append(Text((Strong(words.gettext("My requests")),)))
    nodes += [lists.row(line, words) for line in view.requests[:SHOWN]]
    more = view.more + max(len(view.requests) - SHOWN, 0)
    if not view.requests:
        nodes.append(Text((words.gettext("You have no requests yet. Select “Reset a password” to start."),)))
    if more:
        nodes.append(Text((words.ngettext("And {n} older request.", "And {n} older requests.", more),), tone="quiet"))
    if view.updated_at is not None:
        nodes.append(Text(words.line("Updated {time}", time=When(view.updated_at)), tone="quiet"))
    name = words.gettext("Password Reset")
    return Card(summary=name, title=name, body=tuple(nodes))
