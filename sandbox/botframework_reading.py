"""Adaptive Cards as a person reads them: lines of text, buttons and inputs by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.botframework_records import Json

_MACRO = re.compile(r"\{\{(DATE|TIME)\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)(?:, ?(COMPACT|SHORT|LONG))?\)\}\}")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def markdown(text: str, zone: str) -> str:
    """A TextBlock's text: moments in the reader's zone, emphasis without its marks."""
    def filled(found: re.Match[str]) -> str:
        at = datetime.fromisoformat(found[2]).astimezone(ZoneInfo(zone))
        return at.strftime("%H:%M") if found[1] == "TIME" else at.strftime("%a, %b %d, %Y")

    return _BOLD.sub(r"\1", _MACRO.sub(filled, text)).replace("\u2060", "")


def reading(card: Json | None, *, zone: str = "UTC", state: Mapping[str, str] | None = None) -> str:
    """The card as lines. `state` is what was put into its inputs."""
    lines: list[str] = []
    for element in (card or {}).get("body") or []:
        lines += _element(element, zone, state or {})
    shown = [one["title"] for one in (card or {}).get("actions") or []]
    return "\n".join(lines + (["  ".join(f"[{title}]" for title in shown)] if shown else []))


def _element(element: Json, zone: str, state: Mapping[str, str]) -> list[str]:
    match element["type"]:
        case "TextBlock":
            return markdown(element["text"], zone).splitlines()
        case "RichTextBlock":
            return "".join(run["text"] for run in element["inlines"]).replace("\u2060", "").splitlines()
        case "Container":
            return [f"> {line}" for inner in element["items"] for line in _element(inner, zone, state)]
        case "ColumnSet":
            columns = [[line for inner in column["items"] for line in _element(inner, zone, state)] for column in element["columns"]]
            first = " — ".join(lines[0] for lines in columns if lines)
            return [first, *(line for lines in columns for line in lines[1:])]
        case "ActionSet":
            return ["  ".join(f"[{action['title']}]" for action in element["actions"])]
        case kind if kind.startswith("Input."):
            label = element.get("label") or element.get("placeholder", "")
            value = shown_value(element, state.get(element["id"], str(element.get("value", ""))))
            return [f"{label}{'' if element.get('isRequired') else ' (optional)'}: {value}"]
        case kind:
            return [f"(a {kind})"]


def shown_value(element: Json, value: str) -> str:
    """A chosen option by its words."""
    return next((str(one["title"]) for one in element.get("choices") or [] if one["value"] == value), value)


def elements(card: Json | None) -> Iterator[Json]:
    """Every element, from top to bottom."""
    waiting: list[Any] = list((card or {}).get("body") or [])
    while waiting:
        element = waiting.pop(0)
        yield element
        inner = [one for column in element.get("columns") or [] for one in column.get("items") or []]
        waiting = [*(element.get("items") or []), *inner, *waiting]


def buttons(card: Json | None) -> list[Json]:
    """Every action in sight, in the order they are seen."""
    found = [action for element in elements(card) for action in element.get("actions") or []]
    return found + list((card or {}).get("actions") or [])


def inputs(card: Json | None) -> list[Json]:
    return [element for element in elements(card) if str(element["type"]).startswith("Input.")]
