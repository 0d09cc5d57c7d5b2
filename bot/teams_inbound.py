"""What Teams delivers, in our words: who it is from, where, and under which key the same delivery is known again.

Everything is read from the body as it came. An activity that is not as the Bot Framework describes it is `Malformed`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.teams_connector import LONGEST_ID
from cards.adaptive import Malformed, plain
from cards.adaptive_payloads import files
from cards.received import mapping, text_in
from dialogs.chat import Heard, Identity

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Tenant and person: GUIDs in Teams; other servers of this protocol use similar words."""
_ADDRESS: Final = 300


@dataclass(frozen=True, slots=True)
class Sender:
    """Who did something, and where. `account` is what they are called there (`29:…`): an address, no identity.

    `message` is the message whose button or form it was, "" when there is none.
    """

    who: Identity
    account: str
    bot: str
    bot_name: str
    conversation: str
    personal: bool
    service_url: str
    locale: str
    zone: str
    message: str = ""


def part(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object field; empty when it is absent or null."""
    value = holder.get(name)
    return {} if value is None else mapping(value, name)


def tenants_of(body: Mapping[str, Any]) -> tuple[str, str]:
    """The tenant as the conversation says it, and as the channel's data say it; "" where it is not said."""
    channel_data = part(body, "channelData")
    return text_in(part(body, "conversation"), "tenantId", longest=64), text_in(part(channel_data, "tenant"), "id", longest=64)


def stranger(body: Mapping[str, Any]) -> str:
    """Why the author of an authenticated activity is not one of ours, "" when nothing says so (rulings, row 1b)."""
    author = part(body, "from")
    roles = {text_in(author, name, longest=40).casefold() for name in ("role", "userRole")} | {
        text_in(part(author, "properties"), name, longest=40).casefold() for name in ("role", "userRole")
    }
    if roles & {"bot", "skill"} or text_in(author, "id", longest=_ADDRESS).startswith("28:"):
        return "a bot"
    if roles & {"guest", "anonymous"}:
        return "a guest"
    return ""


def sender(body: Mapping[str, Any]) -> Sender:
    """Raises Malformed when ids are missing or none."""
    author, conversation, bot = part(body, "from"), part(body, "conversation"), part(body, "recipient")
    tenant, user = tenants_of(body)[0], text_in(author, "aadObjectId", longest=64)
    if not _ID.fullmatch(tenant) or not _ID.fullmatch(user):
        raise Malformed("tenant or aadObjectId is no id")
    kind = text_in(conversation, "conversationType", longest=40)
    grouped = conversation.get("isGroup")
    return Sender(
        who=Identity("teams", tenant.lower(), user.lower()),
        account=text_in(author, "id", needed=True, longest=200),
        bot=text_in(bot, "id", longest=200),
        bot_name=text_in(bot, "name", longest=200),
        conversation=text_in(conversation, "id", needed=True, longest=LONGEST_ID),
        personal=kind == "personal" or (not kind and grouped is not True),
        service_url=text_in(body, "serviceUrl", needed=True, longest=_ADDRESS),
        locale=text_in(body, "locale", longest=35),
        zone=_zone(body),
        message=text_in(body, "replyToId", longest=400),
    )


def _zone(body: Mapping[str, Any]) -> str:
    """Where the client says it is: on the activity, or in its clientInfo entity."""
    said = text_in(body, "localTimezone", longest=64)
    entities = body.get("entities")
    for entity in entities[:20] if isinstance(entities, list) else ():
        if not said and isinstance(entity, Mapping) and entity.get("type") == "clientInfo" and isinstance(entity.get("timezone"), str):
            said = entity["timezone"][:64]
    return said


def delivery(kind: str, body: Mapping[str, Any]) -> str:
    """A key for one delivery: tenant, conversation and activity id, which are one and the same when it comes again.

    An activity without an id is known by its whole body.
    """
    tenant = tenants_of(body)[0]
    activity = text_in(body, "id", longest=400)
    told = f"{text_in(part(body, 'conversation'), 'id', longest=LONGEST_ID)}|{activity}" if activity else json.dumps(body, sort_keys=True)
    return f"teams:{tenant}:{kind}:{hashlib.sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:48]}"


def heard(body: Mapping[str, Any], by: Sender) -> Heard:
    """A message for us: in the 1:1 conversation, or where the bot was mentioned.

    `channel` stays empty: a person's conversation is looked up when they are answered, and nothing private is ever
    said where others read.
    """
    key = delivery("message", body)
    said = plain(body.get("text"), bot_name=by.bot_name, markup=text_in(body, "textFormat", longest=20) in {"xml", "html"})
    sent = files(body.get("attachments"))
    return Heard(
        delivery=key,
        who=by.who,
        text=said,
        channel="",
        message=key[-24:],
        private=by.personal,
        attachments=tuple({"name": f.name, "size": f.size, "type": f.type, "place": f.place} for f in sent),
    )
