"""What every Slack drawing must be: of the documented shape, and with ids that are unique."""

from __future__ import annotations

import json
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "../shared/specs/slack/block-kit.derived.schema.json"
INTERACTIVE = {"button", "static_select", "external_select", "radio_buttons", "plain_text_input", "file_input"}


@lru_cache
def _validators() -> dict[str, Draft7Validator]:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    shared = {key: schema[key] for key in ("definitions",)}
    names = {"message": "MessageBlocks", "modal": "ModalView", "home": "HomeView"}
    return {kind: Draft7Validator({"$ref": f"#/definitions/{name}"} | shared) for kind, name in names.items()}


@cache
def _faults(kind: str, shown: str) -> tuple[str, ...]:
    found = _validators()[kind].iter_errors(json.loads(shown))
    return tuple(f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found)


def schema_faults(drawing: dict[str, Any]) -> list[str]:
    """What the schema says against a drawing; the test is skipped when the schema is not there (not in CI).

    Looked at block by block, each once, without its number: most drawings share most of their blocks.
    """
    if not SCHEMA.is_file():
        if os.environ.get("CI"):
            pytest.fail("the Block Kit schema is missing")
        pytest.skip("the Block Kit schema is not here")
    kind = drawing.get("type", "message")
    faults: list[str] = [] if drawing["blocks"] else ["no blocks"]
    for place, block in enumerate(drawing["blocks"]):
        bare = [{key: value for key, value in block.items() if key != "block_id" or not value.startswith("kt")}]
        shown = bare if kind == "message" else drawing | {"blocks": bare}
        if kind == "modal" and block["type"] != "input":
            shown = drawing | {"blocks": bare, "private_metadata": ""}
        faults += [f"block {place}: {fault}" for fault in _faults(kind, json.dumps(shown, sort_keys=True))]
    return faults


def parts(part: object) -> list[dict[str, Any]]:
    """Every object in a drawing, from outside in and from top to bottom."""
    found: list[dict[str, Any]] = []
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found.append(one)
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        waiting += [value for value in reversed(list(inner)) if isinstance(value, dict | list)]
    return found


def interactive(drawing: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in parts(drawing) if part.get("type") in INTERACTIVE]


def repeated_ids(drawing: dict[str, Any]) -> list[str]:
    """What no schema sees: block ids and action ids that appear twice in one drawing."""
    given = [part[key] for part in parts(drawing["blocks"]) for key in ("block_id", "action_id") if key in part]
    return sorted({one for one in given if given.count(one) > 1})


def too_long(drawing: dict[str, Any]) -> list[str]:
    """Texts beyond Slack's limits, in UTF-16 units, where people's words can be (Slack, Block Kit reference)."""
    faults: list[str] = []

    def check(name: str, text: str, most: int) -> None:
        if not 0 < len(text.encode("utf-16-le")) // 2 <= most:
            faults.append(f"{name}: {len(text)}")

    for part in parts(drawing):
        kind, text = part.get("type"), part.get("text")
        if kind in {"plain_text", "mrkdwn"}:
            check(kind, part["text"], 3000)
        if isinstance(text, dict) and "value" in part:
            check("button or option", text["text"], 75)
            check("value", part["value"], 2000 if kind == "button" else 150)
        elif kind == "header":
            check("header", part["text"]["text"], 150)
        for field in part.get("fields", ()):
            check("field", field["text"], 2000)
        if "action_id" in part:
            check("action_id", part["action_id"], 255)
    return faults


def texts(drawing: dict[str, Any]) -> list[str]:
    """Every text a person reads, the notification included."""
    found = [part["text"] for part in parts(drawing) if isinstance(part.get("text"), str)]
    return found + [part["fallback"] for part in parts(drawing) if isinstance(part.get("fallback"), str)]


def characters(drawing: dict[str, Any]) -> int:
    return sum(len(part["text"]) for part in parts(drawing["blocks"]) if isinstance(part.get("text"), str))
