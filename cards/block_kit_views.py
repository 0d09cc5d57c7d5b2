"""Forms as Slack modals, and the short answers a modal's life needs (inline errors, found options).

Limits: Slack, Views and Block Kit reference (title, submit and close 24 characters, 100 options, 150 a value).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, assert_never

from cards.block_kit_payloads import FIELD, PREFIX
from cards.block_kit_text import Json, plain_text
from cards.card import Option
from cards.form import ChoiceField, Field, FileField, Form, Page, SelectField, TextField

OPTIONS: Final = 100
_TITLE: Final = 24
_VALUE: Final = 150


def option(offered: Option, prefix: str = "") -> Json:
    """ValueError when the value is longer than Slack keeps: cutting it would make it another choice."""
    value = prefix + offered.value
    if len(value) > _VALUE:
        raise ValueError("an option's value is longer than 150 characters")
    return {"text": plain_text(offered.label, 75), "value": value}


def _initial(options: Iterable[Option], value: str) -> Json:
    return next(({"initial_option": option(one)} for one in options if value and one.value == value), {})


def _element(field: Field) -> Json:
    action = {"action_id": PREFIX + field.key}
    if isinstance(field, TextField):
        element: Json = {"type": "plain_text_input", **action, "multiline": field.multiline, "max_length": min(field.limit, 3000)}
        if 0 < field.least <= field.limit:
            element["min_length"] = min(field.least, 3000)
        if field.initial:
            element["initial_value"] = plain_text(field.initial, min(field.limit, 3000))["text"]
        if field.placeholder:
            element["placeholder"] = plain_text(field.placeholder, 150)
        return element
    if isinstance(field, SelectField):
        if 0 < len(field.options) <= OPTIONS:
            element = {"type": "static_select", **action, "options": [option(one) for one in field.options]}
        else:
            element = {"type": "external_select", **action, "min_query_length": 0}
        if field.placeholder:
            element["placeholder"] = plain_text(field.placeholder, 150)
        return element | _initial(field.options, field.initial)
    if isinstance(field, ChoiceField):
        element = {"type": "radio_buttons", **action, "options": [option(one) for one in field.options[:10]]}
        return element | _initial(field.options[:10], field.initial)
    if isinstance(field, FileField):
        return {"type": "file_input", **action, "max_files": min(max(field.most, 1), 10)}
    assert_never(field)


def field_block(field: Field) -> Json:
    """One input block; its block_id is what inline errors are keyed by."""
    block: Json = {
        "type": "input",
        "block_id": FIELD + field.key,
        "label": plain_text(field.label, 2000),
        "optional": field.optional,
        "element": _element(field),
    }
    hint = "" if isinstance(field, FileField) else field.hint
    if hint:
        block["hint"] = plain_text(hint, 2000)
    return block


def modal_shell(form: Form, blocks: list[Json]) -> Json:
    """A modal around `blocks`. ValueError when it has inputs and no word to send them with."""
    if form.fields and not form.submit:
        raise ValueError("a form with fields needs a submit word")
    view: Json = {
        "type": "modal",
        "callback_id": PREFIX + form.kind,
        "private_metadata": form.nonce,
        "title": plain_text(form.title, _TITLE),
        "close": plain_text(form.close, _TITLE),
        "blocks": blocks,
    }
    if form.submit:
        view["submit"] = plain_text(form.submit, _TITLE)
    return view


def page_shell(page: Page, blocks: list[Json]) -> Json:
    """A modal that is only read; presses in it come back with `nonce` as their view's metadata."""
    return {
        "type": "modal",
        "callback_id": PREFIX + page.kind,
        "private_metadata": page.nonce,
        "title": plain_text(page.title, _TITLE),
        "close": plain_text(page.close, _TITLE),
        "blocks": blocks,
    }


def form_errors(errors: Mapping[str, str]) -> Json:
    """The answer to a submission that keeps the modal open: text by field key, shown under the field."""
    return {"response_action": "errors", "errors": {FIELD + key: plain_text(text, 2000)["text"] for key, text in errors.items()}}


def suggestions(options: Iterable[Option], typed: str) -> Json:
    """What a searching select shows for `typed`: names that begin with it first, 100 at most, case ignored."""
    wanted = " ".join(typed.split()).casefold()
    found = [one for one in options if wanted in " ".join(one.label.split()).casefold()]
    found.sort(key=lambda one: not one.label.casefold().startswith(wanted))
    return {"options": [option(one) for one in found[:OPTIONS]]}
