"""Rows 1 to 2: what comes in at the door. Unsigned, malformed, foreign or repeated deliveries leave no row and do nothing twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.slack_delivery import Delivery, Kind
from sandbox.world import TENANT
from storage.models import Delivery as DeliveryRow
from storage.models import Request
from tests.stories.world import World

FORGERIES = ["unsigned", "wrong secret", "old", "future", "no timestamp", "words as timestamp", "changed body", "empty signature"]


async def _filled(world: World, who: Any) -> Delivery:
    """A form that was sent: its delivery."""
    await world.form(who)
    return next(d for d in reversed(world.slack.courier.sent) if d.payload.get("type") == "view_submission")  # type: ignore[no-any-return]  # the stand-in is Any here


async def _rows() -> tuple[int, int]:
    return await Request.all().count(), await DeliveryRow.all().count()


@pytest.mark.parametrize("how", FORGERIES)
@pytest.mark.parametrize("kind", ["events_api", "slash_commands", "interactive"])
async def test_row_1_forged_deliveries(world: World, how: str, kind: Kind) -> None:
    who = world.person()
    payloads: dict[str, dict[str, Any]] = {
        "events_api": {"type": "event_callback", "team_id": TENANT, "event_id": "Ev1", "event": {
            "type": "message", "channel": "D0TEST", "channel_type": "im", "user": who.slack, "text": "I forgot my Payroll password", "ts": "1.1"}},
        "slash_commands": {"command": "/password-reset", "team_id": TENANT, "user_id": who.slack, "text": "I forgot my Payroll password",
                           "trigger_id": "1.1", "response_url": "https://hooks.example.com/1", "ssl_check": "1"},
        "interactive": {"type": "view_submission", "team": {"id": TENANT}, "user": {"id": who.slack, "team_id": TENANT}, "ssl_check": "1",
                        "view": {"callback_id": "kt:reset", "state": {"values": {}}}},
    }
    before, calls = await _rows(), len(world.slack.calls)
    assert (await world.slack.courier.forged(kind, payloads[kind], how=how)).status == 401
    assert await _rows() == before and len(world.slack.calls) == calls
    refused = [line for line in world.log_lines() if line.get("event") == "security: refused"]
    assert len(refused) == 1 and "forgot" not in json.dumps(refused)


@pytest.mark.parametrize(("body", "content_type"), [
    (b"", "application/json"),
    (b"{", "application/json"),
    (b"[]", "application/json"),
    (b"null", "application/json"),
    (b'"text"', "application/json"),
    (b"{}", "application/json"),
    (b'{"team_id": 7, "event": 7}', "application/json"),
    (b"\xff\xfe", "application/json"),
    (b'{"type": "url_verification", "challenge": {"a": 1}}', "application/json"),
    (b'{"type": "event_callback", "team_id": "T0KEYTURN1", "event": [1]}', "application/json"),
    (b'{"type": "event_callback", "team_id": "T0KEYTURN1", "event": {"type": "message", "channel_type": "im", "user": "U1", "text": "x"}}', "application/json"),
    (b"payload=%7B", "application/x-www-form-urlencoded"),
    (b"payload=%5B%5D", "application/x-www-form-urlencoded"),
    (b"payload=null", "application/x-www-form-urlencoded"),
    (b"nothing=1", "application/x-www-form-urlencoded"),
    (b"a" * 100, "application/x-www-form-urlencoded"),
    (b'payload={"type":"view_submission","team":{"id":"T0KEYTURN1"},"user":{"id":"U1"},"view":{"callback_id":"kt:reset","state":[]}}', "application/x-www-form-urlencoded"),
    (b'payload={"type":"view_submission","team":{"id":"T0KEYTURN1"},"user":{"id":["U1"]},"view":{"callback_id":"kt:reset"}}', "application/x-www-form-urlencoded"),
    (b'payload={"type":"block_actions","team":{"id":"T0KEYTURN1"},"user":{"id":"U1"},"actions":[]}', "application/x-www-form-urlencoded"),
    (b'payload={"type":"block_actions","team":{"id":"T0KEYTURN1"},"user":{"id":"U1"},"actions":[{"action_id":"kt:not_me","block_id":"b","type":"button"}]}', "application/x-www-form-urlencoded"),
    (b'payload={"type":"shortcut_of_tomorrow","team":{"id":"T0KEYTURN1"},"user":{"id":"U1"}}', "application/x-www-form-urlencoded"),
])  # fmt: skip
async def test_row_1_malformed_but_signed(world: World, body: bytes, content_type: str) -> None:
    before = await _rows()
    answer = await world.slack.courier.malformed(body, content_type)
    assert answer.status in (200, 400, 404), answer
    assert answer.status != 500
    assert await _rows() == before


@pytest.mark.parametrize("kind", ["events_api", "slash_commands", "interactive"])
async def test_row_1_a_foreign_workspace(world: World, kind: Kind) -> None:
    who = world.person()
    payloads: dict[str, dict[str, Any]] = {
        "events_api": {"type": "event_callback", "team_id": "T0FOREIGN1", "event_id": "Ev2", "event": {
            "type": "message", "channel": "D0TEST", "channel_type": "im", "user": who.slack, "text": "I forgot my Payroll password", "ts": "1.2"}},
        "slash_commands": {"command": "/password-reset", "team_id": "T0FOREIGN1", "user_id": who.slack, "text": "Payroll", "trigger_id": "1.2"},
        "interactive": {"type": "block_actions", "team": {"id": "T0FOREIGN1"}, "user": {"id": who.slack, "team_id": "T0FOREIGN1"},
                        "actions": [{"type": "button", "action_id": "kt:cancel", "block_id": "b", "value": "{}"}]},
    }
    before = await _rows()
    answer = await world.slack.courier._once(kind, payloads[kind], 0, "")
    assert answer.status == 403
    assert await _rows() == before
    assert len([line for line in world.log_lines() if line.get("event") == "security: refused"]) == 1


@pytest.mark.parametrize("flag", ["is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted"])
async def test_row_1b_people_from_outside(world: World, flag: str) -> None:
    who = world.person(slack_flags=[flag])
    before = await Request.all().count()
    assert (await world.slack.say(who, "I forgot my Payroll password")).status == 200
    assert (await world.slack.command(who, "I forgot my Payroll password")).status == 200
    assert (await world.slack.command(who)).status == 200
    assert (await world.slack.open_home(who)).status == 200
    await world.until(lambda: _ignored(world, who), "the log line")
    assert await Request.all().count() == before
    assert world.slack.modal_of(who) is None and world.slack.home_of(who) is None
    assert not [m for m in world.words(who) if "write to you" in m], "nobody from outside is promised an answer"


async def _ignored(world: World, who: Any) -> bool:
    lines = [line for line in world.log_lines() if line.get("event") == "security: ignored" and who.slack in json.dumps(line)]
    return len(lines) >= 3


async def test_row_1b_a_bot_and_our_own_messages(world: World) -> None:
    who = world.person()
    before = await Request.all().count()
    body = {"type": "message", "channel": "D" + who.slack[1:], "channel_type": "im", "user": who.slack, "bot_id": "B0OTHER", "ts": "1.3",
            "text": "I forgot my Payroll password"}
    assert (await world.slack.event(body)).status == 200
    assert (await world.slack.event({**body, "bot_id": None, "user": world.slack.ws.bot_user})).status == 200
    assert (await world.slack.event({**body, "bot_id": None, "subtype": "message_changed"})).status == 200
    await world.slack.courier.settle()
    assert await Request.all().count() == before


async def test_row_2_the_same_form_again(world: World) -> None:
    who = world.person()
    sent = await _filled(world, who)
    ref = await world.newest(who)
    count = await Request.all().count()
    for answer in (await world.slack.courier.again(sent), await world.slack.courier.again(sent, attempt=1),
                   await world.slack.courier.again(sent)):
        assert answer.status == 200
    assert await Request.all().count() == count
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    assert (await world.slack.courier.again(sent)).status == 200
    await world.quiet(ref)
    assert await Request.all().count() == count and len(world.writes(who)) == 1 and world.pushes(who) == 1
    assert len([d for d in await world.events(ref, "Message") if d.get("kind") == "note"]) == 0


async def test_row_2_the_same_message_and_command_again(world: World) -> None:
    who, other = world.person(), world.person()
    ref = await world.say(who, "I forgot my Payroll password")
    said = next(d for d in reversed(world.slack.courier.sent) if d.payload.get("event", {}).get("user") == who.slack)
    assert (await world.slack.command(other, "I forgot my VPN password")).status == 200
    commanded = world.slack.courier.sent[-1]
    await world.until(lambda: world.newest(other), "the request of the command")
    count = await Request.all().count()
    for sent in (said, commanded):
        for attempt in (0, 1, 2):
            assert (await world.slack.courier.again(sent, attempt=attempt)).status == 200
    await world.slack.courier.settle()
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    await world.confirm(other)
    assert await Request.all().count() == count
    assert len(world.writes(who)) == 1


async def test_row_2_the_same_press_again(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    await world.waits(ref)
    await world.slack.press(who, "Cancel request")
    pressed = next(d for d in reversed(world.slack.courier.sent) if d.payload.get("type") == "block_actions")
    await world.ends(ref, "Closed", "Cancelled", "14")
    posts = len(world.slack.messages(who))
    for attempt in (0, 1):
        assert (await world.slack.courier.again(pressed, attempt=attempt)).status == 200
    await world.quiet(ref)
    assert len([m for m in world.words(who) if "is finished already" in m]) == 0
    assert posts <= len(world.slack.messages(who))


async def test_the_challenge_of_a_request_url(world: World) -> None:
    answer = await world.slack.courier.verify_url("abc")
    assert answer.status == 200 and answer.body == {"challenge": "abc"}


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/", 404), ("/slack/install", 404)])
async def test_the_one_port(world: World, path: str, status: int) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.get(world.company.url + path) as response:
        assert response.status == status
        assert response.headers["X-Content-Type-Options"] == "nosniff"
