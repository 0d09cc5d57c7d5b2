"""dialogs.chat.Chat over Slack's Web API: show a card by post or update."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_faults import FAULTS, code_of, message_fault
from cards import block_kit
from cards.card import Card
from dialogs.chat import Identity, Shown, Unreachable
from integrations.base import Refused

EVENT = "keyturn_card"
MAY_NOT_OPEN = frozenset({"missing_scope", "unknown_method", "not_allowed_token_type"})
MOST_KEPT = 20_000


@dataclass
class SlackChat:
    client: AsyncWebClient
    _conversations: dict[str, str] = field(default_factory=dict)

    async def conversation(self, who: Identity) -> str:
        """The id of the 1:1 conversation with a person."""
        kept = self._conversations.get(who.user)
        if kept:
            return kept
        try:
            answer = await self.client.conversations_open(users=who.user)
        except FAULTS as error:
            if code_of(error) in MAY_NOT_OPEN:
                # Slack takes a person's id in the place of their conversation's, where the app may write to it.
                return who.user
            raise message_fault(error) from None
        channel = (answer.get("channel") or {}).get("id")
        if not channel:
            raise Unreachable("no conversation could be opened")
        if len(self._conversations) >= MOST_KEPT:
            self._conversations.clear()
        self._conversations[who.user] = channel
        return str(channel)

    async def post(self, to: Identity, card: Card, *, channel: str = "", thread: str = "", key: str = "") -> Shown:
        drawn = block_kit.message(card)
        options: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}
        if thread:
            options["thread_ts"] = thread
        if key:
            options["metadata"] = {"event_type": EVENT, "event_payload": {"key": key}}
        where = channel or await self.conversation(to)
        try:
            answer = await self.client.chat_postMessage(channel=where, text=drawn["text"], blocks=drawn["blocks"], **options)
        except FAULTS as error:
            raise message_fault(error) from None
        return Shown(str(answer.get("channel") or where), str(answer["ts"]))

    async def edit(self, to: Identity, at: Shown, card: Card) -> None:
        drawn = block_kit.message(card)
        try:
            await self.client.chat_update(channel=at.channel, ts=at.message, text=drawn["text"], blocks=drawn["blocks"])
        except FAULTS as error:
            raise message_fault(error) from None

    async def find(self, to: Identity, channel: str, key: str) -> Shown | None:
        """Looks through the conversation's last minutes for a message of ours with this key.

        A workspace that does not let us read gives None: a message twice is better than none.
        """
        try:
            where = channel or await self.conversation(to)
            answer = await self.client.conversations_history(
                channel=where, oldest=str(time.time() - 600), include_all_metadata=True, limit=50
            )
        except FAULTS as error:
            fault = message_fault(error)
            if isinstance(fault, Refused):
                return None
            raise fault from None
        for message in answer.get("messages") or []:
            if ((message.get("metadata") or {}).get("event_payload") or {}).get("key") == key:
                return Shown(where, str(message["ts"]))
        return None

    async def whisper(self, to: Identity, channel: str, text: str) -> None:
        try:
            await self.client.chat_postEphemeral(channel=channel, user=to.user, text=text)
        except FAULTS as error:
            raise message_fault(error) from None

    async def home(self, to: Identity, card: Card) -> None:
        try:
            await self.client.views_publish(user_id=to.user, view=block_kit.home(card))
        except FAULTS as error:
            raise message_fault(error) from None
