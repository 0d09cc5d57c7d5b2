"""Socket Mode with the real client of slack_bolt, and with a bare websocket where the bot must misbehave."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import SlackStandIn
from tests.sandbox.slack_echo import workspace


async def test_a_refresh_brings_the_bot_back_on_a_new_connection() -> None:
    async with workspace("socket") as (slack, _):
        before = await slack.sockets.connected()
        await slack.sockets.refresh()
        assert await slack.sockets.connected(after=before) > before
        assert (await slack.command("emma", "help")).ok


async def test_a_cut_connection_is_made_again() -> None:
    async with workspace("socket") as (slack, bot):
        before = await slack.sockets.connected()
        await slack.sockets.drop()
        await slack.sockets.connected(after=before)
        assert (await slack.say("emma", "still there?")).ok
        assert bot.heard[-1]["event"]["text"] == "still there?"


async def test_acknowledgements_carry_the_answer() -> None:
    async with workspace("socket") as (slack, _):
        answer = await slack.command("emma", "help")
        assert (answer.status, answer.body["text"][:3]) == (200, "Try")
        assert len(slack.sockets.acknowledged) == 1


async def open_socket(slack: SlackStandIn, http: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    client = AsyncWebClient(base_url=slack.api_url)
    opened = await client.apps_connections_open(app_token=slack.ws.app_token)
    socket = await http.ws_connect(opened["url"])
    hello = await socket.receive_json()
    assert (hello["type"], hello["connection_info"]) == ("hello", {"app_id": "A0KEYTURN1"})
    return socket


async def test_an_event_without_an_acknowledgement_is_delivered_again() -> None:
    async with SlackStandIn() as slack, aiohttp.ClientSession() as http:
        slack.transport, slack.courier.within, slack.courier.retry_after = "socket", 0.1, (0.0,)
        socket = await open_socket(slack, http)
        saying = asyncio.create_task(slack.say("emma", "hello"))
        first = await socket.receive_json()
        assert (await saying).body == "timeout"
        again = await socket.receive_json()
        assert (first["type"], first["retry_attempt"], again["retry_attempt"], again["retry_reason"]) == ("events_api", 0, 1, "http_timeout")
        assert first["envelope_id"] != again["envelope_id"]
        assert first["payload"]["event_id"] == again["payload"]["event_id"]
        await socket.send_json({"envelope_id": again["envelope_id"]})
        await slack.courier.settle()
        assert slack.sockets.acknowledged == [again["envelope_id"]]
        assert slack.sockets.unacknowledged == [first["envelope_id"]]


async def test_an_event_lost_with_its_connection_comes_on_the_next_one() -> None:
    async with SlackStandIn() as slack, aiohttp.ClientSession() as http:
        slack.transport, slack.courier.retry_after = "socket", (0.0,)
        dying = await open_socket(slack, http)
        saying = asyncio.create_task(slack.say("emma", "hello"))
        await dying.receive_json()
        await dying.close()
        assert (await saying).status == 0
        alive = await open_socket(slack, http)
        envelope = await alive.receive_json()
        assert envelope["payload"]["event"]["text"] == "hello"
        await alive.send_json({"envelope_id": envelope["envelope_id"]})
        await slack.courier.settle()


async def test_an_unacknowledged_command_fails_for_the_person_and_is_not_sent_again() -> None:
    async with SlackStandIn() as slack, aiohttp.ClientSession() as http:
        slack.transport, slack.courier.within = "socket", 0.1
        silent = await open_socket(slack, http)
        assert (await slack.command("emma")).body == "timeout"
        await silent.close()
        assert "operation_timeout" in slack.messages("emma")[-1].text
        assert len(slack.courier.sent) == 1


async def test_addresses_are_good_once_and_nonsense_is_noted() -> None:
    async with SlackStandIn() as slack, aiohttp.ClientSession() as http:
        client = AsyncWebClient(base_url=slack.api_url)
        url = (await client.apps_connections_open(app_token=slack.ws.app_token))["url"]
        socket = await http.ws_connect(url)
        await socket.receive_json()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)
        slack.transport, slack.courier.within = "socket", 0.1
        await socket.send_str("not json")
        await socket.send_json({"envelope_id": "nobody-asked"})
        await slack.ws.until(lambda: slack.ws.faults or None, 1.0)
        assert slack.ws.faults == ["Socket Mode: not an acknowledgement: 'not json'"]


async def test_the_eleventh_connection_is_turned_away() -> None:
    async with SlackStandIn() as slack, aiohttp.ClientSession() as http:
        ten = [await open_socket(slack, http) for _ in range(10)]
        client = AsyncWebClient(base_url=slack.api_url)
        socket = await http.ws_connect((await client.apps_connections_open(app_token=slack.ws.app_token))["url"])
        assert (await socket.receive_json())["reason"] == "too_many_websockets"
        assert len(ten) == len(slack.sockets.connections)
