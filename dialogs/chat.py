"""The port to the chat platforms: who somebody is there, what came from them, and showing them a card.

A platform's module in `bot/` translates its payloads into these and does nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from cards.card import Card
from integrations.base import Account


@dataclass(frozen=True, slots=True)
class Identity:
    """A person on a platform: the ids that the platform signed, never a name or an address."""

    platform: str
    """slack, teams"""
    tenant: str
    user: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.tenant}:{self.user}"

    @classmethod
    def parse(cls, text: str) -> Identity:
        platform, tenant, user = text.split(":", 2)
        return cls(platform, tenant, user)


@dataclass(frozen=True, slots=True)
class Profile:
    """What the platform says of a person. `outside` is why they are not served: guest, external, bot, deleted."""

    email: str
    name: str
    locale: str = "en"
    zone: str = "UTC"
    outside: str = ""


class Bind(StrEnum):
    ONE = "one"
    NONE = "none"
    """Nobody, or several, or somebody from outside."""
    UNKNOWN = "unknown"
    """Could not be looked up."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The answer of `People.verified`: exactly one Okta person, or why not."""

    bind: Bind
    profile: Profile | None = None
    account: Account | None = None
    why: str = ""


class People(Protocol):
    """(platform, tenant, user id) -> exactly one Okta person (security brief, I3)."""

    async def profile(self, who: Identity, *, fresh: bool = False) -> Profile | None:
        """What the platform says; None when it cannot be asked now. Remembered for minutes unless `fresh`."""

    async def verified(self, who: Identity) -> Bound:
        """Looked up anew: the platform's profile, then one look-up in Okta by that e-mail, compared after the fetch."""

    async def locate(self, email: str) -> tuple[Identity, ...]:
        """The person of this address on every platform that can reach them; () when none can. Unavailable when it
        cannot be asked."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a message stands on its platform."""

    channel: str
    message: str


class Unreachable(Exception):
    """The person or channel cannot be written to on this platform, and asking again will not help."""


class Gone(Unreachable):
    """The message to be edited is not there any more."""


class Chat(Protocol):
    """Showing cards. Raises integrations.base.Unavailable (try later), Unreachable, Gone."""

    async def post(self, to: Identity, card: Card, *, channel: str = "", thread: str = "", key: str = "") -> Shown:
        """A new message; in the person's 1:1 conversation unless `channel` says where. `key` marks it for `find`."""

    async def edit(self, to: Identity, at: Shown, card: Card) -> None: ...

    async def find(self, to: Identity, channel: str, key: str) -> Shown | None:
        """A message that an earlier run posted under `key` and did not live to write down."""

    async def whisper(self, to: Identity, channel: str, text: str) -> None:
        """A plain sentence to one person, where they pressed or asked."""

    async def home(self, to: Identity, card: Card) -> None:
        """Replaces the person's Home page, where the platform has one."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A request that somebody makes: the form, or the words of a message."""

    delivery: str
    """The key under which the same delivery is known again."""
    who: Identity
    intake: str
    """form, shortcut, text"""
    summary: str = ""
    justification: str = ""
    symptom: str = ""
    app_kind: str = ""
    app_id: str = ""
    app_label: str = ""
    on_behalf: str = ""
    channel: str = ""
    attachments: tuple[dict[str, Any], ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message to the bot, before anybody knows what it is."""

    delivery: str
    who: Identity
    text: str
    channel: str
    message: str
    thread: str = ""
    private: bool = True
    """A 1:1 conversation; False: a mention where others read."""
    attachments: tuple[dict[str, Any], ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Press:
    """A button. `nonce` says of which picture; `value` is an offered option's index."""

    delivery: str
    who: Identity
    verb: str
    nonce: str
    value: str = ""
    channel: str = ""
    said: dict[str, str] = field(default_factory=dict)
    """What a reviewer wrote: reason, note, how, why_not."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the presser or submitter is told at once; "" when the picture itself will say it."""

    text: str
    request_id: str = ""
