"""What a person sees in Teams right now: messages with their cards, an open dialog. And waiting for it to appear."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sandbox.botframework_reading import buttons, inputs, reading, shown_value
from sandbox.botframework_records import Account, Json, Message, Tenant
from sandbox.world import Person

Who = str | Person
Found = TypeVar("Found")


@dataclass(frozen=True)
class Seen:
    """A message as one person sees it. `text` is its notification, `reading` the card (or the text) as lines."""

    talk: str
    id: str
    author: str
    text: str
    reading: str
    buttons: tuple[str, ...]
    edited: int
    card: Json | None

    @property
    def channel(self) -> str:
        """The conversation it stands in."""
        return self.talk

    def says(self, pattern: str) -> bool:
        """The pattern (any case) is in the notification or in the card."""
        return re.search(pattern, f"{self.text}\n{self.reading}", re.IGNORECASE) is not None


@dataclass(frozen=True)
class Page:
    """A dialog as its person sees it. `values` is what stands in the fields, by label."""

    title: str
    reading: str
    buttons: tuple[str, ...]
    values: dict[str, str]
    card: Json


class Seeing:
    """Needs `tenant`. Persons are given by key, name, e-mail, Entra id, account or Person."""

    tenant: Tenant

    def messages(self, person: Who) -> list[Seen]:
        """All that they can see, oldest first."""
        account = self.tenant.find(person)
        return [self.seen(message, account) for message in self.tenant.visible(account)]

    def seen(self, message: Message, reader: Account) -> Seen:
        card = message.card(reader.id)
        text = str(message.activity.get("text") or message.activity.get("summary") or "")
        lines = reading(card, zone=reader.zone, state=message.state.get(reader.id, {})) if card else text
        author = self.tenant.bot_name if message.author == "bot" else self.tenant.accounts[message.author].name
        return Seen(message.talk, message.id, author, text, lines, tuple(one["title"] for one in buttons(card)), message.edits, card)

    def dialog_of(self, person: Who) -> Page | None:
        """The open dialog, or None."""
        account = self.tenant.find(person)
        dialog = self.tenant.dialogs.get(account.id)
        if dialog is None:
            return None
        values = {str(one.get("label", one["id"])): shown_value(one, dialog.state.get(one["id"], str(one.get("value", ""))))
                  for one in inputs(dialog.card)}
        shown = tuple(one["title"] for one in buttons(dialog.card))
        return Page(dialog.title, reading(dialog.card, zone=account.zone, state=dialog.state), shown, values, dialog.card)

    async def wait_until(self, look: Callable[[], Found | None], within: float = 10.0, what: str = "it") -> Found:
        """What `look` finds once it finds something (looked at after every change). TimeoutError otherwise."""
        found = await self.tenant.until(look, within)
        if found is None:
            raise TimeoutError(f"{what} did not happen within {within:g} s")
        return found

    async def wait_for(self, pattern: str, person: Who, *, since: str = "", timeout: float = 10.0) -> Seen:  # noqa: ASYNC109 - a person's patience
        """The newest message of the bot's like this, as they see it, newer than `since`. TimeoutError says what they saw."""
        account = self.tenant.find(person)

        def look() -> Seen | None:
            for message in reversed(self.tenant.visible(account)):
                if message.author == "bot" and int(message.id) > int(since or 0) and (seen := self.seen(message, account)).says(pattern):
                    return seen
            return None

        found = await self.tenant.until(look, timeout)
        if found is None:
            saw = "\n".join(f"  {one.author}: {one.reading}" for one in self.messages(person)) or "  nothing"
            raise TimeoutError(f"{account.name} saw no message like {pattern!r} within {timeout:g} s, but:\n{saw}")
        return found

    def transcript(self, person: Who) -> str:
        """Everything they see, for people."""
        shown = []
        for one in self.messages(person):
            indented = "\n".join("    " + line for line in one.reading.splitlines())
            shown.append(f"{one.author}:\n{indented}")
        return "\n".join(shown)
