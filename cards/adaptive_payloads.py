"""What comes back from Teams: presses, filled forms, typed text. The other half of the Adaptive Cards renderer.

An activity is authenticated by the Bot Framework but its `value` is written by whoever uses the client: every part
may be missing, of another type, or huge. Anything that is not as we drew it raises `Malformed` and nothing else.
Sources: Adaptive Cards, Universal Action Model; Microsoft Teams, Dialogs; Bot Framework activity schema.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cards.form import FileRef, Filled, Form
from cards.received import LONGEST, Malformed, mapping, part, text_in
from cards.text import clean, one_line

OURS: Final = "kt"
"""The key of our own data beside a card's inputs."""
FIELD: Final = "field:"
MENU: Final = "menu:"
FILE: Final = "application/vnd.microsoft.teams.file.download.info"
"""The attachment of a file that somebody sent in a 1:1 chat (Microsoft Teams, Send and receive files)."""

_MOST: Final = 100
_VERB: Final = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button pressed or a menu used. `nonce` says of which picture, `value` is the choice it carries.

    `by_itself`: nobody pressed, the client asks for the card anew because it is being shown.
    """

    verb: str
    nonce: str
    value: str
    by_itself: bool = False


# ---------------------------------------------------------------- what goes out in a card's data


def carried(verb: str, nonce: str = "", value: str = "", *, menu: str = "") -> dict[str, Any]:
    """What a press brings back. ValueError for a verb that would not be read again."""
    if not _VERB.fullmatch(verb):
        raise ValueError("a verb is one word of small letters")
    return {OURS: {"verb": verb} | {name: text for name, text in (("nonce", nonce), ("value", value), ("menu", menu)) if text}}


def carried_form(form: Form) -> dict[str, Any]:
    """What a filled form brings back besides its fields."""
    return {OURS: {"form": form.kind} | ({"nonce": form.nonce} if form.nonce else {})}


# ---------------------------------------------------------------- what comes in


def _data(value: object) -> tuple[Mapping[str, Any], bool]:
    """The data of a press, from whichever of the three envelopes Teams put it in, and whether nobody pressed."""
    body = mapping(value, "value")
    action = body.get("action")
    if action is not None:  # adaptiveCard/action
        inner = mapping(action, "action")
        return part(inner, "data"), text_in(body, "trigger", longest=20) == "automatic"
    if OURS not in body and "data" in body:  # task/fetch, task/submit
        return part(body, "data"), False
    return body, False  # Action.Submit in a message


def pressed(value: object) -> Pressed | None:
    """The press in an activity's `value` (adaptiveCard/action, task/fetch, task/submit, message); None when it is not ours, or a form."""
    data, by_itself = _data(value)
    if data.get(OURS) is None:
        return None
    ours = mapping(data[OURS], OURS)
    if "form" in ours:
        return None
    verb = text_in(ours, "verb", needed=True, longest=40)
    if not _VERB.fullmatch(verb):
        raise Malformed("verb is none of ours")
    choice = text_in(ours, "value", longest=2000)
    menu = text_in(ours, "menu", longest=40)
    if menu:
        if not menu.startswith(MENU):
            raise Malformed("menu is none of ours")
        choice = text_in(data, menu, longest=2000)
    return Pressed(verb, text_in(ours, "nonce", longest=200), choice, by_itself)


def filled(value: object) -> Filled | None:
    """The filled form in an activity's `value`; None when it is not ours, or a press.

    A field that was left empty is "" or absent in `values`. A chosen value is not checked against what was offered:
    the dialog does that, with what it knows now.
    """
    data, _ = _data(value)
    if data.get(OURS) is None:
        return None
    ours = mapping(data[OURS], OURS)
    if "form" not in ours:
        return None
    kind = text_in(ours, "form", needed=True, longest=40)
    if not _VERB.fullmatch(kind):
        raise Malformed("form is none of ours")
    if len(data) > _MOST:
        raise Malformed("value holds too much")
    values = {
        name.removeprefix(FIELD): text_in(data, name).strip() for name in map(str, data) if name.startswith(FIELD)
    }
    return Filled(kind, text_in(ours, "nonce", longest=2000), values)


def files(attachments: object) -> tuple[FileRef, ...]:
    """Files sent with a message, as Teams keeps them; cards and pasted pictures are none. Keyturn never fetches one."""
    if attachments is None:
        return ()
    if not isinstance(attachments, list):
        raise Malformed("attachments is not a list")
    found = []
    for entry in attachments[:_MOST]:
        one = mapping(entry, "attachment")
        if one.get("contentType") != FILE:
            continue
        content = part(one, "content")
        place = text_in(content, "uniqueId", longest=200)
        name = one_line(text_in(one, "name", longest=1000), 255) or place
        found.append(FileRef(name=name, size=0, type=text_in(content, "fileType", longest=100), place=f"teams:{place}"))
    return tuple(found[:10])


_AT: Final = re.compile(r"<at\b[^<>]{0,200}>([^<>]{0,200})</at>[,:]?", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/li)\s*/?>", re.IGNORECASE)


def plain(text: object, *, bot_name: str = "", markup: bool = False) -> str:
    """A message's `text` as its writer typed it; Malformed when it is not a text. Clipped to 10,000 characters.

    The mention of `bot_name` is dropped, other mentions keep their name. `markup`: the text is XML-like (textFormat xml
    or html), so that tags go and entities are letters again; plain text is kept as it is.
    """
    if text is None:
        return ""
    if not isinstance(text, str):
        raise Malformed("text is not a text")
    kept = clean(text[:LONGEST])

    def mentioned(found: re.Match[str]) -> str:
        name = found[1].strip()
        return " " if not bot_name or name.casefold() == bot_name.casefold() else name

    kept = _AT.sub(mentioned, kept)
    kept = kept.replace("&nbsp;", " ")
    if markup:
        kept = html.unescape(_TAG.sub("", _BREAK.sub("\n", kept)))
    return re.sub(r"[ \t\u00a0]{2,}", " ", kept).strip()
