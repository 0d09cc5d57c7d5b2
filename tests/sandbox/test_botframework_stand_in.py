"""The Teams stand-in: it sends what Teams sends, answers as the Bot Framework does, and refuses what they refuse."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from jsonschema import Draft7Validator

from sandbox.botframework import BotFrameworkStandIn

SPECS = Path(__file__).resolve().parents[2] / "../shared/specs/botframework"
Json = dict[str, Any]
CARD = "application/vnd.microsoft.card.adaptive"


class EchoBot:
    """Answers every activity with what `answers` says for its name or type; `heard` is everything it got."""

    def __init__(self) -> None:
        self.heard: list[Json] = []
        self.tokens: list[str] = []
        self.answers: dict[str, Any] = {}

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.heard.append(body)
        self.tokens.append(request.headers["Authorization"].removeprefix("Bearer "))
        answer = self.answers.get(body.get("name") or body["type"])
        return web.Response(status=200) if answer is None else web.json_response(answer)


@pytest.fixture
async def teams() -> AsyncIterator[BotFrameworkStandIn]:
    stand_in = BotFrameworkStandIn()
    async with stand_in:
        yield stand_in


@pytest.fixture
async def bot(teams: BotFrameworkStandIn) -> AsyncIterator[EchoBot]:
    made, app = EchoBot(), web.Application()
    app.router.add_post("/api/messages", made.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    teams.bot_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


class Client:
    """Calls the connector as a bot does."""

    def __init__(self, teams: BotFrameworkStandIn, http: aiohttp.ClientSession) -> None:
        self.teams, self.http, self.token = teams, http, ""

    async def sign_in(self, tenant: str = "", **changes: str) -> tuple[int, Json]:
        given = {
            "grant_type": "client_credentials", "client_id": self.teams.tenant.app_id, "client_secret": self.teams.tenant.password,
            "scope": f"{self.teams.signer.issuer}/.default",
        } | changes  # fmt: skip
        async with self.http.post(f"{self.teams.url}/{tenant or self.teams.tenant.id}/oauth2/v2.0/token", data=given) as answer:
            body = await answer.json()
            self.token = body.get("access_token", self.token)
            return answer.status, body

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.http.request(method, f"{self.teams.service_url}v3/conversations{path}", json=body, headers=headers) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else None


@pytest.fixture
async def client(teams: BotFrameworkStandIn) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as http:
        yield Client(teams, http)


def card(*actions: Json, body: tuple[Json, ...] = ()) -> Json:
    content = {"type": "AdaptiveCard", "version": "1.5", "body": [*body, {"type": "ActionSet", "actions": list(actions)}]}
    return {"type": "message", "summary": "a card", "attachments": [{"contentType": CARD, "content": content}]}


def execute(title: str, **more: Any) -> Json:
    submit = {"type": "Action.Submit", "title": title, "data": {"n": 1}}
    return {"type": "Action.Execute", "title": title, "verb": "go", "data": {"n": 1}, "fallback": submit} | more


# ---------------------------------------------------------------- what Teams sends


def schema(name: str) -> Draft7Validator:
    path = SPECS / "activity.derived.schema.json"
    if not path.is_file():
        if os.environ.get("CI") == "true":
            pytest.fail("the activity schema is missing, and CI must have it")
        pytest.skip("the activity schema is not beside this repository")
    whole = json.loads(path.read_text(encoding="utf-8"))
    return Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": whole["definitions"]})


async def test_every_activity_is_of_the_schema_and_signed_for_the_bot(teams: BotFrameworkStandIn, bot: EchoBot, client: Client) -> None:
    await client.sign_in()
    await teams.install("emma")
    await teams.say("emma", "hello", files=["a.png"])
    await teams.mention("emma", "general", "hello")
    talk = teams.tenant.personal(teams.tenant.find("emma"))
    assert talk is not None
    fetch = {"type": "Action.Submit", "title": "Open", "data": {"msteams": {"type": "task/fetch"}, "n": 1}}
    status, _ = await client.call("POST", f"/{talk.id}/activities", card(execute("Go"), fetch))
    assert status == 201
    bot.answers["adaptiveCard/action"] = {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "done"}
    bot.answers["task/fetch"] = {"task": {"type": "message", "value": "no"}}
    assert (await teams.press("emma", "Go")).said == "done"
    assert (await teams.press("emma", "Open")).said == "no"
    assert (await teams.press("emma", "Go", old_client=True)).ok
    await teams.uninstall("emma")
    inbound = schema("InboundActivity")
    for activity, token in zip(bot.heard, bot.tokens, strict=True):
        assert [error.message for error in inbound.iter_errors(activity)] == []
        key = jwt.PyJWKSet.from_dict(teams.signer.keys()).keys[0].key
        claims = jwt.decode(token, key, algorithms=["RS256"], audience=teams.tenant.app_id, issuer=teams.signer.issuer)
        assert claims["serviceurl"] == activity["serviceUrl"]
    kinds = [one.get("name") or one["type"] for one in bot.heard]
    assert kinds == ["conversationUpdate", "installationUpdate", "message", "message", "adaptiveCard/action", "task/fetch", "message", "installationUpdate"]
    invoked = schema("AdaptiveCardInvokeValue")
    assert [error.message for error in invoked.iter_errors(bot.heard[4]["value"])] == []
    assert bot.heard[5]["value"]["data"] == {"n": 1, "type": "task/fetch"}
    assert bot.heard[6]["value"] == {"n": 1}
    assert bot.heard[3]["text"] == "<at>Password Reset</at> hello"


# ---------------------------------------------------------------- sign-in and connector


@pytest.mark.parametrize(
    ("change", "status"),
    [({"client_secret": "x"}, 401), ({"client_id": "x"}, 400), ({"scope": "https://api.botframework.com/.default"}, 400),
     ({"tenant": "x"}, 400), ({"grant_type": "password"}, 400), ({}, 200)],
)  # fmt: skip
async def test_sign_in_takes_the_apps_own_credentials_only(client: Client, change: dict[str, str], status: int) -> None:
    assert (await client.sign_in(**change))[0] == status


async def test_the_connector_refuses_what_the_real_one_refuses(teams: BotFrameworkStandIn, client: Client) -> None:
    talk = teams.tenant.open_personal(teams.tenant.find("emma"))
    here = f"/{talk.id}/activities"
    assert (await client.call("POST", here, {"type": "message", "text": "x"}))[0] == 401
    await client.sign_in()
    assert (await client.call("POST", "/a:nowhere/activities", {"type": "message", "text": "x"}))[0] == 404
    for wrong in ({}, {"type": "message"}, {"type": "message", "attachments": [{"contentType": "text/html"}]}, card({"type": "Action.Http"}),
                  card(execute("x", verb="")), card(body=({"type": "Badge"},)), card(body=({"type": "Input.Text"},))):  # fmt: skip
        status, said = await client.call("POST", here, wrong)
        assert (status, said["error"]["code"]) == (400, "BadSyntax"), wrong
    assert (await client.call("POST", here, {"type": "message", "text": "x" * 60_000}))[0] == 413
    status, sent = await client.call("POST", here, {"type": "message", "text": "hello"})
    assert status == 201
    assert (await client.call("PUT", f"{here}/{sent['id']}", {"type": "message", "text": "changed"}))[0] == 200
    assert (await client.call("PUT", f"{here}/77", {"type": "message", "text": "x"}))[0] == 404
    assert teams.messages("emma")[0].text == "changed"
    assert (await client.call("GET", f"/{talk.id}/members/{teams.tenant.find('emma').entra}"))[1]["userPrincipalName"] == "emma.clarke@example.com"
    assert (await client.call("GET", f"/{talk.id}/members/29:nobody"))[0] == 404
    assert len((await client.call("GET", f"/{talk.id}/members"))[1]) == 1
    talk.installed = False
    status, said = await client.call("POST", here, {"type": "message", "text": "x"})
    assert (status, said["error"]["code"]) == (403, "BotNotInConversationRoster")


async def test_a_conversation_is_made_for_whom_the_app_is_installed(teams: BotFrameworkStandIn, client: Client) -> None:
    await client.sign_in()
    emma = teams.tenant.find("emma")
    asked = {"isGroup": False, "members": [{"id": emma.entra}], "tenantId": teams.tenant.id, "bot": {"id": teams.tenant.bot}}
    assert (await client.call("POST", "", asked))[0] == 403
    await teams.install("emma", tell=False)
    first, second = [(await client.call("POST", "", asked)) for _ in range(2)]
    assert first == second
    assert first[0] == 201
    assert (await client.call("POST", "", asked | {"tenantId": "x"}))[0] == 400
    assert (await client.call("POST", "", asked | {"members": [{"id": "29:nobody"}]}))[0] == 403


async def test_too_many_messages_to_one_conversation_get_429(client: Client, teams: BotFrameworkStandIn) -> None:
    teams.connector.pace = True
    await client.sign_in()
    here = f"/{teams.tenant.open_personal(teams.tenant.find('emma')).id}/activities"
    answers = [(await client.call("POST", here, {"type": "message", "text": f"{n}"}))[0] for n in range(9)]
    assert answers[:7] == [201] * 7
    assert 429 in answers[7:]


async def test_keys_rotate(teams: BotFrameworkStandIn) -> None:
    old = teams.signer.kid
    teams.signer.rotate(keep_old=True)
    assert [one["kid"] for one in teams.signer.keys()["keys"]] == [old, teams.signer.kid]
    teams.signer.rotate()
    assert [one["kid"] for one in teams.signer.keys()["keys"]] == [teams.signer.kid]


# ---------------------------------------------------------------- people


async def test_a_dialog_is_filled_by_words_and_its_client_checks_first(teams: BotFrameworkStandIn, bot: EchoBot, client: Client) -> None:
    await client.sign_in()
    await teams.install("emma")
    talk = teams.tenant.open_personal(teams.tenant.find("emma"))
    await client.call("POST", f"/{talk.id}/activities", card({"type": "Action.Submit", "title": "Open", "data": {"msteams": {"type": "task/fetch"}}}))
    inputs = (
        {"type": "Input.ChoiceSet", "id": "app", "label": "App", "isRequired": True, "errorMessage": "Pick one.",
         "choices": [{"title": "Payroll", "value": "p"}, {"title": "VPN", "value": "v"}]},
        {"type": "Input.Text", "id": "why", "label": "Why?", "regex": r"^[\s\S]{5,}$", "errorMessage": "A bit more."},
    )  # fmt: skip
    form = card({"type": "Action.Submit", "title": "Send", "data": {"form": "f"}}, body=inputs)["attachments"][0]
    bot.answers["task/fetch"] = {"task": {"type": "continue", "value": {"title": "A form", "card": form}}}
    await teams.press("emma", "Open")
    page = teams.dialog_of("emma")
    assert page is not None
    assert (page.title, page.values) == ("A form", {"App": "", "Why?": ""})
    refused = await teams.fill("emma", {"Why": "x"})
    assert (refused.status, refused.errors) == (0, {"App": "Pick one.", "Why?": "A bit more."})
    with pytest.raises(LookupError, match="Payroll, VPN"):
        await teams.fill("emma", {"App": "Mail"})
    bot.answers["task/submit"] = {"task": {"type": "message", "value": "Thank you."}}
    sent = await teams.fill("emma", {"App": "VPN", "Why": "because"})
    assert sent.said == "Thank you."
    assert bot.heard[-1]["value"]["data"] == {"app": "v", "why": "because", "form": "f"}
    assert teams.dialog_of("emma") is None


async def test_a_card_in_the_answer_replaces_it_for_that_person_until_the_next_edit(teams: BotFrameworkStandIn, bot: EchoBot, client: Client) -> None:
    await client.sign_in()
    await teams.install("emma")
    talk = teams.tenant.open_personal(teams.tenant.find("emma"))
    _, sent = await client.call("POST", f"/{talk.id}/activities", card(execute("Go")))
    said = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Went at {{TIME(2026-05-18T09:15:00Z)}}", "wrap": True}]}
    bot.answers["adaptiveCard/action"] = {"statusCode": 200, "type": CARD, "value": said}
    await teams.press("emma", "Go")
    assert teams.messages("emma")[0].reading == "Went at 10:15"
    await client.call("PUT", f"/{talk.id}/activities/{sent['id']}", card(execute("Again")))
    assert teams.messages("emma")[0].buttons == ("Again",)


async def test_answers_that_a_client_would_drop_are_noted(teams: BotFrameworkStandIn, bot: EchoBot, client: Client) -> None:
    await client.sign_in()
    await teams.install("emma")
    talk = teams.tenant.open_personal(teams.tenant.find("emma"))
    await client.call("POST", f"/{talk.id}/activities", card(execute("Go")))
    for wrong in ({}, {"statusCode": 200, "type": CARD, "value": {"type": "x"}}, {"statusCode": 200, "type": CARD, "value": None}):
        bot.answers["adaptiveCard/action"] = wrong
        await teams.press("emma", "Go")
    assert len(teams.tenant.faults) == 3


async def test_what_is_not_there_is_named(teams: BotFrameworkStandIn, bot: EchoBot) -> None:
    await teams.install("emma")
    with pytest.raises(LookupError, match="there are: none"):
        await teams.press("emma", "Approve", within=0)
    with pytest.raises(LookupError, match="no person 'zoe'"):
        await teams.say("zoe", "hi")
    with pytest.raises(TimeoutError, match="nothing"):
        await teams.wait_for("x", "emma", timeout=0.05)


async def test_its_control_api_lets_people_act(teams: BotFrameworkStandIn, bot: EchoBot) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{teams.url}/_control/act/say", json={"person": "emma", "text": "hello"}) as answer:
            assert (await answer.json())["result"]["status"] == 200
        async with http.get(f"{teams.url}/_control/state") as answer:
            assert (await answer.json())["people"]["emma"]["messages"][0]["reading"] == "hello"
        async with http.post(f"{teams.url}/_control/act/fly", json={}) as answer:
            assert answer.status == 404
