"""Cards as Slack Block Kit. The way out is here, the way back in block_kit_payloads; both are used from here.

The renderer escapes and clips, its callers never do: whatever string a card holds, it is shown as it is, it
never becomes markup, mention, link or button, and the blocks stay within Slack's limits (Block Kit
reference: 50 blocks a message, 100 a view; about 13,200 characters a message, measured by its users).
"""

from __future__ import annotations

from typing import Final, assert_never

from cards.block_kit_payloads import LINK, PREFIX, Pressed, Sender, Typing, filled, plain, pressed, sender, typing
from cards.block_kit_text import EMPTY, Json, literal, plain_text, rich, rich_line, text_object
from cards.block_kit_views import OPTIONS, field_block, form_errors, modal_shell, option, page_shell, suggestions
from cards.card import Actions, Button, Card, Confirm, Divider, Facts, LinkButton, Menu, Node, Quote, Row, Step, Steps, Text, Theirs
from cards.form import Form, Page
from cards.received import Malformed
from cards.text import clip

__all__ = [
    "Malformed", "Pressed", "Sender", "Typing",
    "filled", "form_errors", "home", "instead", "loading", "message", "modal", "page_modal", "plain", "pressed", "sender", "suggestions",
    "typing",
]  # fmt: skip

_MESSAGE: Final = 50
_VIEW: Final = 100
_CHARACTERS: Final = 12_000
_CHARACTERS_VIEW: Final = 50_000
"""A view may be 250 kB as JSON (Slack, views.open); a character is six bytes at most there."""
_NOTHING: Final[Json] = {"type": "section", "block_id": "kt0", "text": plain_text("")}
_SUMMARY: Final = 700
"""Escaping makes at most five characters of one; `text` should stay under 4,000."""
_MARK: Final = {"done": "✓", "now": "▸", "next": "○", "warn": "!"}


def message(card: Card) -> Json:
    """`text` and `blocks` for chat.postMessage and chat.update. `text` is what notifications read out."""
    drawing = _Drawing()
    drawing.title(card.title)
    drawing.nodes(card.body)
    text = literal(clip(card.summary, _SUMMARY)).strip() or literal(clip(card.title, _SUMMARY)).strip()
    return {"text": text or EMPTY, "blocks": drawing.fitted(_MESSAGE, _CHARACTERS) or [_NOTHING]}


def home(card: Card) -> Json:
    """The view for views.publish."""
    drawing = _Drawing()
    drawing.title(card.title)
    drawing.nodes(card.body)
    return {"type": "home", "blocks": drawing.fitted(_VIEW, _CHARACTERS_VIEW) or [_NOTHING]}


def modal(form: Form) -> Json:
    """The view for views.open and views.update."""
    drawing = _Drawing()
    drawing.nodes(form.intro)
    inputs = [field_block(field) for field in form.fields]
    return modal_shell(form, drawing.fitted(_VIEW - len(inputs), _CHARACTERS_VIEW) + inputs)


def page_modal(page: Page) -> Json:
    """The view for views.open, views.push and views.update, without anything to send."""
    drawing = _Drawing()
    drawing.nodes(page.body)
    return page_shell(page, drawing.fitted(_VIEW, _CHARACTERS_VIEW) or [_NOTHING])


def instead(shown: Page | Form) -> Json:
    """The answer to a submission that puts another view in the modal's place (it was decided meanwhile)."""
    return {"response_action": "update", "view": modal(shown) if isinstance(shown, Form) else page_modal(shown)}


def loading(title: str, text: str = "…", close: str = "") -> Json:
    """A modal to open at once when the look-ups behind the real one may outlive the trigger (3 s)."""
    view: Json = {
        "type": "modal",
        "callback_id": PREFIX + "loading",
        "title": plain_text(title, 24),
        "blocks": [{"type": "section", "block_id": "kt0", "text": plain_text(text)}],
    }
    return view | ({"close": plain_text(close, 24)} if close else {})


class _Drawing:
    """The blocks of one message or view, and the action ids already given in it."""

    def __init__(self) -> None:
        self._blocks: list[Json] = []
        self._taken: set[str] = set()

    def title(self, text: str) -> None:
        if text.strip():
            self._blocks.append({"type": "header", "text": plain_text(text, 150)})

    def nodes(self, nodes: tuple[Node, ...]) -> None:
        for node in nodes:
            self._blocks += self._node(node)

    def _node(self, node: Node) -> list[Json]:
        if isinstance(node, Text):
            if any(isinstance(part, Theirs) for part in node.parts):
                return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": rich_line(node.parts)}]}]
            shown = text_object(node.parts)
            if shown is None:
                return []
            return [{"type": "context", "elements": [shown]} if node.tone == "quiet" else {"type": "section", "text": shown}]
        if isinstance(node, Quote):
            return _quote(node)
        if isinstance(node, Facts):
            return _facts(node)
        if isinstance(node, Steps):
            return _steps(node.steps)
        if isinstance(node, Divider):
            return [{"type": "divider"}]
        if isinstance(node, Row):
            return self._row(node)
        if isinstance(node, Actions):
            return self._actions(node)
        assert_never(node)

    def _row(self, row: Row) -> list[Json]:
        section: Json = {"type": "section", "text": text_object(row.title, 150) or plain_text("")}
        if row.button is not None:
            section["accessory"] = self._button(row.button)
        detail = text_object(row.detail, 250)
        return [section, {"type": "context", "elements": [detail]}] if detail else [section]

    def _actions(self, node: Actions) -> list[Json]:
        elements = []
        for action in node.actions:
            if isinstance(action, Button):
                elements.append(self._button(action))
            elif isinstance(action, LinkButton):
                # Only https leaves the page; the address comes from the accepted policy, never from a message.
                if action.url.startswith("https://") and len(action.url) <= 3000:
                    elements.append(
                        {"type": "button", "text": plain_text(action.label, 75), "url": action.url, "action_id": self._id(LINK)}
                    )
            elif isinstance(action, Menu):
                if action.options:
                    elements.append(self._menu(action))
            else:
                assert_never(action)
        return [{"type": "actions", "elements": elements[start : start + 25]} for start in range(0, len(elements), 25)]

    def _button(self, button: Button) -> Json:
        element: Json = {
            "type": "button",
            "text": plain_text(button.label, 75),
            "action_id": self._id(button.verb, button.value),
            "value": _carried(button.nonce, button.value),
        }
        if button.style != "plain":
            element["style"] = button.style
        if button.confirm is not None:
            element["confirm"] = _confirm(button.confirm)
        if button.hint:
            element["accessibility_label"] = plain_text(button.hint, 75)["text"]
        return element

    def _menu(self, menu: Menu) -> Json:
        """The chosen option is part of the id: Slack's clients keep what was picked under an id they know already."""
        options = menu.options[:OPTIONS]
        element: Json = {
            "type": "static_select",
            "action_id": self._id(menu.verb, menu.chosen),
            "placeholder": plain_text(menu.label, 150),
            "options": [option(one, menu.nonce + "|") for one in options],
        }
        chosen = next((one for one in options if menu.chosen and one.value == menu.chosen), None)
        return element if chosen is None else element | {"initial_option": option(chosen, menu.nonce + "|")}

    def _id(self, verb: str, value: str = "") -> str:
        """Unique in the whole drawing; the same drawing gets the same ids again."""
        wanted = PREFIX + verb + (f":{value[:100]}" if value else "")
        given, count = wanted, 0
        while given in self._taken:
            count += 1
            given = f"{wanted}~{count}"
        self._taken.add(given)
        return given

    def fitted(self, most: int, characters: int) -> list[Json]:
        """The blocks, numbered, within the limits: what does not fit gives way to "…", buttons stay."""
        buttons = sum(1 for block in self._blocks if block["type"] == "actions")
        room = max(most - buttons, 1) - (1 if len(self._blocks) > most else 0)
        kept: list[Json] = []
        cut = False
        for block in self._blocks:
            if block["type"] != "actions":
                characters -= _characters(block)
                if cut or room <= 0 or characters < 0:
                    if not cut:
                        kept.append({"type": "context", "elements": [plain_text("…")]})
                    cut = True
                    continue
                room -= 1
            kept.append(block)
        return [block | {"block_id": f"kt{number}"} for number, block in enumerate(kept[:most])]


def _carried(nonce: str, value: str) -> str:
    """What a press brings back. ValueError when Slack would not keep it whole."""
    carried = f"{nonce}|{value}"
    if "|" in nonce or len(carried) > 2000:
        raise ValueError("a nonce or value does not fit into a button")
    return carried


def _confirm(confirm: Confirm) -> Json:
    return {
        "title": plain_text(confirm.title, 100),
        "text": plain_text(confirm.text, 300),
        "confirm": plain_text(confirm.yes, 30),
        "deny": plain_text(confirm.no, 30),
    }


def _quote(quote: Quote) -> list[Json]:
    if not quote.text.strip():
        return []
    said = {"type": "rich_text_quote", "elements": [rich(quote.text.strip(), min(quote.limit, 3000))]}
    who = [{"type": "rich_text_section", "elements": [rich(quote.who, 150, bold=True)]}] if quote.who else []
    return [{"type": "rich_text", "elements": [*who, said]}]


def _facts(facts: Facts) -> list[Json]:
    """Label and value side by side: two fields a row, five rows a section (ten fields at most)."""
    pairs = []
    for label, line in facts.rows:
        value = text_object(line, 2000)
        if value is not None:
            pairs.append([{"type": "mrkdwn", "text": f"*{literal(clip(label, 150)).strip() or EMPTY}*", "verbatim": True}, value])
    return [
        {"type": "section", "fields": [field for pair in pairs[start : start + 5] for field in pair]}
        for start in range(0, len(pairs), 5)
    ]


def _steps(steps: tuple[Step, ...]) -> list[Json]:
    lines = [
        {"type": "rich_text_section", "elements": [rich(f"{_MARK[step.state]} {step.text}", 500, bold=step.state in {"now", "warn"})]}
        for step in steps[:50]
    ]
    return [{"type": "rich_text", "elements": lines}] if lines else []


def _characters(part: object) -> int:
    """How much text a block holds, as Slack adds it up."""
    if isinstance(part, dict):
        own = part.get("text")
        return (len(own) if isinstance(own, str) else 0) + sum(_characters(value) for value in part.values() if not isinstance(value, str))
    if isinstance(part, list):
        return sum(_characters(value) for value in part)
    return 0
