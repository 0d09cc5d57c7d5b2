"""What the two detail pages share: sections and paging, the conversation, attachments, rows of facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeVar, get_args

from cards.card import Actions, Button, Inline, Line, Node, Quote, Strong, Text, Theirs, When
from cards.form import Page
from cards.text import one_line
from cards.views_review import Attachment, Said, Section
from cards.words import Words

VERB: Final = "section"
PAGE: Final = 12
"""Entries of a conversation or an audit trail on one page."""
SECTIONS: Final[tuple[Section, ...]] = get_args(Section)
_ATTACHMENTS: Final = 10

Entry = TypeVar("Entry")


def place(value: str) -> tuple[Section, int]:
    """Section and page in the value of a "section" press: "audit" or "audit:2"; the summary for anything else."""
    name, _, number = value.partition(":")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
    return next((one for one in SECTIONS if one == name), "summary"), max(page, 1)


def _labels(words: Words) -> dict[Section, str]:
    return {
        "summary": words.gettext("Summary"),
        "chat": words.gettext("Chat"),
        "audit": words.gettext("Audit"),
        "checks": words.gettext("Checks"),
        "outcome": words.gettext("Outcome"),
    }


def tabs(offered: tuple[Section, ...], shown: Section, nonce: str, words: Words) -> Actions:
    """The one that is shown is said by a mark and for screen readers, not by colour alone."""
    buttons = []
    for section in offered:
        label = _labels(words)[section]
        if section == shown:
            hint = words.gettext("{section}, shown now", section=label)
            buttons.append(Button(f"• {label}", VERB, nonce, section, hint=hint))
        else:
            buttons.append(Button(label, VERB, nonce, section))
    return Actions(tuple(buttons))


def paged(entries: Sequence[Entry], page: int) -> tuple[Sequence[Entry], int, int]:
    """The entries of a page, which page that is, and how many there are; a page that is too high is the last."""
    pages = max(-(-len(entries) // PAGE), 1)
    page = min(max(page, 1), pages)
    return entries[(page - 1) * PAGE : page * PAGE], page, pages


def turn(section: Section, page: int, pages: int, nonce: str, words: Words) -> tuple[Node, ...]:
    if pages < 2:
        return ()
    buttons = []
    if page > 1:
        buttons.append(Button(words.gettext("Previous"), VERB, nonce, f"{section}:{page - 1}"))
    if page < pages:
        buttons.append(Button(words.gettext("Next"), VERB, nonce, f"{section}:{page + 1}"))
    said = words.gettext("Page {page} of {pages}", page=page, pages=pages)
    return Text((said,), tone="quiet"), Actions(tuple(buttons))


def conversation(chat: tuple[Said, ...], page: int, nonce: str, words: Words) -> tuple[Node, ...]:
    """What was said, each line quoted: no message can look like a line of ours."""
    if not chat:
        return (Text((words.gettext("Nothing was written."),)),)
    shown, page, pages = paged(chat, page)
    nodes: list[Node] = []
    for said in shown:
        nodes.append(Text((When(said.at, "date_time"), " ", Theirs(one_line(words.said(said.who), 80) or words.gettext("Password Reset")))))
        nodes.append(Quote("", words.said(said.text), 500))
    return (*nodes, *turn("chat", page, pages, nonce, words))


def size(octets: int, words: Words) -> str:
    """"900 B", "12 kB", "3.4 MB"; a thousand bytes are one kB."""
    if octets < 1000:
        return words.gettext("{n} B", n=max(octets, 0))
    if octets < 1_000_000:
        return words.gettext("{n} kB", n=octets // 1000)
    whole, tenth = divmod(octets // 100_000, 10)
    return words.gettext("{whole}.{tenth} MB", whole=whole, tenth=tenth)


def attachments(files: tuple[Attachment, ...], words: Words) -> tuple[Node, ...]:
    """Names, sizes and types; the files stay where the chat platform keeps them."""
    if not files:
        return ()
    told = [(one_line(file.name, 120), size(file.size, words), one_line(file.type, 60)) for file in files[:_ATTACHMENTS]]
    rows = [Text((" · ".join(part for part in one if part),)) for one in told]
    more = len(files) - _ATTACHMENTS
    if more > 0:
        rows.append(Text((words.ngettext("And {n} more file.", "And {n} more files.", more),), tone="quiet"))
    return (Text((Strong(words.gettext("Files")),)), *rows)


def fact(label: str, value: str) -> tuple[tuple[str, Line], ...]:
    """A row of `Facts`, or none when there is no value."""
    return ((label, (value,)),) if value.strip() else ()


def moments(*given: tuple[str, datetime | None]) -> tuple[tuple[str, Line], ...]:
    """Rows of `Facts` for the times that are known."""
    return tuple((label, (When(at, "date_time"),)) for label, at in given if at is not None)


def head(target: str, told: Sequence[str], *when: Inline) -> Text:
    """The line on top of every section: what it is about and where it stands."""
    return Text((Theirs(" · ".join(part for part in (one_line(target, 120), *told) if part)), *when))


def sheet(kind: str, reference: str, nonce: str, nodes: Sequence[Node], words: Words) -> Page:
    """The modal around a section; quotes of nothing are left out."""
    kept = tuple(node for node in nodes if not isinstance(node, Quote) or node.text.strip())
    return Page(kind, reference, words.gettext("Close"), kept, nonce)
