"""Who and what there is (auth, users, conversations, bots, files, team), and the agent methods of newer workspaces."""

from __future__ import annotations

from sandbox import slack_shapes as shapes
from sandbox.slack_records import Channel, Json, Post, User
from sandbox.slack_web_api import Arguments, Method, Refused, need_scope
from sandbox.slack_workspace import Workspace

_READ = {"im": "im:read", "channel": "channels:read", "group": "groups:read"}
_HISTORY = {"im": "im:history", "channel": "channels:history", "group": "groups:history"}
SESSION_STATUSES = ("processing", "active", "suspended", "closed")
MOST_PROMPTS = 4


def auth_test(ws: Workspace, args: Arguments) -> Json:
    return {"url": f"https://{ws.domain}.example.com/", "team": "Keyturn Sandbox", "user": "password_reset", "team_id": ws.team,
            "user_id": ws.bot_user, "bot_id": ws.bot_id, "is_enterprise_install": False}


def api_test(ws: Workspace, args: Arguments) -> Json:
    if args.text("error"):
        raise Refused(args.text("error"), args=dict(args.given))
    return {"args": dict(args.given)}


def _user(ws: Workspace, user_id: str) -> User:
    if user_id not in ws.users:
        raise Refused("user_not_found")
    return ws.users[user_id]


def users_info(ws: Workspace, args: Arguments) -> Json:
    return {"user": shapes.user(ws, _user(ws, args.need("user")), locale=args.flag("include_locale"))}


def users_by_email(ws: Workspace, args: Arguments) -> Json:
    """Case does not matter; deactivated people are not found (users.lookupByEmail)."""
    email = args.need("email").lower()
    for user in ws.users.values():
        if user.email.lower() == email and not user.flags & {"deleted", "is_stranger"}:
            return {"user": shapes.user(ws, user)}
    raise Refused("users_not_found")


def users_profile(ws: Workspace, args: Arguments) -> Json:
    return {"profile": shapes.user(ws, _user(ws, args.need("user")))["profile"]}


def _channel(ws: Workspace, args: Arguments, scopes: dict[str, str]) -> Channel:
    place = ws.channels.get(args.need("channel"))
    if place is None or (place.kind == "group" and ws.bot_user not in place.members):
        raise Refused("channel_not_found")
    need_scope(ws, scopes[place.kind])
    return place


def conversations_open(ws: Workspace, args: Arguments) -> Json:
    channel = args.text("channel")
    if channel:
        if channel not in ws.channels:
            raise Refused("channel_not_found")
        return {"channel": {"id": channel}}
    users = [u for u in args.text("users").split(",") if u]
    if not users:
        raise Refused("users_list_not_supplied")
    if len(users) > 1:
        raise Refused("method_not_supported_for_channel_type")
    user = _user(ws, users[0])
    if "deleted" in user.flags:
        raise Refused("user_disabled")
    if "is_bot" in user.flags:
        raise Refused("cannot_dm_bot")
    was = "D" + user.id[1:] in ws.channels
    place = ws.dm(user.id)
    more = {"no_op": True, "already_open": True} if was else {}
    return {"channel": shapes.channel(ws, place) if args.flag("return_im") else {"id": place.id}, **more}


def conversations_info(ws: Workspace, args: Arguments) -> Json:
    return {"channel": shapes.channel(ws, _channel(ws, args, _READ))}


def conversations_members(ws: Workspace, args: Arguments) -> Json:
    return {"members": sorted(_channel(ws, args, _READ).members), "response_metadata": {"next_cursor": ""}}


def _within(posts: list[Post], args: Arguments) -> list[Post]:
    oldest, latest, edge = args.text("oldest") or "0", args.text("latest") or "9999999999.999999", args.flag("inclusive")

    def inside(post: Post) -> bool:
        at = float(post.ts)
        return float(oldest) < at < float(latest) or (edge and post.ts in (oldest, latest))

    return [p for p in posts if inside(p)]


def conversations_history(ws: Workspace, args: Arguments) -> Json:
    """Newest first, without replies and ephemeral messages."""
    place = _channel(ws, args, _HISTORY)
    if ws.bot_user not in place.members:
        raise Refused("not_in_channel")
    posts = _within([p for p in ws.posts if p.channel == place.id and not p.only and not p.thread], args)[::-1]
    limit = args.number("limit", 100)
    return {"messages": [shapes.message(ws, p) for p in posts[:limit]], "has_more": len(posts) > limit, "pin_count": 0,
            "channel_actions_ts": None, "channel_actions_count": 0}


def conversations_replies(ws: Workspace, args: Arguments) -> Json:
    """The parent and its replies, oldest first."""
    place = _channel(ws, args, _HISTORY)
    ts = args.need("ts")
    if ws.post_at(place.id, ts) is None:
        raise Refused("thread_not_found")
    posts = _within([p for p in ws.posts if p.channel == place.id and not p.only and ts in (p.ts, p.thread)], args)
    limit = args.number("limit", 1000)
    return {"messages": [shapes.message(ws, p) for p in posts[:limit]], "has_more": len(posts) > limit}


def bots_info(ws: Workspace, args: Arguments) -> Json:
    if args.text("bot") not in ("", ws.bot_id):
        raise Refused("bot_not_found")
    profile = {k: v for k, v in shapes.bot_profile(ws).items() if k != "team_id"}
    return {"bot": profile | {"user_id": ws.bot_user}}


def files_info(ws: Workspace, args: Arguments) -> Json:
    it = ws.files.get(args.need("file"))
    if it is None:
        raise Refused("file_not_found")
    return {"file": shapes.file(ws, it), "comments": [], "response_metadata": {"next_cursor": ""}}


def team_info(ws: Workspace, args: Arguments) -> Json:
    return {"team": {"id": ws.team, "name": "Keyturn Sandbox", "domain": ws.domain, "email_domain": "example.com", "icon": {}}}


# ------------------------------------------------------------ agents

def _conversation(ws: Workspace, args: Arguments) -> str:
    channel = args.need("channel_id")
    if channel not in ws.channels:
        raise Refused("channel_not_found")
    return channel


def set_status(ws: Workspace, args: Arguments) -> Json:
    """assistant.threads.setStatus: an empty status clears it."""
    ws.statuses.setdefault(_conversation(ws, args), []).append(args.text("status"))
    ws.touch()
    return {}


def set_prompts(ws: Workspace, args: Arguments) -> Json:
    """At most four. With `thread_ts` an agent's call answers ok and shows nothing (docs, migrating to agent messaging)."""
    channel = _conversation(ws, args)
    prompts = args.structure("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= MOST_PROMPTS or not all(
            isinstance(p, dict) and p.get("title") and p.get("message") for p in prompts):
        raise Refused("invalid_arguments", [f"[ERROR] prompts must be 1 to {MOST_PROMPTS} objects with title and message"])
    if args.text("thread_ts"):
        ws.fault("assistant.threads.setSuggestedPrompts with thread_ts shows nothing in an agent's messages")
        return {}
    ws.prompts[channel] = {"title": args.text("title"), "prompts": prompts}
    ws.touch()
    return {}


def set_title(ws: Workspace, args: Arguments) -> Json:
    ws.titles[_conversation(ws, args)] = args.need("title")
    ws.touch()
    return {}


def session_status(ws: Workspace, args: Arguments) -> Json:
    channel, status = _conversation(ws, args), args.need("status")
    if status not in SESSION_STATUSES:
        raise Refused("invalid_arguments", [f"[ERROR] status must be one of {', '.join(SESSION_STATUSES)}"])
    ws.statuses.setdefault(channel, []).append(status)
    ws.touch()
    return {}


METHODS: dict[str, Method] = {
    "auth.test": Method(auth_test, (), 0),
    "api.test": Method(api_test, (), 4),
    "users.info": Method(users_info, ("users:read",), 4),
    "users.lookupByEmail": Method(users_by_email, ("users:read.email",), 3),
    "users.profile.get": Method(users_profile, ("users.profile:read", "users:read"), 4),
    "conversations.open": Method(conversations_open, ("im:write",), 3),
    "conversations.info": Method(conversations_info, (), 3),
    "conversations.members": Method(conversations_members, (), 4),
    "conversations.history": Method(conversations_history, (), 3),
    "conversations.replies": Method(conversations_replies, (), 3),
    "bots.info": Method(bots_info, ("users:read",), 3),
    "files.info": Method(files_info, ("files:read",), 4),
    "team.info": Method(team_info, ("team:read",), 3),
    "assistant.threads.setStatus": Method(set_status, ("assistant:write", "chat:write"), 0),
    "assistant.threads.setSuggestedPrompts": Method(set_prompts, ("assistant:write",), 3),
    "assistant.threads.setTitle": Method(set_title, ("assistant:write",), 3),
    "agents.sessions.setStatus": Method(session_status, ("assistant:write", "chat:write"), 3),
    "agents.sessions.rename": Method(set_title, ("assistant:write", "chat:write"), 3),
}
