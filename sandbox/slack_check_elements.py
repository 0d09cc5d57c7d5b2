"""Slack's documented limits of text objects and block elements (Block Kit reference), as a table of checks.

A check takes a value, where it stands (a JSON pointer) and a list that it adds its complaints to. Lengths are characters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Check = Callable[[Any, str, list[str]], None]
Shape = dict[str, Check]


def complain(out: list[str], what: str, at: str) -> None:
    """In the words of Slack's response_metadata.messages."""
    out.append(f"[ERROR] {what} [json-pointer:{at}]")


def shaped(value: Any, at: str, out: list[str], required: Shape, optional: Shape) -> bool:
    """An object with these fields and no others; False when it is no object at all."""
    if not isinstance(value, dict):
        complain(out, "must provide an object", at)
        return False
    for name, check in required.items():
        if value.get(name) is None:
            complain(out, f"missing required field: {name}", at)
        else:
            check(value[name], f"{at}/{name}", out)
    for name, given in value.items():
        if name in optional:
            if given is not None:
                optional[name](given, f"{at}/{name}", out)
        elif name not in required:
            complain(out, f"invalid additional property: {name}", at)
    return True


def string(most: int, least: int = 0) -> Check:
    def check(value: Any, at: str, out: list[str]) -> None:
        if not isinstance(value, str):
            complain(out, "must be a string", at)
        elif len(value) > most:
            complain(out, f"must be no more than {most} characters", at)
        elif len(value) < least:
            complain(out, f"must be more than {least - 1} characters", at)
    return check


def boolean(value: Any, at: str, out: list[str]) -> None:
    if not isinstance(value, bool):
        complain(out, "must be a boolean", at)


def number(low: int, high: int) -> Check:
    def check(value: Any, at: str, out: list[str]) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            complain(out, f"must be a number from {low} to {high}", at)
    return check


def one_of(*allowed: str) -> Check:
    def check(value: Any, at: str, out: list[str]) -> None:
        if value not in allowed:
            complain(out, f"must be one of {', '.join(allowed)}", at)
    return check


def anything(value: Any, at: str, out: list[str]) -> None:
    """What is not looked into."""


def web_address(value: Any, at: str, out: list[str]) -> None:
    string(3000, 1)(value, at, out)
    if isinstance(value, str) and not value.startswith(("http://", "https://", "mailto:", "slack://")):
        complain(out, "must be a valid URL", at)


def words(most: int, *, markup: bool = False) -> Check:
    """A text object of 1 to `most` characters; plain_text only unless `markup`."""
    def check(value: Any, at: str, out: list[str]) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        allowed = ("plain_text", "mrkdwn") if markup else ("plain_text",)
        if isinstance(value, dict) and kind not in allowed:
            complain(out, f"must be a {' or '.join(allowed)} object", f"{at}/type")
            return
        extra: Shape = {"emoji": boolean} if kind == "plain_text" else {"verbatim": boolean}
        shaped(value, at, out, {"type": one_of(*allowed), "text": string(most, 1)}, extra)
    return check


def listed(check: Check, most: int, least: int = 1) -> Check:
    def check_all(value: Any, at: str, out: list[str]) -> None:
        if not isinstance(value, list):
            complain(out, "must provide an array", at)
            return
        if len(value) > most:
            complain(out, f"no more than {most} items allowed", at)
        if len(value) < least:
            complain(out, f"no fewer than {least} items allowed", at)
        for n, item in enumerate(value):
            check(item, f"{at}/{n}", out)
    return check_all


def option(*, markup: bool = False, url: bool = False) -> Check:
    def check(value: Any, at: str, out: list[str]) -> None:
        extra: Shape = {"description": words(75, markup=markup), **({"url": web_address} if url else {})}
        shaped(value, at, out, {"text": words(75, markup=markup), "value": string(150, 1)}, extra)
    return check


def group(value: Any, at: str, out: list[str]) -> None:
    shaped(value, at, out, {"label": words(75), "options": listed(option(), 100)}, {})


def confirm(value: Any, at: str, out: list[str]) -> None:
    shaped(value, at, out, {"title": words(100), "text": words(300, markup=True), "confirm": words(30), "deny": words(30)},
           {"style": one_of("primary", "danger")})


def unique_values(value: Json, at: str, out: list[str]) -> None:
    """Options of one element need different values, else a choice cannot be told from another."""
    options = value.get("options")
    if isinstance(options, list):
        values = [o.get("value") for o in options if isinstance(o, dict)]
        if len(values) != len(set(map(str, values))):
            complain(out, "option values must be unique", f"{at}/options")


_ID = string(255, 1)
_PLACE: Shape = {"placeholder": words(150)}
_FOCUS: Shape = {"focus_on_load": boolean}
_CONFIRM: Shape = {"confirm": confirm}
_MANY: Shape = {"max_selected_items": number(1, 10_000)}
_DISPATCH: Shape = {"dispatch_action_config": anything}
_BUTTON_TEXT: Shape = {"text": words(75), "action_id": _ID}

ELEMENTS: dict[str, tuple[Shape, Shape]] = {
    "button": ({"text": words(75)}, {"url": web_address, "value": string(2000), "style": one_of("primary", "danger"),
                                     "accessibility_label": string(75), **_CONFIRM}),
    "image": ({"alt_text": string(2000, 1)}, {"image_url": web_address, "slack_file": anything}),
    "static_select": ({}, {"options": listed(option(), 100), "option_groups": listed(group, 100), "initial_option": option(),
                           **_PLACE, **_FOCUS, **_CONFIRM}),
    "multi_static_select": ({}, {"options": listed(option(), 100), "option_groups": listed(group, 100),
                                 "initial_options": listed(option(), 100), **_PLACE, **_FOCUS, **_CONFIRM, **_MANY}),
    "external_select": ({}, {"initial_option": option(), "min_query_length": number(0, 3000), **_PLACE, **_FOCUS, **_CONFIRM}),
    "multi_external_select": ({}, {"initial_options": listed(option(), 100), "min_query_length": number(0, 3000),
                                   **_PLACE, **_FOCUS, **_CONFIRM, **_MANY}),
    "users_select": ({}, {"initial_user": string(255), **_PLACE, **_FOCUS, **_CONFIRM}),
    "multi_users_select": ({}, {"initial_users": listed(string(255), 100), **_PLACE, **_FOCUS, **_CONFIRM, **_MANY}),
    "conversations_select": ({}, {"initial_conversation": string(255), "default_to_current_conversation": boolean, "filter": anything,
                                  "response_url_enabled": boolean, **_PLACE, **_FOCUS, **_CONFIRM}),
    "channels_select": ({}, {"initial_channel": string(255), "response_url_enabled": boolean, **_PLACE, **_FOCUS, **_CONFIRM}),
    "overflow": ({"options": listed(option(url=True), 5)}, dict(_CONFIRM)),
    "radio_buttons": ({"options": listed(option(markup=True), 10)}, {"initial_option": option(markup=True), **_FOCUS, **_CONFIRM}),
    "checkboxes": ({"options": listed(option(markup=True), 10)},
                   {"initial_options": listed(option(markup=True), 10), **_FOCUS, **_CONFIRM}),
    "datepicker": ({}, {"initial_date": string(10, 10), **_PLACE, **_FOCUS, **_CONFIRM}),
    "timepicker": ({}, {"initial_time": string(5, 5), "timezone": string(255), **_PLACE, **_FOCUS, **_CONFIRM}),
    "datetimepicker": ({}, {"initial_date_time": number(1_000_000_000, 9_999_999_999), **_FOCUS, **_CONFIRM}),
    "plain_text_input": ({}, {"initial_value": string(3000), "multiline": boolean, "min_length": number(0, 3000),
                              "max_length": number(1, 3000), **_PLACE, **_FOCUS, **_DISPATCH}),
    "email_text_input": ({}, {"initial_value": string(3000), **_PLACE, **_FOCUS, **_DISPATCH}),
    "url_text_input": ({}, {"initial_value": string(3000), **_PLACE, **_FOCUS, **_DISPATCH}),
    "number_input": ({"is_decimal_allowed": boolean}, {"initial_value": string(3000), "min_value": string(255), "max_value": string(255),
                                                       **_PLACE, **_FOCUS, **_DISPATCH}),
    "rich_text_input": ({}, {"initial_value": anything, **_PLACE, **_FOCUS, **_DISPATCH}),
    "file_input": ({}, {"filetypes": listed(string(255), 100), "max_files": number(1, 10)}),
    "feedback_buttons": ({"positive_button": anything, "negative_button": anything}, {}),
    "icon_button": ({"icon": string(255, 1), "text": words(75)}, {"value": string(2000), "accessibility_label": string(75),
                                                                  "visible_to_user_ids": anything, **_CONFIRM}),
}
"""Element type -> (required fields, optional fields). `type` and `action_id` are added for all."""

SELECTS = ("static_select", "multi_static_select", "external_select", "multi_external_select", "users_select", "multi_users_select",
           "conversations_select", "channels_select")
PICKERS = ("datepicker", "timepicker", "overflow", "radio_buttons", "checkboxes")
IN_ACTIONS = frozenset({"button", "datetimepicker", "rich_text_input", *SELECTS, *PICKERS})
IN_SECTION = frozenset({"button", "image", *SELECTS, *PICKERS})
IN_INPUT = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input",
                      "datepicker", "timepicker", "datetimepicker", "radio_buttons", "checkboxes", *SELECTS})
IN_CONTEXT_ACTIONS = frozenset({"feedback_buttons", "icon_button"})


def element(allowed: frozenset[str]) -> Check:
    """One of these elements, with its fields within their limits."""
    def check(value: Any, at: str, out: list[str]) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in allowed or not isinstance(value, dict):
            complain(out, f"unsupported type: {kind}", at)
            return
        required, optional = ELEMENTS[kind]
        own: Shape = {"type": anything} if kind == "image" else {"type": anything, "action_id": _ID}
        shaped(value, at, out, required, {**own, **optional})
        if kind in ("static_select", "multi_static_select") and ("options" in value) == ("option_groups" in value):
            complain(out, "must define exactly one of options and option_groups", at)
        if kind == "image" and ("image_url" in value) == ("slack_file" in value):
            complain(out, "must define exactly one of image_url and slack_file", at)
        unique_values(value, at, out)
        initial = value.get("initial_option")
        if kind in ("static_select", "radio_buttons") and initial is not None and initial not in _offered(value):
            complain(out, "initial_option must be one of the options", at)
    return check


def _offered(value: Json) -> list[Any]:
    groups = value.get("option_groups") or []
    return [*(value.get("options") or []), *(o for g in groups if isinstance(g, dict) for o in g.get("options", []))]
