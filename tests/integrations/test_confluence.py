"""The policy page and its neighbours, from Cloud and from Data Center."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from integrations.base import Missing, Refused, Unavailable
from integrations.confluence import Confluence, quoted, terms
from sandbox.confluence import POLICY_PAGE_ID, SPACE, ConfluenceStandIn
from tests.sandbox.openapi import Document


@pytest.fixture
async def cloud() -> AsyncIterator[ConfluenceStandIn]:
    server = ConfluenceStandIn()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def data_center() -> AsyncIterator[ConfluenceStandIn]:
    server = ConfluenceStandIn(flavour="data_center")
    await server.start()
    yield server
    await server.stop()


def client(server: ConfluenceStandIn, **changes: Any) -> Confluence:
    settings: dict[str, Any] = {"user": server.user if server.flavour == "cloud" else "", "space": SPACE, "read_timeout": 8.0, "deadline": 10.0}
    settings |= changes
    return Confluence(settings.pop("url", server.base), settings.pop("token", server.token), settings.pop("page_id", POLICY_PAGE_ID), **settings)


@pytest.fixture
async def wiki(cloud: ConfluenceStandIn) -> AsyncIterator[Confluence]:
    wiki = client(cloud)
    yield wiki
    wiki.close()


# ---------------------------------------------------------------- pages


async def test_the_page_comes_with_its_version_and_storage_body(wiki: Confluence, cloud: ConfluenceStandIn) -> None:
    page = await wiki.fetch()
    assert (page.id, page.title, page.version, page.format) == (POLICY_PAGE_ID, "Password resets", "1", "storage")
    assert "<td><p>Finance ERP</p></td>" in page.body
    assert page.url == f"{cloud.base}/spaces/KB/pages/4711/Password+resets"
    assert wiki.name == "Confluence page 4711"


async def test_an_edit_is_a_new_version(wiki: Confluence, cloud: ConfluenceStandIn) -> None:
    await cloud.act("edit", {"markdown": "# Other\n\nNew words."})
    page = await wiki.fetch()
    assert (page.version, page.body) == ("2", "<p>New words.</p>")


async def test_data_center_has_no_v2_and_is_asked_the_older_way(data_center: ConfluenceStandIn) -> None:
    wiki = client(data_center)
    page = await wiki.fetch()
    assert (page.title, page.version, page.format) == ("Password resets", "1", "storage")
    await wiki.fetch()
    assert [c.path for c in data_center.calls] == ["/api/v2/pages/4711", "/rest/api/content/4711", "/rest/api/content/4711"]
    assert {c.headers["Authorization"] for c in data_center.calls} == {f"Bearer {data_center.token}"}


@pytest.mark.parametrize("how", ["restricted", "deleted"])
async def test_a_page_that_cannot_be_seen_is_missing(wiki: Confluence, cloud: ConfluenceStandIn, how: str) -> None:
    await cloud.act("restrict" if how == "restricted" else "delete", {})
    with pytest.raises(Missing):
        await wiki.fetch()
    assert [c.status for c in cloud.calls] == [404, 410], "the older address is gone from Cloud"


# ---------------------------------------------------------------- supporting pages


async def test_search_finds_other_pages_of_the_space(wiki: Confluence, cloud: ConfluenceStandIn) -> None:
    found = await wiki.search("SENSITIVE applications: approves?")
    assert [p.title for p in found] == ["Who owns which application"]
    assert found[0].text.startswith("Payroll and Finance ERP belong to Finance")
    assert "owner’s" in found[0].text
    assert found[0].url.startswith(f"{cloud.base}/spaces/KB/pages/4713/")


async def test_data_center_can_be_searched_too(data_center: ConfluenceStandIn) -> None:
    assert len(await client(data_center).search("enrolled phone")) == 1


async def test_without_a_space_or_words_nothing_is_asked(cloud: ConfluenceStandIn) -> None:
    assert await client(cloud, space="").search("payroll") == ()
    assert await client(cloud).search('-- "" ?! a') == ()
    assert cloud.calls == []


@pytest.mark.parametrize("words", [
    'payroll" OR space = "SECRET', 'payroll\\" OR type = blogpost', "payroll AND NOT x", "pay* rol?l ~2 [a TO z]", "creator = currentUser() payroll",
])
async def test_words_cannot_leave_their_quotes(wiki: Confluence, cloud: ConfluenceStandIn, words: str) -> None:
    await wiki.search(words)
    cql = cloud.calls[-1].query["cql"]
    assert cloud.calls[-1].status == 200
    assert cql.startswith('type = page AND space = "KB" AND id != 4711 AND text ~ "')
    assert cql.count('"') == 4


async def test_a_space_key_with_quotes_stays_a_value(cloud: ConfluenceStandIn) -> None:
    assert await client(cloud, space='KB" OR type = "page').search("payroll") == ()
    assert cloud.calls[-1].status == 200


def test_quoting_and_terms() -> None:
    assert quoted('a"b\\c') == '"a\\"b\\\\c"'
    assert terms("Reset AND reset OR the Payroll, not x") == "reset OR the OR payroll"
    assert len(terms(" ".join(f"word{n}" for n in range(40))).split(" OR ")) == 12


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize("kind", ["500", "503", "429-bare", "malformed", "drop", "hang"])
async def test_trouble_is_unavailable_after_a_second_try(cloud: ConfluenceStandIn, kind: str) -> None:
    wiki = client(cloud, read_timeout=0.5 if kind == "hang" else 8.0)
    cloud.fail(kind)
    with pytest.raises(Unavailable) as caught:
        await wiki.fetch()
    assert not caught.value.sent
    assert len(cloud.calls) == 2


async def test_one_hiccup_is_not_noticed(wiki: Confluence, cloud: ConfluenceStandIn) -> None:
    cloud.fail("503", times=1)
    assert (await wiki.fetch()).version == "1"


async def test_a_long_retry_after_never_blocks_a_thread(cloud: ConfluenceStandIn) -> None:
    """Left to itself the library sleeps in the thread for as long as Retry-After says."""
    cloud.fail("429")
    wiki = client(cloud, deadline=1.5)
    start = asyncio.get_running_loop().time()
    with pytest.raises(Unavailable) as caught:
        await wiki.fetch()
    assert caught.value.retry_after == 2.0
    assert asyncio.get_running_loop().time() - start < 1.5
    assert len(cloud.calls) == 1


async def test_a_login_page_with_200_is_refused(wiki: Confluence, cloud: ConfluenceStandIn) -> None:
    """The library would return the page as text."""
    cloud.login_page = True
    with pytest.raises(Refused, match="login page") as caught:
        await wiki.fetch()
    assert caught.value.code == "login"
    with pytest.raises(Refused):
        await wiki.search("payroll")


async def test_a_wrong_token_is_refused_by_name_of_its_setting(cloud: ConfluenceStandIn) -> None:
    with pytest.raises(Refused, match="CONFLUENCE_API_TOKEN") as caught:
        await client(cloud, token="wrong-token").fetch()
    assert caught.value.status == 401
    assert "wrong-token" not in str(caught.value)


async def test_a_token_without_its_user_is_no_basic_login(cloud: ConfluenceStandIn) -> None:
    with pytest.raises(Refused):
        await client(cloud, user="").fetch()
    assert cloud.calls[0].headers["Authorization"].startswith("Bearer ")


async def test_no_access_is_refused(wiki: Confluence, cloud: ConfluenceStandIn) -> None:
    cloud.no_access = True
    with pytest.raises(Refused, match="not permitted") as caught:
        await wiki.fetch()
    assert caught.value.status == 403


async def test_an_address_without_wiki_is_not_taken_for_an_empty_one(cloud: ConfluenceStandIn) -> None:
    with pytest.raises(Missing):
        await client(cloud, url=cloud.url).fetch()


async def test_a_page_without_body_cannot_be_read(wiki: Confluence, cloud: ConfluenceStandIn) -> None:
    cloud.pages[POLICY_PAGE_ID].body = None  # type: ignore[assignment]  # what a wrong body format looks like
    with pytest.raises(Unavailable, match="body"):
        await wiki.fetch()


async def test_logs_hold_neither_the_page_nor_the_token(wiki: Confluence, cloud: ConfluenceStandIn, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG the library writes the whole answer and the call as a command line."""
    caplog.set_level(logging.DEBUG)
    await wiki.fetch()
    await wiki.search("payroll")
    assert "Finance ERP" not in caplog.text
    assert "cql" not in caplog.text
    assert cloud.token not in caplog.text


async def test_the_environments_proxy_and_netrc_do_not_touch_loopback(cloud: ConfluenceStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert (await client(cloud).fetch()).version == "1"


# ---------------------------------------------------------------- settings and health


@pytest.mark.parametrize(("url", "token", "page_id"), [
    ("http://example.com/wiki", "t", "1"), ("https://example.com/wiki", "", "1"), ("https://example.com/wiki", "t", "1/../2"), ("https://example.com/wiki", "t", ""),
])
def test_settings_that_cannot_be_right_are_refused(url: str, token: str, page_id: str) -> None:
    with pytest.raises(ValueError, match="CONFLUENCE_"):
        Confluence(url, token, page_id)


async def test_health_names_the_page_and_its_version(wiki: Confluence) -> None:
    health = await wiki.health()
    assert health.ok
    assert "'Password resets', version 1" in health.checks[0]


@pytest.mark.parametrize(("kind", "expected"), [("503", "down"), ("drop", "down"), ("401", "settings"), ("403", "settings")])
async def test_health_tells_down_from_wrong_settings(wiki: Confluence, cloud: ConfluenceStandIn, kind: str, expected: str) -> None:
    cloud.fail(kind)
    health = await wiki.health()
    assert (health.ok, health.kind) == (False, expected)
    assert cloud.token not in repr(health)


# ---------------------------------------------------------------- against Atlassian's documents


async def test_what_we_ask_is_what_the_api_describes(wiki: Confluence, cloud: ConfluenceStandIn) -> None:
    v1, v2 = Document("confluence/confluence-rest-v1.openapi3.trimmed.json"), Document("confluence/confluence-rest-v2.openapi3.trimmed.json")
    await wiki.fetch()
    await wiki.search("payroll")
    page, search = cloud.calls
    assert (page.path, search.path) == ("/wiki/api/v2/pages/4711", "/wiki/rest/api/search")
    assert v2.parameters(page.query, "/pages/{id}", "get") == []
    assert v1.parameters(search.query, "/wiki/rest/api/search", "get") == []


