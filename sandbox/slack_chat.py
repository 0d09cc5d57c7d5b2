"""chat.*, reactions.add, and answers through a response_url.

Rules from the method pages: who may edit what, where the app may write, what a message must hold.
"""

from __future__ import annotations

from typing import Any

from sandbox import slack_shapes as shapes
from sandbox.slack_blocks import kept, state_of
from sandbox.slack_check import message_faults
from sandbox.slack_records import Channel, Json, Post
from sandbox.slack_web_api import Arguments, Method, Refused
from sandbox.slack_workspace import Workspace

MOST_TEXT = 40_000
MOST_UPDATE_TEXT = 4_000
RESPONSE_URL_USES = 5


def _blocks(given: Any) -> list[Json]:
    """The blocks when Slack would take them."""
    if not given:
        return []
    error, reasons = message_faults(given)
    if error:
        raise Refused(error, reasons, **({"errors": reasons} if reasons else {}))
    return kept(given)


def _place(ws: Workspace, name: str) -> Channel:
    """Where the app may write: a channel id, or a user id for the direct messages with that user."""
    if name in ws.users:
        who = ws.users[name]
        if "deleted" in who.flags:
            raise Refused("channel_not_found")
        if "is_bot" in who.flags:
            raise Refused("cannot_dm_bot")
        return ws.dm(name)
    place = ws.channels.get(name)
    if place is None:
        raise Refused("channel_not_found")
    if place.archived:
        raise Refused("is_archived")
    if ws.bot_user not in place.members:
        if place.kind == "group":
            raise Refused("channel_not_found")
        if "chat:write.public" not in ws.scopes:
            raise Refused("not_in_channel")
    return place


def _content(args: Arguments, most: int) -> tuple[str, list[Json], list[Json]]:
    text = args.text("text")
    blocks = _blocks(args.structure("blocks"))
    attachments = args.structure("attachments") or []
    if not text and not blocks and not attachments:
        raise Refused("no_text")
    if len(text) > most:
        raise Refused("msg_too_long")
    return text, blocks, attachments


def post_message(ws: Workspace, args: Arguments) -> Json:
    place = _place(ws, args.need("channel"))
    text, blocks, attachments = _content(args, MOST_TEXT)
    thread = args.text("thread_ts")
    if thread:
        parent = ws.post_at(place.id, thread)
        if parent is None:
            raise Refused("thread_not_found")
        thread = parent.thread or parent.ts
    post = ws.add(Post(ws.ts(), place.id, ws.bot_user, text, blocks, attachments, thread=thread, metadata=args.structure("metadata"),
                       state=state_of(blocks)))
    return {"channel": place.id, "ts": post.ts, "message": shapes.message(ws, post)}


def _own(ws: Workspace, args: Arguments, refusal: str) -> Post:
    channel = args.need("channel")
    if channel not in ws.channels:
        raise Refused("channel_not_found")
    post = ws.post_at(channel, args.need("ts"))
    if post is None:
        raise Refused("message_not_found")
    if post.author != ws.bot_user:
        raise Refused(refusal)
    return post


def update(ws: Workspace, args: Arguments) -> Json:
    """Replaces text and blocks. Blocks that are not mentioned stay; an empty list takes them away."""
    post = _own(ws, args, "cant_update_message")
    if ws.channels[post.channel].archived:
        raise Refused("is_archived")
    given = args.structure("blocks")
    blocks = post.blocks if given is None else _blocks(given)
    attachments = args.structure("attachments")
    text = args.text("text")
    if not text and given is None and attachments is None:
        raise Refused("no_text")
    if len(text) > MOST_UPDATE_TEXT:
        raise Refused("msg_too_long")
    post.text = text
    post.blocks, post.state = blocks, state_of(blocks, post.state)
    post.attachments = post.attachments if attachments is None else attachments
    post.metadata = args.structure("metadata") or post.metadata
    ws.changed(post)
    return {"channel": post.channel, "ts": post.ts, "text": post.text, "message": shapes.message(ws, post)}


def delete(ws: Workspace, args: Arguments) -> Json:
    post = _own(ws, args, "cant_delete_message")
    ws.remove(post)
    return {"channel": post.channel, "ts": post.ts}


def post_ephemeral(ws: Workspace, args: Arguments) -> Json:
    place = _place(ws, args.need("channel"))
    user = args.need("user")
    if user not in place.members:
        raise Refused("user_not_in_channel")
    text, blocks, attachments = _content(args, MOST_TEXT)
    post = Post(ws.ts(), place.id, ws.bot_user, text, blocks, attachments, thread=args.text("thread_ts"), only=user, state=state_of(blocks))
    return {"message_ts": ws.add(post).ts}


def permalink(ws: Workspace, args: Arguments) -> Json:
    channel, ts = args.need("channel"), args.need("message_ts")
    if channel not in ws.channels:
        raise Refused("channel_not_found")
    if ws.post_at(channel, ts) is None:
        raise Refused("message_not_found")
    return {"channel": channel, "permalink": f"https://{ws.domain}.example.com/archives/{channel}/p{ts.replace('.', '')}"}


def react(ws: Workspace, args: Arguments) -> Json:
    channel, name = args.need("channel"), args.need("name").strip(":")
    if channel not in ws.channels:
        raise Refused("channel_not_found")
    post = ws.post_at(channel, args.need("timestamp"))
    if post is None:
        raise Refused("message_not_found")
    who = post.reactions.setdefault(name, set())
    if ws.bot_user in who:
        raise Refused("already_reacted")
    who.add(ws.bot_user)
    ws.touch()
    return {}


def respond(ws: Workspace, token: str, body: Json) -> None:
    """A call to a response_url: five uses, 30 minutes, no token needed. Raises Refused as Slack refuses."""
    url = ws.response_urls.get(token)
    if url is None:
        raise Refused("invalid_url")
    if ws.clock() > url.until:
        raise Refused("expired_url")
    if url.uses >= RESPONSE_URL_USES:
        raise Refused("used_url")
    args = Arguments(body)
    origin = ws.post_at(url.channel, url.post, ephemeral=True)
    if args.flag("delete_original"):
        if origin is None:
            raise Refused("message_not_found")
        url.uses += 1
        ws.remove(origin)
        return
    text, blocks, attachments = _content(args, MOST_TEXT)
    url.uses += 1
    if args.flag("replace_original") and origin is not None:
        origin.text, origin.blocks, origin.attachments = text, blocks, attachments
        origin.state = state_of(blocks)
        ws.changed(origin)
        return
    only = "" if args.text("response_type") == "in_channel" else url.user
    thread = args.text("thread_ts") or url.thread
    ws.add(Post(ws.ts(), url.channel, ws.bot_user, text, blocks, attachments, thread=thread, only=only, state=state_of(blocks)))


METHODS: dict[str, Method] = {
    "chat.postMessage": Method(post_message, ("chat:write",), 0),
    "chat.update": Method(update, ("chat:write",), 3),
    "chat.delete": Method(delete, ("chat:write",), 3),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",), 4),
    "chat.getPermalink": Method(permalink, (), 0),
    "reactions.add": Method(react, ("reactions:write",), 3),
}
