"""Modals and Home tabs: trigger ids, the stack, hashes, sizes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import SlackStandIn
from tests.sandbox.slack_echo import FORM, HOME, plain


class Now:
    at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def client(slack: SlackStandIn) -> AsyncWebClient:
    return AsyncWebClient(token=slack.ws.bot_token, base_url=slack.api_url)


async def error(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_trigger_opens_one_view_within_three_seconds(slack: SlackStandIn, client: AsyncWebClient) -> None:
    now = slack.ws.clock = Now()
    trigger = slack.ws.trigger("U0EMMA0001")
    now.at += 2.9
    view = (await client.views_open(trigger_id=trigger, view=FORM))["view"]
    assert (view["root_view_id"], view["previous_view_id"], view["private_metadata"]) == (view["id"], None, "nonce-1")
    assert await error(client.views_open(trigger_id=trigger, view=FORM)) == "exchanged_trigger_id"
    late = slack.ws.trigger("U0EMMA0001")
    now.at += 3.1
    assert await error(client.views_open(trigger_id=late, view=FORM)) == "expired_trigger_id"
    assert await error(client.views_open(trigger_id="1.2.3", view=FORM)) == "invalid_trigger_id"


async def test_a_refused_view_leaves_the_trigger_good(slack: SlackStandIn, client: AsyncWebClient) -> None:
    trigger = slack.ws.trigger("U0EMMA0001")
    no_submit = {k: v for k, v in FORM.items() if k != "submit"}
    assert await error(client.views_open(trigger_id=trigger, view=no_submit)) == "invalid_arguments"
    assert await error(client.views_open(trigger_id=trigger, view={**FORM, "title": plain("x" * 25)})) == "invalid_arguments"
    long = [{"type": "section", "text": plain("x" * 3000)}] * 90
    assert await error(client.views_open(trigger_id=trigger, view={**FORM, "blocks": long})) == "view_too_large"
    assert (await client.views_open(trigger_id=trigger, view=FORM))["ok"]


async def test_three_views_are_stacked_and_no_more(slack: SlackStandIn, client: AsyncWebClient) -> None:
    ids = [(await client.views_open(trigger_id=slack.ws.trigger("U0EMMA0001"), view=FORM))["view"]["id"]]
    assert await error(client.views_push(trigger_id=slack.ws.trigger("U0EMMA0001"), view=FORM)) == "invalid_arguments"
    for _ in range(2):
        pushed = (await client.views_push(trigger_id=slack.ws.trigger("U0EMMA0001", ids[-1]), view=FORM))["view"]
        assert (pushed["root_view_id"], pushed["previous_view_id"]) == (ids[0], ids[-1])
        ids.append(pushed["id"])
    assert await error(client.views_push(trigger_id=slack.ws.trigger("U0EMMA0001", ids[-1]), view=FORM)) == "push_limit_reached"
    await slack.close("emma", all_=True)
    assert slack.modal_of("emma") is None
    assert await error(client.views_update(view_id=ids[0], view=FORM)) == "not_found"


async def test_an_update_with_a_stale_hash_is_refused_and_typed_words_stay(slack: SlackStandIn, client: AsyncWebClient) -> None:
    view = (await client.views_open(trigger_id=slack.ws.trigger("U0EMMA0001"), view={**FORM, "external_id": "it-1"}))["view"]
    await slack.fill("emma", {"more": "I typed this"}, submit=False)
    assert await error(client.views_open(trigger_id=slack.ws.trigger("U0RAVI0001"), view={**FORM, "external_id": "it-1"})) \
        == "duplicate_external_id"
    changed = (await client.views_update(external_id="it-1", hash=view["hash"], view={**FORM, "title": plain("New")}))["view"]
    assert changed["hash"] != view["hash"]
    modal = slack.modal_of("emma")
    assert modal is not None
    assert (modal.title, modal.values["Tell us more"]) == ("New", "I typed this")
    assert await error(client.views_update(view_id=view["id"], hash=view["hash"], view=FORM)) == "hash_conflict"


async def test_home_tabs_are_published_one_a_person(slack: SlackStandIn, client: AsyncWebClient) -> None:
    first = (await client.views_publish(user_id="U0EMMA0001", view=HOME))["view"]
    second = (await client.views_publish(user_id="U0EMMA0001", hash=first["hash"], view=HOME))["view"]
    assert (first["id"], first["type"]) == (second["id"], "home")
    assert await error(client.views_publish(user_id="U0EMMA0001", hash=first["hash"], view=HOME)) == "hash_conflict"
    assert await error(client.views_publish(user_id="U0NOBODY99", view=HOME)) == "user_not_found"
    markdown = {"type": "home", "blocks": [{"type": "markdown", "text": "# no"}]}
    assert await error(client.views_publish(user_id="U0EMMA0001", view=markdown)) == "invalid_arguments"
