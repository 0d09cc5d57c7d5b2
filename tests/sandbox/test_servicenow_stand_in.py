"""The ServiceNow stand-in answers and refuses as the Table API does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox.servicenow import ServiceNowStandIn
from sandbox.servicenow_rows import sys_id
from tests.sandbox.openapi import Document

INCIDENTS = "/api/now/table/incident"


@pytest.fixture
async def server() -> AsyncIterator[ServiceNowStandIn]:
    server = ServiceNowStandIn()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def http(server: ServiceNowStandIn) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.url, headers={"Authorization": aiohttp.encode_basic_auth(server.user, server.password)}) as session:
        yield session


async def asked(http: aiohttp.ClientSession, method: str, path: str, **more: Any) -> tuple[int, Any]:
    async with http.request(method, path, **more) as response:
        return response.status, await response.json()


async def made(http: aiohttp.ClientSession, **columns: str) -> dict[str, Any]:
    status, body = await asked(http, "POST", INCIDENTS, json=columns)
    assert status == 201
    return dict(body["result"])


async def test_create_is_201_with_location_and_text_only(server: ServiceNowStandIn, http: aiohttp.ClientSession) -> None:
    async with http.post(INCIDENTS, json={"short_description": "x", "urgency": 1, "caller_id": sys_id("emma.clarke@example.com")}) as response:
        body = await response.json()
        row = body["result"]
        assert (response.status, response.headers["Location"]) == (201, f"{server.url}{INCIDENTS}/{row['sys_id']}")
    assert row["urgency"] == "1"
    assert row["caller_id"] == {"link": f"{server.url}/api/now/table/sys_user/{sys_id('emma.clarke@example.com')}", "value": sys_id("emma.clarke@example.com")}
    assert Document("servicenow/table-incident.openapi3.own.json").answer(body, INCIDENTS, "post", 201) == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic d3Jvbmc6d3Jvbmc="}, {"Authorization": "Bearer x"}])
async def test_without_the_right_login_401(server: ServiceNowStandIn, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession(server.url) as anonymous:
        status, body = await asked(anonymous, "GET", INCIDENTS, headers=headers)
    assert status == 401
    assert body["error"]["message"] == "User Not Authenticated"
    assert Document("servicenow/table-incident.openapi3.own.json").answer(body, INCIDENTS, "get", 401) == []


async def test_an_unknown_table_is_400_and_an_unknown_record_404(http: aiohttp.ClientSession) -> None:
    assert (await asked(http, "GET", "/api/now/table/incidents"))[0] == 400
    status, body = await asked(http, "GET", f"{INCIDENTS}/{'0' * 32}")
    assert (status, body["error"]["message"]) == (404, "No Record found")


@pytest.mark.parametrize("given", ["{half", "[]", '{"short_description": {"a": 1}}'])
async def test_a_body_that_is_no_flat_object_is_400(http: aiohttp.ClientSession, given: str) -> None:
    assert (await asked(http, "POST", INCIDENTS, data=given, headers={"Content-Type": "application/json"}))[0] == 400


async def test_resolving_needs_code_and_notes(server: ServiceNowStandIn, http: aiohttp.ClientSession) -> None:
    row = await made(http, short_description="x")
    path = f"{INCIDENTS}/{row['sys_id']}"
    for values in ({"state": "6"}, {"state": "6", "close_code": "Duplicate"}, {"state": "6", "close_notes": "x"}, {"state": "3"}):
        status, body = await asked(http, "PATCH", path, json=values)
        assert status == 403
        assert "Data Policy Exception" in body["error"]["detail"]
    status, body = await asked(http, "PATCH", path, json={"state": "6", "close_code": "Duplicate", "close_notes": "x"})
    assert (status, body["result"]["state"], body["result"]["active"]) == (200, "6", "true")
    assert (await asked(http, "PATCH", path, json={"state": "7"}))[0] == 403, "closing is for itil_admin"


async def test_an_invalid_condition_is_dropped_and_everything_comes_back(http: aiohttp.ClientSession) -> None:
    for n in range(3):
        await made(http, correlation_id=f"IT-{n}")
    for query, count in (("correlation_id=IT-1", 1), ("corelation_id=IT-1", 3), ("nonsense", 3), ("correlation_id=IT-1^ORcorrelation_id=IT-2", 2),
                         ("correlation_idINIT-0,IT-2", 2), ("correlation_id=IT-1^NQcorrelation_id=IT-2", 2), ("state!=1", 0), ("caller_id.email=x", 0)):
        status, body = await asked(http, "GET", INCIDENTS, params={"sysparm_query": query})
        assert (status, len(body["result"])) == (200, count), query


async def test_order_limit_offset_and_fields(http: aiohttp.ClientSession) -> None:
    for n in range(4):
        await made(http, short_description=str(n))
    params = {"sysparm_query": "ORDERBYDESCshort_description", "sysparm_limit": "2", "sysparm_offset": "1", "sysparm_fields": "short_description,nonsense"}
    async with http.get(INCIDENTS, params=params) as response:
        assert response.headers["X-Total-Count"] == "4"
        assert (await response.json())["result"] == [{"short_description": "2"}, {"short_description": "1"}]
    assert (await asked(http, "GET", INCIDENTS, params={"sysparm_limit": "-1"}))[0] == 400


async def test_versions_differ_on_an_empty_list(http: aiohttp.ClientSession) -> None:
    assert (await asked(http, "GET", "/api/now/v1/table/incident"))[0] == 404
    assert await asked(http, "GET", "/api/now/v2/table/incident") == (200, {"result": []})


async def test_long_text_is_cut_and_journals_append(server: ServiceNowStandIn, http: aiohttp.ClientSession) -> None:
    row = await made(http, short_description="s" * 300, work_notes="first")
    await asked(http, "PATCH", f"{INCIDENTS}/{row['sys_id']}", json={"work_notes": "second"})
    assert len(server.incidents[0]["short_description"]) == 160
    assert server.notes(row["number"]) == ["first", "second"]
    assert row["work_notes"] == ""


async def test_429_has_servicenows_headers(server: ServiceNowStandIn, http: aiohttp.ClientSession) -> None:
    server.fail("429")
    async with http.get(INCIDENTS) as response:
        assert response.status == 429
        assert {"Retry-After", "X-RateLimit-Limit", "X-RateLimit-Reset", "X-RateLimit-Rule"} <= set(response.headers)
        assert Document("servicenow/table-incident.openapi3.own.json").answer(await response.json(), INCIDENTS, "get", 429) == []


async def test_control_actions_work_over_http(server: ServiceNowStandIn, http: aiohttp.ClientSession) -> None:
    row = await made(http, short_description="x")
    status, body = await asked(http, "POST", "/_control/act/set_state", json={"number": row["number"], "state": "8"})
    assert (status, body["result"]["active"]) == (200, "false")
    assert (await asked(http, "POST", "/_control/act/add_person", json={"email": "new@example.com"}))[0] == 200
    _, state = await asked(http, "GET", "/_control/state")
    assert state["incidents"][0]["state"] == "8"
    assert "new@example.com" in state["people"]
    assert (await asked(http, "POST", "/_control/act/nothing", json={}))[0] == 404
