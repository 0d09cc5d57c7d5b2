"""What Teams is made of, as far as a bot meets it: accounts, conversations, messages, open dialogs. One tenant in memory."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox import world
from sandbox.watched import Watched

Json = dict[str, Any]
Kind = Literal["personal", "groupChat", "channel"]
CARD = "application/vnd.microsoft.card.adaptive"


@dataclass
class Account:
    """A person. `id` is what they are called in conversations with this bot."""

    id: str
    entra: str
    key: str
    name: str
    email: str
    upn: str
    role: Literal["user", "guest"] = "user"
    tenant: str = world.TEAMS_TENANT
    zone: str = "Europe/London"
    locale: str = "en-GB"
    gone: bool = False
    """Deactivated: a member of nothing any more."""


@dataclass
class Talk:
    """A conversation. `installed`: the bot is in it; a 1:1 conversation exists before the bot is, and without it stays silent."""

    id: str
    kind: Kind
    members: list[str]
    name: str = ""
    installed: bool = True


@dataclass
class Message:
    id: str
    talk: str
    author: str
    """An account's id; "bot" for the bot."""
    activity: Json
    edits: int = 0
    views: dict[str, Json] = field(default_factory=dict)
    """Cards that one client shows instead, after a press or a refresh there; until the next edit."""
    state: dict[str, dict[str, str]] = field(default_factory=dict)
    """What each account has put into the inputs so far."""

    def card(self, reader: str) -> Json | None:
        if reader in self.views:
            return self.views[reader]
        for one in self.activity.get("attachments") or []:
            if one.get("contentType") == CARD:
                content: Json = one["content"]
                return content
        return None


@dataclass
class Dialog:
    """A dialog that is open in somebody's client."""

    title: str
    card: Json
    message: str
    state: dict[str, str] = field(default_factory=dict)


@dataclass
class Tenant(Watched):
    """Everything on one event loop; `touch` tells those who wait that something changed."""

    app_id: str = "5d2f6d0e-8f4b-4a55-b1a3-0d6a2a4f7c10"
    password: str = "sandbox-teams-password"
    bot_name: str = "Password Reset"
    id: str = world.TEAMS_TENANT
    clock: Callable[[], float] = time.time
    accounts: dict[str, Account] = field(default_factory=dict)
    talks: dict[str, Talk] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    dialogs: dict[str, Dialog] = field(default_factory=dict)
    _last: int = 0

    def __post_init__(self) -> None:
        for person in world.PEOPLE.values():
            guest = bool(person.slack_flags & {"is_restricted", "is_ultra_restricted"})
            self.add(Account(f"29:1{person.key}-{person.entra[:8]}", person.entra, person.key, person.name, person.email, person.upn,
                             "guest" if guest else "user"))

    @property
    def bot(self) -> str:
        return f"28:{self.app_id}"

    def add(self, account: Account) -> Account:
        self.accounts[account.id] = account
        return account

    def add_person(self, key: str, name: str, email: str, **more: Any) -> Account:
        """One more person of this tenant."""
        entra = more.pop("entra", "") or f"{secrets.token_hex(4)}-0000-4000-8000-{secrets.token_hex(6)}"
        return self.add(Account(f"29:1{key}-{entra[:8]}", entra, key, name, email, more.pop("upn", email), **more))

    def find(self, person: str | world.Person) -> Account:
        """By Person, key, name, e-mail, Entra id or account. LookupError names who there is."""
        wanted = person.entra if isinstance(person, world.Person) else person
        for account in self.accounts.values():
            if wanted in (account.id, account.entra, account.key, account.name, account.email):
                return account
        raise LookupError(f"no person {wanted!r}; there are {', '.join(sorted(a.key for a in self.accounts.values()))}")

    def personal(self, account: Account) -> Talk | None:
        """Their 1:1 conversation with the bot, if there is one."""
        return next((talk for talk in self.talks.values() if talk.kind == "personal" and account.id in talk.members), None)

    def open_personal(self, account: Account, *, installed: bool = True) -> Talk:
        talk = self.personal(account)
        if talk is None:
            talk = Talk(f"a:1{secrets.token_urlsafe(60)}", "personal", [account.id], installed=installed)
            self.talks[talk.id] = talk
        return talk

    def new_id(self) -> str:
        """An activity id: milliseconds, greater than all before."""
        self._last = max(int(self.clock() * 1000), self._last + 1)
        return str(self._last)

    def message(self, talk: str, message_id: str) -> Message | None:
        return next((one for one in self.messages if one.talk == talk and one.id == message_id), None)

    def visible(self, account: Account) -> list[Message]:
        """What this person can see, oldest first."""
        return [one for one in self.messages if account.id in self.talks[one.talk].members]
