"""What people do in Teams becomes a Submission, Heard or Press, goes through the desk, and is answered.

A message is committed, then answered with 200; what takes longer than a commit is a task of its own. Which kind an
activity is, and how an invoke is answered, is `bot.teams_turn`.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from bot.background import Background
from bot.teams_chat import TeamsChat
from bot.teams_form import TeamsForm
from bot.teams_inbound import Sender, delivery, heard
from bot.teams_people import TeamsPeople
from bot.teams_views import Again, Views
from cards import adaptive, notes
from cards import help as help_cards
from cards import request as request_cards
from cards.adaptive import Pressed
from cards.adaptive_form import required
from cards.card import Card
from cards.form import Filled, Form, Page
from cards.reset_form import KIND
from cards.views import RequestView
from cards.words import Words
from dialogs import board
from dialogs.chat import Gone, Identity, Press, Reply, Shown, Unreachable
from dialogs.desk import Desk
from dialogs.errors import Declined, FieldError
from dialogs.rights import NOT_NOW
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


@dataclass(frozen=True, slots=True)
class Next:
    """What is shown next. `needed` is the client's own word for a field left empty."""

    shown: Form | Page | Card
    needed: str
    errors: dict[str, str] = field(default_factory=dict)

    def content(self) -> Json:
        """As a card in the chat."""
        if isinstance(self.shown, Form):
            return adaptive.form_content(self.shown, self.errors, self.needed)
        if isinstance(self.shown, Page):
            return adaptive.page_content(self.shown)
        return adaptive.content(self.shown)

    def dialog(self) -> Json:
        if isinstance(self.shown, Card):
            return adaptive.dialog(Page("card", self.shown.title or self.shown.summary, "", self.shown.body), None, self.needed)
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
        if by.personal and self.views is not None and self.views.knows(said.text):
            if await self._first(said.delivery):
                self.background.start(self._answer(self.views, by.who, said.text), "reply")
            return
        await self.desk.hear(said)

    async def _answer(self, views: Views, who: Identity, text: str) -> None:
        try:
            card = await views.said(who, text)
        except Declined as no:
            card = notes.note(await self.said(who, no.text))
        except SystemFault as fault:
            log.warning("a view could not be shown", who=str(who), why=str(fault))
            card = notes.note(await self.said(who, NOT_NOW))
        await self.tell(who, card)

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

    async def said(self, who: Identity, text: str) -> str:
        """A sentence in the reader's language."""
        return (await self.form.words(who)).said(text) if text else ""

    async def tell(self, who: Identity, card: Card) -> None:
        try:
            await self.chat.post(who, card)
        except (SystemFault, Unreachable) as fault:
            log.warning("cannot be reached in chat", who=str(who), why=str(fault))

    async def instead(self, by: Sender, card: Card, *, tell: bool = False) -> None:
        """Puts a card in the place of a form that was sent, so that no client shows it open again; `tell` writes it where that fails."""
        if by.message and by.personal:
            try:
                await self.chat.edit(by.who, Shown(by.conversation, by.message), card)
            except (SystemFault, Unreachable, Gone) as fault:
                log.info("a form that was sent stays as it is", who=str(by.who), why=str(fault) or type(fault).__name__)
            else:
                return
        if tell:
            await self.tell(by.who, card)

    async def _submitted(self, by: Sender, body: Json, filled: Filled | None, pressed: Pressed | None) -> None:
        """Action.Submit of a client that does not know Action.Execute: it cannot be answered with a card, so the answer is a message."""
        if filled is not None:
            shown = await self.fill(by.who, filled, delivery("form", body))
            if isinstance(shown, Next):
                activity = {"type": "message", "summary": filled.kind, "attachments": [adaptive.attachment(shown.content())]}
                self.background.start(self._send(by.who, activity), "form")
            elif shown:
                self.background.start(self.instead(by, notes.note(shown), tell=True), "reply")
            return
        if pressed is None or pressed.verb == "refresh":
            return
        if pressed.verb == "start_reset":
            if await self._first(delivery("press", body)):
                self.background.start(self.offer_form(by.who), "form")
            return
        opened = await self.opened(by.who, pressed)
        if isinstance(opened, Next):
            activity = {"type": "message", "summary": pressed.verb, "attachments": [adaptive.attachment(opened.content())]}
            self.background.start(self._send(by.who, activity), "view")
            return
        said = opened if opened is not None else (await self.press(by.who, pressed, delivery("press", body))).text
        if said:
            self.background.start(self.tell(by.who, notes.note(said)), "reply")

    async def _send(self, who: Identity, activity: Json) -> None:
        try:
            await self.chat.send(who, await self.chat.conversation(who), activity)
        except (SystemFault, Unreachable) as fault:
            log.warning("cannot be reached in chat", who=str(who), why=str(fault))

    # ------------------------------------------------------------ presses and forms

    async def press(self, who: Identity, pressed: Pressed, key: str) -> Reply:
        """Through the desk; a refusal is an answer like any other. What is said is in the presser's language."""
        try:
            reply = await self.desk.press(Press(key, who, pressed.verb, pressed.nonce, pressed.value))
        except Declined as no:
            reply = Reply(no.text)
        return Reply(await self.said(who, reply.text), reply.request_id)

    async def fill(self, who: Identity, filled: Filled, key: str) -> Next | str:
        """Takes a form. What stands in its place (itself, when something is wrong in it), or a sentence ("" for nothing to say)."""
        words = await self.form.words(who)
        if filled.kind != KIND:
            return await self._other_form(who, filled, key, words)
        profile = await self.people.profile(who)
        if profile is not None and profile.outside:
            log.warning("security: ignored", reason=profile.outside, who=str(who))
            return ""
        try:
            reply = await self.desk.submit(await self.form.submission(who, filled, key))
        except FieldError as wrong:
            form, words = await self.form.again(who, filled)
            return Next(form, required(words), {wrong.field: words.said(wrong.text)})
        return words.said(reply.text) or request_cards.received(RequestView(reply.request_id), words).summary

    async def _other_form(self, who: Identity, filled: Filled, key: str, words: Words) -> Next | str:
        if self.views is None:
            return ""
        try:
            shown = await self.views.filled(who, filled, key)
        except Declined as no:
            return words.said(no.text)
        except SystemFault as fault:
            log.warning("a view could not be shown", who=str(who), why=str(fault))
            return words.said(NOT_NOW)
        if isinstance(shown, Again):
            return Next(shown.form, required(words), shown.errors)
        return words.said(shown) if isinstance(shown, str) else Next(shown, required(words))

    async def opened(self, who: Identity, pressed: Pressed) -> Next | str | None:
        """What a button of reviewers and administrators shows, or why not; None when it is a press like any other."""
        if self.views is None:
            return None
        try:
            shown = await self.views.opened(who, pressed)
        except Declined as no:
            return await self.said(who, no.text)
        except SystemFault as fault:
            log.warning("a view could not be shown", who=str(who), why=str(fault))
            return await self.said(who, NOT_NOW)
        return None if shown is None else Next(shown, required(await self.form.words(who)))

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
        else:
            self.background.start(self._met_again(by.who), "profile")

    async def _met_again(self, who: Identity) -> None:
        """Their address, by which reviewers are found, is asked for anew."""
        await self.people.profile(who, fresh=True)

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
