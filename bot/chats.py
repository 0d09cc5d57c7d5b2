"""One port over the platforms that are on: a person is spoken to where their id says, an address is looked for everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cards.card import Card
from dialogs.chat import Bind, Bound, Chat, Identity, People, Profile, Shown, Unreachable
from integrations.base import SystemFault


@dataclass(frozen=True)
class Everyone:
    """dialogs.chat.People over platforms."""

    platforms: Mapping[str, People]

    async def profile(self, who: Identity, *, fresh: bool = False) -> Profile | None:
        people = self.platforms.get(who.platform)
        return await people.profile(who, fresh=fresh) if people else None

    async def verified(self, who: Identity) -> Bound:
        people = self.platforms.get(who.platform)
        return await people.verified(who) if people else Bound(Bind.UNKNOWN, why=f"{who.platform} is not configured")

    async def locate(self, email: str) -> tuple[Identity, ...]:
        found: list[Identity] = []
        trouble: SystemFault | None = None
        for people in self.platforms.values():
            try:
                found += await people.locate(email)
            except SystemFault as fault:
                trouble = fault
        if trouble is not None and not found:
            raise trouble
        return tuple(found)


@dataclass(frozen=True)
class Chats:
    """dialogs.chat.Chat over platforms. A platform that is off cannot reach anybody."""

    platforms: Mapping[str, Chat]

    def _of(self, who: Identity) -> Chat:
        chat = self.platforms.get(who.platform)
        if chat is None:
            raise Unreachable(f"{who.platform} is not configured")
        return chat

    async def post(self, to: Identity, card: Card, *, channel: str = "", thread: str = "", key: str = "") -> Shown:
        return await self._of(to).post(to, card, channel=channel, thread=thread, key=key)

    async def edit(self, to: Identity, at: Shown, card: Card) -> None:
        await self._of(to).edit(to, at, card)

    async def find(self, to: Identity, channel: str, key: str) -> Shown | None:
        return await self._of(to).find(to, channel, key)

    async def whisper(self, to: Identity, channel: str, text: str) -> None:
        await self._of(to).whisper(to, channel, text)

    async def home(self, to: Identity, card: Card) -> None:
        await self._of(to).home(to, card)
