"""What the endpoint settles itself, before Bolt: our own messages that come back, and bodies that Bolt would lose."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from bot.slack_http import SlackEndpoint

SECRET = "the signing secret of these tests"
TEAM = "T0KEYTURN1"


class Heard:
    """Everything that reached a listener."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []


@pytest.fixture
async def heard() -> Heard:
    return Heard()


@pytest.fixture
async def client(heard: Heard) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async def authorize() -> Any:
        from slack_bolt.authorization import AuthorizeResult

        return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_token="xoxb-1", bot_id="B1", bot_user_id="UBOT")

    bolt = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)

    @bolt.middleware
    async def keep(body: dict[str, Any], next: Any) -> BoltResponse:
        heard.bodies.append(body)
        return BoltResponse(status=200, body="")

    app = web.Application()
    app.router.add_post("/slack/events", SlackEndpoint(bolt, SECRET, lambda team: team == TEAM).handle)
    async with TestClient(TestServer(app)) as made:
        yield made


async def send(client: TestClient[web.Request, web.Application], body: str, kind: str) -> int:
    at = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body)
    headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": at, "X-Slack-Signature": str(signature)}
    async with client.post("/slack/events", data=body, headers=headers) as response:
        return response.status


def event(team: str = TEAM, **inner: Any) -> str:
    return json.dumps({"type": "event_callback", "team_id": team, "event": {"type": "message", "channel_type": "im", **inner}})


@pytest.mark.parametrize("inner", [{"bot_id": "B1"}, {"subtype": "message_changed"}, {"subtype": "message_deleted"}])
async def test_our_own_messages_end_before_bolt(client: Any, heard: Heard, inner: dict[str, str]) -> None:
    assert await send(client, event(**inner), "application/json") == 200
    assert heard.bodies == []


async def test_those_of_another_workspace_meet_the_allow_list(client: Any, heard: Heard) -> None:
    await send(client, event(team="T0STRANGER", bot_id="B9"), "application/json")
    assert heard.bodies[0]["team_id"] == "T0STRANGER"


async def test_what_a_person_writes_goes_on(client: Any, heard: Heard) -> None:
    assert await send(client, event(user="U1", text="hello"), "application/json") == 200
    assert heard.bodies[0]["event"]["text"] == "hello"


async def test_a_command_may_speak_of_a_payload(client: Any, heard: Heard) -> None:
    """Bolt's own reading takes a form with this word in it for an interaction, finds none, and loses the command."""
    fields = {"command": "/password-reset", "text": "my payload account is locked", "team_id": TEAM, "user_id": "U1"}
    assert await send(client, urlencode(fields), "application/x-www-form-urlencoded") == 200
    assert heard.bodies[0]["text"] == "my payload account is locked"
