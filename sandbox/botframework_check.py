"""What Teams refuses in an activity: too much of it, a card that is none, elements that it does not know.

Sources: Microsoft Teams, Format your bot messages (100 KB as UTF-16, 413 MessageSizeTooBig) and Types of cards (Adaptive Cards 1.5).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.botframework_records import CARD, Json

LARGEST = 100 * 1024
ELEMENTS = frozenset({
    "TextBlock", "RichTextBlock", "Container", "ColumnSet", "FactSet", "ActionSet", "Image", "ImageSet", "Table", "Input.Text",
    "Input.ChoiceSet", "Input.Toggle", "Input.Date", "Input.Time", "Input.Number",
})
ACTIONS = frozenset({"Action.Execute", "Action.Submit", "Action.OpenUrl", "Action.ShowCard", "Action.ToggleVisibility"})


def size_fault(activity: Json) -> bool:
    return len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le", "surrogatepass")) > LARGEST


def activity_faults(activity: Any) -> Iterator[str]:
    """What is wrong with a message that the bot sends."""
    if not isinstance(activity, dict):
        yield "the activity is no object"
        return
    if activity.get("type") != "message":
        yield "type is not message"
        return
    attached = activity.get("attachments") or []
    if not activity.get("text") and not attached:
        yield "a message with nothing in it"
    for one in attached:
        if one.get("contentType") != CARD:
            yield f"an attachment of type {one.get('contentType')}"
        else:
            yield from card_faults(one.get("content"))


def card_faults(card: Any) -> Iterator[str]:
    """What a client would not draw."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        yield "a card that is no Adaptive Card"
        return
    if card.get("version") not in {"1.2", "1.3", "1.4", "1.5"}:
        yield f"a card of version {card.get('version')}"
    yield from _element_faults(card.get("body"))
    for action in card.get("actions") or []:
        yield from _action_faults(action)
    again = card.get("refresh")
    if again is not None:
        yield from _action_faults(again.get("action"))
        users = again.get("userIds")
        if users is not None and (len(users) > 60 or not all(isinstance(one, str) and one.startswith("29:") for one in users)):
            yield "refresh.userIds are not at most 60 accounts"


def _element_faults(elements: Any) -> Iterator[str]:
    if not isinstance(elements, list):
        yield "a list of elements that is none"
        return
    for element in elements:
        kind = element.get("type") if isinstance(element, dict) else None
        if kind not in ELEMENTS:
            yield f"an element of type {kind}"
            continue
        if kind == "RichTextBlock" and not all(isinstance(run, dict) and isinstance(run.get("text"), str) for run in element["inlines"]):
            yield "a text run without text"
        if kind == "TextBlock" and not isinstance(element.get("text"), str):
            yield "a TextBlock without text"
        if str(kind).startswith("Input.") and not element.get("id"):
            yield "an input without id"
        for column in element.get("columns") or []:
            yield from _element_faults(column.get("items"))
        if kind == "Container":
            yield from _element_faults(element.get("items"))
        for action in element.get("actions") or []:
            yield from _action_faults(action)


def _action_faults(action: Any) -> Iterator[str]:
    kind = action.get("type") if isinstance(action, dict) else None
    if kind not in ACTIONS:
        yield f"an action of type {kind}"
        return
    if kind == "Action.Execute" and not action.get("verb"):
        yield "an Action.Execute without verb"
    if kind == "Action.ShowCard":
        inner = dict(action.get("card") or {})
        inner.setdefault("version", "1.5")  # not required of a card inside a card
        yield from card_faults(inner)
    if isinstance(action.get("fallback"), dict):
        yield from _action_faults(action["fallback"])


def invoke_faults(name: str, body: Any) -> Iterator[str]:
    """What a client would drop in the answer to an invoke."""
    if name == "adaptiveCard/action":
        if not isinstance(body, dict) or "statusCode" not in body or "type" not in body:
            yield "an answer to a card action without statusCode and type"
        elif body["type"] == CARD:
            yield from card_faults(body.get("value"))
        elif body["type"] == "application/vnd.microsoft.activity.message" and not isinstance(body.get("value"), str):
            yield "a message that is no text"
        return
    if body in (None, ""):
        if name == "task/fetch":
            yield "no answer to task/fetch"
        return
    task = body.get("task") if isinstance(body, dict) else None
    if not isinstance(task, dict) or task.get("type") not in {"continue", "message"}:
        yield "an answer to a dialog that is neither continue nor message"
    elif task["type"] == "continue":
        card = (task.get("value") or {}).get("card") or {}
        if card.get("contentType") != CARD:
            yield "a dialog without a card"
        else:
            yield from card_faults(card.get("content"))
    elif not isinstance(task.get("value"), str):
        yield "a message that is no text"
