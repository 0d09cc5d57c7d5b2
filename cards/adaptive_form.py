"""The fields of a form as inputs of an Adaptive Card.

The client checks what is required and how long a text is; what the server finds wrong stands under the field,
because no answer can mark an input. A card has no input for files: in Teams they are sent in the chat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, assert_never

from cards.adaptive_nodes import Limits
from cards.adaptive_payloads import FIELD
from cards.adaptive_text import Json, block, plain
from cards.card import Option
from cards.form import ChoiceField, Field, FileField, Form, SelectField, TextField
from cards.text import clean, clip
from cards.words import Words

_LAST: Final = 2
"""Of a list that is too long the last options stay: they are the ones that are always offered (the account, something else)."""


def required(words: Words) -> str:
    """Under a field that must not stay empty; said by the client itself."""
    return words.gettext("Please fill this in.")


def form_body(form: Form, errors: Mapping[str, str], required: str, limits: Limits) -> Iterator[Json]:
    """The inputs, each with its hint and its error; a field that only a person's own client could fill (a file) draws nothing."""
    for field in form.fields:
        element = _input(field, required, limits)
        if element is None:
            continue
        yield element
        hint = getattr(field, "hint", "")
        if hint and (shown := block((hint,), 300, subtle=True)) is not None:
            yield shown | {"spacing": "None"}
        if wrong := errors.get(field.key, ""):
            yield {
                "type": "RichTextBlock",
                "spacing": "None",
                "inlines": [{"type": "TextRun", "text": plain(wrong, 300), "color": "Attention", "weight": "Bolder"}],
            }


def _input(field: Field, required: str, limits: Limits) -> Json | None:
    if isinstance(field, FileField):
        return None
    shared: Json = {"id": FIELD + field.key, "label": plain(field.label, 200)}
    if not field.optional:
        shared |= {"isRequired": True, "errorMessage": plain(required or field.label, 200)}
    if isinstance(field, TextField):
        return _text(field, shared)
    if isinstance(field, SelectField):
        choices = _choices(field.options, limits, field.initial)
        made: Json = {"type": "Input.ChoiceSet", "style": "compact", **shared, "choices": choices}
        if field.placeholder:
            made["placeholder"] = plain(field.placeholder, 100)
        return made | _initial(field.options, field.initial)
    if isinstance(field, ChoiceField):
        made = {"type": "Input.ChoiceSet", "style": "expanded", "wrap": True, **shared, "choices": _choices(field.options[:10], limits)}
        return made | _initial(field.options[:10], field.initial)
    assert_never(field)


def _text(field: TextField, shared: Json) -> Json:
    made: Json = {"type": "Input.Text", **shared, "maxLength": field.limit}
    if field.multiline:
        made["isMultiline"] = True
    if field.least:
        # Optional text may be left empty; a client checks the pattern only of what was typed.
        made["regex"] = rf"^[\s\S]{{{field.least},}}$"
        made.setdefault("errorMessage", shared.get("errorMessage", plain(field.hint or field.label, 200)))
    if field.placeholder:
        made["placeholder"] = plain(field.placeholder, 100)
    if field.initial:
        made["value"] = clip(clean(field.initial), field.limit)
    return made


def _choices(options: tuple[Option, ...], limits: Limits, initial: str = "") -> list[Json]:
    kept = options
    if len(options) > limits.options:
        head = options[: limits.options - _LAST]
        there = {one.value for one in head}
        chosen = tuple(one for one in options[:-_LAST] if one.value == initial and initial not in there)
        kept = (*head[: len(head) - len(chosen)], *chosen, *options[-_LAST:])
    return [{"title": plain(one.label, limits.option), "value": one.value} for one in kept]


def _initial(options: tuple[Option, ...], value: str) -> Json:
    return {"value": value} if value and any(one.value == value for one in options) else {}
