"""Neutral nodes as elements of an Adaptive Card (schema 1.5).

Facts are columns, not a FactSet, and lists are columns with a button: a FactSet's values are Markdown.
Buttons are Action.Execute with Action.Submit to fall back on, inside an ActionSet, because older clients
ignore a fallback elsewhere (Adaptive Cards, Universal Action Model).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, assert_never

from cards.adaptive_payloads import MENU, carried
from cards.adaptive_text import EMPTY, Json, block, plain, run, still
from cards.card import Actions, Button, Divider, Facts, LinkButton, Menu, Node, Quote, Row, Step, Steps, Text
from cards.text import clip

OPENS: Final = frozenset({"start_reset", "return", "reject", "details", "open", "pause", "try_case", "policy_difference"})
"""Verbs whose button opens a dialog: Teams must be told when the button is drawn (Microsoft Teams, Dialogs, invoking)."""

_MARK: Final = {"done": "✓", "now": "►", "next": "○", "warn": "!"}
_STYLE: Final = {"primary": "positive", "danger": "destructive"}
_IN_A_SET: Final = 5
"""Buttons in one set: hosts draw five by default and leave out the rest; Teams puts what is beyond six into a menu."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of it is drawn, in UTF-16 units and pieces."""

    text: int = 2000
    option: int = 75
    options: int = 500
    lines: int = 80


class Drawing:
    """The elements of one card. In a dialog only Action.Submit comes back, so buttons are drawn as that."""

    def __init__(self, limits: Limits, *, in_dialog: bool = False) -> None:
        self.limits = limits
        self._dialog = in_dialog
        self._elements: list[tuple[Json, bool]] = []
        self._separate = False
        self._menus = 0

    def add(self, element: Json | None, *, keep: bool = False) -> None:
        """`keep`: never left out for want of room."""
        if element is None:
            return
        if self._separate:
            element = element | {"separator": True, "spacing": "Medium"}
            self._separate = False
        self._elements.append((element, keep))

    def nodes(self, nodes: tuple[Node, ...]) -> None:
        for node in nodes:
            self._node(node)

    def body(self) -> list[Json]:
        drawn = [element for element, _ in self._elements]
        return drawn or [{"type": "TextBlock", "text": EMPTY, "wrap": True}]

    def shorten(self, room: int, weigh: Callable[[Json], int]) -> bool:
        """Leaves out elements from the end until the rest weighs `room` or less; False when that cannot be.

        Buttons and fields stay, and the first element; "…" stands where something is missing.
        """
        cut: Json = {"type": "TextBlock", "text": "…", "wrap": True, "isSubtle": True}
        weights = [weigh(element) + 2 for element, _ in self._elements]
        over = sum(weights) + weigh(cut) + 2 - room
        last = len(self._elements)
        for place in range(len(self._elements) - 1, 0, -1):
            if over <= 0:
                break
            if not self._elements[place][1]:
                del self._elements[place]
                over -= weights[place]
                last = place
        self._elements.insert(last, (cut, True))
        return over <= 0

    def _node(self, node: Node) -> None:
        if isinstance(node, Text):
            self.add(block(node.parts, self.limits.text, subtle=node.tone == "quiet"))
        elif isinstance(node, Quote):
            self._quote(node)
        elif isinstance(node, Facts):
            self._facts(node)
        elif isinstance(node, Steps):
            self._steps(node.steps)
        elif isinstance(node, Divider):
            self._separate = True
        elif isinstance(node, Row):
            self._row(node)
        elif isinstance(node, Actions):
            self._actions(node)
        else:
            assert_never(node)

    def _quote(self, quote: Quote) -> None:
        if not quote.text.strip():
            return
        if quote.who:
            self.add({"type": "RichTextBlock", "inlines": [run(clip(still(quote.who), 150) or EMPTY, bold=True)]})
        said = clip(still(quote.text).strip(), min(quote.limit, self.limits.text)) or EMPTY
        inner = {"type": "RichTextBlock", "inlines": [run(said)]}
        self.add({"type": "Container", "style": "emphasis", "spacing": "Small", "items": [inner]})

    def _facts(self, facts: Facts) -> None:
        for label, line in facts.rows[: self.limits.lines]:
            value = block(line, self.limits.text)
            if value is None:
                continue
            name = {"type": "RichTextBlock", "inlines": [run(clip(still(label), 100) or EMPTY, bold=True)]}
            columns = [{"type": "Column", "width": "120px", "items": [name]}, {"type": "Column", "width": "stretch", "items": [value]}]
            self.add({"type": "ColumnSet", "spacing": "Small", "columns": columns})

    def _steps(self, steps: tuple[Step, ...]) -> None:
        for step in steps[: self.limits.lines]:
            said = clip(still(f"{_MARK[step.state]} {step.text}"), min(self.limits.text, 500))
            self.add({"type": "RichTextBlock", "spacing": "Small", "inlines": [run(said, bold=step.state in {"now", "warn"})]})

    def _row(self, row: Row) -> None:
        short = min(self.limits.text, 250)
        lines = [shown for shown in (block(row.title, short, bold=True), block(row.detail, short, subtle=True)) if shown is not None]
        columns: list[Json] = [{"type": "Column", "width": "stretch", "items": lines or [{"type": "TextBlock", "text": EMPTY}]}]
        if row.button is not None:
            action = {"type": "ActionSet", "actions": [self._button(row.button)]}
            columns.append({"type": "Column", "width": "auto", "verticalContentAlignment": "Center", "items": [action]})
        self.add({"type": "ColumnSet", "columns": columns, "separator": True})

    def _actions(self, node: Actions) -> None:
        waiting: list[Json] = []
        for action in node.actions:
            if isinstance(action, Button):
                waiting.append(self._button(action))
            elif isinstance(action, LinkButton):
                # Only https leaves the card; the address comes from the accepted policy, never from a message.
                if action.url.startswith("https://") and len(action.url) <= 2000:
                    waiting.append({"type": "Action.OpenUrl", "title": plain(action.label, 60), "url": action.url})
            elif isinstance(action, Menu):
                if action.options:
                    self._set(waiting)
                    waiting = []
                    self._menu(action)
            else:
                assert_never(action)
        self._set(waiting)

    def _set(self, actions: list[Json]) -> None:
        for start in range(0, len(actions), _IN_A_SET):
            self.add({"type": "ActionSet", "actions": actions[start : start + _IN_A_SET]}, keep=True)

    def _button(self, button: Button) -> Json:
        action = self._asks(button, button.label, button.style)
        if button.confirm is None:
            return action
        sure = button.confirm
        # A card has no "are you sure": a second card unfolds under the button, and only its own button counts.
        asked = [block((sure.title,), 200, bold=True), block((sure.text,), min(self.limits.text, 500))]
        inner: Json = {
            "type": "AdaptiveCard",
            "body": [
                *(element for element in asked if element is not None),
                {"type": "ActionSet", "actions": [self._asks(button, sure.yes, button.style)]},
            ],
        }
        return {name: action[name] for name in ("title", "style", "tooltip") if name in action} | {"type": "Action.ShowCard", "card": inner}

    def _asks(self, button: Button, label: str, style: str) -> Json:
        data = carried(button.verb, button.nonce, button.value)
        shown: Json = {"title": plain(label, 60)}
        if style in _STYLE:
            shown["style"] = _STYLE[style]
        if button.hint:
            shown["tooltip"] = plain(button.hint, 100)
        submit = {"type": "Action.Submit"} | shown | {"data": data}
        if self._dialog:
            return submit
        if button.verb in OPENS or button.opens:
            return submit | {"data": data | {"msteams": {"type": "task/fetch"}}}
        return {"type": "Action.Execute"} | shown | {"verb": f"kt:{button.verb}", "data": data, "fallback": submit}

    def _menu(self, menu: Menu) -> None:
        """A select and a button beside it: no client of Teams sends anything when an option is merely picked.

        The select has no label: it would stand above and make the row of a filter two lines high. The button's hint names it.
        """
        self._menus += 1
        name = f"{MENU}{self._menus}"
        offered = menu.options[: self.limits.options]
        chosen: Json = {
            "type": "Input.ChoiceSet",
            "id": name,
            "style": "compact",
            "placeholder": plain(menu.label, 75),
            "choices": [{"title": plain(one.label, self.limits.option), "value": one.value} for one in offered],
        }
        if any(one.value == menu.chosen for one in offered):
            chosen["value"] = menu.chosen
        data = carried(menu.verb, menu.nonce, menu=name)
        shown: Json = {"title": plain(menu.press or menu.label, 60)}
        if menu.hint:
            shown["tooltip"] = plain(menu.hint, 100)
        submit = {"type": "Action.Submit"} | shown | {"data": data}
        action = submit if self._dialog else submit | {"type": "Action.Execute", "verb": f"kt:{menu.verb}", "fallback": submit}
        beside = {"type": "Column", "width": "auto", "items": [{"type": "ActionSet", "actions": [action]}]}
        columns: list[Json] = [{"type": "Column", "width": "stretch", "items": [chosen]}, beside]
        self.add({"type": "ColumnSet", "columns": columns}, keep=True)
