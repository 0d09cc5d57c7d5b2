"""views.*: modals and Home tabs, and what the bot's answer to a submission does to them.

Rules from the method pages and "Modals": a trigger_id lives three seconds and is used once; at most three views are stacked;
a stale `hash` is refused.
"""

from __future__ import annotations

from typing import Any, Literal

from sandbox import slack_shapes as shapes
from sandbox.slack_blocks import kept, state_of
from sandbox.slack_check import view_faults
from sandbox.slack_records import Json, Trigger, View, fresh
from sandbox.slack_web_api import Arguments, Method, Refused
from sandbox.slack_workspace import Workspace

MOST_STACKED = 3


def _trigger(ws: Workspace, args: Arguments) -> Trigger:
    trigger = ws.triggers.get(args.text("trigger_id") or args.need("interactivity_pointer"))
    if trigger is None:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if ws.clock() > trigger.until:
        raise Refused("expired_trigger_id")
    return trigger


def _checked(given: Any, kind: Literal["modal", "home"]) -> Json:
    error, reasons = view_faults(given, kind)
    if error:
        raise Refused(error, reasons)
    return {**given, "blocks": kept(given["blocks"])}


def _fresh_hash(ws: Workspace) -> str:
    return f"{int(ws.clock())}.{fresh('', 8)}"


def _free(ws: Workspace, body: Json, own: str = "") -> None:
    external = body.get("external_id")
    if external and any(v.body.get("external_id") == external and v.id != own for v in ws.views.values()):
        raise Refused("duplicate_external_id")


def stack(ws: Workspace, user: str, given: Any, *, on_top: bool) -> View:
    """A new modal for this user, on top of those that are open or in their place. Refused as Slack refuses it."""
    body = _checked(given, "modal")
    _free(ws, body)
    below = ws.stacks.get(user, [])
    if on_top and len(below) >= MOST_STACKED:
        raise Refused("push_limit_reached")
    if not on_top:
        forget(ws, user)
        below = []
    view = View(fresh("V"), user, "modal", body, _fresh_hash(ws), state=state_of(body["blocks"]), at=ws.clock())
    view.root = below[0] if below else view.id
    view.previous = below[-1] if below else ""
    ws.views[view.id] = view
    ws.stacks[user] = [*below, view.id]
    ws.touch()
    return view


def replace(ws: Workspace, view: View, given: Any) -> None:
    """New content for a view that is there; what the person typed stays where the ids are the same."""
    body = _checked(given, view.kind)
    _free(ws, body, view.id)
    view.state = state_of(body["blocks"], view.state)
    view.body, view.hash, view.at = body, _fresh_hash(ws), ws.clock()
    ws.touch()


def forget(ws: Workspace, user: str, view_id: str = "") -> None:
    """Closes one modal of this user, or all."""
    gone = [view_id] if view_id else ws.stacks.get(user, [])
    for each in gone:
        ws.views.pop(each, None)
    ws.stacks[user] = [v for v in ws.stacks.get(user, []) if v not in gone]
    ws.touch()


def open_(ws: Workspace, args: Arguments) -> Json:
    trigger = _trigger(ws, args)
    in_modal = bool(trigger.view) and trigger.view in ws.views
    view = stack(ws, trigger.user, args.structure("view"), on_top=in_modal)
    trigger.used = True
    return {"view": shapes.view(ws, view)}


def push(ws: Workspace, args: Arguments) -> Json:
    trigger = _trigger(ws, args)
    if not trigger.view or trigger.view not in ws.views:
        raise Refused("invalid_arguments", ["[ERROR] trigger_id must come from an open modal"])
    view = stack(ws, trigger.user, args.structure("view"), on_top=True)
    trigger.used = True
    return {"view": shapes.view(ws, view)}


def update(ws: Workspace, args: Arguments) -> Json:
    view_id, external = args.text("view_id"), args.text("external_id")
    if not view_id and not external:
        raise Refused("invalid_arguments", ["[ERROR] one of view_id and external_id is needed"])
    view = ws.views.get(view_id) or next((v for v in ws.views.values() if external and v.body.get("external_id") == external), None)
    if view is None:
        raise Refused("not_found")
    if args.text("hash") and args.text("hash") != view.hash:
        raise Refused("hash_conflict", view=shapes.view(ws, view))
    replace(ws, view, args.structure("view"))
    return {"view": shapes.view(ws, view)}


def publish(ws: Workspace, args: Arguments) -> Json:
    user = args.need("user_id")
    if user not in ws.users:
        raise Refused("user_not_found")
    view = ws.homes.get(user)
    if view is not None and args.text("hash") and args.text("hash") != view.hash:
        raise Refused("hash_conflict", view=shapes.view(ws, view))
    body = _checked(args.structure("view"), "home")
    if view is None:
        view = ws.homes[user] = View(fresh("V"), user, "home", body, "")
    view.body, view.hash, view.at = body, _fresh_hash(ws), ws.clock()
    view.state = state_of(body["blocks"], view.state)
    ws.views[view.id] = view
    ws.touch()
    return {"view": shapes.view(ws, view)}


def answered(ws: Workspace, view: View, body: Any) -> dict[str, str]:
    """Does what the answer to a view_submission says. Gives the inline errors by block_id; Refused when Slack would not take it."""
    if body in ("", None, {}):
        forget(ws, view.user, view.id)
        return {}
    if not isinstance(body, dict):
        raise Refused("invalid_response", [f"[ERROR] the answer to a view_submission is no object: {body!r}"])
    match body.get("response_action"):
        case "errors":
            return _inline(view, body.get("errors"))
        case "update":
            replace(ws, view, body.get("view"))
        case "push":
            stack(ws, view.user, body.get("view"), on_top=True)
        case "clear":
            forget(ws, view.user)
        case other:
            raise Refused("invalid_response", [f"[ERROR] unknown response_action {other!r}"])
    return {}


def _inline(view: View, errors: Any) -> dict[str, str]:
    inputs = {b["block_id"] for b in view.blocks if b["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise Refused("invalid_response", ["[ERROR] errors must be an object with at least one entry"])
    strange = sorted(set(errors) - inputs)
    if strange:
        raise Refused("invalid_response", [f"[ERROR] errors name {', '.join(strange)}, which are no input blocks of the view"])
    return {str(k): str(v) for k, v in errors.items()}


METHODS: dict[str, Method] = {
    "views.open": Method(open_, (), 4),
    "views.push": Method(push, (), 4),
    "views.update": Method(update, (), 4),
    "views.publish": Method(publish, (), 4),
}
