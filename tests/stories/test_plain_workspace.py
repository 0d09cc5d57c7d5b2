"""A workspace without agent features: plain messages do."""

from __future__ import annotations

from typing import Any

from sandbox.slack import SlackStandIn
from tests.stories.world import World

WORLD: dict[str, Any] = {"slack": SlackStandIn(agent=False)}


async def test_plain_messages_where_there_are_no_prompts(world: World) -> None:
    who = world.person()
    for _ in range(2):
        assert (await world.slack.open_messages(who)).status == 200
    assert world.slack.ws.prompts == {}
    assert len([c for c in world.slack.calls if "setSuggestedPrompts" in c.path]) <= 1, "asked once"
    ref = await world.say(who, "I forgot my Payroll password")
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    await world.slack.open_home(who)
    assert await world.slack.wait_until(lambda: world.slack.home_of(who))
