"""The Okta stand-in answers in Okta's shapes and refuses what Okta refuses; what we send is in Okta's specification."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import time_machine

from integrations.okta import Okta
from integrations.okta_calls import CALLS
from sandbox.okta import TOKEN, OktaStandIn
from sandbox.okta_language import compile_test
from sandbox.okta_people import group_id
from tests.sandbox.openapi import Document

USER = "/api/v1/users/{id}"
EMMA = "00uemma0000000001h7"
PUSH = "opfemma0000001h7"


@pytest.fixture
async def stand_in() -> AsyncIterator[OktaStandIn]:
    stand_in = OktaStandIn()
    async with stand_in:
        yield stand_in


@pytest.fixture
async def http(stand_in: OktaStandIn) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(stand_in.url, headers={"Authorization": f"SSWS {TOKEN}"}) as session:
        yield session


@pytest.fixture(scope="module")
def spec() -> Document:
    return Document("okta/management.openapi3.trimmed.json")


async def ask(http: aiohttp.ClientSession, method: str, path: str, **options: Any) -> tuple[int, Any, Any]:
    async with http.request(method, path, **options) as response:
        return response.status, await response.json() if response.content_length else None, response.headers


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/api/v1/users", "/api/v1/users"),
        (USER, f"/api/v1/users/{EMMA}"),
        (USER + "/appLinks", f"/api/v1/users/{EMMA}/appLinks"),
        (USER + "/groups", f"/api/v1/users/{EMMA}/groups"),
        ("/api/v1/users/{userId}/roles", f"/api/v1/users/{EMMA}/roles"),
        ("/api/v1/users/{userId}/factors", f"/api/v1/users/{EMMA}/factors"),
        ("/api/v1/logs", "/api/v1/logs"),
    ],
)
async def test_answers_have_oktas_shape(stand_in: OktaStandIn, http: aiohttp.ClientSession, spec: Document, path: str, url: str) -> None:
    stand_in.add_role("emma", "SUPER_ADMIN", by_group=True)
    stand_in.set_factors("emma", ["push", "totp", "email", "question", "webauthn"])
    stand_in.set_status("ravi", "ACTIVE")
    stand_in.reset(stand_in.person("ravi"), stand_in.url)
    status, body, headers = await ask(http, "GET", url)
    assert status == 200
    assert body
    assert spec.answer(body, path, "get", 200) == []
    assert {"X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset", "X-Okta-Request-Id"} <= set(headers)


async def test_groups_have_oktas_shape(http: aiohttp.ClientSession, spec: Document) -> None:
    _, groups, _ = await ask(http, "GET", "/api/v1/groups")
    assert [problem for group in groups for problem in spec.problems(group, "/components/schemas/Group")] == []
    _, people, _ = await ask(http, "GET", f"/api/v1/groups/{group_id('IT Service Desk')}/users")
    assert [problem for one in people for problem in spec.problems(one, "/components/schemas/User")] == []


async def test_pushes_have_oktas_shape_in_every_state(stand_in: OktaStandIn, http: aiohttp.ClientSession, spec: Document) -> None:
    verify = "/api/v1/users/{userId}/factors/{factorId}/verify"
    poll = "/api/v1/users/{userId}/factors/{factorId}/transactions/{transactionId}"
    for number in (True, False):
        for answer in ("WAITING", "SUCCESS", "REJECTED", "TIMEOUT"):
            options = {"json": {"useNumberMatchingChallenge": True}} if number else {}
            status, body, _ = await ask(http, "POST", f"/api/v1/users/{EMMA}/factors/{PUSH}/verify", **options)
            assert (status, ("_embedded" in body)) == (201, number)
            assert spec.answer(body, verify, "post", 201) == []
            stand_in.pushes[-1].answer = answer
            status, body, _ = await ask(http, "GET", f"/api/v1/users/{EMMA}/factors/{PUSH}/transactions/{stand_in.pushes[-1].id}")
            assert (status, body["factorResult"]) == (200, answer)
            assert spec.answer(body, poll, "get", 200) == []


async def test_errors_have_oktas_shape_and_codes_that_exist(http: aiohttp.ClientSession, spec: Document) -> None:
    known = {error["errorCode"]: error["statusCode"] for error in Document("okta/error-codes.json").body["errors"]}
    seen = set()
    for method, path, code, status in REFUSALS:
        got, body, _ = await ask(http, method, path)
        assert (got, body["errorCode"]) == (status, code), path
        assert spec.problems(body, "/components/schemas/Error") == []
        assert known[code] == status
        seen.add(body["errorId"])
    assert len(seen) == len(REFUSALS)


async def test_log_entries_are_of_types_that_exist(stand_in: OktaStandIn) -> None:
    known = {event["id"] for event in Document("okta/system-log-event-types.json").body["eventTypes"]}
    emma, lucy = stand_in.person("emma"), stand_in.person("lucy")
    stand_in.send(stand_in.reset(emma, stand_in.url))
    stand_in.use_link("emma")
    stand_in.unlock_account(lucy)
    stand_in.end_sessions(emma)
    stand_in.add_role("ravi")
    for answer in (stand_in.push_approve, stand_in.push_reject):
        stand_in.push(emma, emma.factors[0], with_number=True)
        answer("emma")
    kinds = {entry["eventType"] for entry in stand_in.log_entries}
    assert len(kinds) == 9
    assert kinds <= known


# ---------------------------------------------------------------- what we send


async def test_what_the_client_sends_is_in_the_specification(stand_in: OktaStandIn, spec: Document) -> None:
    async with aiohttp.ClientSession() as session:
        okta = Okta(stand_in.url, session=session, token=TOKEN)
        await okta.find("emma.clarke@example.com")
        await okta.events(EMMA, datetime.now(UTC) - timedelta(hours=1), "user.account.update_password", "user.account.reset_password")
        await okta.challenge(EMMA, PUSH)
        await okta.forgot_password(EMMA)
        await okta.reset_password(EMMA)
        await okta.revoke_sessions(EMMA)
    paths = {template.replace("{userId}", "{user}").replace("{id}", "{user}").replace("{factorId}", "{factor}")
             .replace("{transactionId}", "{transaction}"): template for template in spec.body["paths"]}  # fmt: skip
    for call in stand_in.calls:
        template = paths[call.path.replace(EMMA, "{user}").replace(PUSH, "{factor}")]
        assert set(call.query) <= set(query_parameters(spec, template, call.method.lower())), call.path
    verify = stand_in.called("POST", "/verify")[0]
    assert spec.problems(verify.body, "/components/schemas/UserFactorVerifyRequest") == []
    beyond_the_trimmed_copy = {"/api/v1/groups", "/api/v1/groups/{group}/users", "/oauth2/v1/token", "/api/v1/users/{login}"}
    assert {call.path for call in CALLS} - set(paths) == beyond_the_trimmed_copy


def query_parameters(spec: Document, path: str, method: str) -> dict[str, bool]:
    """Name -> whether it is required."""
    shared = spec.body["components"]["parameters"]
    item = spec.body["paths"][path]
    listed = [*item.get("parameters", []), *item[method].get("parameters", [])]
    plain = [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in listed]
    return {one["name"]: one.get("required", False) for one in plain if one["in"] == "query"}


# ---------------------------------------------------------------- refusals

REFUSALS = [
    ("GET", "/api/v1/users/00unobody000000001h7", "E0000007", 404),
    ("GET", "/api/v1/groups/00gnothing/users", "E0000007", 404),
    ("GET", "/api/v1/users?search=profile.email%20is%20x", "E0000031", 400),
    ("GET", "/api/v1/logs?limit=many", "E0000001", 400),
    ("POST", f"/api/v1/users/{EMMA}/lifecycle/reset_password", "E0000001", 400),
    ("POST", "/api/v1/users/00ustan0000000001h7/lifecycle/reset_password?sendEmail=true", "E0000038", 403),
    ("POST", "/api/v1/users/00udora0000000001h7/lifecycle/reset_password?sendEmail=true", "E0000038", 403),
    ("POST", "/api/v1/users/00usune0000000001h7/lifecycle/reset_password?sendEmail=true", "E0000038", 403),
    ("POST", "/api/v1/users/00uadam0000000001h7/lifecycle/reset_password?sendEmail=true", "E0000017", 403),
    ("POST", "/api/v1/users/00uomar0000000001h7/lifecycle/reset_password?sendEmail=true", "E0000006", 403),
    ("POST", f"/api/v1/users/{EMMA}/lifecycle/unlock", "E0000038", 403),
    ("POST", "/api/v1/users/00ulucy0000000001h7/credentials/forgot_password", "E0000038", 403),
    ("GET", f"/api/v1/users/{EMMA}/factors/{PUSH}/transactions/v2mst.none", "E0000007", 404),
    ("POST", f"/api/v1/users/{EMMA}/factors/opfother/verify", "E0000007", 404),
    ("DELETE", f"/api/v1/users/{EMMA}/factors/{PUSH}", "E0000022", 405),
]


@pytest.mark.parametrize("header", [None, "", f"SSWS{TOKEN}", TOKEN, f"Bearer {TOKEN}", "SSWS wrong", f"ssws {TOKEN}", "Basic eA=="])
async def test_every_other_credential_is_refused(stand_in: OktaStandIn, header: str | None) -> None:
    async with aiohttp.ClientSession(stand_in.url, headers={"Authorization": header} if header is not None else {}) as http:
        status, body, _ = await ask(http, "GET", "/api/v1/users")
        assert (status, body["errorCode"]) == (401, "E0000011")


async def test_the_limit_of_a_minute(stand_in: OktaStandIn, http: aiohttp.ClientSession) -> None:
    stand_in.calls_a_minute = 2
    with time_machine.travel(datetime(2026, 5, 18, 9, 15, 30, tzinfo=UTC)):
        found = [await ask(http, "GET", f"/api/v1/users/{EMMA}") for _ in range(3)]
    assert [status for status, _, _ in found] == [200, 200, 429]
    assert [headers["X-Rate-Limit-Remaining"] for _, _, headers in found] == ["1", "0", "0"]
    assert found[2][1]["errorCode"] == "E0000047"
    assert int(found[2][2]["X-Rate-Limit-Reset"]) % 60 == 0


async def test_okta_takes_me_and_short_names_for_ids(http: aiohttp.ClientSession) -> None:
    """Which is why the client refuses them."""
    assert (await ask(http, "GET", "/api/v1/users/me"))[0] == 200
    assert (await ask(http, "GET", "/api/v1/users/emma.clarke"))[1]["id"] == EMMA


# ---------------------------------------------------------------- life


async def test_a_link_works_once_and_the_newest_only(stand_in: OktaStandIn, http: aiohttp.ClientSession) -> None:
    for _ in range(2):
        assert (await ask(http, "POST", f"/api/v1/users/{EMMA}/lifecycle/reset_password?sendEmail=true"))[:2] == (200, {})
    assert stand_in.person("emma").status == "RECOVERY"
    assert stand_in.use_link("emma") == stand_in.outbox[1].link
    assert stand_in.person("emma").status == "ACTIVE"
    with pytest.raises(LookupError):
        stand_in.use_link("emma")


async def test_without_a_mail_the_link_is_in_the_answer(stand_in: OktaStandIn, http: aiohttp.ClientSession) -> None:
    _, body, _ = await ask(http, "POST", f"/api/v1/users/{EMMA}/lifecycle/reset_password?sendEmail=false")
    assert body["resetPasswordUrl"].startswith(stand_in.url)
    assert stand_in.outbox == []


async def test_people_act_through_the_control_api(stand_in: OktaStandIn, http: aiohttp.ClientSession) -> None:
    async def act(action: str, **body: Any) -> tuple[int, Any]:
        status, answer, _ = await ask(http, "POST", f"/_control/act/{action}", json=body)
        return status, answer

    assert (await act("push_approve", person="emma"))[0] == 404
    await ask(http, "POST", f"/api/v1/users/{EMMA}/factors/{PUSH}/verify", json={"useNumberMatchingChallenge": True})
    assert await act("push_approve", person="emma", number=stand_in.pushes[0].number) == (200, {"ok": True, "result": "SUCCESS"})
    await act("set_apps", person="emma", apps=["VPN"])
    await act("add_group", person="emma.clarke@example.com", group="New Group")
    await act("add_role", person=EMMA, role="ORG_ADMIN")
    await act("set_factors", person="emma", factors=["sms"], hours_old=1)
    await act("set_status", person="emma", status="LOCKED_OUT")
    emma = (await ask(http, "GET", "/_control/state"))[1]["people"]["emma"]
    assert (emma["apps"], emma["status"], emma["roles"]) == (["VPN"], "LOCKED_OUT", [["ORG_ADMIN", False]])
    assert [factor["kind"] for factor in emma["factors"]] == ["sms"]
    assert group_id("New Group") in emma["groups"]
    for action, body in (("set_apps", {}), ("become_admin", {}), ("set_status", {"person": "nobody", "status": "ACTIVE"}), ("start", {})):
        assert (await act(action, **body))[0] == 404


async def test_a_polled_log_always_names_a_next_page(stand_in: OktaStandIn, http: aiohttp.ClientSession) -> None:
    _, _, headers = await ask(http, "GET", "/api/v1/logs")
    assert 'rel="next"' in ",".join(headers.getall("Link"))
    _, _, headers = await ask(http, "GET", "/api/v1/logs?until=2030-01-01T00:00:00.000Z")
    assert 'rel="next"' not in ",".join(headers.getall("Link"))


# ---------------------------------------------------------------- language


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('a.b eq "x"', True),
        ('a.b eq "X"', False),
        ('a.b eq "y" or a.b sw "x"', True),
        ('(a.b eq "x" or a.b eq "y") and c.id eq "2"', True),
        ('a.b eq "x" and c.id eq "3"', False),
        (r'a.b eq "x\" or a.b eq \"x"', False),
        ('missing.path ne "x"', False),
    ],
)
def test_the_language_of_searches(text: str, found: bool) -> None:
    assert compile_test(text, without_case=False)({"a": {"b": "x"}, "c": [{"id": "1"}, {"id": "2"}]}) is found


@pytest.mark.parametrize("text", ["", "a.b", 'a.b eq x', 'a.b is "x"', 'a eq "x" b', '(a eq "x"', 'a eq "x', 'a eq "x" or', "a eq 'x'"])
def test_what_is_no_search(text: str) -> None:
    reader: Callable[..., object] = compile_test
    with pytest.raises(ValueError, match=r"\w"):
        reader(text, without_case=True)
