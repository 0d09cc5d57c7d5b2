"""Filling in Block Kit inputs by words: finding a field by its label and a choice by its text, and what Slack checks itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sandbox import slack_shapes as shapes
from sandbox.slack_reading import elements, initial_of, is_empty, text_of
from sandbox.slack_records import File, Json, View, fresh
from sandbox.slack_workspace import Workspace

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
REQUIRED = "Please complete this required field."


def best(pattern: str, offered: Sequence[str], what: str) -> int:
    """The index of the one that is meant: the same words, else the pattern (any case), first come. LookupError names what is offered."""
    for same in (lambda o: o == pattern, lambda o: o.lower() == pattern.lower(), lambda o: re.search(pattern, o, re.IGNORECASE)):
        for n, text in enumerate(offered):
            if same(text):
                return n
    raise LookupError(f"no {what} like {pattern!r}; there are: {', '.join(offered) or 'none'}")


def fields(view: View) -> list[tuple[str, Json, Json]]:
    """(label, block, element) of everything that can be filled in; outside input blocks the placeholder or the text is the label."""
    out = []
    for block in view.blocks:
        for element in elements(block):
            if len(initial_of(element)) > 1:
                label = block.get("label") or element.get("placeholder") or block.get("text")
                out.append((text_of(label), block, element))
    return out


def options(source: Json) -> list[Json]:
    """The options of an element or of an answer to a block_suggestion, groups flattened."""
    groups: Iterable[Json] = source.get("option_groups") or []
    return [*(source.get("options") or []), *(o for g in groups for o in g.get("options", []))]


def chosen(wanted: str, offered: list[Json]) -> Json:
    """The option with these words, as Slack sends it back."""
    option = offered[best(wanted, [text_of(o.get("text")) for o in offered], "option")]
    return {k: option[k] for k in ("text", "value", "description") if k in option}


def filled(ws: Workspace, user: str, element: Json, value: Any, offered: list[Json]) -> Json:
    """The state of an element once this value is put in. Options are given by their words, people by key or name, files by name."""
    kind = element["type"]
    many = [str(v) for v in value] if isinstance(value, (list, tuple)) else [str(value)]
    match kind:
        case "plain_text_input" | "email_text_input" | "url_text_input" | "number_input":
            return {"type": kind, "value": str(value) or None}
        case "static_select" | "external_select" | "radio_buttons":
            return {"type": kind, "selected_option": chosen(str(value), offered) if value else None}
        case "checkboxes" | "multi_static_select" | "multi_external_select":
            return {"type": kind, "selected_options": [chosen(v, offered) for v in many if v]}
        case "users_select":
            return {"type": kind, "selected_user": ws.find(str(value)).id}
        case "multi_users_select":
            return {"type": kind, "selected_users": [ws.find(v).id for v in many]}
        case "conversations_select" | "channels_select":
            return {"type": kind, f"selected_{kind.split('_')[0][:-1]}": ws.place(str(value)).id}
        case "datepicker" | "timepicker":
            return {"type": kind, f"selected_{kind.removesuffix('picker')}": str(value)}
        case "datetimepicker":
            return {"type": kind, "selected_date_time": int(value)}
        case "file_input":
            return {"type": kind, "files": [shapes.file(ws, f) for f in uploaded(ws, user, many if value else [])]}
    raise LookupError(f"nothing can be put into a {kind}")


def uploaded(ws: Workspace, user: str, names: Iterable[str]) -> list[File]:
    """New files of this user in the workspace."""
    types = {"png": "image/png", "jpg": "image/jpeg", "pdf": "application/pdf", "txt": "text/plain", "log": "text/plain"}
    out = []
    for name in names:
        mimetype = types.get(name.rsplit(".", 1)[-1].lower(), "application/octet-stream")
        made = File(fresh("F"), name, mimetype, 1024 + len(name), user, int(ws.clock()))
        ws.files[made.id] = made
        out.append(made)
    return out


def client_errors(view: View) -> dict[str, str]:
    """What Slack's own client refuses before anything is sent, by block_id: required fields, lengths, addresses."""
    out: dict[str, str] = {}
    for block in view.blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = view.state.get(block["block_id"], {}).get(element["action_id"], {})
        if is_empty(state):
            if not block.get("optional"):
                out[block["block_id"]] = REQUIRED
            continue
        value = str(state.get("value") or "")
        if element["type"] == "email_text_input" and not EMAIL.fullmatch(value):
            out[block["block_id"]] = "Please enter a valid email address."
        if element["type"] == "plain_text_input":
            low, high = element.get("min_length", 0), element.get("max_length", 3000)
            if not low <= len(value) <= high:
                out[block["block_id"]] = f"Please enter {low} to {high} characters."
        if element["type"] == "file_input" and len(state["files"]) > element.get("max_files", 10):
            out[block["block_id"]] = f"No more than {element.get('max_files', 10)} files."
    return out


def by_label(view: View, errors: dict[str, str]) -> dict[str, str]:
    """Errors by block_id -> by the words above the field."""
    labels = {b["block_id"]: text_of(b.get("label")) for b in view.blocks}
    return {labels.get(block, block): error for block, error in errors.items()}
