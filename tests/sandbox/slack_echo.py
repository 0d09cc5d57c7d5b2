"""A tiny bot on the real slack_bolt, over HTTP or Socket Mode, for the tests of the Slack stand-in."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import SlackStandIn

APPS = ("Payroll", "Finance ERP", "VPN", "Travel & Expenses")
Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(label: str) -> Json:
    return {"text": plain(label), "value": label.lower().replace(" ", "-")}


FORM: Json = {
    "type": "modal", "callback_id": "reset", "private_metadata": "nonce-1", "notify_on_close": True,
    "title": plain("Reset a password"), "submit": plain("Send"), "close": plain("Cancel"),
    "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "I never ask for your *password*."}},
        {"type": "input", "block_id": "app", "label": plain("Which app, account or system?"), "element": {
            "type": "external_select", "action_id": "value", "min_query_length": 0, "placeholder": plain("Search")}},
        {"type": "input", "block_id": "what", "label": plain("What happened?"), "element": {
            "type": "radio_buttons", "action_id": "value", "options": [option("I forgot it"), option("It expired")]}},
        {"type": "input", "block_id": "note", "optional": True, "label": plain("Tell us more"), "element": {
            "type": "plain_text_input", "action_id": "value", "multiline": True, "max_length": 40}},
        {"type": "input", "block_id": "who", "optional": True, "label": plain("Who is it for?"), "element": {
            "type": "email_text_input", "action_id": "value"}},
        {"type": "input", "block_id": "files", "optional": True, "label": plain("Attachment"), "element": {
            "type": "file_input", "action_id": "value", "max_files": 2}},
    ],
}
CARD: list[Json] = [
    {"type": "section", "block_id": "s", "text": {"type": "mrkdwn", "text": "*IT-1* is working"}},
    {"type": "actions", "block_id": "a", "elements": [
        {"type": "button", "action_id": "approve", "text": plain("Approve"), "value": "n1", "style": "primary", "confirm": {
            "title": plain("Sure?"), "text": plain("It cannot be undone."), "confirm": plain("Yes"), "deny": plain("No")}},
        {"type": "button", "action_id": "cancel", "text": plain("Cancel request"), "value": "n1"},
        {"type": "static_select", "action_id": "pick", "placeholder": plain("Reason"), "options": [option("Duplicate"), option("Mistake")]},
    ]},
]
HOME: Json = {"type": "home", "blocks": [
    {"type": "header", "text": plain("Your requests")},
    {"type": "actions", "elements": [{"type": "button", "action_id": "start", "text": plain("Reset a password"), "value": "x"}]},
]}


class EchoBot:
    """`heard` is every payload it got; `slow` delays acknowledgements, `deaf` gives none (unhandled request)."""

    def __init__(self, slack: SlackStandIn) -> None:
        self.client = AsyncWebClient(token=slack.ws.bot_token, base_url=slack.api_url)
        self.app = AsyncApp(client=self.client, signing_secret=slack.ws.signing_secret)
        self.heard: list[Json] = []
        self.tasks: set[asyncio.Task[Any]] = set()
        self.statuses: list[int] = []
        self._listen()

    def spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _listen(self) -> None:
        app, client, heard = self.app, self.client, self.heard

        @app.command("/password-reset")
        async def command(ack: Any, body: Json) -> None:
            heard.append(body)
            match body["text"]:
                case "":
                    await ack()
                    self.spawn(client.views_open(trigger_id=body["trigger_id"], view=FORM))
                case "help":
                    await ack("Try `/password-reset` <https://example.com|here>")
                case "blocks":
                    await ack(text="one", blocks=[{"type": "header", "text": plain("Only you")}])
                case "post":
                    await ack()
                    self.spawn(client.chat_postMessage(channel=body["user_id"], text="IT-1", blocks=CARD))

        @app.options("value")
        async def options(ack: Any, body: Json) -> None:
            heard.append(body)
            await ack(options=[option(a) for a in APPS if body["value"].lower() in a.lower()])

        @app.view("reset")
        async def submitted(ack: Any, body: Json) -> None:
            heard.append(body)
            note = body["view"]["state"]["values"]["note"]["value"]["value"] or ""
            if note == "a password":
                await ack(response_action="errors", errors={"note": "Please do not type passwords."})
            elif note == "wrong errors":
                await ack(response_action="errors", errors={"nope": "There is no such field."})
            elif note == "next":
                await ack(response_action="push", view={**FORM, "title": plain("One more")})
            elif note == "change":
                await ack(response_action="update", view={"type": "modal", "title": plain("Done"), "blocks": [{"type": "divider"}]})
            else:
                await ack()
                self.spawn(client.chat_postMessage(channel=body["user"]["id"], text=f"Got it: {note}"))

        @app.view_closed("reset")
        async def closed(ack: Any, body: Json) -> None:
            heard.append(body)
            await ack()

        @app.action({"action_id": "approve"})
        async def approve(ack: Any, body: Json) -> None:
            heard.append(body)
            await ack()
            self.spawn(client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="IT-1 approved", blocks=[]))

        @app.action({"action_id": "cancel"})
        async def cancel(ack: Any, body: Json, respond: Any) -> None:
            heard.append(body)
            await ack()
            self.spawn(respond(text="Cancelled.", response_type="ephemeral", replace_original=False))

        @app.action({"action_id": "pick"})
        async def pick(ack: Any, body: Json) -> None:
            heard.append(body)
            await ack()

        @app.action({"action_id": "start"})
        async def start(ack: Any, body: Json) -> None:
            heard.append(body)
            await ack()
            self.spawn(client.views_open(trigger_id=body["trigger_id"], view=FORM))

        @app.event("app_home_opened")
        async def home(body: Json) -> None:
            heard.append(body)
            await client.views_publish(user_id=body["event"]["user"], view=HOME)

        @app.event("app_mention")
        async def mention(body: Json) -> None:
            heard.append(body)
            event = body["event"]
            await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="I'll write to you.")

        @app.event("message")
        async def message(body: Json) -> None:
            heard.append(body)
            event = body["event"]
            if not event.get("subtype") or event["subtype"] == "file_share":
                await client.chat_postMessage(channel=event["channel"], text=f"You said: {event['text']}")

        @app.shortcut("reset_from_message")
        async def shortcut(ack: Any, body: Json) -> None:
            heard.append(body)
            await ack()
            self.spawn(client.views_open(trigger_id=body["trigger_id"], view=FORM))

    async def _serve(self, request: web.Request) -> web.Response:
        try:
            answer = await to_aiohttp_response(await self.app.async_dispatch(await to_bolt_request(request)))
        except ValueError:
            answer = web.Response(status=400)
        self.statuses.append(answer.status)
        return answer

    @asynccontextmanager
    async def over_http(self, slack: SlackStandIn) -> AsyncIterator[EchoBot]:
        served = web.Application()
        served.router.add_post("/slack/events", self._serve)
        runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.bot_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await slack.courier.settle()
            await asyncio.gather(*self.tasks)
            await runner.cleanup()

    @asynccontextmanager
    async def over_socket(self, slack: SlackStandIn) -> AsyncIterator[EchoBot]:
        slack.transport = "socket"
        handler = AsyncSocketModeHandler(self.app, slack.ws.app_token, web_client=self.client, ping_interval=0.2)
        await handler.connect_async()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped
        await slack.sockets.connected()
        try:
            yield self
        finally:
            await slack.courier.settle()
            await asyncio.gather(*self.tasks)
            await handler.close_async()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped


@asynccontextmanager
async def workspace(transport: Literal["http", "socket"] = "http", **settings: Any) -> AsyncIterator[tuple[SlackStandIn, EchoBot]]:
    """A stand-in with the bot connected to it."""
    async with SlackStandIn(**settings) as slack:
        bot = EchoBot(slack)
        async with (bot.over_http(slack) if transport == "http" else bot.over_socket(slack)):
            yield slack, bot


def spec(name: str) -> Any:
    """One of the collected Slack specifications beside the repository; the test is skipped without them, except in CI."""
    path = Path(__file__).resolve().parents[2] / "../shared/specs/slack" / name
    if not path.exists() and not os.environ.get("CI"):
        pytest.skip(f"no {name} beside the repository")
    return json.loads(path.read_text())
