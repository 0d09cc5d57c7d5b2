"""Filling in Adaptive Card inputs by words, and what Teams' client checks before it sends anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.botframework_reading import inputs
from sandbox.botframework_records import Json


def best(pattern: str, offered: Sequence[str], what: str) -> int:
    """The index of the one that is meant: the same words, else the pattern (any case), first come. LookupError names what is offered."""
    for same in (lambda o: o == pattern, lambda o: o.lower() == pattern.lower(), lambda o: re.search(pattern, o, re.IGNORECASE)):
        for n, text in enumerate(offered):
            if same(text):
                return n
    raise LookupError(f"no {what} like {pattern!r}; there are: {', '.join(offered) or 'none'}")


def put(card: Json, state: dict[str, str], label: str, value: Any) -> None:
    """Puts a value into the input with that label; an option is given by its words. LookupError names what there is."""
    there = inputs(card)
    element = there[best(label, [str(one.get("label") or one.get("placeholder", "")) for one in there], "field")]
    if element["type"] == "Input.ChoiceSet" and value:
        choices = element["choices"]
        state[element["id"]] = choices[best(str(value), [one["title"] for one in choices], "option")]["value"]
    else:
        state[element["id"]] = str(value)


def errors(card: Json, state: Mapping[str, str]) -> dict[str, str]:
    """What the client says under its inputs, by label: required ones that are empty, patterns and lengths."""
    found = {}
    for element in inputs(card):
        value = state.get(element["id"], str(element.get("value", "")))
        wrong = element.get("isRequired") and not value.strip()
        wrong = wrong or (value and element.get("regex") and not re.search(element["regex"], value))
        if wrong or len(value) > element.get("maxLength", 10_000):
            found[str(element.get("label", element["id"]))] = str(element.get("errorMessage", "This field is required."))
    return found


def gathered(card: Json, state: Mapping[str, str], action: Json) -> Json:
    """The data that an action sends: its own, and every input of the card."""
    values = {one["id"]: state.get(one["id"], str(one.get("value", ""))) for one in inputs(card)}
    own = action.get("data")
    return {**({name: value for name, value in values.items() if value}), **(own if isinstance(own, dict) else {})}


def shown_errors(card: Json) -> dict[str, str]:
    """What the bot says under an input: red text behind it, by the input's label."""
    found, label = {}, ""
    for element in card.get("body") or []:
        if str(element["type"]).startswith("Input."):
            label = str(element.get("label", ""))
        elif element["type"] == "RichTextBlock" and element["inlines"][0].get("color") == "Attention" and label:
            found[label] = str(element["inlines"][0]["text"])
    return found
