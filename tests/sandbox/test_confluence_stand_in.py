"""The Confluence stand-in answers and refuses as Cloud and Data Center do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox.confluence import ConfluenceStandIn, storage_format
from sandbox.confluence_cql import Unreadable, parsed
from tests.sandbox.openapi import Document

PAGE, SEARCH = "/wiki/api/v2/pages/4711", "/wiki/rest/api/search"


@pytest.fixture
async def cloud() -> AsyncIterator[ConfluenceStandIn]:
    server = ConfluenceStandIn()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def http(cloud: ConfluenceStandIn) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cloud.url, headers={"Authorization": aiohttp.encode_basic_auth(cloud.user, cloud.token)}) as session:
        yield session


async def asked(http: aiohttp.ClientSession, path: str, **more: Any) -> tuple[int, Any]:
    async with http.get(path, **more) as response:
        return response.status, await response.json(content_type=None) if "json" in response.content_type else await response.text()


async def test_a_page_is_as_atlassian_describes_it(http: aiohttp.ClientSession) -> None:
    status, body = await asked(http, PAGE, params={"body-format": "storage"})
    assert (status, body["version"]["number"]) == (200, 1)
    assert Document("confluence/confluence-rest-v2.openapi3.trimmed.json").problems(body, "/components/schemas/PageSingle") == []


async def test_without_body_format_the_body_is_empty(http: aiohttp.ClientSession) -> None:
    assert (await asked(http, PAGE))[1]["body"] == {}
    assert (await asked(http, PAGE, params={"body-format": "markdown"}))[0] == 400


async def test_search_is_as_atlassian_describes_it(http: aiohttp.ClientSession) -> None:
    status, body = await asked(http, SEARCH, params={"cql": 'type = page AND space = "KB" AND text ~ "payroll OR nothing"', "limit": "5"})
    assert (status, body["size"]) == (200, 2)
    document = Document("confluence/confluence-rest-v1.openapi3.trimmed.json")
    assert document.problems(body, "/components/schemas/SearchPageResponseSearchResult") == []


@pytest.mark.parametrize("cql", ["", "text ~ payroll OR", 'text ~ "a', 'user = "x"', 'text ~ "a" OR space = KB', 'text ~ "a*"'])
async def test_cql_that_cannot_be_read_is_400(http: aiohttp.ClientSession, cql: str) -> None:
    assert (await asked(http, SEARCH, params={"cql": cql}))[0] == 400


def test_escapes_are_part_of_a_value() -> None:
    assert parsed('title = "a\\"b\\\\c"')[0].value == 'a"b\\c'
    with pytest.raises(Unreadable):
        parsed('title = "a" b')


async def test_the_old_content_address_is_gone_from_cloud(http: aiohttp.ClientSession) -> None:
    assert (await asked(http, "/wiki/rest/api/content/4711"))[0] == 410
    status, body = await asked(http, "/api/v2/pages/4711")
    assert status == 404
    assert "<html>" in body


async def test_who_may_not_is_told_so(cloud: ConfluenceStandIn, http: aiohttp.ClientSession) -> None:
    async with aiohttp.ClientSession(cloud.url) as anonymous:
        assert (await asked(anonymous, PAGE))[0] == 401
        assert (await asked(anonymous, PAGE, headers={"Authorization": f"Bearer {cloud.token}"}))[0] == 401
    await cloud.act("restrict", {})
    assert (await asked(http, PAGE))[0] == 404
    cloud.no_access = True
    assert (await asked(http, PAGE))[0] == 403
    cloud.login_page = True
    status, body = await asked(http, PAGE)
    assert status == 200
    assert "Log in" in body


async def test_data_center_knows_v1_only() -> None:
    server = ConfluenceStandIn(flavour="data_center")
    await server.start()
    try:
        async with aiohttp.ClientSession(server.url, headers={"Authorization": f"Bearer {server.token}"}) as http:
            assert (await asked(http, "/api/v2/pages/4711"))[0] == 404
            status, body = await asked(http, "/rest/api/content/4711", params={"expand": "body.storage,version"})
            assert (status, body["version"]["number"]) == (200, 1)
            assert "body" not in (await asked(http, "/rest/api/content/4711", params={"expand": "b,o,d,y"}))[1]
    finally:
        await server.stop()


async def test_an_edit_counts_the_version_up_over_http(http: aiohttp.ClientSession) -> None:
    async with http.post("/_control/act/edit", json={"markdown": "# T\n\nNew", "title": "T"}) as response:
        assert (await response.json())["result"] == 2
    _, body = await asked(http, PAGE, params={"body-format": "storage"})
    assert (body["title"], body["body"]["storage"]["value"], body["version"]["number"]) == ("T", "<p>New</p>", 2)


def test_markdown_is_stored_as_the_editor_would() -> None:
    assert storage_format("# T\n\n| A | B |\n|---|---|\n| 1 & 2 | *x* |\n") == (
        '<table data-layout="default"><tbody>\n\n<tr>\n<th><p>A</p></th>\n<th><p>B</p></th>\n</tr>\n\n\n'
        "<tr>\n<td><p>1 &amp; 2</p></td>\n<td><p><em>x</em></p></td>\n</tr>\n\n</tbody></table>"
    )
