"""Bolt listeners: a payload becomes a Submission, Heard or Press, goes through the desk, and is acknowledged.

`process_before_response` is on, so that whatever is acknowledged is committed first, events included (Bolt
otherwise acknowledges an event before its listener runs). What takes longer than a commit is a task of its own.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.people import SlackPeople
from bot.slack_faults import FAULTS
from bot.slack_form import IN_TIME, SlackForm
from bot.slack_inbound import delivery, heard, identity, stranger, team_of
from bot.slack_review import FORMS, VERBS, SlackReview
from cards import block_kit, notes
from cards import help as help_cards
from cards.block_kit import Malformed
from cards.card import Card
from cards.reset_form import KIND
from dialogs import hearing, own
from dialogs.chat import Heard, Identity, Press, Reply, Unreachable
from dialogs.desk import Desk
from dialogs.errors import Declined, FieldError
from dialogs.services import Services
from integrations.base import SystemFault

log = structlog.get_logger(__name__)
COMMAND = "/password-reset"
SHORTCUT = "reset_from_message"
CANCEL = re.compile(r"^(?:cancel|withdraw)\s+(IT-\d+)$", re.IGNORECASE)


@dataclass
class SlackEdge:
    """Everything the listeners use."""

    app: AsyncApp
    client: AsyncWebClient
    services: Services
    desk: Desk
    people: SlackPeople
    form: SlackForm
    review: SlackReview
    background: Background
    prompts_known: bool | None = None
    """Whether the workspace has suggested prompts; asked once."""

    def register(self) -> None:
        app = self.app
        app.use(self._admit)
        app.error(self._failed)
        app.command(COMMAND)(self.on_command)
        app.view(re.compile("^kt:"))(self.on_submit)
        app.view_closed(re.compile(".*"))(_fine)
        app.shortcut(SHORTCUT)(self.on_shortcut)
        app.options(re.compile(".*"))(self.on_typing)
        app.action(re.compile(".*", re.DOTALL))(self.on_press)
        app.event("message")(self.on_message)
        app.event("app_mention")(self.on_message)
        app.event("app_home_opened")(self.on_home)
        app.event("assistant_thread_started")(self.on_thread)
        app.event(re.compile(".*"))(_fine)

    async def _admit(self, body: dict[str, Any], next: Any) -> BoltResponse | None:
        """Workspaces that are let in; authors that are not served (rulings, rows 1 and 1b)."""
        team = team_of(body)
        if not self.people.team_ids:
            # Slack has not said yet whose token this is; its own retries bring the delivery again.
            return BoltResponse(status=503, body="not ready")
        if team not in self.people.team_ids:
            log.warning("security: refused", reason="a workspace that is not on the list", team=team[:20])
            return BoltResponse(status=403, body="forbidden")
        why = stranger(body, team)
        if why:
            if why != "a bot":
                log.warning("security: ignored", reason=why, team=team)
            return BoltResponse(status=200, body="")
        await next()
        return None

    async def _failed(self, error: Exception) -> BoltResponse:
        if isinstance(error, Malformed):
            log.warning("security: refused", reason=f"a signed Slack delivery could not be read: {error}")
            return BoltResponse(status=400, body="bad request")
        log.error("a Slack delivery failed", exc_info=error)
        return BoltResponse(status=503, body="try again")

    # ------------------------------------------------------------ commands

    async def on_command(self, ack: Any, body: dict[str, Any]) -> BoltResponse:
        who = identity(team_of(body), body.get("user_id"))
        text = block_kit.plain(body.get("text") or "")
        if not text:
            self.background.start(self.form.open(who, str(body.get("trigger_id", ""))), "form")
            return await _ack(ack)
        if hearing.HELP.match(text):
            return await _say(ack, help_cards.usage(await self.form.reader(who), COMMAND))
        if hearing.STATUS.match(text):
            words, asker = await asyncio.gather(self.form.reader(who), own.asker(self.services, who, own.AT_ONCE))
            return await _say(ack, await hearing.status_card(self.services, asker, words))
        cancelled = CANCEL.match(text)
        if cancelled:
            reference, key = cancelled.group(1).upper(), delivery("command", body)
            # Beside each other: each may take a second, and Slack waits for three.
            words, said = await asyncio.gather(self.form.reader(who), self._cancelled(who, reference, key))
            return await _say(ack, notes.note(words.said(said)))
        if re.match(r"^(?:cancel|withdraw)\b", text, re.IGNORECASE):
            return await _say(ack, notes.which_request(await self.form.reader(who)))
        if await self._outside(who):
            return await _ack(ack)
        key = delivery("command", body)
        await self.desk.hear(Heard(delivery=key, who=who, text=text, channel="", message=key[-24:], private=True))
        return await _say(ack, notes.note(self.form.words(who).gettext("Got it. I'll write to you in our direct messages.")))

    async def _cancelled(self, who: Identity, reference: str, key: str) -> str:
        """What is said of it, done or declined."""
        try:
            return (await self.desk.cancel(who, reference, key)).text
        except Declined as no:
            return no.text

    async def _outside(self, who: Identity) -> bool:
        """Whether this person is not served (rulings, row 1b), as far as Slack says so within the time that an
        acknowledgement has; triage asks once more."""
        profile = self.people.known(who)
        if profile is None:
            try:
                async with asyncio.timeout(IN_TIME):
                    profile = await self.people.profile(who)
            except TimeoutError:
                return False
        if profile is None or not profile.outside:
            return False
        log.warning("security: ignored", reason=profile.outside, who=str(who))
        return True

    async def on_shortcut(self, ack: Any, body: dict[str, Any]) -> BoltResponse:
        who = identity(team_of(body), (body.get("user") or {}).get("id"))
        text = block_kit.plain((body.get("message") or {}).get("text") or "")
        self.background.start(self.form.open(who, str(body.get("trigger_id", "")), details=text[:500]), "form")
        return await _ack(ack)

    async def on_submit(self, ack: Any, body: dict[str, Any]) -> BoltResponse:
        filled = block_kit.filled(body)
        if filled is None:
            return await _ack(ack)
        sender = block_kit.sender(body)
        who = identity(team_of(body), sender.user_id)
        if await self._outside(who):
            return await _ack(ack)
        if filled.kind in FORMS:
            return await _ack(ack, **await self.review.filled(who, filled, delivery("form", body)))
        if filled.kind != KIND:
            return await _ack(ack)
        try:
            submission = self.form.submission(who, filled, delivery("form", body))
        except FieldError as wrong:
            return await _ack(ack, **block_kit.form_errors({wrong.field: wrong.text}))
        reply = await self.desk.submit(submission)
        if reply.text:
            self.background.start(self._tell(who, "", reply.text), "reply")
        return await _ack(ack)

    async def on_typing(self, ack: Any, body: dict[str, Any]) -> BoltResponse:
        typing = block_kit.typing(body)
        if typing is None:
            return await _ack(ack, options=[])
        return await _ack(ack, **await self.form.options(identity(team_of(body), typing.user_id), typing.typed))

    # ------------------------------------------------------------ buttons

    async def on_press(self, ack: Any, body: dict[str, Any]) -> BoltResponse:
        pressed = block_kit.pressed(body)
        if pressed is None:
            return await _ack(ack)
        who = identity(team_of(body), pressed.user_id)
        if pressed.verb == "start_reset":
            self.background.start(self.form.open(who, pressed.trigger_id), "form")
        elif pressed.verb == "refresh_home":
            self.background.start(self.review.publish(who), "home")
        elif pressed.verb in VERBS:
            try:
                said = await self.review.press(who, pressed, delivery("press", body))
            except Declined as no:
                said = no.text
            if said:
                self.background.start(self._tell(who, pressed.channel, said), "reply")
            else:
                self.background.start(self.review.follow(who, pressed), "view")
        else:
            try:
                reply = await self.desk.press(
                    Press(delivery("press", body), who, pressed.verb, pressed.nonce, pressed.value, pressed.channel)
                )
            except Declined as no:
                reply = Reply(no.text)
            if reply.text:
                self.background.start(self._tell(who, pressed.channel, reply.text), "reply")
        return await _ack(ack)

    async def _tell(self, who: Identity, channel: str, text: str) -> None:
        """A sentence where the person pressed, in their language: in their own conversation, for their eyes only elsewhere."""
        card = notes.note((await self.form.reader(who)).said(text))
        try:
            if channel and not channel.startswith("D"):
                await self.services.chat.whisper(who, channel, card.summary)
            else:
                await self.services.chat.post(who, card, channel=channel)
        except (Unreachable, SystemFault) as why:
            log.warning("a reply could not be shown", who=str(who), why=str(why))

    # ------------------------------------------------------------ events

    async def on_message(self, body: dict[str, Any]) -> None:
        message = heard(body, self.people.bot_user)
        if message is not None:
            await self.desk.hear(message)

    async def on_home(self, body: dict[str, Any]) -> None:
        event = body["event"]
        who = identity(team_of(body), event.get("user"))
        if event.get("tab") == "messages":
            self.background.start(self._suggest(who, str(event.get("channel") or ""), ""), "prompts")
        else:
            self.background.start(self.review.publish(who), "home")

    async def on_thread(self, body: dict[str, Any]) -> None:
        """Workspaces from before agent_view: the assistant's thread takes its prompts by thread."""
        thread = body["event"].get("assistant_thread") or {}
        who = identity(team_of(body), thread.get("user_id"))
        self.background.start(self._suggest(who, str(thread.get("channel_id") or ""), str(thread.get("thread_ts") or "")), "prompts")

    async def _suggest(self, who: Identity, channel: str, thread: str) -> None:
        """Suggested prompts where the workspace has them; elsewhere plain messages do."""
        if not channel or self.prompts_known is False:
            return
        offered = [{"title": title, "message": message} for title, message in help_cards.prompts(await self.form.reader(who))]
        arguments: dict[str, Any] = {"channel_id": channel, "prompts": offered}
        if thread:
            arguments["thread_ts"] = thread
        try:
            # By name: the SDK's method insists on thread_ts, which agent apps must leave out.
            await self.client.api_call("assistant.threads.setSuggestedPrompts", json=arguments)
            self.prompts_known = True
        except FAULTS as error:
            self.prompts_known = False
            log.info("no suggested prompts in this workspace", why=str(getattr(error, "response", {}).get("error", type(error).__name__)))


async def _ack(ack: Any, **arguments: Any) -> BoltResponse:
    response: BoltResponse = await ack(**arguments)
    return response


async def _say(ack: Any, card: Card) -> BoltResponse:
    drawn = block_kit.message(card)
    return await _ack(ack, text=drawn["text"], blocks=drawn["blocks"], response_type="ephemeral")


async def _fine(ack: Any) -> BoltResponse:
    return await _ack(ack)
