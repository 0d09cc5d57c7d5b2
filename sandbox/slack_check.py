"""What Slack would refuse in blocks and views: counts, lengths, surfaces, duplicates (Block Kit reference).

Each complaint is one line with a JSON pointer, as Slack puts it into `response_metadata.messages`.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from sandbox.slack_check_elements import (
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    Check,
    Json,
    Shape,
    anything,
    boolean,
    complain,
    element,
    listed,
    one_of,
    option,
    shaped,
    string,
    web_address,
    words,
)

Surface = Literal["message", "modal", "home"]

MOST_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}
MOST_MESSAGE_TEXT = 13_200
"""Sum of all text in a message's blocks; measured by users, not documented (bolt-js issue 2509)."""
MOST_MARKDOWN = 12_000
MOST_VIEW_BYTES = 250_000

_MESSAGE: frozenset[Surface] = frozenset({"message"})
_MODAL: frozenset[Surface] = frozenset({"modal"})
_VIEWS: frozenset[Surface] = frozenset({"modal", "home"})
_ALL: frozenset[Surface] = frozenset({"message", "modal", "home"})
_MESSAGE_AND_HOME: frozenset[Surface] = frozenset({"message", "home"})


def _context_element(value: Any, at: str, out: list[str]) -> None:
    if isinstance(value, dict) and value.get("type") == "image":
        element(frozenset({"image"}))(value, at, out)
    else:
        words(3000, markup=True)(value, at, out)


BLOCKS: dict[str, tuple[frozenset[Surface], Shape, Shape]] = {
    "section": (_ALL, {}, {"text": words(3000, markup=True), "fields": listed(words(2000, markup=True), 10),
                           "accessory": element(IN_SECTION), "expand": boolean}),
    "header": (_ALL, {"text": words(150)}, {"level": anything}),
    "context": (_ALL, {"elements": listed(_context_element, 10)}, {}),
    "actions": (_ALL, {"elements": listed(element(IN_ACTIONS), 25)}, {}),
    "divider": (_ALL, {}, {}),
    "input": (_ALL, {"label": words(2000), "element": element(IN_INPUT)},
              {"hint": words(2000), "optional": boolean, "dispatch_action": boolean}),
    "image": (_ALL, {"alt_text": string(2000, 1)}, {"image_url": web_address, "slack_file": anything, "title": words(2000)}),
    "rich_text": (_ALL, {"elements": listed(anything, 1000, 0)}, {}),
    "video": (_ALL, {"alt_text": string(2000), "title": words(200), "thumbnail_url": web_address, "video_url": web_address},
              {"author_name": string(50), "description": words(200), "provider_icon_url": web_address, "provider_name": string(255),
               "title_url": web_address}),
    "container": (_ALL, {}, {"title": anything, "subtitle": anything, "child_blocks": listed(anything, 10)}),
    "card": (_MESSAGE_AND_HOME, {},
             dict.fromkeys(("title", "subtitle", "body", "subtext", "actions", "hero_image", "icon", "slack_icon"), anything)),
    "carousel": (_MESSAGE_AND_HOME, {"elements": listed(anything, 10)}, {}),
    "alert": (_MODAL, {"text": words(3000, markup=True)}, {"level": one_of("default", "info", "warning", "error", "success")}),
    "markdown": (_MESSAGE, {"text": string(MOST_MARKDOWN, 1)}, {}),
    "table": (_MESSAGE, {"rows": listed(listed(anything, 20), 100)}, {"column_settings": listed(anything, 20, 0)}),
    "data_table": (_MESSAGE, {}, dict.fromkeys(("rows", "caption", "page_size", "row_header_column_index"), anything)),
    "context_actions": (_MESSAGE, {"elements": listed(element(IN_CONTEXT_ACTIONS), 5)}, {}),
    "task_card": (_MESSAGE, {"task_id": string(255, 1), "title": string(3000, 1)},
                  {"status": one_of("pending", "in_progress", "complete", "error"), "details": anything, "output": anything,
                   "sources": listed(anything, 100, 0)}),
    "plan": (_MESSAGE, {"title": string(3000, 1)}, {"tasks": listed(anything, 100, 0)}),
}
"""Block type -> (where it may stand, required fields, optional fields). `type` and `block_id` are added for all."""

_BLOCK_ID: Check = string(255, 1)


def blocks_faults(blocks: Any, surface: Surface, at: str = "/blocks") -> list[str]:
    """Why Slack would refuse these blocks on this surface; empty when it would not."""
    out: list[str] = []
    if not isinstance(blocks, list):
        return [f"[ERROR] must provide an array [json-pointer:{at}]"]
    if len(blocks) > MOST_BLOCKS[surface]:
        complain(out, f"no more than {MOST_BLOCKS[surface]} items allowed", at)
    seen: set[str] = set()
    focused = 0
    for n, block in enumerate(blocks):
        here = f"{at}/{n}"
        _block(block, surface, here, out)
        if not isinstance(block, dict):
            continue
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id in seen:
            complain(out, f"`block_id` {block_id} already exists", f"{here}/block_id")
        seen.add(str(block_id))
        focused += _elements(block, here, surface, out)
    if focused > 1:
        complain(out, "only one element may have focus_on_load", at)
    for kind in ("table", "plan"):
        if sum(isinstance(b, dict) and b.get("type") == kind for b in blocks) > 1:
            complain(out, f"only one {kind} allowed", at)
    return out


def _block(block: Any, surface: Surface, at: str, out: list[str]) -> None:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in BLOCKS or surface not in BLOCKS[kind][0]:
        complain(out, f"unsupported type: {kind}", f"{at}/type")
        return
    _, required, optional = BLOCKS[kind]
    shaped(block, at, out, required, {"type": anything, "block_id": _BLOCK_ID, **optional})
    if kind == "section" and not block.get("text") and not block.get("fields"):
        complain(out, "must define one of text and fields", at)
    if kind == "image" and ("image_url" in block) == ("slack_file" in block):
        complain(out, "must define exactly one of image_url and slack_file", at)


def _elements(block: Json, at: str, surface: Surface, out: list[str]) -> int:
    """Action ids are unique within their block (across blocks they may repeat). Answers how many elements want the focus."""
    inner = block.get("elements") if block.get("type") in ("actions", "context_actions") else [block.get("accessory"), block.get("element")]
    found = [e for e in inner if isinstance(e, dict)] if isinstance(inner, list) else []
    ids = [e["action_id"] for e in found if isinstance(e.get("action_id"), str)]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        complain(out, f"`action_id` {twice} already exists", at)
    if surface != "modal" and any(e.get("type") == "file_input" for e in found):
        complain(out, "unsupported type: file_input", f"{at}/element")
    return sum(e.get("focus_on_load") is True for e in found)


def texts(value: Any) -> int:
    """Characters of all text objects below `value`."""
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(texts(v) for k, v in value.items() if not (k == "text" and isinstance(v, str)))
    return sum(texts(v) for v in value) if isinstance(value, list) else 0


def message_faults(blocks: Any) -> tuple[str, list[str]]:
    """The error code Slack would give a message with these blocks ("" for none), and its reasons."""
    faults = blocks_faults(blocks, "message")
    if faults:
        return "invalid_blocks", faults
    markdown = sum(len(b["text"]) for b in blocks if b["type"] == "markdown")
    if markdown > MOST_MARKDOWN:
        return "invalid_blocks", [f"[ERROR] markdown blocks hold more than {MOST_MARKDOWN} characters [json-pointer:/blocks]"]
    if texts([b for b in blocks if b["type"] != "markdown"]) > MOST_MESSAGE_TEXT:
        return "msg_blocks_too_long", []
    return "", []


_MODAL_FIELDS: Shape = {
    "close": words(24), "submit": words(24), "private_metadata": string(3000), "callback_id": string(255), "external_id": string(255),
    "clear_on_close": boolean, "notify_on_close": boolean, "submit_disabled": boolean,
}
_HOME_FIELDS: Shape = {"private_metadata": string(3000), "callback_id": string(255), "external_id": string(255)}


def view_faults(view: Any, kind: Literal["modal", "home"]) -> tuple[str, list[str]]:
    """The error code Slack would give this view ("" for none), and its reasons."""
    out: list[str] = []
    if not isinstance(view, dict):
        return "invalid_arguments", ["[ERROR] must provide an object [json-pointer:/view]"]
    if len(json.dumps(view, ensure_ascii=False).encode()) > MOST_VIEW_BYTES:
        return "view_too_large", []
    required: Shape = {"type": one_of(kind), "blocks": anything, **({"title": words(24)} if kind == "modal" else {})}
    shaped(view, "/view", out, required, _MODAL_FIELDS if kind == "modal" else _HOME_FIELDS)
    blocks = view.get("blocks")
    if blocks is not None:
        out.extend(blocks_faults(blocks, kind, "/view/blocks"))
    asks = isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if kind == "modal" and asks and view.get("submit") is None:
        complain(out, "missing required field: submit (the view has an input block)", "/view")
    return ("invalid_arguments", out) if out else ("", [])


def options_faults(body: Any) -> list[str]:
    """Why Slack would show no options for this answer to a block_suggestion."""
    out: list[str] = []
    if not isinstance(body, dict) or ("options" in body) == ("option_groups" in body):
        return ["[ERROR] must define exactly one of options and option_groups [json-pointer:/]"]
    if "options" in body:
        listed(option(), 100, 0)(body["options"], "/options", out)
    else:
        listed(anything, 100, 0)(body["option_groups"], "/option_groups", out)
    return out
