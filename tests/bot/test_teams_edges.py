"""What is not let in at /api/messages: every forged, expired, foreign or malformed case is 400, 401 or 403, and leaves no row."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization

from bot.teams_keys import Keys, KeysUnavailable
from sandbox.botframework import Answer
from sandbox.botframework_keys import private_key
from storage import sql
from tests.bot.teams_house import TeamsHouse, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")
Json = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TeamsHouse]:
    async with opened(tmp_path_factory.mktemp("edges")) as opened_house:
        opened_house.teams.tenant.open_personal(opened_house.teams.tenant.find("emma"))
        yield opened_house


def message(house: TeamsHouse, **changes: Any) -> Json:
    """A good message of Emma's; None takes a field away."""
    account = house.teams.tenant.find("emma")
    body = house.teams.courier.activity("message", account, house.teams.tenant.open_personal(account), text="my VPN password is gone")
    return {name: value for name, value in (body | changes).items() if value is not None}


async def nothing_kept(house: TeamsHouse) -> None:
    for table in ("password_reset_requests", "keyturn_deliveries", "keyturn_jobs", "keyturn_conversations"):
        assert await sql.rows(f"SELECT * FROM {table}") == [], table


def claims(house: TeamsHouse, **changes: Any) -> Json:
    given = house.teams.signer.claims(house.teams.tenant.app_id, house.teams.service_url) | changes
    return {name: value for name, value in given.items() if value is not None}


def unsigned(head: Json, body: Json, signature: bytes = b"") -> str:
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (json.dumps(head).encode(), json.dumps(body).encode(), signature))


def changed_payload(house: TeamsHouse) -> str:
    head, _, signature = house.teams.courier.token().split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims(house, exp=int(time.time()) + 9999)).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


def by_public_key(house: TeamsHouse) -> str:
    """HS256 with the public key as its secret, which a careless check takes for a signature."""
    key = private_key(0).public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head, body, _ = unsigned({"alg": "HS256", "kid": house.teams.signer.kid, "typ": "JWT"}, claims(house)).split(".")
    signature = base64.urlsafe_b64encode(hmac.digest(key, f"{head}.{body}".encode(), "sha256")).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


NOW = int(time.time())
FORGED: dict[str, Callable[[TeamsHouse], str]] = {
    "no header": lambda _: "",
    "garbage": lambda _: "garbage",
    "three parts of garbage": lambda _: "a.b.c",
    "not ASCII": lambda _: "schlüssel",
    "huge": lambda _: "x" * 8_000,
    "another signature": lambda h: h.teams.courier.token()[:-8] + "AAAAAAAA",
    "another payload under a good signature": changed_payload,
    "signed by somebody else with our key's name": lambda h: h.teams.signer.sign(claims(h), number=99),
    "alg none": lambda h: unsigned({"alg": "none", "kid": h.teams.signer.kid, "typ": "JWT"}, claims(h)),
    "HS256 with the public key": by_public_key,
    "RS384": lambda h: jwt.encode(claims(h), private_key(0), algorithm="RS384", headers={"kid": h.teams.signer.kid}),
    "unknown key": lambda h: h.teams.signer.sign(claims(h), kid="nobody"),
    "no key named": lambda h: h.teams.signer.sign(claims(h), kid=""),
    "critical header": lambda h: jwt.encode(claims(h), private_key(0), algorithm="RS256", headers={"kid": h.teams.signer.kid, "crit": ["x"], "x": 1}),
    "another audience": lambda h: h.teams.courier.token(aud="another-app"),
    "a list of audiences": lambda h: h.teams.courier.token(aud=[h.teams.tenant.app_id, "another"]),
    "no audience": lambda h: h.teams.courier.token(aud=None),
    "the public cloud's issuer": lambda h: h.teams.courier.token(iss="https://api.botframework.com"),
    "the emulator's issuer": lambda h: h.teams.courier.token(iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"),
    "a skill's issuer": lambda h: h.teams.courier.token(iss=f"https://login.microsoftonline.com/{h.teams.tenant.id}/v2.0"),
    "no issuer": lambda h: h.teams.courier.token(iss=None),
    "expired an hour ago": lambda h: h.teams.courier.token(exp=int(time.time()) - 3600),
    "expired a minute ago": lambda h: h.teams.courier.token(exp=int(time.time()) - 60),
    "no end": lambda h: h.teams.courier.token(exp=None),
    "an end that is no moment": lambda h: h.teams.courier.token(exp="tomorrow"),
    "not yet": lambda h: h.teams.courier.token(nbf=int(time.time()) + 120),
    "no beginning": lambda h: h.teams.courier.token(nbf=None),
    "no serviceurl": lambda h: h.teams.courier.token(serviceurl=None),
    "another serviceurl": lambda h: h.teams.courier.token(serviceurl="https://smba.trafficmanager.net/teams/"),
    "a serviceurl that is no text": lambda h: h.teams.courier.token(serviceurl=["x"]),
}


@pytest.mark.parametrize("case", FORGED)
async def test_a_forged_token_gets_401(house: TeamsHouse, case: str) -> None:
    token = FORGED[case](house)
    answer = await house.teams.courier.post(
        json.dumps(message(house)).encode(),
        {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}".encode().decode("latin-1")} if token else {}),
    )
    assert answer.status == 401, answer
    await nothing_kept(house)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "{token}", "Token {token}", "Bearer  {token}"])
async def test_a_header_that_is_no_bearer_token_gets_401(house: TeamsHouse, header: str) -> None:
    given = {"Authorization": header.format(token=house.teams.courier.token()), "Content-Type": "application/json"}
    assert (await house.teams.courier.post(json.dumps(message(house)).encode(), given)).status == 401
    await nothing_kept(house)


FOREIGN: dict[str, Json] = {
    "another channel": {"channelId": "webchat"},
    "the emulator": {"channelId": "emulator"},
    "no channel": {"channelId": None},
    "another tenant": {"conversation": {"id": "a:1", "tenantId": "other"}, "channelData": {"tenant": {"id": "other"}}},
    "tenants that differ": {"channelData": {"tenant": {"id": "other"}}},
    "no tenant in the channel's data": {"channelData": {}},
    "no channel data": {"channelData": None},
    "no tenant in the conversation": {"conversation": {"id": "a:1", "conversationType": "personal"}},
    "nobody": {"from": {"id": "29:1x", "name": "X"}},
    "no author": {"from": None},
    "another serviceUrl": {"serviceUrl": "https://evil.example.com/"},
    "no serviceUrl": {"serviceUrl": None},
}


@pytest.mark.parametrize("case", FOREIGN)
async def test_a_foreign_activity_with_a_good_token_is_refused(house: TeamsHouse, case: str) -> None:
    answer = await house.teams.courier.deliver(message(house, **FOREIGN[case]))
    assert answer.status in {401, 403}, answer
    await nothing_kept(house)


@pytest.mark.parametrize(
    "service_url",
    ["https://evil.example.com/", "http://evil.example.com/", "https://127.0.0.1.evil.example.com/", "https://127.0.0.1@evil.example.com/",
     "https://127.0.0.1:443x/", "ftp://127.0.0.1/", "//127.0.0.1/", "https://127.0.0.1/?x=1", "https://[::1", "x" * 400],
)  # fmt: skip
async def test_a_host_that_is_not_on_the_list_is_refused_even_when_the_token_names_it(house: TeamsHouse, service_url: str) -> None:
    answer = await house.teams.courier.deliver(message(house, serviceUrl=service_url), token=house.teams.courier.token(serviceurl=service_url))
    assert answer.status in {400, 403}, answer
    await nothing_kept(house)


MALFORMED: dict[str, bytes | Json] = {
    "nothing": b"",
    "no JSON": b"{",
    "no UTF-8": b"\xff\xfe{}",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "deep": b"[" * 100_000,
    "no type": {"type": None},
    "a type that is no text": {"type": 7},
    "a conversation that is none": {"conversation": "a:1"},
    "an author that is none": {"from": ["x"]},
    "an author's id that is none": {"from": {"id": "29:x", "aadObjectId": {"a": 1}}},
    "an author's id with a path in it": {"from": {"id": "29:x", "aadObjectId": "../../users/me"}},
    "an author without account": {"from": {"aadObjectId": "11111111-2222-3333-4444-555555555555"}},
    "text that is none": {"text": {"a": 1}},
    "attachments that are none": {"attachments": "x"},
    "channel data that are none": {"channelData": "x"},
    "a press that is none": {"value": {"kt": 7}},
    "a verb that is none": {"value": {"kt": {"verb": "DROP TABLE"}}},
    "an invoke without value": {"type": "invoke", "name": "adaptiveCard/action", "value": None},
    "an invoke with odd data": {"type": "invoke", "name": "adaptiveCard/action", "value": {"action": {"data": []}}},
    "a dialog's value that is none": {"type": "invoke", "name": "task/submit", "value": "x"},
    "a name that is none": {"type": "invoke", "name": ["x"], "value": {}},
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_malformed_activity_gets_400(house: TeamsHouse, case: str) -> None:
    given = MALFORMED[case]
    raw = given if isinstance(given, bytes) else json.dumps(message(house, **given)).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {house.teams.courier.token()}"}
    answer = await house.teams.courier.post(raw, headers)
    assert answer.status in {400, 403}, answer
    await nothing_kept(house)


async def test_another_content_type_gets_400(house: TeamsHouse) -> None:
    headers = {"Content-Type": "text/plain", "Authorization": f"Bearer {house.teams.courier.token()}"}
    assert (await house.teams.courier.post(json.dumps(message(house)).encode(), headers)).status == 400


@pytest.mark.parametrize(
    "author",
    [{"id": "28:another-bot", "aadObjectId": "11111111-2222-3333-4444-555555555555"}, {"role": "bot"}, {"role": "skill"}, {"userRole": "guest"},
     {"role": "guest"}, {"properties": {"userRole": "anonymous"}}],
)  # fmt: skip
async def test_guests_and_bots_are_ignored_with_200(house: TeamsHouse, author: Json) -> None:
    body = message(house)
    answer = await house.teams.courier.deliver(body | {"from": body["from"] | author})
    assert (answer.status, answer.body) == (200, None)
    for table in ("password_reset_requests", "keyturn_deliveries", "keyturn_jobs"):
        assert await sql.rows(f"SELECT * FROM {table}") == [], table


@pytest.mark.parametrize("kind", ["typing", "messageReaction", "endOfConversation", "event", "messageUpdate", "somethingNew", "handoff"])
async def test_other_kinds_of_activities_are_taken_quietly(house: TeamsHouse, kind: str) -> None:
    assert (await house.teams.courier.deliver(message(house, type=kind, text=None))).status == 200


async def test_invokes_that_are_not_ours_are_not_implemented(house: TeamsHouse) -> None:
    for name in ("composeExtension/query", "signin/verifyState", "fileConsent/invoke", "config/fetch", "", None):
        assert (await house.teams.courier.deliver(message(house, type="invoke", name=name, value={}))).status == 501


# ---------------------------------------------------------------- keys


async def test_keys_that_are_endorsed_for_another_channel_sign_nothing(house: TeamsHouse) -> None:
    signer = house.teams.signer
    kept = signer.endorsements
    try:
        for endorsed in (None, [], ["webchat"]):
            signer.endorsements = endorsed
            signer.rotate()
            house.wired.keys._for_unknown.clear()
            assert (await house.teams.courier.deliver(message(house))).status == 401
    finally:
        signer.endorsements = kept
        signer.rotate()
        house.wired.keys._for_unknown.clear()


async def test_a_rotation_is_followed_at_once_and_the_old_key_is_dead(house: TeamsHouse) -> None:
    courier, signer = house.teams.courier, house.teams.signer
    assert (await courier.deliver(message(house, type="typing"))).status == 200
    old = courier.token()
    assert (await courier.deliver(message(house, type="typing"), token=old)).status == 200
    signer.rotate()
    assert (await courier.deliver(message(house, type="typing"))).status == 200
    assert (await courier.deliver(message(house, type="typing"), token=old)).status == 401


async def test_whoever_names_unknown_keys_makes_few_fetches(house: TeamsHouse) -> None:
    house.wired.keys._for_unknown.clear()
    before = len(house.teams.called("GET", "/keys"))
    for number in range(20):
        answer = await house.teams.courier.deliver(message(house, type="typing"), token=house.teams.signer.sign(claims(house), kid=f"nobody-{number}"))
        assert answer.status == 401
    assert len(house.teams.called("GET", "/keys")) == before + 3
    house.wired.keys._for_unknown.clear()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_keys_are_looked_at_daily_and_an_outage_of_their_document_is_bridged(house: TeamsHouse) -> None:
    clock = Clock()
    keys = Keys(house.wired.keys._http, house.teams.openid_url, clock=clock)
    kid = house.teams.signer.kid
    assert await keys.get(kid) is not None
    assert await keys.issuer() == house.teams.signer.issuer
    fetched = len(house.teams.called("GET", "/keys"))
    clock.now += 24 * 3600 - 1
    assert await keys.get(kid) is not None
    assert len(house.teams.called("GET", "/keys")) == fetched
    house.teams.fail("500", path="/.well-known")
    try:
        clock.now += 2
        assert await keys.get(kid) is not None
        failed = len(house.teams.called("GET", "openidconfiguration"))
        assert await keys.get(kid) is not None
        assert len(house.teams.called("GET", "openidconfiguration")) == failed
        clock.now += 24 * 3600
        with pytest.raises(KeysUnavailable):
            await keys.get(kid)
    finally:
        house.teams.heal()
    clock.now += 61
    assert await keys.get(kid) is not None


@pytest.mark.parametrize("kind", ["500", "drop", "malformed", "429", "403"])
async def test_without_any_keys_the_answer_is_503_because_the_sender_may_be_genuine(house: TeamsHouse, kind: str) -> None:
    fresh = Keys(house.wired.keys._http, house.teams.openid_url)
    tokens = house.wired.endpoint.authentication.tokens
    assert tokens is not None
    kept, tokens.keys = tokens.keys, fresh
    tokens._kept.clear()
    house.teams.fail(kind, path="/.well-known")
    try:
        assert (await house.teams.courier.deliver(message(house))).status == 503
    finally:
        house.teams.heal()
    assert (await house.teams.courier.deliver(message(house, type="typing"))).status == 200
    tokens.keys = kept
    tokens._kept.clear()


# ---------------------------------------------------------------- the same again (last: it leaves a row)


async def test_the_same_delivery_again_changes_nothing(house: TeamsHouse) -> None:
    body = message(house)
    answers: list[Answer] = [await house.teams.courier.deliver(body)]
    answers += [await house.teams.courier.again() for _ in range(3)]
    answers.append(await house.teams.courier.deliver(body))  # under a new token
    assert [answer.status for answer in answers] == [200] * 5
    await house.teams.wait_for("IT-", "emma")
    assert len(await house.rows()) == 1
