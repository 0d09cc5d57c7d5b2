"""One activity of Teams: botbuilder's handler says which kind it is, the edge what comes of it.

An invoke is answered with what the person sees next: a card, a dialog, or a sentence.
Sources: Adaptive Cards, Universal Action Model; Microsoft Teams, Dialogs.
"""

from __future__ import annotations

from typing import Any, Final

from botbuilder.core import TurnContext
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.core.teams import TeamsActivityHandler

from bot.teams import DONE, Next, TeamsEdge
from bot.teams_inbound import Sender, delivery
from cards import adaptive, notes
from cards.adaptive import Pressed
from cards.adaptive_form import required
from cards.form import Filled
from cards.received import text_in
from cards.words import say

Json = dict[str, Any]

CARD: Final = "application/vnd.microsoft.card.adaptive"
MESSAGE: Final = "application/vnd.microsoft.activity.message"


class Turn(TeamsActivityHandler):  # type: ignore[misc]  # botbuilder publishes no types
    """One activity. botbuilder calls the method of its kind; `body` is the activity as it came."""

    def __init__(self, edge: TeamsEdge, by: Sender, body: Json) -> None:
        super().__init__()
        self.edge = edge
        self.by = by
        self.body = body

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await self.edge.message(self.by, self.body)

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        action = text_in(self.body, "action", longest=40)
        if action.startswith("remove"):
            await self.edge.removed(self.by)
        elif action.startswith("add"):
            await self.edge.installed(self.by)

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """Only the bot's own arrival counts: nobody else in a conversation is spoken to unasked."""
        added = self.body.get("membersAdded")
        if isinstance(added, list) and any(isinstance(one, dict) and one.get("id") == self.by.bot for one in added):
            await self.edge.installed(self.by)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Not left to botbuilder: its own way answers a dict with 500 (sdk: serialises it twice)."""
        name = text_in(self.body, "name", longest=80)
        if name not in {"adaptiveCard/action", "task/fetch", "task/submit"}:
            return InvokeResponse(501)
        value = self.body.get("value")
        filled, pressed = adaptive.filled(value), adaptive.pressed(value)
        await self.edge.people.met(self.by)
        if name == "adaptiveCard/action":
            return InvokeResponse(200, await self._card_action(filled, pressed))
        if name == "task/fetch":
            return InvokeResponse(200, await self._task_fetch(pressed))
        return InvokeResponse(200, await self._task_submit(filled, pressed))

    # ------------------------------------------------------------ adaptiveCard/action

    async def _card_action(self, filled: Filled | None, pressed: Pressed | None) -> Json:
        edge, who = self.edge, self.by.who
        if filled is not None:
            shown = await edge.fill(who, filled, delivery("form", self.body))
            if isinstance(shown, Next):
                return _card(shown.content())
            card = await edge.current(who, filled.nonce) if not shown else None
            if card is not None:
                return _card(edge.redrawn(self.by, card))
            said = notes.note(shown or DONE)
            edge.background.start(edge.instead(self.by, said), "form")
            return _card(adaptive.content(said))
        if pressed is None:
            return _error(await edge.said(who, say("I don't know that button. Say “help” to see what I can do.")))
        if pressed.verb == "refresh" or pressed.by_itself:
            return await self._refreshed(pressed)
        if pressed.verb == "start_reset":
            found = await edge.form.form(who)
            return _card(adaptive.form_content(found[0], None, required(found[1]))) if found else _said(DONE)
        opened = await edge.opened(who, pressed)
        if opened is not None:
            return _said(opened) if isinstance(opened, str) else _card(opened.content())
        reply = await edge.press(who, pressed, delivery("press", self.body))
        card = await edge.current(who, pressed.nonce) if reply.request_id else None
        if card is None:
            return _said(reply.text or DONE)
        if reply.text:
            edge.background.start(edge.tell(who, notes.note(reply.text)), "reply")
        return _card(edge.redrawn(self.by, card))

    async def _refreshed(self, pressed: Pressed) -> Json:
        """Nothing changes by it. Somebody whose card this is not sees that it is not."""
        card = await self.edge.current(self.by.who, pressed.nonce)
        if card is None:
            return _card(adaptive.content(notes.stale(await self.edge.form.words(self.by.who))))
        return _card(self.edge.redrawn(self.by, card))

    # ------------------------------------------------------------ dialogs

    async def _task_fetch(self, pressed: Pressed | None) -> Json:
        edge, who = self.edge, self.by.who
        if pressed is None:
            return _task_message(notes.stale(await edge.form.words(who)).summary)
        if pressed.verb == "start_reset":
            found = await edge.form.form(who)
            return _continue(adaptive.dialog(found[0], required=required(found[1]))) if found else _task_message(DONE)
        return await self._opened(pressed)

    async def _opened(self, pressed: Pressed) -> Json:
        edge, who = self.edge, self.by.who
        shown = await edge.opened(who, pressed)
        if shown is not None:
            return _task_message(shown) if isinstance(shown, str) else _continue(shown.dialog())
        reply = await edge.press(who, pressed, delivery("press", self.body))
        return _task_message(reply.text or DONE)

    async def _task_submit(self, filled: Filled | None, pressed: Pressed | None) -> Json | None:
        edge = self.edge
        if filled is not None:
            shown = await edge.fill(self.by.who, filled, delivery("form", self.body))
            if isinstance(shown, Next):
                return _continue(shown.dialog())
            return _task_message(shown) if shown else None
        if pressed is None:
            return _task_message(notes.stale(await edge.form.words(self.by.who)).summary)
        return await self._opened(pressed)


def _card(content: Json) -> Json:
    return {"statusCode": 200, "type": CARD, "value": content}


def _said(text: str) -> Json:
    return {"statusCode": 200, "type": MESSAGE, "value": text}


def _error(text: str) -> Json:
    return {"statusCode": 400, "type": "application/vnd.microsoft.error", "value": {"code": "BadRequest", "message": text}}


def _continue(value: Json) -> Json:
    return {"task": {"type": "continue", "value": value}}


def _task_message(text: str) -> Json:
    return {"task": {"type": "message", "value": text}}
