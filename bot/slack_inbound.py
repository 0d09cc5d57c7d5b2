"""What Slack delivers, in our words: who it is from, and under which key the same delivery is known again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cards.block_kit import Malformed, plain
from dialogs.chat import Heard, Identity

QUIET_SUBTYPES = frozenset({"", "file_share", "thread_broadcast", "me_message"})
"""Message subtypes that a person writes; everything else is Slack talking, or us."""


def identity(team: object, user: object) -> Identity:
    """Raises Malformed when the ids are none."""
    if not isinstance(team, str) or not isinstance(user, str) or not team or not user or len(team) > 64 or len(user) > 64:
        raise Malformed("no team or user id")
    return Identity("slack", team, user)


def delivery(kind: str, body: Mapping[str, Any]) -> str:
    """A key for what Slack gives no id of its own: commands and interactions carry a single-use trigger_id, so the
    same body is the same delivery, under whichever signature it comes again."""
    return f"{kind}:{hashlib.sha256(json.dumps(body, sort_keys=True, separators=(',', ':')).encode()).hexdigest()}"


def team_of(body: Mapping[str, Any]) -> str:
    """The workspace a delivery comes from, "" when it names none."""
    team = body.get("team_id")
    if isinstance(team, str) and team:
        return team
    inner = body.get("team")
    if isinstance(inner, Mapping) and isinstance(inner.get("id"), str):
        return str(inner["id"])
    user = body.get("user")
    if isinstance(user, Mapping) and isinstance(user.get("team_id"), str):
        return str(user["team_id"])
    return ""


def stranger(body: Mapping[str, Any], team: str) -> str:
    """Why the author of a signed delivery is not one of ours, "" when nothing says so (rulings, row 1b)."""
    event = body.get("event")
    if isinstance(event, Mapping):
        if event.get("bot_id") or event.get("bot_profile") or event.get("subtype") == "bot_message":
            return "a bot"
        for name in ("user_team", "source_team"):
            if event.get(name) and event[name] != team:
                return "somebody of another workspace"
    user = body.get("user")
    if isinstance(user, Mapping) and user.get("team_id") and user["team_id"] != team:
        return "somebody of another workspace"
    return ""


def heard(body: Mapping[str, Any], bot_user: str) -> Heard | None:
    """A message for us: in the 1:1 conversation, or a mention. None for everything else. Raises Malformed."""
    event = body.get("event")
    if not isinstance(event, Mapping):
        raise Malformed("event is not an object")
    if (
        event.get("bot_id")
        or str(event.get("subtype") or "") not in QUIET_SUBTYPES
        or not event.get("user")
        or event.get("user") == bot_user
    ):
        return None
    channel, ts = event.get("channel"), event.get("ts")
    if not isinstance(channel, str) or not isinstance(ts, str) or not channel or not ts or len(channel) > 64 or len(ts) > 64:
        raise Malformed("no channel or ts")
    private = event.get("channel_type") == "im" or channel.startswith("D")
    if event.get("type") == "message" and not private:
        return None
    team = team_of(body)
    thread = event.get("thread_ts")
    return Heard(
        # A mention in the 1:1 conversation comes twice, under two event ids: channel and ts name the message itself.
        delivery=f"slack:{team}:message:{channel}:{ts}",
        who=identity(team, event["user"]),
        text=plain(event.get("text") or "", bot_user),
        channel=channel,
        message=ts,
        thread=thread if isinstance(thread, str) else "",
        private=private,
        attachments=_files(event.get("files")),
    )


def _files(files: object) -> tuple[dict[str, Any], ...]:
    if not isinstance(files, list):
        return ()
    kept = [f for f in files[:10] if isinstance(f, Mapping)]
    return tuple(
        {
            "name": str(f.get("name") or "")[:255],
            "size": f["size"] if isinstance(f.get("size"), int) else 0,
            "type": str(f.get("mimetype") or "")[:100],
            "place": f"slack:{str(f.get('id') or '')[:64]}",
        }
        for f in kept
    )
