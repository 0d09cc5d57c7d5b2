"""A requester's own request in full: their words, where it stands, how it ended, and nothing of the review.

The view has no place for reviewer notes, risk signals, checks, rationale or priority.
"""

from __future__ import annotations

from typing import Final

from cards import ending, lists, neutral
from cards.card import Actions, Divider, Facts, Node, Quote, Text
from cards.detail_parts import attachments, conversation, fact, head, moments, sheet, tabs
from cards.form import Page
from cards.request import cancel
from cards.views import Ending, RequestLine, RequestView
from cards.views_review import OwnDetailView, Section
from cards.words import Words

KIND: Final = "own_detail"
_SECTIONS: Final[tuple[Section, ...]] = ("summary", "chat", "outcome")


def own_detail(view: OwnDetailView, words: Words, section: Section = "summary", page: int = 1) -> Page:
    """For the requester. A neutral ending is one sentence, the same as everywhere (rulings, Words to the requester)."""
    if view.ending is Ending.NEUTRAL:
        said = neutral.card(view.reference, view.nonce, words)
        return sheet(KIND, view.reference, view.nonce, said.body, words)
    if section not in _SECTIONS:
        section = "summary"
    request = RequestView(
        view.reference, view.target, view.stage, view.ending, owner_review=view.owner_review, due_at=view.due_at,
        url=view.url, note=view.reason, ticket=view.ticket, nonce=view.nonce,
    )  # fmt: skip
    state = lists.state(RequestLine(view.reference, view.target, view.stage, view.ending), words)
    if section == "chat":
        shown = conversation(view.chat, page, view.nonce, words)
    elif section == "outcome":
        shown = ending.body(request, words) or (Text((state,)),)
    else:
        times = (
            (words.gettext("Created"), view.created_at),
            (words.gettext("Closed"), view.closed_at),
        )
        rows = (*fact(words.gettext("Asked for"), words.said(view.target)), *fact(words.gettext("Status"), state), *moments(*times))
        shown = (
            Facts((*rows, *fact(words.gettext("Ticket"), view.ticket))),
            Quote(words.gettext("In your own words"), view.asked, 1000),
            Quote(words.gettext("Why it is needed"), view.justification, 1000),
            *attachments(view.attachments, words),
        )
    end: tuple[Node, ...] = (Divider(), Actions((cancel(words, view.nonce),))) if view.can_cancel else ()
    nodes = (head(words.said(view.target), (state,)), tabs(_SECTIONS, section, view.nonce, words), Divider(), *shown, *end)
    return sheet(KIND, view.reference, view.nonce, nodes, words)
