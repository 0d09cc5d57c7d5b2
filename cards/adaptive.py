"""Cards as Adaptive Cards for Microsoft Teams. The way out is here, the way back in adaptive_payloads; both are used from here.

The renderer escapes and clips, its callers never do: whatever string a card holds, it is shown as it is, it never
becomes Markdown, mention, link, button or macro, and the JSON stays under 25 kB. Schema 1.5 is the newest that Teams
draws in bot messages and dialogs (Microsoft Teams, Types of cards); Teams itself takes 100 kB (Format your bot messages).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from cards.adaptive_form import form_body
from cards.adaptive_nodes import Drawing, Limits
from cards.adaptive_payloads import Pressed, carried_form, filled, plain, pressed
from cards.adaptive_text import EMPTY, Json, heading, literal
from cards.adaptive_text import plain as plain_title
from cards.card import Actions, Button, Card, Menu, Row
from cards.form import Form, Page
from cards.received import Malformed
from cards.text import clip

__all__ = [
    "CONTENT_TYPE", "Malformed", "Pressed",
    "attachment", "content", "dialog", "filled", "form_content", "form_message", "message", "nonce_of",
    "page_content", "plain", "pressed",
]  # fmt: skip

CONTENT_TYPE: Final = "application/vnd.microsoft.card.adaptive"
VERSION: Final = "1.5"
BUDGET: Final = 25_000
"""Characters of the JSON with everything beyond ASCII written as escapes: never fewer than bytes on the wire."""

_SUMMARY: Final = 300
_LEVELS: Final = (Limits(), Limits(2000, 60, 300), Limits(800, 40, 100, 60), Limits(300, 24, 60, 40), Limits(80, 12, 24, 24))
"""How generously text is drawn; the next one is tried when a card is too large."""


def message(card: Card, *, refresh: str = "", readers: Sequence[str] = ()) -> Json:
    """The fields of a message activity that shows `card`. `summary` is what notifications read out.

    `refresh` is a nonce: clients of `readers` (ids of channel accounts, 60 at most) ask for the card anew when they show it.
    """
    summary = plain_title(card.summary if card.summary.strip() else card.title, _SUMMARY)
    return {"type": "message", "summary": summary, "attachments": [attachment(content(card, refresh=refresh, readers=readers))]}


def content(card: Card, *, refresh: str = "", readers: Sequence[str] = ()) -> Json:
    """The Adaptive Card alone, as the answer to a press is."""
    again: Json = {}
    if refresh and readers:
        asked = {"type": "Action.Execute", "title": "Refresh", "verb": "kt:refresh", "data": {"kt": {"verb": "refresh", "nonce": refresh}}}
        again = {"refresh": {"action": asked, "userIds": list(readers[:60])}}
    for limits in _LEVELS:
        drawing = Drawing(limits)
        drawing.add(heading(card.title))
        drawing.nodes(card.body)
        made = _fitted(drawing, _shell(card.summary or card.title) | again, last=limits is _LEVELS[-1])
        if made is not None:
            return made
    raise ValueError("a card does not fit however small it is drawn")


def dialog(shown: Form | Page, errors: Mapping[str, str] | None = None, required: str = "") -> Json:
    """The value of a `continue` answer to task/fetch and task/submit: a form, or a page without anything to send.

    `errors` is text by field key, shown under the field; `required` is said by the client under a field that was left empty.
    """
    if isinstance(shown, Form):
        card = form_content(shown, errors, required, in_dialog=True)
    else:
        card = page_content(shown)
    title = plain_title(shown.title, 60)
    return {"title": title, "width": "medium", "height": "large", "card": attachment(card)}


def form_message(form: Form, required: str = "") -> Json:
    """The fields of a message activity with the form in it."""
    title = plain_title(form.title, _SUMMARY)
    return {"type": "message", "summary": title, "attachments": [attachment(form_content(form, None, required))]}


def form_content(form: Form, errors: Mapping[str, str] | None = None, required: str = "", *, in_dialog: bool = False) -> Json:
    """The form as an Adaptive Card. ValueError when it has fields and no word to send them with."""
    if form.fields and not form.submit:
        raise ValueError("a form with fields needs a submit word")
    for limits in _LEVELS:
        drawing = Drawing(limits, in_dialog=in_dialog)
        if not in_dialog:
            drawing.add(heading(form.title))
        drawing.nodes(form.intro)
        for element in form_body(form, errors or {}, required, limits):
            drawing.add(element, keep=True)
        if form.submit:
            drawing.add({"type": "ActionSet", "actions": [_send(form, in_dialog=in_dialog)]}, keep=True)
        made = _fitted(drawing, _shell(form.title), last=limits is _LEVELS[-1])
        if made is not None:
            return made
    raise ValueError("a form does not fit however small it is drawn")


def page_content(page: Page) -> Json:
    """A page as an Adaptive Card; its buttons come back as task/submit, so it belongs in a dialog."""
    for limits in _LEVELS:
        drawing = Drawing(limits, in_dialog=True)
        drawing.nodes(page.body)
        made = _fitted(drawing, _shell(page.title), last=limits is _LEVELS[-1])
        if made is not None:
            return made
    raise ValueError("a page does not fit however small it is drawn")


def attachment(card: Json) -> Json:
    """An Adaptive Card as the attachment of a message or dialog."""
    return {"contentType": CONTENT_TYPE, "content": card}


def nonce_of(card: Card) -> str:
    """The nonce that the card's own buttons carry, "" when it has none: of which picture a refresh would ask."""
    for node in card.body:
        actions: tuple[object, ...] = node.actions if isinstance(node, Actions) else (node.button,) if isinstance(node, Row) else ()
        for action in actions:
            if isinstance(action, Button | Menu) and action.nonce:
                return action.nonce
    return ""


def _send(form: Form, *, in_dialog: bool) -> Json:
    """A dialog hands back Action.Submit only; in a message only Action.Execute can be answered with a card."""
    carried = carried_form(form)
    title = plain_title(form.submit, 60)
    submit: Json = {"type": "Action.Submit", "title": title, "style": "positive", "data": carried}
    if in_dialog:
        return submit
    return {"type": "Action.Execute", "title": title, "style": "positive", "verb": "kt:form", "data": carried, "fallback": submit}


def _shell(summary: str) -> Json:
    fallback = literal(clip(" ".join(summary.split()), _SUMMARY)) or EMPTY
    return {"type": "AdaptiveCard", "version": VERSION, "fallbackText": fallback, "msteams": {"width": "Full"}}


def size(made: Json) -> int:
    """What a card weighs against the budget."""
    return len(json.dumps(made))


def _fitted(drawing: Drawing, shell: Json, *, last: bool) -> Json | None:
    """The whole card within the budget; None when a smaller drawing should be tried.

    The last try leaves out elements from the end, buttons and fields excepted, and says so with "…".
    """
    made = shell | {"body": drawing.body()}
    if size(made) <= BUDGET:
        return made
    if not last:
        return None
    if not drawing.shorten(BUDGET - size(shell | {"body": []}), size):
        return None
    return shell | {"body": drawing.body()}
