"""What a model is told: the standing instructions, and the request as one block of data."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any

from agent.case import Case
from agent.plain_text import line

OPENING, CLOSING = "<request-data>", "</request-data>"
_BLOCK = re.compile(rf"{OPENING}\n(.*)\n{CLOSING}", re.DOTALL)
_TEXT_LIMIT = 4000
_MOST_APPLICATIONS = 200


@cache
def instructions() -> str:
    """The operation's role and instructions (agent/instructions/triage.md)."""
    return resources.files("agent").joinpath("instructions", "triage.md").read_text(encoding="utf-8")


def prompt(case: Case) -> str:
    """The user's turn. The JSON holds no angle bracket, so that no text in it can end the block or open another."""
    data = {
        "request_id": line(case.request_id, 40),
        "summary": line(case.summary, _TEXT_LIMIT),
        "business_justification": line(case.justification, _TEXT_LIMIT),
        "form": case.form,
        "for_someone_else": case.on_behalf,
        "symptom": line(case.symptom, 20),
        "target_kind": line(case.app_kind, 20),
        "target_system_or_record": line(case.app_label, 200),
        "own_applications": [line(label, 120) for label in case.own_applications[:_MOST_APPLICATIONS]],
    }
    text = json.dumps(data, ensure_ascii=False, indent=1)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f"Read this request and propose what should follow.\n{OPENING}\n{text}\n{CLOSING}"


def data_of(text: str) -> dict[str, Any]:
    """The block's data out of a prompt; ValueError when there is none."""
    found = _BLOCK.search(text)
    if found is None:
        raise ValueError("the prompt holds no request data")
    data = json.loads(found.group(1))
    if not isinstance(data, dict):
        raise ValueError("the request data is no object")
    return data
