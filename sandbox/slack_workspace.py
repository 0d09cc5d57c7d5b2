"""One Slack workspace in memory: people, channels, messages, views, and the app that is installed in it.

Only state and the few rules that belong to it (who sees what, ids, moments). HTTP, deliveries and the people
who act are elsewhere. Everything runs on one event loop; `touch` tells those who wait that something changed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox import world
from sandbox.slack_records import Channel, File, Json, Post, ResponseUrl, Trigger, User, View, fresh
from sandbox.watched import Watched

SCOPES = frozenset({
    "app_mentions:read", "assistant:write", "channels:history", "channels:read", "chat:write", "commands", "files:read", "groups:history",
    "groups:read", "im:history", "im:read", "im:write", "reactions:write", "team:read", "users:read", "users:read.email",
})
"""What the app was granted unless a test takes something away."""

SUBSCRIPTIONS = frozenset({"app_home_opened", "app_mention", "message.im", "app_uninstalled", "tokens_revoked", "agent_session_stopped"})


@dataclass
class Workspace(Watched):
    team: str = world.TENANT
    domain: str = "keyturn-sandbox"
    app_id: str = "A0KEYTURN1"
    bot_id: str = "B0KEYTURN1"
    bot_user: str = "U0KEYTURN1"
    bot_name: str = "Password Reset"
    command: str = "/password-reset"
    bot_token: str = "xoxb-sandbox"
    app_token: str = "xapp-sandbox"
    signing_secret: str = "sandbox-signing-secret"
    verification_token: str = "sandbox-verification"
    scopes: frozenset[str] = SCOPES
    subscriptions: frozenset[str] = SUBSCRIPTIONS
    clock: Callable[[], float] = time.time
    """Seconds since 1970; tests move it instead of waiting."""

    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    """Oldest first. Changed only through add and remove, which keep the index."""
    files: dict[str, File] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    stacks: dict[str, list[str]] = field(default_factory=dict)
    """Open modals of a user, bottom first."""
    homes: dict[str, View] = field(default_factory=dict)
    tabs: dict[str, str] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    prompts: dict[str, Json] = field(default_factory=dict)
    statuses: dict[str, list[str]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    observers: list[Callable[[str, Post], None]] = field(default_factory=list)
    """Told of each lasting message: "posted", "changed" or "deleted"."""
    _index: dict[tuple[str, str], Post] = field(default_factory=dict)
    _replies: dict[tuple[str, str], list[Post]] = field(default_factory=dict)
    _last_ts: int = 0

    def __post_init__(self) -> None:
        for person in world.PEOPLE.values():
            team = "T0OTHERORG" if "is_stranger" in person.slack_flags else self.team
            self.users[person.slack] = User(person.slack, person.key, person.name, person.email, person.slack_flags, team)
        self.users[self.bot_user] = User(self.bot_user, "bot", self.bot_name, "", frozenset({"is_bot"}), self.team, locale="en-US")
        self.users["USLACKBOT"] = User("USLACKBOT", "slackbot", "Slackbot", "", frozenset({"is_bot"}), self.team, locale="en-US")
        everyone = {u.id for u in self.users.values() if not u.flags & {"is_restricted", "is_ultra_restricted", "deleted", "is_stranger"}}
        self.channels["C0GENERAL1"] = Channel("C0GENERAL1", "general", "channel", everyone)

    # ------------------------------------------------------------ moments and waiting

    def ts(self) -> str:
        """A message timestamp: seconds and microseconds, greater than all before."""
        self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000:010d}.{self._last_ts % 1_000_000:06d}"

    # ------------------------------------------------------------ people and places

    def find(self, person: str | world.Person) -> User:
        """By Person, key, name, e-mail or Slack id. LookupError names who there is."""
        wanted = person.slack if isinstance(person, world.Person) else person
        if wanted in self.users:
            return self.users[wanted]
        for user in self.users.values():
            if wanted in (user.id, user.key, user.name, user.email):
                return user
        raise LookupError(f"no person {wanted!r}; there are {', '.join(sorted(u.key for u in self.users.values()))}")

    def add_person(self, key: str, name: str, email: str, *, slack_id: str = "", flags: frozenset[str] = frozenset()) -> User:
        """One more user of this workspace, a member of #general unless a flag says guest, stranger or deleted."""
        user = User(slack_id or fresh("U"), key, name, email, flags, self.team)
        self.users[user.id] = user
        if not flags:
            self.channels["C0GENERAL1"].members.add(user.id)
        return user

    def dm(self, user_id: str) -> Channel:
        """The direct messages of this user and the bot; made when it is first needed."""
        channel_id = "D" + user_id[1:]
        if channel_id not in self.channels:
            self.channels[channel_id] = Channel(channel_id, "directmessage", "im", {user_id, self.bot_user})
        return self.channels[channel_id]

    def place(self, name: str) -> Channel:
        """A channel by id or name. LookupError names those there are."""
        for channel in self.channels.values():
            if name == channel.id or (channel.kind != "im" and name.lstrip("#") == channel.name):
                return channel
        raise LookupError(f"no channel {name!r}; there are {', '.join(c.name for c in self.channels.values() if c.kind != 'im')}")

    def add_channel(self, name: str, members: list[str], *, bot: bool = True, private: bool = False, archived: bool = False) -> Channel:
        """A new channel with these people (keys) in it, and the bot unless `bot` is False."""
        inside = {self.find(m).id for m in members} | ({self.bot_user} if bot else set())
        channel = Channel(fresh("C"), name, "group" if private else "channel", inside, archived)
        self.channels[channel.id] = channel
        return channel

    # ------------------------------------------------------------ messages

    def add(self, post: Post) -> Post:
        self.posts.append(post)
        self._index[post.channel, post.ts] = post
        if post.thread:
            self._replies.setdefault((post.channel, post.thread), []).append(post)
        self._tell("posted", post)
        return post

    def changed(self, post: Post) -> None:
        post.edits.append(self.ts())
        self._tell("changed", post)

    def remove(self, post: Post) -> None:
        self.posts.remove(post)
        del self._index[post.channel, post.ts]
        if post.thread:
            self._replies[post.channel, post.thread].remove(post)
        self._tell("deleted", post)

    def _tell(self, what: str, post: Post) -> None:
        self.touch()
        if not post.only:
            for observer in self.observers:
                observer(what, post)

    def post_at(self, channel: str, ts: str, *, ephemeral: bool = False) -> Post | None:
        """The message there, or None; an ephemeral one only when asked for."""
        post = self._index.get((channel, ts))
        return post if post is not None and (ephemeral or not post.only) else None

    def replies(self, post: Post) -> list[Post]:
        """The lasting replies to this message, oldest first."""
        return [p for p in self._replies.get((post.channel, post.ts), []) if not p.only]

    def visible(self, user_id: str) -> list[Post]:
        """What this user can see, oldest first."""
        places = {c.id for c in self.channels.values() if user_id in c.members}
        return [p for p in self.posts if p.channel in places and p.only in ("", user_id)]

    # ------------------------------------------------------------ handing out

    def trigger(self, user_id: str, view: str = "") -> str:
        """A trigger_id: three seconds, one use (docs, handling user interaction)."""
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        made = Trigger(trigger_id, user_id, self.clock() + 3.0, view)
        self.triggers[made.id] = made
        return made.id

    def response_url(self, user_id: str, channel: str, *, post: str = "", thread: str = "") -> str:
        """The path of a new response_url."""
        token = secrets.token_hex(12)
        self.response_urls[token] = ResponseUrl(token, user_id, channel, self.clock() + 1800.0, post, thread)
        return f"/actions/{self.team}/{token}" if post else f"/commands/{self.team}/{token}"
