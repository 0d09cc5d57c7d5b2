"""The shapes of what Slack sends and answers: users, channels, messages, views, and the payloads of deliveries.

Checked in the tests against Slack's published samples and schemas.
"""

from __future__ import annotations

from sandbox.slack_markup import escape
from sandbox.slack_records import Channel, File, Json, Post, User, View, fresh
from sandbox.slack_workspace import Workspace

_ICONS = {f"image_{n}": f"https://keyturn-sandbox.example.com/bot_{n}.png" for n in (36, 48, 72)}


# ------------------------------------------------------------ what the Web API answers

def user(ws: Workspace, who: User, *, locale: bool = False) -> Json:
    """As users.info. The e-mail is there only with users:read.email, and never for a bot or a stranger."""
    profile: Json = {
        "title": "", "phone": "", "skype": "", "real_name": who.name, "real_name_normalized": who.name, "display_name": who.handle,
        "display_name_normalized": who.handle, "fields": None, "status_text": "", "status_emoji": "", "status_expiration": 0,
        "avatar_hash": "g" + who.id.lower()[:11], "first_name": who.name.split()[0], "last_name": who.name.split()[-1], "team": who.team,
    }
    if who.email and not who.flags & {"is_bot", "is_stranger"} and "users:read.email" in ws.scopes:
        profile["email"] = who.email
    if "is_bot" in who.flags:
        profile |= {"api_app_id": ws.app_id, "bot_id": ws.bot_id, "always_active": True}
    body: Json = {
        "id": who.id, "team_id": who.team, "name": who.handle, "deleted": "deleted" in who.flags, "profile": profile,
        "is_bot": "is_bot" in who.flags, "is_app_user": False, "updated": 1_767_225_600,
    }
    if "is_stranger" in who.flags:
        body["is_stranger"] = True
    if "deleted" in who.flags:
        return body
    body |= {
        "color": "9f69e7", "real_name": who.name, "tz": who.tz, "tz_label": who.tz, "tz_offset": 0, "is_admin": False, "is_owner": False,
        "is_primary_owner": False, "is_restricted": bool(who.flags & {"is_restricted", "is_ultra_restricted"}),
        "is_ultra_restricted": "is_ultra_restricted" in who.flags,
    }
    return body | ({"locale": who.locale} if locale else {})


def bot_profile(ws: Workspace) -> Json:
    return {"id": ws.bot_id, "deleted": False, "name": ws.bot_name, "updated": 1_767_225_600, "app_id": ws.app_id, "icons": _ICONS,
            "team_id": ws.team}


def channel(ws: Workspace, place: Channel) -> Json:
    """As conversations.info."""
    if place.kind == "im":
        other = next(m for m in place.members if m != ws.bot_user)
        return {"id": place.id, "created": 1_767_225_600, "is_im": True, "is_org_shared": False, "user": other, "is_archived": False,
                "is_user_deleted": "deleted" in ws.users[other].flags, "priority": 0}
    note = {"value": "", "creator": ws.bot_user, "last_set": 0}
    return {
        "id": place.id, "name": place.name, "name_normalized": place.name, "created": 1_767_225_600, "creator": ws.bot_user,
        "is_channel": place.kind == "channel", "is_group": place.kind == "group", "is_im": False, "is_mpim": False,
        "is_private": place.kind == "group", "is_archived": place.archived, "is_general": place.name == "general", "is_shared": False,
        "is_org_shared": False, "is_ext_shared": False, "is_member": ws.bot_user in place.members, "unlinked": 0, "topic": note,
        "purpose": note, "previous_names": [],
    }


def file(ws: Workspace, it: File) -> Json:
    kind = it.name.rsplit(".", 1)[-1].lower() if "." in it.name else "text"
    base = f"https://files.example.com/files-pri/{ws.team}-{it.id}"
    return {"id": it.id, "created": it.created, "timestamp": it.created, "name": it.name, "title": it.name, "mimetype": it.mimetype,
            "filetype": kind, "pretty_type": kind.upper(), "user": it.user, "size": it.size, "mode": "hosted", "is_external": False,
            "is_public": False, "url_private": f"{base}/{it.name}", "url_private_download": f"{base}/download/{it.name}",
            "permalink": f"https://{ws.domain}.example.com/files/{it.user}/{it.id}/{it.name}"}


def message(ws: Workspace, post: Post) -> Json:
    """A message as history, events and payloads show it."""
    body: Json = {"type": "message", "user": post.author, "text": post.text, "ts": post.ts, "team": ws.users[post.author].team}
    if post.author == ws.bot_user:
        body |= {"bot_id": ws.bot_id, "app_id": ws.app_id, "bot_profile": bot_profile(ws)}
    if post.client_msg_id:
        body["client_msg_id"] = post.client_msg_id
    for name, value in (("blocks", post.blocks), ("attachments", post.attachments), ("metadata", post.metadata)):
        if value:
            body[name] = value
    if post.files:
        body["files"] = [file(ws, f) for f in post.files]
    if post.edits:
        body["edited"] = {"user": post.author, "ts": post.edits[-1]}
    if post.reactions:
        body["reactions"] = [{"name": n, "users": sorted(who), "count": len(who)} for n, who in post.reactions.items()]
    replies = ws.replies(post)
    if post.thread:
        parent = ws.post_at(post.channel, post.thread)
        body |= {"thread_ts": post.thread} | ({"parent_user_id": parent.author} if parent else {})
    elif replies:
        body |= {"thread_ts": post.ts, "reply_count": len(replies), "reply_users": sorted({r.author for r in replies}),
                 "reply_users_count": len({r.author for r in replies}), "latest_reply": replies[-1].ts, "subscribed": True}
    return body


def view(ws: Workspace, it: View) -> Json:
    """A view as payloads and the answers of views.* show it."""
    body = it.body
    return {
        "id": it.id, "team_id": ws.team, "type": it.kind, "blocks": it.blocks, "private_metadata": body.get("private_metadata") or "",
        "callback_id": body.get("callback_id") or "", "state": {"values": it.state}, "hash": it.hash,
        "title": body.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "clear_on_close": bool(body.get("clear_on_close")), "notify_on_close": bool(body.get("notify_on_close")),
        "close": body.get("close"), "submit": body.get("submit"), "submit_disabled": bool(body.get("submit_disabled")),
        "previous_view_id": it.previous or None, "root_view_id": it.root or it.id, "app_id": ws.app_id,
        "external_id": body.get("external_id") or "", "app_installed_team_id": ws.team, "bot_id": ws.bot_id,
    }


# ------------------------------------------------------------ what is delivered to the bot

def command(ws: Workspace, who: User, place: Channel, text: str, response_url: str) -> dict[str, str]:
    """A slash command, as form fields. Slack escapes the text."""
    return {
        "token": ws.verification_token, "team_id": ws.team, "team_domain": ws.domain, "channel_id": place.id, "channel_name": place.name,
        "user_id": who.id, "user_name": who.handle, "command": ws.command, "text": escape(text), "api_app_id": ws.app_id,
        "is_enterprise_install": "false", "response_url": response_url, "trigger_id": ws.trigger(who.id),
    }


def event(ws: Workspace, inner: Json) -> Json:
    """The wrapper of the Events API around an event, which gets its `event_ts` here."""
    ts = str(inner.get("event_ts") or inner.get("ts") or ws.ts())
    return {
        "token": ws.verification_token, "team_id": ws.team, "api_app_id": ws.app_id, "event": {**inner, "event_ts": ts},
        "type": "event_callback", "event_id": fresh("Ev", 11), "event_time": int(float(ts)), "authed_users": [ws.bot_user],
        "authorizations": [{"enterprise_id": None, "team_id": ws.team, "user_id": ws.bot_user, "is_bot": True,
                            "is_enterprise_install": False}],
        "is_ext_shared_channel": False, "event_context": "4-" + fresh("", 24).lower(),
    }


def _interaction(ws: Workspace, kind: str, who: User) -> Json:
    return {
        "type": kind, "user": {"id": who.id, "username": who.handle, "name": who.handle, "team_id": who.team}, "api_app_id": ws.app_id,
        "token": ws.verification_token, "team": {"id": ws.team, "domain": ws.domain}, "enterprise": None, "is_enterprise_install": False,
    }


def actions_in_message(ws: Workspace, who: User, post: Post, action: Json, response_url: str) -> Json:
    """block_actions from a message. Of an ephemeral one Slack sends no `message`."""
    place = ws.channels[post.channel]
    container: Json = {"type": "message", "message_ts": post.ts, "channel_id": post.channel, "is_ephemeral": bool(post.only)}
    if post.thread:
        container["thread_ts"] = post.thread
    body = _interaction(ws, "block_actions", who) | {
        "container": container, "trigger_id": ws.trigger(who.id), "channel": {"id": place.id, "name": place.name},
        "state": {"values": post.state}, "response_url": response_url, "actions": [action],
    }
    return body if post.only else body | {"message": message(ws, post)}


def actions_in_view(ws: Workspace, who: User, it: View, action: Json) -> Json:
    return _interaction(ws, "block_actions", who) | {
        "container": {"type": "view", "view_id": it.id}, "trigger_id": ws.trigger(who.id, it.id if it.kind == "modal" else ""),
        "view": view(ws, it), "actions": [action],
    }


def submission(ws: Workspace, who: User, it: View) -> Json:
    return _interaction(ws, "view_submission", who) | {"trigger_id": ws.trigger(who.id, it.id), "view": view(ws, it), "response_urls": []}


def closed(ws: Workspace, who: User, it: View, *, cleared: bool) -> Json:
    return _interaction(ws, "view_closed", who) | {"view": view(ws, it), "is_cleared": cleared}


def suggestion(ws: Workspace, who: User, container: Json, action_id: str, block_id: str, typed: str, it: View | None) -> Json:
    body = _interaction(ws, "block_suggestion", who)
    body |= {"container": container, "action_id": action_id, "block_id": block_id, "value": typed}
    return body | ({"view": view(ws, it)} if it else {})


def shortcut(ws: Workspace, who: User, post: Post, callback: str, response_url: str) -> Json:
    """A message shortcut; unlike other interactions it names neither the app nor the user's handle twice."""
    place = ws.channels[post.channel]
    body = {k: v for k, v in _interaction(ws, "message_action", who).items() if k != "api_app_id"}
    return body | {"user": {"id": who.id, "name": who.handle, "team_id": who.team}} | {
        "callback_id": callback, "trigger_id": ws.trigger(who.id), "message_ts": post.ts, "response_url": response_url,
        "channel": {"id": place.id, "name": place.name}, "message": message(ws, post), "action_ts": ws.ts(),
    }


def action_of(block: Json, element: Json, value: Json, at: str) -> Json:
    """One entry of `actions`: which element, and what it now says."""
    kind = element["type"]
    out: Json = {"type": kind, "action_id": element["action_id"], "block_id": block["block_id"], "action_ts": at}
    if kind == "button":
        out |= {k: element[k] for k in ("text", "value", "style", "url", "confirm") if k in element}
    else:
        out |= {k: element[k] for k in ("placeholder", "confirm") if k in element} | {k: v for k, v in value.items() if k != "type"}
    return out


def home_opened(ws: Workspace, who: User, tab: str) -> Json:
    shown = ws.homes.get(who.id)
    body: Json = {"type": "app_home_opened", "user": who.id, "channel": ws.dm(who.id).id, "tab": tab}
    return body | ({"view": view(ws, shown)} if shown and tab == "home" else {})


def message_event(ws: Workspace, post: Post) -> Json:
    place = ws.channels[post.channel]
    kinds = {"im": "im", "channel": "channel", "group": "group"}
    body = message(ws, post) | {"channel": post.channel, "channel_type": kinds[place.kind]}
    return body | ({"subtype": "file_share"} if post.files else {})


