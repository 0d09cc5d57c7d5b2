"""The Home tab: the way to start and one's own requests; for approvers and admins the queue, for admins the brakes.

Slack takes 100 blocks there. The fullest page (queue, own requests, admin's part) has fewer than 80.
"""

from __future__ import annotations

from typing import Final

from cards import admin, lists, queue
from cards.card import Actions, Button, Card, Divider, Node, Strong, Text, When
from cards.ending import start_reset
from cards.help import greeting
from cards.views import HomeView
from cards.views_review import AdminView, QueueView
from cards.words import Words

SHOWN: Final = 10
"""Requests on the page of somebody who only asks; more are counted."""
BESIDE: Final = 5
"""The same beside a queue."""


def _own(view: HomeView, words: Words, most: int) -> tuple[Node, ...]:
    nodes: list[Node] = [Text((Strong(words.gettext("My requests")),))]
    nodes += [lists.row(line, words) for line in view.requests[:most]]
    more = view.more + max(len(view.requests) - most, 0)
    if not view.requests:
        nodes.append(Text((words.gettext("You have no requests yet. Select “Reset a password” to start."),)))
    if more:
        nodes.append(Text((words.ngettext("And {n} older request.", "And {n} older requests.", more),), tone="quiet"))
    return tuple(nodes)


def _card(nodes: list[Node], view: HomeView, words: Words, *, said_before: bool = False) -> Card:
    """`said_before`: the page says already when it was drawn."""
    if isinstance(nodes[-1], Divider):
        nodes.pop()
    if view.updated_at is not None and not said_before:
        nodes.append(Text(words.line("Updated {time}", time=When(view.updated_at)), tone="quiet"))
    name = words.gettext("Password Reset")
    return Card(summary=name, title=name, body=tuple(nodes))


def home(view: HomeView, words: Words) -> Card:
    """Of somebody who only asks. Most important first; never empty."""
    refresh = Button(words.gettext("Refresh"), verb="refresh_home")
    nodes: list[Node] = [Text((greeting(view.name, words),)), Actions((start_reset(words), refresh)), Divider()]
    return _card([*nodes, *_own(view, words, SHOWN)], view, words)


def page(view: HomeView, words: Words, *, review: QueueView | None = None, administration: AdminView | None = None) -> Card:
    """Of anybody: the queue comes first for those who decide, then their own requests, then the admin's part.

    Without either it is `home`. With a queue its Refresh, which keeps the filters, is the only one.
    """
    if review is None and administration is None:
        return home(view, words)
    start: tuple[Button, ...] = (start_reset(words),)
    if review is None:
        start = (*start, Button(words.gettext("Refresh"), verb="refresh_home"))
    nodes: list[Node] = [Text((greeting(view.name, words),)), Actions(start), Divider()]
    if review is not None:
        nodes += [*queue.queue(review, words), Divider()]
    if view.requests:
        nodes += [*_own(view, words, BESIDE), Divider()]
    if administration is not None:
        nodes += admin.admin(administration, words)
    return _card(nodes, view, words, said_before=review is not None)
