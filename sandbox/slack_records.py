"""What a Slack workspace is made of: users, channels, files, messages, views, and the keys that are handed out with interactions."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox import world

Json = dict[str, Any]
Kind = Literal["im", "channel", "group"]

_LETTERS = string.ascii_uppercase + string.digits


def fresh(prefix: str, length: int = 9) -> str:
    """An id as Slack makes them: a letter for the kind, then capitals and digits. Unique over restarts."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))


@dataclass
class User:
    id: str
    key: str
    name: str
    email: str
    flags: frozenset[str] = frozenset()
    """Of is_bot, is_restricted, is_ultra_restricted, is_stranger, deleted."""
    team: str = world.TENANT
    tz: str = "Europe/London"
    locale: str = "en-GB"

    @property
    def handle(self) -> str:
        return self.email.split("@")[0] if self.email else self.key


@dataclass
class Channel:
    id: str
    name: str
    kind: Kind
    members: set[str] = field(default_factory=set)
    archived: bool = False


@dataclass
class File:
    id: str
    name: str
    mimetype: str
    size: int
    user: str
    created: int


@dataclass
class Post:
    """A message. `only` is the one user who sees it when it is ephemeral."""

    ts: str
    channel: str
    author: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    thread: str = ""
    only: str = ""
    edits: list[str] = field(default_factory=list)
    reactions: dict[str, set[str]] = field(default_factory=dict)
    metadata: Json | None = None
    state: dict[str, Json] = field(default_factory=dict)
    client_msg_id: str = ""


@dataclass
class View:
    """A modal or a Home tab, and what its person has put into it so far (`state`: block_id -> action_id -> value)."""

    id: str
    user: str
    kind: Literal["modal", "home"]
    body: Json
    hash: str
    root: str = ""
    previous: str = ""
    state: dict[str, Json] = field(default_factory=dict)
    at: float = 0.0

    @property
    def blocks(self) -> list[Json]:
        return list(self.body.get("blocks", []))


@dataclass
class Trigger:
    id: str
    user: str
    until: float
    view: str = ""
    """The modal it came from, if any."""
    used: bool = False


@dataclass
class ResponseUrl:
    """Five uses within 30 minutes (bolt-python docs, acting on response_url)."""

    token: str
    user: str
    channel: str
    until: float
    post: str = ""
    thread: str = ""
    uses: int = 0
