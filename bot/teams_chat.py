"""dialogs.chat.Chat over the Bot Framework connector: a card in the person's 1:1 conversation, edited in place.

A conversation is known once somebody wrote or installed the app. For anybody else of a tenant it is created, which
Teams allows when the app is installed for them (an administrator may do that for everybody) and refuses otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.teams_connector import LONGEST_ID, Connector, Json
from bot.teams_faults import message_fault
from cards import adaptive, notes
from cards.card import Card
from dialogs.chat import Identity, Shown, Unreachable
from integrations.base import SystemFault
from storage import conversations
from storage.models import Conversation

PLATFORM: Final = "teams"


@dataclass
class TeamsChat:
    """`app_id` is the bot's; `home_url` is where a tenant is reached of which nobody was met yet, "" for nowhere."""

    connector: Connector
    app_id: str
    home_url: str = ""
    refreshing: bool = False
    """Somebody answers when a card asks for itself anew (`bot.teams` sets it)."""

    async def conversation(self, to: Identity) -> Conversation:
        """The person's 1:1 conversation, created when it is not known. Raises Unreachable, Unavailable, Refused."""
        known = await conversations.of(PLATFORM, to.tenant, to.user)
        if known is not None and known.conversation:
            return known
        near = known if known is not None and known.service_url else await conversations.latest(PLATFORM, to.tenant)
        service_url = near.service_url if near is not None else self.home_url
        if not service_url:
            raise Unreachable("nobody of this tenant was met yet")
        asked: Json = {
            "isGroup": False,
            "bot": {"id": (near.bot if near is not None else "") or f"28:{self.app_id}"},
            "members": [{"id": (known.account if known is not None else "") or to.user}],
            "tenantId": to.tenant,
            "channelData": {"tenant": {"id": to.tenant}},
        }
        try:
            made = await self.connector.create(service_url, asked)
        except SystemFault as fault:
            raise message_fault(fault) from None
        found = made.get("id")
        if not isinstance(found, str) or not found or len(found) > LONGEST_ID:
            raise Unreachable("no conversation could be created")
        return await conversations.remember(PLATFORM, to.tenant, to.user, service_url=service_url, conversation=found)

    async def post(self, to: Identity, card: Card, *, channel: str = "", thread: str = "", key: str = "") -> Shown:
        """Always in the 1:1 conversation: nothing that others could read is private in Teams. `channel` and `thread` are not used."""
        where = await self.conversation(to)
        return await self.send(to, where, self._drawn(card, where))

    async def send(self, to: Identity, where: Conversation, activity: Json) -> Shown:
        """A message activity as it is."""
        try:
            sent = await self.connector.send(where.service_url, where.conversation, activity)
        except SystemFault as fault:
            trouble = message_fault(fault)
            if isinstance(trouble, Unreachable):
                # Removed or reinstalled since: the next post asks for the conversation anew.
                await conversations.remember(PLATFORM, to.tenant, to.user, conversation="")
            raise trouble from None
        return Shown(where.conversation, sent)

    async def edit(self, to: Identity, at: Shown, card: Card) -> None:
        known = await conversations.of(PLATFORM, to.tenant, to.user)
        if known is None or not known.service_url:
            raise Unreachable("the conversation is not known any more")
        try:
            await self.connector.update(known.service_url, at.channel, at.message, self._drawn(card, known))
        except SystemFault as fault:
            raise message_fault(fault, edit=True) from None

    async def find(self, to: Identity, channel: str, key: str) -> Shown | None:
        """The connector cannot be asked what was posted: a message twice is better than none."""
        return None

    async def whisper(self, to: Identity, channel: str, text: str) -> None:
        """Teams has no message for one person's eyes in a place where others read; it goes to their own conversation."""
        await self.post(to, notes.note(text))

    async def home(self, to: Identity, card: Card) -> None:
        """Teams has no Home page; `status` and `queue` are messages."""

    def _drawn(self, card: Card, where: Conversation) -> Json:
        """Its reader's client asks for it anew when it is shown later: a card in a chat grows old unseen."""
        again = adaptive.nonce_of(card) if self.refreshing and where.account else ""
        return adaptive.message(card, refresh=again, readers=(where.account,) if again else ())
