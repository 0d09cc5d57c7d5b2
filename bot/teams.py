"""Activities of Teams: each becomes a Submission, Heard or Press, goes through the desk, and is answered.

botbuilder's handler decides which kind it is. A message is committed, then answered with 200; an invoke is answered
with what the person sees next: a card, a dialog, or a sentence. What takes longer than a commit is a task of its own.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from botbuilder.core import TurnContext
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.core.teams import TeamsActivityHandler

from bot.background import Background
from bot.teams_chat import TeamsChat
from bot.teams_form import TeamsForm, required
from bot.teams_inbound import Sender, delivery, heard
from bot.teams_people import TeamsPeople
from bot.teams_views import Views
from cards import adaptive, notes
from cards import help as help_cards
from cards import request as request_cards
from cards.adaptive import Pressed
from cards.adaptive_payloads import text_in
from cards.card import Card
from cards.form import Filled, Form, Page
from cards.reset_form import KIND
from cards.views import RequestView
from dialogs import board
from dialogs.chat import Identity, Press, Reply, Unreachable
from dialogs.desk import Desk
from dialogs.errors import Declined, FieldError
from dialogs.services import Services
from integrations.base import SystemFault
from storage import conversations, deliveries, moments, pictures
from storage.database import transaction

log = structlog.get_logger(__name__)
Json = dict[str, Any]

RESET: Final = re.compile(r"^\s*(?:/?password-reset|reset|reset (?:a|my) password|start|new request)\s*[.!]?\s*$", re.IGNORECASE)
REDRAW_SECONDS: Final = 2.0
"""For drawing the card that answers a press; without it the press is answered in words and the card is edited after."""
DONE: Final = "✓"
CARD: Final = "application/vnd.microsoft.card.adaptive"
MESSAGE: Final = "application/vnd.microsoft.activity.message"


@dataclass(frozen=True, slots=True)
class Next:
    """What is shown in a form's place. `needed` is the client's own word for a field left empty."""

    shown: Form | Page
    needed: str
    errors: dict[str, str] = field(default_factory=dict)

    def content(self) -> Json:
        """As a card in the chat."""
        if isinstance(self.shown, Form):
            return adaptive.form_content(self.shown, self.errors, self.needed)
        return adaptive.page_content(self.shown)

    def dialog(self) -> Json:
        return adaptive.dialog(self.shown, self.errors, self.needed)


@dataclass
class TeamsEdge:
    """Everything the handlers use. `views` is the reviewers' and administrators' side."""

    app_id: str
    services: Services
    desk: Desk
    people: TeamsPeople
    chat: TeamsChat
    form: TeamsForm
    background: Background
    views: Views | None = None

    def turn(self, by: Sender, body: Json) -> Turn:
        """The handler of one activity."""
        return Turn(self, by, body)

    # ------------------------------------------------------------ messages

    async def message(self, by: Sender, body: Json) -> None:
        value, said = body.get("value"), heard(body, by)
        if isinstance(value, dict) and value:
            filled, pressed = adaptive.filled(value), adaptive.pressed(value)
            await self.people.met(by)
            await self._submitted(by, body, filled, pressed)
            return
        await self.people.met(by)
        if not said.text and not said.attachments:
            return
        if by.personal and RESET.match(said.text):
            if await self._first(said.delivery):
                self.background.start(self.offer_form(by.who), "form")
            return
        if by.personal and self.views is not None and (card := await self._word(by, said.text)) is not None:
            if await self._first(said.delivery):
                self.background.start(self.tell(by.who, card), "reply")
            return
        await self.desk.hear(said)

    async def _word(self, by: Sender, text: str) -> Card | None:
        try:
            return await self.views.said(by, text) if self.views is not None else None
        except Declined as no:
            return notes.note(no.text)

    async def _first(self, key: str) -> bool:
        """Notes a delivery that makes no request; False when it was taken in before."""
        async with transaction():
            if await deliveries.seen(key) is not None:
                return False
            await deliveries.record(key)
        return True

    async def offer_form(self, who: Identity) -> None:
        """The form as a card in the chat."""
        found = await self.form.form(who)
        if found is not None:
            await self._send(who, adaptive.form_message(found[0], required(found[1])))

    async def tell(self, who: Identity, card: Card) -> None:
        try:
            await self.chat.post(who, card)
        except (SystemFault, Unreachable) as fault:
            log.warning("cannot be reached in chat", who=str(who), why=str(fault))

    async def _submitted(self, by: Sender, body: Json, filled: Filled | None, pressed: Pressed | None) -> None:
        """Action.Submit of a client that does not know Action.Execute: it cannot be answered with a card, so the answer is a message."""
        if filled is not None:
            shown = await self.fill(by.who, filled, delivery("form", body))
            if isinstance(shown, Next):
                activity = {"type": "message", "summary": shown.shown.title, "attachments": [adaptive.attachment(shown.content())]}
                self.background.start(self._send(by.who, activity), "form")
            elif shown:
                self.background.start(self.tell(by.who, notes.note(shown)), "reply")
            return
        if pressed is None or pressed.verb == "refresh":
            return
        if pressed.verb == "start_reset":
            if await self._first(delivery("press", body)):
                self.background.start(self.offer_form(by.who), "form")
            return
        reply = await self.press(by.who, pressed, delivery("press", body))
        if reply.text:
            self.background.start(self.tell(by.who, notes.note(reply.text)), "reply")

    async def _send(self, who: Identity, activity: Json) -> None:
        try:
            await self.chat.send(who, await self.chat.conversation(who), activity)
        except (SystemFault, Unreachable) as fault:
            log.warning("cannot be reached in chat", who=str(who), why=str(fault))

    # ------------------------------------------------------------ presses and forms

    async def press(self, who: Identity, pressed: Pressed, key: str) -> Reply:
        """Through the desk; a refusal is an answer like any other."""
        try:
            return await self.desk.press(Press(key, who, pressed.verb, pressed.nonce, pressed.value))
        except Declined as no:
            return Reply(no.text)

    async def fill(self, who: Identity, filled: Filled, key: str) -> Next | str:
        """Takes a form. What stands in its place (itself, when something is wrong in it), or a sentence ("" for nothing to say)."""
        words = await self.form.words(who)
        if filled.kind != KIND:
            try:
                shown = await self.views.filled(who, filled, key) if self.views is not None else ""
            except Declined as no:
                return no.text
            return Next(shown, required(words)) if isinstance(shown, Form | Page) else shown
        profile = await self.people.profile(who)
        if profile is not None and profile.outside:
            log.warning("security: ignored", reason=profile.outside, who=str(who))
            return ""
        try:
            reply = await self.desk.submit(await self.form.submission(who, filled, key))
        except FieldError as wrong:
            form, words = await self.form.again(who, filled)
            return Next(form, required(words), {wrong.field: wrong.text})
        return reply.text or request_cards.received(RequestView(reply.request_id), words).summary

    async def current(self, who: Identity, nonce: str) -> Card | None:
        """This person's copy as it is now, when it can be drawn in time."""
        picture = await pictures.by_nonce(nonce) if nonce else None
        if picture is None or picture.audience != str(who):
            return None
        try:
            async with asyncio.timeout(REDRAW_SECONDS):
                return await board.current(self.services, picture)
        except (SystemFault, TimeoutError) as fault:
            log.info("a card was not redrawn in time", why=str(fault) or type(fault).__name__)
            return None

    def redrawn(self, by: Sender, card: Card) -> Json:
        again = adaptive.nonce_of(card)
        return adaptive.content(card, refresh=again, readers=(by.account,) if again else ())

    # ------------------------------------------------------------ coming and going

    async def installed(self, by: Sender) -> None:
        """The app was installed for somebody, or they opened it: welcome, once."""
        if not by.personal:
            return
        await self.people.met(by)
        if await conversations.welcome("teams", by.who.tenant, by.who.user, moments.now()):
            self.background.start(self._welcome(by.who), "welcome")

    async def _welcome(self, who: Identity) -> None:
        profile = await self.people.profile(who)
        if profile is not None and profile.outside:
            log.warning("security: ignored", reason=profile.outside, who=str(who))
            return
        name = profile.name.split(" ")[0] if profile else ""
        await self.tell(who, help_cards.welcome(name, await self.form.words(who)))

    async def removed(self, by: Sender) -> None:
        if by.personal:
            await self.people.left(by.who)


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
            return _card(shown.content() if isinstance(shown, Next) else adaptive.content(notes.note(shown or DONE)))
        if pressed is None:
            return _error("that button is none of this app's")
        if pressed.verb == "refresh" or pressed.by_itself:
            return await self._refreshed(pressed)
        if pressed.verb == "start_reset":
            found = await edge.form.form(who)
            return _card(adaptive.form_content(found[0], None, required(found[1]))) if found else _said(DONE)
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
        try:
            shown = await edge.views.opened(who, pressed) if edge.views is not None else None
        except Declined as no:
            return _task_message(no.text)
        if shown is not None:
            return _continue(Next(shown, required(await edge.form.words(who))).dialog())
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
