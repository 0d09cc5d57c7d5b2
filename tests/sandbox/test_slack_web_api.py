"""The Web API as the real slack_sdk meets it: what is answered, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft7Validator
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import SlackStandIn
from sandbox.slack_web_api import Pacing
from tests.sandbox.slack_echo import CARD, plain, spec


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def client(slack: SlackStandIn) -> AsyncWebClient:
    return AsyncWebClient(token=slack.ws.bot_token, base_url=slack.api_url)


async def refused(call: Awaitable[Any]) -> Any:
    """The answer of a call that must be refused."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response


async def test_tokens_are_checked(slack: SlackStandIn, client: AsyncWebClient) -> None:
    assert (await client.auth_test())["user_id"] == "U0KEYTURN1"

    def with_token(token: str) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=slack.api_url)

    assert (await refused(with_token("xoxb-other").auth_test()))["error"] == "invalid_auth"
    assert (await refused(with_token(slack.ws.app_token).auth_test()))["error"] == "not_allowed_token_type"
    assert (await refused(client.apps_connections_open(app_token=slack.ws.bot_token)))["error"] == "not_allowed_token_type"
    assert (await client.apps_connections_open(app_token=slack.ws.app_token))["url"].startswith("ws://127.0.0.1:")
    async with aiohttp.ClientSession() as http, http.post(slack.api_url + "auth.test") as answer:
        assert await answer.json() == {"ok": False, "error": "not_authed"}
    async with aiohttp.ClientSession() as http, http.post(slack.api_url + "auth.test", data={"token": slack.ws.bot_token}) as answer:
        assert (await answer.json())["ok"]
    slack.api.token_state = "token_revoked"
    assert (await refused(client.auth_test()))["error"] == "token_revoked"


async def test_a_missing_scope_is_named(slack: SlackStandIn, client: AsyncWebClient) -> None:
    slack.ws.scopes -= {"chat:write", "users:read.email", "im:history"}
    answer = await refused(client.chat_postMessage(channel="U0EMMA0001", text="hello"))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
    assert "chat:write" not in answer.headers["x-oauth-scopes"].split(",")
    assert (await refused(client.users_lookupByEmail(email="emma.clarke@example.com")))["needed"] == "users:read.email"
    # Without that scope a profile simply has no address.
    assert "email" not in (await client.users_info(user="U0EMMA0001"))["user"]["profile"]
    await client.conversations_open(users="U0EMMA0001")
    assert (await refused(client.conversations_history(channel="D0EMMA0001")))["needed"] == "im:history"


async def test_unknown_methods_are_refused_and_noted(slack: SlackStandIn, client: AsyncWebClient) -> None:
    assert (await refused(client.api_call("chat.shout")))["error"] == "unknown_method"
    assert slack.ws.faults == ["chat.shout: the sandbox has no such method"]


async def test_agent_methods_are_there_or_not(slack: SlackStandIn, client: AsyncWebClient) -> None:
    channel = (await client.conversations_open(users="U0EMMA0001"))["channel"]["id"]
    await client.assistant_threads_setStatus(channel_id=channel, thread_ts="", status="Checking your account")
    await client.agents_sessions_setStatus(channel_id=channel, status="processing")
    assert slack.ws.statuses[channel] == ["Checking your account", "processing"]
    assert (await refused(client.agents_sessions_setStatus(channel_id=channel, status="busy")))["error"] == "invalid_arguments"
    prompts = [{"title": "Reset", "message": "I forgot my password"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id=channel, thread_ts="1700000000.000001", prompts=prompts)
    assert channel not in slack.ws.prompts
    await client.api_call("assistant.threads.setSuggestedPrompts", json={"channel_id": channel, "prompts": prompts})
    assert slack.ws.prompts[channel]["prompts"] == prompts
    assert (await refused(client.api_call("assistant.threads.setSuggestedPrompts", json={
        "channel_id": channel, "prompts": prompts * 5})))["error"] == "invalid_arguments"

    async with SlackStandIn(agent=False) as older:
        there = AsyncWebClient(token=older.ws.bot_token, base_url=older.api_url)
        assert (await refused(there.agents_sessions_setStatus(channel_id=channel, status="active")))["error"] == "unknown_method"
        assert (await refused(there.assistant_threads_setStatus(channel_id=channel, thread_ts="", status="")))["error"] == "unknown_method"


async def test_people_are_found_by_id_and_by_address(client: AsyncWebClient) -> None:
    emma = (await client.users_info(user="U0EMMA0001", include_locale=True))["user"]
    assert (emma["profile"]["email"], emma["locale"], emma["is_bot"]) == ("emma.clarke@example.com", "en-GB", False)
    assert "locale" not in (await client.users_info(user="U0EMMA0001"))["user"]
    assert (await client.users_lookupByEmail(email="EMMA.clarke@example.com"))["user"]["id"] == "U0EMMA0001"
    assert (await client.users_info(user="U0GUEST001"))["user"]["is_restricted"] is True
    bot = (await client.users_info(user="U0KEYTURN1"))["user"]
    assert bot["is_bot"]
    assert "email" not in bot["profile"]
    assert (await refused(client.users_info(user="U0NOBODY99")))["error"] == "user_not_found"
    assert (await refused(client.users_lookupByEmail(email="no.one@example.com")))["error"] == "users_not_found"


async def test_strangers_and_the_deactivated_show_as_such(slack: SlackStandIn, client: AsyncWebClient) -> None:
    slack.ws.users["U0RAVI0001"].flags = frozenset({"is_stranger"})
    slack.ws.users["U0RAVI0001"].team = "T0OTHERORG"
    slack.ws.users["U0DORA0001"].flags = frozenset({"deleted"})
    ravi = (await client.users_info(user="U0RAVI0001"))["user"]
    assert (ravi["is_stranger"], ravi["team_id"], "email" in ravi["profile"]) == (True, "T0OTHERORG", False)
    assert (await client.users_info(user="U0DORA0001"))["user"]["deleted"] is True
    assert (await refused(client.users_lookupByEmail(email="dora.weiss@example.com")))["error"] == "users_not_found"
    assert (await refused(client.conversations_open(users="U0DORA0001")))["error"] == "user_disabled"
    assert (await refused(client.chat_postMessage(channel="U0DORA0001", text="hello")))["error"] == "channel_not_found"


async def test_messages_are_written_edited_and_deleted(slack: SlackStandIn, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="U0EMMA0001", text="IT-1", blocks=CARD)
    channel, ts = posted["channel"], posted["ts"]
    assert channel == "D0EMMA0001"
    assert posted["message"]["blocks"][1]["elements"][0]["text"]["text"] == "Approve"
    reply = await client.chat_postMessage(channel=channel, text="more", thread_ts=ts)
    # Blocks that are not mentioned stay; an empty list takes them away.
    await client.chat_update(channel=channel, ts=ts, text="IT-1 again")
    (card, _) = slack.messages("emma")
    assert (card.text, card.buttons, card.edited) == ("IT-1 again", ("Approve", "Cancel request"), 1)
    await client.chat_update(channel=channel, ts=ts, text="IT-1 done", blocks=[])
    assert slack.messages("emma")[0].reading == "IT-1 done"
    found = (await client.conversations_history(channel=channel))["messages"]
    assert [(m["text"], m["reply_count"]) for m in found] == [("IT-1 done", 1)]
    assert [m["text"] for m in (await client.conversations_replies(channel=channel, ts=ts))["messages"]] == ["IT-1 done", "more"]
    assert (await client.chat_getPermalink(channel=channel, message_ts=ts))["permalink"].endswith(f"p{ts.replace('.', '')}")
    await client.reactions_add(channel=channel, timestamp=ts, name="eyes")
    assert (await refused(client.reactions_add(channel=channel, timestamp=ts, name="eyes")))["error"] == "already_reacted"
    await client.chat_delete(channel=channel, ts=reply["ts"])
    assert (await refused(client.chat_update(channel=channel, ts=reply["ts"], text="?")))["error"] == "message_not_found"


async def test_what_somebody_else_wrote_cannot_be_changed(slack: SlackStandIn, client: AsyncWebClient) -> None:
    said = await slack.say("emma", "hello", "general")
    update = client.chat_update(channel="C0GENERAL1", ts=said.ts, text="bye")
    assert (await refused(update))["error"] == "cant_update_message"
    assert (await refused(client.chat_delete(channel="C0GENERAL1", ts=said.ts)))["error"] == "cant_delete_message"


async def test_the_app_writes_only_where_it_may(slack: SlackStandIn, client: AsyncWebClient) -> None:
    public = slack.ws.add_channel("public", ["emma"], bot=False)
    private = slack.ws.add_channel("private", ["emma"], bot=False, private=True)
    archived = slack.ws.add_channel("archived", ["emma"], archived=True)
    for channel, error in ((public.id, "not_in_channel"), (private.id, "channel_not_found"), (archived.id, "is_archived"),
                           ("C0NOWHERE1", "channel_not_found"), ("U0KEYTURN1", "cannot_dm_bot")):
        assert (await refused(client.chat_postMessage(channel=channel, text="hello")))["error"] == error
    slack.ws.scopes |= {"chat:write.public"}
    assert (await client.chat_postMessage(channel=public.id, text="hello"))["ok"]


async def test_ephemeral_messages_are_seen_by_one_and_cannot_be_edited(slack: SlackStandIn, client: AsyncWebClient) -> None:
    sent = await client.chat_postEphemeral(channel="C0GENERAL1", user="U0EMMA0001", text="only you")
    assert [m.ephemeral for m in slack.messages("emma")] == [True]
    assert slack.messages("ravi") == []
    assert (await client.conversations_history(channel="C0GENERAL1"))["messages"] == []
    update = client.chat_update(channel="C0GENERAL1", ts=sent["message_ts"], text="?")
    assert (await refused(update))["error"] == "message_not_found"
    assert (await refused(client.chat_postEphemeral(channel="C0GENERAL1", user="U0GUEST001", text="x")))["error"] == "user_not_in_channel"


async def test_empty_long_and_wrong_messages_are_refused_with_reasons(client: AsyncWebClient) -> None:
    emma = "U0EMMA0001"
    with pytest.warns(UserWarning, match="text"):
        assert (await refused(client.chat_postMessage(channel=emma, text="")))["error"] == "no_text"
    assert (await refused(client.chat_postMessage(channel=emma, text="x" * 40_001)))["error"] == "msg_too_long"
    posted = await client.chat_postMessage(channel=emma, text="x")
    update = client.chat_update(channel=posted["channel"], ts=posted["ts"], text="x" * 4_001)
    assert (await refused(update))["error"] == "msg_too_long"
    header = [{"type": "header", "text": {"type": "mrkdwn", "text": "*Bold*"}}]
    answer = await refused(client.chat_postMessage(channel=emma, text="x", blocks=header))
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == ["[ERROR] must be a plain_text object [json-pointer:/blocks/0/text/type]"]
    assert (await refused(client.api_call("chat.postMessage", params={"channel": emma, "text": "x", "blocks": "[{"})))["error"] == "invalid_blocks_format"
    long = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}] * 5
    assert (await refused(client.chat_postMessage(channel=emma, text="x", blocks=long)))["error"] == "msg_blocks_too_long"
    assert (await refused(client.chat_postMessage(channel=emma, text="x", thread_ts="1.1")))["error"] == "thread_not_found"


async def test_form_encoded_structures_are_understood(slack: SlackStandIn, client: AsyncWebClient) -> None:
    blocks = '[{"type": "section", "text": {"type": "plain_text", "text": "by form"}}]'
    await client.api_call("chat.postMessage", data={"channel": "U0EMMA0001", "text": "x", "blocks": blocks})
    assert slack.messages("emma")[0].reading == "by form"


async def test_rate_limits_and_failures(slack: SlackStandIn, client: AsyncWebClient) -> None:
    slack.fail("429", path="chat.postMessage", times=1)
    answer = await refused(client.chat_postMessage(channel="U0EMMA0001", text="x"))
    assert (answer.status_code, answer["error"], answer.headers["Retry-After"]) == (429, "ratelimited", "1")
    assert (await client.chat_postMessage(channel="U0EMMA0001", text="x"))["ok"]
    slack.fail("500", path="users.info", times=1)
    with pytest.raises(SlackApiError):
        await client.users_info(user="U0EMMA0001")
    # The call has its effect and its answer is lost.
    slack.fail("503", path="chat.postMessage", times=1, after=True)
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="U0EMMA0001", text="lost")
    assert slack.messages("emma")[-1].text == "lost"


async def test_pacing_is_a_message_a_second_in_a_channel(slack: SlackStandIn, client: AsyncWebClient) -> None:
    now = [1_800_000_000.0]
    slack.ws.clock = lambda: now[0]
    slack.api.pacing = Pacing()
    for _ in range(3):
        await client.chat_postMessage(channel="U0EMMA0001", text="x")
    assert (await refused(client.chat_postMessage(channel="U0EMMA0001", text="x"))).headers["Retry-After"] == "1"
    assert (await client.chat_postMessage(channel="U0RAVI0001", text="x"))["ok"]
    now[0] += 1
    assert (await client.chat_postMessage(channel="U0EMMA0001", text="x"))["ok"]
    for _ in range(50):
        await client.users_lookupByEmail(email="emma.clarke@example.com")
    assert (await refused(client.users_lookupByEmail(email="emma.clarke@example.com"))).headers["Retry-After"] == "60"


async def test_response_urls_take_five_answers_in_half_an_hour(slack: SlackStandIn) -> None:
    now = [1_800_000_000.0]
    slack.ws.clock = lambda: now[0]
    slack.ws.dm("U0EMMA0001")
    path = slack.ws.response_url("U0EMMA0001", "D0EMMA0001")

    async with aiohttp.ClientSession() as http:
        async def use(path: str, body: Any) -> tuple[int, str]:
            async with http.post(slack.url + path, json=body) as answer:
                return answer.status, await answer.text()

        assert [await use(path, {"text": "hi"}) for _ in range(5)] == [(200, "ok")] * 5
        assert (await use(path, {"text": "hi"}))[0] == 404
        late = slack.ws.response_url("U0EMMA0001", "D0EMMA0001")
        now[0] += 1801
        assert "expired_url" in (await use(late, {"text": "hi"}))[1]
        assert (await use("/commands/T0KEYTURN1/made-up", {"text": "hi"}))[0] == 404
        assert (await use(slack.ws.response_url("U0EMMA0001", "D0EMMA0001"), ["hi"]))[0] == 400
        assert (await use(slack.ws.response_url("U0EMMA0001", "D0EMMA0001"), {}))[0] == 400


async def test_a_response_url_replaces_and_deletes_what_it_came_from(slack: SlackStandIn, client: AsyncWebClient) -> None:
    sent = await client.chat_postEphemeral(channel="C0GENERAL1", user="U0EMMA0001", text="choose", blocks=CARD)
    path = slack.ws.response_url("U0EMMA0001", "C0GENERAL1", post=sent["message_ts"])
    async with aiohttp.ClientSession() as http:
        await http.post(slack.url + path, json={"replace_original": True, "text": "chosen"})
        assert [(m.reading, m.edited) for m in slack.messages("emma")] == [("chosen", 1)]
        await http.post(slack.url + path, json={"delete_original": True})
    assert slack.messages("emma") == []


async def test_answers_follow_slacks_published_schemas(slack: SlackStandIn, client: AsyncWebClient) -> None:
    methods = spec("web-api.methods.derived.json")

    def follows(name: str, body: Any, kind: str = "ok") -> None:
        schema = {"definitions": methods["definitions"], **methods["methods"][name][kind]}
        # The published schemas end in 2021: messages of apps have carried their app_id since.
        for message in [body.get("message", {}), *body.get("messages", [])]:
            message.pop("app_id", None)
        problems = [f"{name} {e.json_path}: {e.message[:200]}" for e in Draft7Validator(schema).iter_errors(body)]
        assert not problems

    posted = await client.chat_postMessage(channel="U0EMMA0001", text="IT-1")
    at = {"channel": posted["channel"], "ts": posted["ts"]}
    mark = {"channel": at["channel"], "timestamp": at["ts"], "name": "eyes"}
    home = {"type": "home", "blocks": [{"type": "header", "text": plain("x")}]}
    follows("chat.postMessage", posted.data)
    follows("auth.test", (await client.auth_test()).data)
    follows("users.info", (await client.users_info(user="U0EMMA0001", include_locale=True)).data)
    follows("users.lookupByEmail", (await client.users_lookupByEmail(email="ravi.rao@example.com")).data)
    follows("conversations.open", (await client.conversations_open(users="U0RAVI0001")).data)
    follows("conversations.info", (await client.conversations_info(channel="C0GENERAL1")).data)
    follows("conversations.members", (await client.conversations_members(channel="C0GENERAL1")).data)
    follows("conversations.history", (await client.conversations_history(channel=at["channel"])).data)
    follows("chat.getPermalink", (await client.chat_getPermalink(channel=at["channel"], message_ts=at["ts"])).data)
    follows("chat.postEphemeral", (await client.chat_postEphemeral(channel="C0GENERAL1", user="U0EMMA0001", text="x")).data)
    follows("reactions.add", (await client.reactions_add(**mark)).data)
    follows("bots.info", (await client.bots_info()).data)
    follows("team.info", (await client.team_info()).data)
    follows("api.test", (await client.api_test()).data)
    follows("views.publish", (await client.views_publish(user_id="U0EMMA0001", view=home)).data)
    follows("chat.update", (await client.chat_update(**at, text="again")).data)
    follows("chat.delete", (await client.chat_delete(**at)).data)
    follows("users.info", (await refused(client.users_info(user="U1"))).data, "error")
    follows("chat.update", (await refused(client.chat_update(**at, text="x"))).data, "error")
