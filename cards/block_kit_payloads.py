"""What comes back from Slack: presses, filled forms, typed text. The other half of the Slack renderer.

A payload is signed by Slack but written by whoever uses the client: every field may be missing, of
another type, or huge. Anything that is not as Slack documents it raises `Malformed` and nothing else.
Sources: Slack, interaction payloads (block_actions, view_submission, block_suggestion).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cards.form import FileRef, Filled
from cards.received import LONGEST, Malformed, mapping, part, text_in
from cards.text import clean, one_line

PREFIX: Final = "kt:"
FIELD: Final = "field:"
LINK: Final = "link"
"""The verb of a button that only opens an address: Slack reports the press, nothing is asked of us."""

_MOST: Final = 100
_ACTION: Final = re.compile(r"kt:([a-z_]{1,40})(?:[:~].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who did it, as Slack signs it. `team_id` is the person's own workspace when Slack names it."""

    user_id: str
    team_id: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button pressed or a menu used. `nonce` says of which picture, `value` is the choice it carries.

    In a modal or on the Home tab: `view_id` and `view_hash` for updating it, `view_kind` what it is ("detail", ...;
    "" when it is not ours), `metadata` the nonce it was opened with.
    """

    verb: str
    nonce: str
    value: str
    user_id: str
    team_id: str
    trigger_id: str = ""
    response_url: str = ""
    view_id: str = ""
    view_hash: str = ""
    channel: str = ""
    message_ts: str = ""
    thread_ts: str = ""
    action_ts: str = ""
    view_kind: str = ""
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Typing:
    """Someone types into a searching select: `key` is the field, `typed` what they have so far."""

    key: str
    typed: str
    user_id: str
    team_id: str
    view_id: str = ""


def sender(payload: object) -> Sender:
    """Who sent an interaction payload. Malformed when no user is named."""
    body = mapping(payload, "payload")
    user = mapping(body.get("user"), "user")
    team = text_in(part(body, "team"), "id", longest=64) or text_in(user, "team_id", longest=64)
    return Sender(text_in(user, "id", needed=True, longest=64), team)


def pressed(payload: object) -> Pressed | None:
    """The press in a `block_actions` payload; None when the element is not ours or only opens a link."""
    body = mapping(payload, "payload")
    if text_in(body, "type") != "block_actions":
        raise Malformed("type is not block_actions")
    actions = body.get("actions")
    if not isinstance(actions, list) or not actions:
        raise Malformed("actions is not a list with an entry")
    action = mapping(actions[0], "action")
    match = _ACTION.fullmatch(text_in(action, "action_id", needed=True, longest=255))
    if match is None or match[1] == LINK:
        return None
    carried = text_in(part(action, "selected_option"), "value", longest=2000) or text_in(action, "value", longest=2000)
    nonce, _, value = carried.partition("|")
    who = sender(body)
    view, container, message = part(body, "view"), part(body, "container"), part(body, "message")
    return Pressed(
        verb=match[1],
        nonce=nonce,
        value=value,
        user_id=who.user_id,
        team_id=who.team_id,
        trigger_id=text_in(body, "trigger_id"),
        response_url=text_in(body, "response_url"),
        view_id=text_in(view, "id") or text_in(container, "view_id"),
        view_hash=text_in(view, "hash"),
        channel=text_in(part(body, "channel"), "id") or text_in(container, "channel_id"),
        message_ts=text_in(container, "message_ts") or text_in(message, "ts"),
        thread_ts=text_in(container, "thread_ts") or text_in(message, "thread_ts"),
        action_ts=text_in(action, "action_ts"),
        view_kind=_kind(view),
        metadata=text_in(view, "private_metadata", longest=3000),
    )


def _kind(view: Mapping[str, Any]) -> str:
    """What a view of ours is; "" for the Home tab and for views of others."""
    callback = text_in(view, "callback_id", longest=255)
    return callback.removeprefix(PREFIX) if callback.startswith(PREFIX) else ""


def _files(answer: Mapping[str, Any]) -> tuple[FileRef, ...]:
    listed = answer.get("files")
    if listed is None:
        return ()
    if not isinstance(listed, list) or len(listed) > _MOST:
        raise Malformed("files is not a list of files")
    return tuple(_file(mapping(entry, "file")) for entry in listed)


def _file(entry: Mapping[str, Any]) -> FileRef:
    size = entry.get("size", 0)
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**53:
        raise Malformed("size is not a number of bytes")
    identity = text_in(entry, "id", needed=True, longest=64)
    kind = text_in(entry, "mimetype", longest=255) or text_in(entry, "filetype", longest=255)
    name = one_line(text_in(entry, "name", longest=1000), 255) or identity
    return FileRef(name=name, size=size, type=kind, place=f"slack:{identity}")


def _answer(answer: Mapping[str, Any]) -> str:
    kind = text_in(answer, "type")
    if kind in {"static_select", "external_select", "radio_buttons"}:
        return text_in(part(answer, "selected_option"), "value", longest=150)
    if kind in {"plain_text_input", "email_text_input"}:
        return text_in(answer, "value").strip()
    raise Malformed("a field has a type that no form of ours has")


def filled(payload: object) -> Filled | None:
    """The form in a `view_submission` payload; None when the view is not ours.

    A field that was left empty is "" in `values`. A chosen value is not checked against what was offered:
    the dialog does that, with what it knows now.
    """
    body = mapping(payload, "payload")
    if text_in(body, "type") != "view_submission":
        raise Malformed("type is not view_submission")
    view = mapping(body.get("view"), "view")
    kind = text_in(view, "callback_id", longest=255)
    if not kind.startswith(PREFIX):
        return None
    blocks = mapping(part(view, "state").get("values", {}), "values")
    if len(blocks) > _MOST:
        raise Malformed("values holds too much")
    values: dict[str, str] = {}
    files: dict[str, tuple[FileRef, ...]] = {}
    for block_id, elements in blocks.items():
        if not block_id.startswith(FIELD):
            continue
        key = block_id.removeprefix(FIELD)
        for element in mapping(elements, "block").values():
            answer = mapping(element, "element")
            if text_in(answer, "type") == "file_input":
                files[key] = _files(answer)
            else:
                values[key] = _answer(answer)
    return Filled(
        kind.removeprefix(PREFIX),
        text_in(view, "private_metadata", longest=3000),
        values,
        files,
        place=text_in(view, "id", longest=255),
        under=text_in(view, "previous_view_id", longest=255),
    )


def typing(payload: object) -> Typing | None:
    """What is being typed in a `block_suggestion` payload; None when the field is not ours."""
    body = mapping(payload, "payload")
    if text_in(body, "type") != "block_suggestion":
        raise Malformed("type is not block_suggestion")
    block = text_in(body, "block_id", longest=255)
    if not block.startswith(FIELD):
        return None
    who = sender(body)
    view_id = text_in(part(body, "view"), "id") or text_in(part(body, "container"), "view_id")
    return Typing(block.removeprefix(FIELD), text_in(body, "value"), who.user_id, who.team_id, view_id)


_TOKEN: Final = re.compile(r"<([^<>\n|]*)(?:\|([^<>\n]*))?>")


def _shown(match: re.Match[str]) -> str:
    target, label = match[1], match[2] or ""
    if target.startswith(("mailto:", "tel:")):
        plain_target = target.partition(":")[2]
        return plain_target if label in {"", plain_target} else f"{label} ({plain_target})"
    if target.startswith("@"):
        return f"<{target}>"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label if target.startswith("!date") else f"@{label.removeprefix('@') or target[1:].partition('^')[0]}"
    bare = target.partition("://")[2].rstrip("/")
    return target if label.rstrip("/") in {"", target.rstrip("/"), bare} else f"{label} ({target})"


def plain(text: object, bot_user_id: str = "") -> str:
    """A Slack message's `text` as its writer typed it; Malformed when it is not a text.

    Links become "label (address)", addresses themselves, mentions of people stay `<@U…>`; a mention of
    `bot_user_id` is dropped. Clipped to 10,000 characters.
    """
    if not isinstance(text, str):
        raise Malformed("text is not a text")
    kept = clean(text[:LONGEST])
    if bot_user_id:
        kept = re.sub(rf"<@{re.escape(bot_user_id)}(?:\|[^<>\n]*)?>[,:]?", " ", kept)
    shown = _TOKEN.sub(_shown, kept)
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        shown = shown.replace(entity, letter)
    return re.sub(r"[ \t]{2,}", " ", shown).strip()
