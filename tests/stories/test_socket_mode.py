"""The same story over Socket Mode: no request URL, the app-level token instead of a signature."""

from __future__ import annotations

from typing import Any

from storage.models import Request
from tests.stories.world import World

WORLD: dict[str, Any] = {"socket_mode": True}


async def _connected(world: World) -> None:
    await world.slack.wait_until(lambda: world.slack.sockets.connections or None)


async def test_a_reset_over_socket_mode(world: World) -> None:
    await _connected(world)
    who = world.person()
    ref = await world.form(who, files=("error.png",))
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    sent = next(d for d in reversed(world.slack.courier.sent) if d.payload.get("type") == "view_submission")
    count = await Request.all().count()
    assert (await world.slack.courier.again(sent)).status == 200
    await world.quiet(ref)
    assert await Request.all().count() == count and len(world.writes(who)) == 1


async def test_words_and_a_press_over_socket_mode(world: World) -> None:
    await _connected(world)
    who = world.person()
    ref = await world.say(who, "I forgot my password")
    await world.reads(who, "which app is this for")
    await world.quiet(ref)
    await world.slack.press(who, "Payroll")
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


async def test_http_is_not_listened_to(world: World) -> None:
    world.slack.transport = "http"
    try:
        answer = await world.slack.courier._once("slash_commands", {"command": "/password-reset", "team_id": world.slack.ws.team}, 0, "")
    finally:
        world.slack.transport = "socket"
    assert answer.status == 404
