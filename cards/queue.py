"""The IT Reset Review Queue, a part of the Home tab of approvers and admins.

Filters and paging travel in the value of each press, so nothing is remembered between two of them: every
menu's options and every button carry the whole filter that they stand for.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, cast

from cards.card import Action, Actions, Button, Divider, Menu, Node, Option, Row, Strong, Text, When
from cards.escalation import priority
from cards.spans import counted, due
from cards.text import one_line
from cards.views_review import QueueFilter, QueueRow, QueueView
from cards.words import Words

VERB: Final = "queue"
"""Menus, paging and Refresh; the value is for `read`. A row's button has the verb "open"."""
SHOWN: Final = 10
STATUSES: Final = ("New", "Triaging", "Waiting", "Escalated")
PRIORITIES: Final = ("High", "Medium", "Low")
_OVERDUE: Final = "overdue"
_CURSOR: Final = re.compile(r"[A-Za-z0-9_.:~+=-]{0,200}")


def carried(chosen: QueueFilter) -> str:
    """A filter as the value of a press. ValueError when its cursor holds what a value cannot."""
    if _CURSOR.fullmatch(chosen.cursor) is None:
        raise ValueError("a cursor holds letters, digits and -_.:~+= only")
    return "|".join((chosen.whose, chosen.status, chosen.priority, _OVERDUE if chosen.overdue else "", chosen.cursor))


def read(value: str) -> QueueFilter:
    """The filter in a press's value; the default one for anything that is not exactly of that form.

    A cursor is checked for its letters only: the storage checks what it means.
    """
    parts = value.split("|")
    if len(parts) != 5:
        return QueueFilter()
    whose, status, level, overdue, cursor = parts
    fits = (
        whose in {"mine", "all"}
        and status in {"", *STATUSES}
        and level in {"", *PRIORITIES}
        and overdue in {"", _OVERDUE}
        and _CURSOR.fullmatch(cursor) is not None
    )
    if not fits:
        return QueueFilter()
    return QueueFilter("mine" if whose == "mine" else "all", status, level, bool(overdue), cursor)


def status(name: str, words: Words) -> str:
    """A status of the operation in the reader's language."""
    return {
        "New": words.gettext("New"),
        "Triaging": words.gettext("Triaging"),
        "Waiting": words.gettext("Waiting"),
        "Escalated": words.gettext("Escalated"),
        "Completed": words.gettext("Completed"),
        "Rejected": words.gettext("Rejected"),
        "Closed": words.gettext("Closed"),
    }.get(name, name)


def _menu(label: str, view: QueueView, words: Words, offered: tuple[tuple[str, QueueFilter], ...]) -> Menu:
    options = tuple(Option(carried(one), text) for text, one in offered)
    in_force = carried(replace(view.filter, cursor=""))
    return Menu(label, VERB, view.nonce, options, in_force, words.gettext("Show"), words.gettext("Show: {filter}", filter=label))


def _controls(view: QueueView, words: Words) -> Actions:
    """Every choice starts again at the first page."""
    now = replace(view.filter, cursor="")
    whose = ((words.gettext("Waiting for me"), replace(now, whose="mine")), (words.gettext("All open requests"), replace(now, whose="all")))
    statuses = ((words.gettext("Any status"), ""), *((status(one, words), one) for one in STATUSES))
    levels = ((words.gettext("Any priority"), ""), *((priority(one, words), one) for one in PRIORITIES))
    times = ((words.gettext("Any due time"), False), (words.gettext("Overdue only"), True))
    return Actions(
        (
            _menu(words.gettext("Whose"), view, words, cast("tuple[tuple[str, QueueFilter], ...]", whose)),
            _menu(words.gettext("Status"), view, words, tuple((text, replace(now, status=one)) for text, one in statuses)),
            _menu(words.gettext("Priority"), view, words, tuple((text, replace(now, priority=one)) for text, one in levels)),
            _menu(words.gettext("Due"), view, words, tuple((text, replace(now, overdue=one)) for text, one in times)),
            Button(words.gettext("Refresh"), VERB, view.nonce, carried(view.filter)),
        )
    )


def _row(row: QueueRow, view: QueueView, words: Words) -> Row:
    """A headline of reference, target and priority; below it who, until when, and what it waits for."""
    title = " · ".join((row.reference, one_line(words.said(row.target), 80), priority(row.priority, words)))
    waits = words.gettext("waits for {name}", name=one_line(row.waits_for, 40)) if row.waits_for else ""
    detail = (
        one_line(row.requester, 60),
        due(row.due_at, view.now, words) if row.due_at is not None else "",
        one_line(words.said(row.why), 80) or status(row.status, words),
        waits,
    )
    said = words.gettext("Open {reference}", reference=row.reference)
    button = Button(words.gettext("Open"), "open", row.nonce, row.value, hint=said)
    return Row((title,), (" · ".join(part for part in detail if part),), button)


def _empty(view: QueueView, words: Words) -> tuple[Node, ...]:
    """Says truly why there is nothing, and how to see more."""
    chosen = view.filter
    if chosen.status or chosen.priority or chosen.overdue or chosen.cursor:
        clear = Button(words.gettext("Clear filters"), VERB, view.nonce, carried(QueueFilter(chosen.whose)))
        return Text((words.gettext("No open request fits these filters."),)), Actions((clear,))
    nothing = words.gettext("Nothing is waiting for you.") if chosen.whose == "mine" else words.gettext("No request is open.")
    closed = words.ngettext("{n} request closed today.", "{n} requests closed today.", view.closed_today)
    return (Text((f"{nothing} {closed}" if view.closed_today <= 1000 else nothing,)),)


def _paging(view: QueueView, words: Words) -> tuple[Node, ...]:
    last = view.first + min(len(view.rows), SHOWN) - 1
    if view.total is None:
        said = words.gettext("Showing {first}–{last}", first=view.first, last=last)
    else:
        said = words.gettext("Showing {first}–{last} of {total}", first=view.first, last=last, total=counted(view.total, words))
    buttons: list[Action] = []
    for label, cursor in ((words.gettext("Previous"), view.previous), (words.gettext("Next"), view.next)):
        if cursor is not None:
            buttons.append(Button(label, VERB, view.nonce, carried(replace(view.filter, cursor=cursor))))
    return (Text((said,), tone="quiet"), *((Actions(tuple(buttons)),) if buttons else ()))


def queue(view: QueueView, words: Words) -> tuple[Node, ...]:
    """Counters, filters, ten rows and paging: at most 27 blocks in Slack, whatever the number of requests."""
    heading = Text((Strong(words.gettext("Review queue")), " · ", *words.line("Updated {time}", time=When(view.now))))
    counters = (
        words.gettext("{n} open", n=counted(view.open, words)),
        words.gettext("{n} overdue", n=counted(view.overdue, words)),
        words.gettext("{n} due soon", n=counted(view.due_soon, words)),
        words.gettext("{n} closed today", n=counted(view.closed_today, words)),
    )
    nodes: list[Node] = [heading, Text((" · ".join(counters),)), _controls(view, words), Divider()]
    if not view.rows:
        nodes += _empty(view, words)
        if view.previous is None:
            return tuple(nodes)
        back = Button(words.gettext("Previous"), VERB, view.nonce, carried(replace(view.filter, cursor=view.previous)))
        return (*nodes, Actions((back,)))
    nodes += [_row(row, view, words) for row in view.rows[:SHOWN]]
    return (*nodes, *_paging(view, words))
