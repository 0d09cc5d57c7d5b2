"""Block Kit as a person reads it: plain lines for transcripts, tests and screen readers.

Buttons are shown as [Approve], choices as (Payroll v), inputs as their label with what is in them. Dates are
resolved in the reader's zone, markup is taken away and escapes are undone. A block that is not known is named,
so that nothing is lost silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.slack_markup import Names, emoji, mrkdwn
from sandbox.slack_records import Json

# ------------------------------------------------------------ text objects and elements

Say = Callable[[Any], str]


def text_of(thing: Any, *, zone: tzinfo = UTC, names: Names | None = None) -> str:
    """A text object (or nothing) as it is read."""
    if not isinstance(thing, dict):
        return ""
    raw = str(thing.get("text", ""))
    return mrkdwn(raw, zone=zone, names=names) if thing.get("type") == "mrkdwn" else emoji(raw)


def _element(element: Json, say: Say, state: Json | None) -> str:
    kind = element.get("type", "")
    if kind in ("button", "workflow_button"):
        return f"[{say(element.get('text'))}]"
    if kind == "image":
        return f"(image: {element.get('alt_text', '')})"
    if kind in ("plain_text", "mrkdwn"):
        return say(element)
    if kind == "overflow":
        return "[⋯ " + " | ".join(say(o.get("text")) for o in element.get("options", [])) + "]"
    if kind == "feedback_buttons":
        return " ".join(f"[{say((element.get(k) or {}).get('text'))}]" for k in ("positive_button", "negative_button"))
    if kind == "icon_button":
        return f"[{say(element.get('text'))}]"
    if kind in ("radio_buttons", "checkboxes"):
        chosen = chosen_values(state if state is not None else initial_of(element))
        on, off = ("(•)", "( )") if kind == "radio_buttons" else ("[x]", "[ ]")
        return "  ".join(f"{on if o.get('value') in chosen else off} {say(o.get('text'))}" for o in element.get("options", []))
    shown = value_of(state if state is not None else initial_of(element), say)
    shown = shown or say(element.get("placeholder"))
    return f"({shown or '…'} ▾)" if "select" in kind else f"[ {shown or ' '} ]"


def initial_of(element: Json) -> Json:
    """The state an element starts with, in the shape it has in `view.state.values`."""
    kind = element.get("type", "")
    match kind:
        case "plain_text_input" | "email_text_input" | "url_text_input" | "number_input":
            return {"type": kind, "value": element.get("initial_value")}
        case "static_select" | "external_select" | "radio_buttons":
            return {"type": kind, "selected_option": element.get("initial_option")}
        case "checkboxes" | "multi_static_select" | "multi_external_select":
            return {"type": kind, "selected_options": list(element.get("initial_options", []))}
        case "users_select" | "conversations_select" | "channels_select":
            what = kind.split("_")[0][:-1]
            return {"type": kind, f"selected_{what}": element.get(f"initial_{what}")}
        case "multi_users_select" | "multi_conversations_select" | "multi_channels_select":
            what = kind.split("_")[1]
            return {"type": kind, f"selected_{what}": list(element.get(f"initial_{what}", []))}
        case "datepicker":
            return {"type": kind, "selected_date": element.get("initial_date")}
        case "timepicker":
            return {"type": kind, "selected_time": element.get("initial_time")}
        case "datetimepicker":
            return {"type": kind, "selected_date_time": element.get("initial_date_time")}
        case "file_input":
            return {"type": kind, "files": []}
        case "rich_text_input":
            return {"type": kind, "rich_text_value": element.get("initial_value")}
    return {"type": kind}


def chosen_values(state: Json) -> set[str]:
    one = state.get("selected_option")
    return {str(o.get("value")) for o in [*([one] if one else []), *state.get("selected_options", [])]}


def is_empty(state: Json) -> bool:
    """Nothing was put in."""
    return not any(v for k, v in state.items() if k != "type")


def value_of(state: Json, say: Say) -> str:
    """What stands in a field, in words."""
    if state.get("selected_option"):
        return say(state["selected_option"].get("text"))
    if state.get("selected_options"):
        return ", ".join(say(o.get("text")) for o in state["selected_options"])
    if state.get("files"):
        return ", ".join(str(f.get("name")) for f in state["files"])
    values = [v for k, v in state.items() if k != "type" and v]
    return ", ".join(str(v) for v in values)


# ------------------------------------------------------------ blocks

def reading(blocks: Iterable[Json], *, tz: str = "UTC", names: Names | None = None, state: Mapping[str, Json] | None = None) -> str:
    """The blocks as lines. `state` is what a person has put in so far, by block_id and action_id."""
    zone = ZoneInfo(tz)

    def say(thing: Any) -> str:
        return text_of(thing, zone=zone, names=names)

    lines: list[str] = []
    for block in blocks:
        lines.extend(_block(block, say, (state or {}).get(str(block.get("block_id", "")), {})))
    return "\n".join(line.rstrip() for line in lines)


def _block(block: Json, say: Say, state: Json) -> list[str]:
    def show(element: Json) -> str:
        return _element(element, say, state.get(str(element.get("action_id", ""))))

    match block.get("type"):
        case "header":
            return [say(block.get("text")), "─" * min(40, len(say(block.get("text"))))]
        case "section":
            lines = [*say(block.get("text")).splitlines(), *(" — ".join(say(f).splitlines()) for f in block.get("fields", []))]
            if block.get("accessory"):
                lines[-1:] = [f"{lines[-1] if lines else ''}  {show(block['accessory'])}".strip()]
            return lines
        case "context":
            return [" · ".join(show(e) for e in block.get("elements", []))]
        case "actions" | "context_actions":
            return ["  ".join(show(e) for e in block.get("elements", []))]
        case "divider":
            return ["────"]
        case "input":
            label = say(block.get("label")) + (" (optional)" if block.get("optional") else "")
            hint = [f"  {say(block['hint'])}"] if block.get("hint") else []
            return [f"{label}: {show(block.get('element', {}))}", *hint]
        case "image":
            return [f"(image: {block.get('alt_text', '')})"]
        case "alert":
            return [f"! {say(block.get('text'))}"]
        case "markdown":
            return str(block.get("text", "")).splitlines()
        case "rich_text":
            return _rich(block, say).splitlines()
        case "task_card":
            return [_task(block)]
        case "plan":
            return [str(block.get("title", "")), *(_task(t) for t in block.get("tasks", []))]
        case "table":
            return [" | ".join(_rich(cell, say) for cell in row) for row in block.get("rows", [])]
        case other:
            return [f"(a {other} block)"]


def _task(task: Json) -> str:
    mark = {"complete": "✓", "in_progress": "◐", "error": "✗"}.get(str(task.get("status")), "○")
    return f"{mark} {task.get('title', '')}"


def _rich(node: Json, say: Say) -> str:
    if "text" in node and isinstance(node["text"], str):
        return str(node["text"])
    if node.get("type") == "user":
        return f"@{node.get('user_id', '')}"
    if node.get("type") == "link":
        return str(node.get("url", ""))
    if node.get("type") == "date":
        return say({"type": "mrkdwn", "text": f"<!date^{node.get('timestamp')}^{node.get('format')}|{node.get('fallback', '')}>"})
    if node.get("type") == "emoji":
        return emoji(f":{node.get('name', '')}:")
    parts = [_rich(child, say) for child in node.get("elements", [])]
    return ("\n" if node.get("type") in ("rich_text", "rich_text_list") else "").join(parts)


def buttons(blocks: Iterable[Json]) -> list[tuple[Json, Json]]:
    """Every button with the block that holds it, in the order they are seen."""
    return [(block, e) for block in blocks for e in elements(block) if e.get("type") in ("button", "workflow_button", "icon_button")]


def elements(block: Json) -> list[Json]:
    """The interactive things of a block."""
    match block.get("type"):
        case "actions" | "context_actions":
            return list(block.get("elements", []))
        case "section":
            return [block["accessory"]] if block.get("accessory") else []
        case "input":
            return [block["element"]] if block.get("element") else []
    return []
