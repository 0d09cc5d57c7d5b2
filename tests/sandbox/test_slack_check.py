"""What Slack would refuse in blocks, held against the schema derived from @slack/types where there is one."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from jsonschema import Draft7Validator

from sandbox.slack_check import blocks_faults, message_faults, options_faults, view_faults
from tests.sandbox.slack_echo import CARD, FORM, HOME, option, plain, spec

Json = dict[str, Any]


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def button(n: int = 0, **more: Any) -> Json:
    return {"type": "button", "action_id": f"b{n}", "text": plain("Go"), **more}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": [option("One")], **more}


def asks(element: Json) -> Json:
    return {"type": "input", "label": plain("Label"), "element": {"action_id": "x", **element}}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("T"), "submit": plain("Send"), "blocks": list(blocks), **more}


GOOD_MESSAGES: dict[str, list[Json]] = {
    "card": CARD,
    "texts": [{"type": "header", "text": plain("x" * 150)}, section("x" * 3000), {"type": "divider"},
              {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}, plain("print")]}],
    "fields": [{"type": "section", "fields": [plain("x" * 2000)] * 2}],
    "25 buttons": [actions(*(button(n) for n in range(25)))],
    "longest button": [actions(button(text=plain("x" * 75), value="x" * 2000, url="https://example.com", style="danger"))],
    "longest option": [actions(select(options=[{"text": plain("x" * 75), "value": "x" * 150}]))],
    "accessory": [{**section("x"), "accessory": button()}],
    "task card": [{"type": "task_card", "task_id": "1", "title": "Checking", "status": "in_progress"}],
    "markdown": [{"type": "markdown", "text": "# Hello"}],
    "same action_id in two blocks": [actions(button()), actions(button())],
}
BAD_MESSAGES: dict[str, list[Json]] = {
    "51 blocks": [{"type": "divider"}] * 51,
    "markup in a header": [{"type": "header", "text": {"type": "mrkdwn", "text": "*x*"}}],
    "long header": [{"type": "header", "text": plain("x" * 151)}],
    "long section": [section("x" * 3001)],
    "empty text": [section("")],
    "empty section": [{"type": "section"}],
    "long field": [{"type": "section", "fields": [plain("x" * 2001)]}],
    "11 fields": [{"type": "section", "fields": [plain("x")] * 11}],
    "11 in context": [{"type": "context", "elements": [plain("x")] * 11}],
    "26 buttons": [actions(*(button(n) for n in range(26)))],
    "no buttons": [actions()],
    "long button": [actions(button(text=plain("x" * 76)))],
    "markup on a button": [actions(button(text={"type": "mrkdwn", "text": "x"}))],
    "long value": [actions(button(value="x" * 2001))],
    "unknown style": [actions(button(style="default"))],
    "long action_id": [actions({**button(), "action_id": "x" * 256})],
    "unknown field": [{**section("x"), "colour": "red"}],
    "unknown block": [{"type": "blink"}],
    "101 options": [actions(select(options=[{"text": plain("x"), "value": str(n)} for n in range(101)]))],
    "long option": [actions(select(options=[{"text": plain("x" * 76), "value": "v"}]))],
    "long option value": [actions(select(options=[{"text": plain("x"), "value": "v" * 151}]))],
    "long placeholder": [actions(select(placeholder=plain("x" * 151)))],
    "11 radio buttons": [actions({"type": "radio_buttons", "options": [{"text": plain("x"), "value": str(n)} for n in range(11)]})],
    "6 in an overflow": [actions({"type": "overflow", "options": [{"text": plain("x"), "value": str(n)} for n in range(6)]})],
    "long confirm title": [actions(button(confirm={"title": plain("x" * 101), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")}))],
    "long confirm button": [actions(button(confirm={"title": plain("x"), "text": plain("x"), "confirm": plain("y" * 31), "deny": plain("n")}))],
    "an alert in a message": [{"type": "alert", "text": plain("x")}],
    "an input element among actions": [actions({"type": "plain_text_input", "action_id": "x"})],
    "an unknown task status": [{"type": "task_card", "task_id": "1", "title": "x", "status": "busy"}],
    "101 table rows": [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 101}],
}
ONLY_OURS: dict[str, list[Json]] = {
    "no options": [actions({"type": "static_select", "action_id": "s"})],
    "the same action_id in one block": [actions(button(), button())],
    "the same block_id": [{"type": "divider", "block_id": "d"}] * 2,
    "the same option value": [actions(select(options=[option("One"), option("One")]))],
    "an initial option that is not offered": [actions(select(initial_option=option("Two")))],
    "two focused": [actions(select(focus_on_load=True)), actions(select(focus_on_load=True))],
    "two tables": [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}] * 2,
    "no list": [section("x"), "text"],  # type: ignore[list-item]  # what a careless bot may send
    "a file in a message": [asks({"type": "file_input"})],
}
BAD_MODALS: dict[str, Json] = {
    "input without submit": {k: v for k, v in modal(asks({"type": "plain_text_input"})).items() if k != "submit"},
    "long title": modal(title=plain("x" * 25)),
    "long submit": modal(submit=plain("x" * 25)),
    "long metadata": modal(private_metadata="x" * 3001),
    "long callback": modal(callback_id="x" * 256),
    "101 blocks": modal(*[{"type": "divider"}] * 101),
    "markdown": modal({"type": "markdown", "text": "x"}),
    "table": modal({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}),
    "11 files": modal(asks({"type": "file_input", "max_files": 11})),
    "long label": modal({**asks({"type": "plain_text_input"}), "label": plain("x" * 2001)}),
    "max_length": modal(asks({"type": "plain_text_input", "max_length": 3001})),
    "unknown field": modal(colour="red"),
    "a button as input": modal(asks({"type": "button", "text": plain("x")})),
}


@cache
def derived(name: str) -> Draft7Validator:
    schema = spec("block-kit.derived.schema.json")
    return Draft7Validator({"definitions": schema["definitions"], "$ref": f"#/definitions/{name}"})


@pytest.mark.parametrize("name", GOOD_MESSAGES)
def test_good_messages_pass(name: str) -> None:
    assert message_faults(GOOD_MESSAGES[name]) == ("", [])
    assert derived("MessageBlocks").is_valid(GOOD_MESSAGES[name])


@pytest.mark.parametrize("name", BAD_MESSAGES)
def test_bad_messages_are_refused_with_a_place(name: str) -> None:
    error, reasons = message_faults(BAD_MESSAGES[name])
    assert error == "invalid_blocks"
    assert all(r.startswith("[ERROR] ") and "[json-pointer:/blocks" in r for r in reasons)
    assert not derived("MessageBlocks").is_valid(BAD_MESSAGES[name])


@pytest.mark.parametrize("name", ONLY_OURS)
def test_what_no_schema_catches_is_refused_too(name: str) -> None:
    assert message_faults(ONLY_OURS[name])[0] == "invalid_blocks"


def test_good_views_pass() -> None:
    for view in (FORM, modal(), modal({"type": "alert", "text": plain("x"), "level": "warning"})):
        assert view_faults(view, "modal") == ("", [])
        assert derived("ModalView").is_valid(view)
    assert view_faults(HOME, "home") == ("", [])
    assert derived("HomeView").is_valid(HOME)


@pytest.mark.parametrize("name", BAD_MODALS)
def test_bad_modals_are_refused(name: str) -> None:
    error, reasons = view_faults(BAD_MODALS[name], "modal")
    assert error == "invalid_arguments"
    assert all("[json-pointer:/view" in r for r in reasons)
    assert not derived("ModalView").is_valid(BAD_MODALS[name])


def test_things_that_are_no_blocks_at_all_are_refused() -> None:
    assert blocks_faults("hello", "message") == ["[ERROR] must provide an array [json-pointer:/blocks]"]
    assert view_faults([], "home")[0] == "invalid_arguments"
    assert message_faults([{"type": "markdown", "text": "x" * 7000}] * 2)[0] == "invalid_blocks"


def test_answers_to_a_searching_select_are_checked() -> None:
    assert options_faults({"options": [option("One")]}) == []
    assert options_faults({"options": []}) == []
    assert options_faults("") != []
    assert options_faults({"options": [{"text": plain("x"), "value": str(n)} for n in range(101)]}) != []
