"""A person's own requests are theirs on both platforms: seen, withdrawn and told wherever they were asked for."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.world import Person
from storage.models import AuditEvent
from tests.stories.reviewing import approve, copies, ended, held, owned, requester, seen
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

WORLD = {"teams": True}
OTHER = {"slack": "teams", "teams": "slack"}
CANCELLED = "is cancelled. Nothing was changed"


async def told(world: World, who: Person, platform: str, text: str, *patterns: str) -> str:
    """What a command is answered with there: the first message after it that has one of these."""
    voice = world.voices[platform]
    before = len(_texts(world, who, platform))
    await voice.command(who, text)

    async def look() -> str:
        return next((said for said in _texts(world, who, platform)[before:] if any(one in said for one in patterns)), "")

    found: str = await world.until(look, f"“{text}” being answered on {platform} with {patterns}")
    return found


def _texts(world: World, who: Person, platform: str) -> list[str]:
    voice = world.voices[platform]
    return [m.reading for m in voice.messages(who) if m.author == voice.bot_name]


async def listed(world: World, who: Person, platform: str) -> str:
    return await told(world, who, platform, "status", "Your requests", "You have no requests")


async def listed_with(world: World, who: Person, platform: str, *words: str) -> str:
    """The list once it has these words; before an acknowledgement Slack's is given a second, which a busy machine may not keep."""
    shown = ""
    for _ in range(4):
        shown = await listed(world, who, platform)
        if all(word in shown for word in words):
            return shown
    raise AssertionError(f"{words} not in {shown!r}")


async def waiting(world: World, who: Person, start: str, app: str = "Payroll") -> str:
    """A request made on that platform, bound and waiting for their phone."""
    world.platform = start
    ref = await world.form(who, app)
    await world.waits(ref)
    return ref


async def withdrawn(ref: str) -> list[str]:
    return [event.actor for event in await AuditEvent.filter(request_id=ref, event_type="Message") if '"withdrawn"' in event.details]


async def card_where_asked(world: World, who: Person, ref: str, text: str) -> Any:
    """The requester's progress message, once it was edited and says this."""

    async def look() -> Any:
        found = [m for m in world.chat.messages(who) if ref in m.reading and m.edited and text in m.reading]
        return found[-1] if found else None

    return await world.until(look, f"{text!r} where {ref} was asked for")


@pytest.mark.parametrize("start", EVERYWHERE)
async def test_status_tells_of_what_was_asked_elsewhere(world: World, start: str) -> None:
    who = world.person()
    ref = await waiting(world, who, start)
    there = OTHER[start]
    world.platform = there
    second = await world.form(who, "VPN")
    await world.waits(second)
    await listed_with(world, who, there, ref, "Payroll", second, "VPN", "confirm on your phone")
    await listed_with(world, who, start, ref, "Payroll", second, "VPN")
    for one in (ref, second):
        await told(world, who, there, f"cancel {one}", CANCELLED)


@pytest.mark.parametrize("start", EVERYWHERE)
async def test_cancelled_from_the_other_platform(world: World, start: str) -> None:
    """Both sides show it, and who it was is on the record under the identity that typed it."""
    who, there = world.person(), OTHER[start]
    ref = await waiting(world, who, start)
    await told(world, who, there, f"cancel {ref}", f"{ref} {CANCELLED}")
    await ended(world, ref, "Closed")
    assert await withdrawn(ref) == [str(world.voices[there].identity(who))]
    card = await card_where_asked(world, who, ref, "withdr")
    assert "Cancel" not in card.buttons
    for platform in EVERYWHERE:
        shown = await listed_with(world, who, platform, ref)
        assert "confirm on your phone" not in shown
    await told(world, who, there, f"cancel {ref}", f"{ref} is finished already")
    assert world.writes(who) == []


@pytest.mark.parametrize("start", EVERYWHERE)
async def test_an_escalated_one_and_its_reviewers_cards(world: World, start: str) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    world.platform = start
    ref = await held(world, who)
    await told(world, who, OTHER[start], f"cancel {ref}", f"{ref} {CANCELLED}")
    await ended(world, ref, "Closed")
    found = await copies(ref, owner)
    assert {p.audience.partition(":")[0] for p in found} == set(EVERYWHERE)
    for copy in found:
        shown = seen(world, copy)
        assert shown is not None
        assert "Approve" not in shown.buttons


@pytest.mark.parametrize("start", EVERYWHERE)
async def test_what_somebody_approved_is_not_withdrawn_from_elsewhere_either(world: World, start: str) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    world.platform = start
    ref = await held(world, who)
    await approve(world, owner, ref)
    await world.waits(ref)
    await told(world, who, OTHER[start], f"cancel {ref}", f"{ref} has been decided already")
    assert await withdrawn(ref) == []
    await world.confirm(who)
    await ended(world, ref, "Completed")


@pytest.mark.parametrize("there", EVERYWHERE)
async def test_cancel_without_a_reference(world: World, there: str) -> None:
    """In a message: the only open one, wherever it was made; of two it is asked which."""
    who = world.person()
    first, second = await waiting(world, who, "slack"), await waiting(world, who, "teams", "VPN")
    voice = world.voices[there]
    await voice.say(who, "cancel")
    await voice.wait_for("with that reference", who, 20)
    await told(world, who, there, f"cancel {first if there == 'slack' else second}", CANCELLED)
    await voice.say(who, "cancel")
    await world.status(second if there == "slack" else first, "Closed")


@pytest.mark.parametrize("start", EVERYWHERE)
async def test_done_is_no_new_request_where_the_number_is_not_shown(world: World, start: str) -> None:
    who, there = world.person(), world.voices[OTHER[start]]
    ref = await waiting(world, who, start)
    await there.say(who, "done")
    await there.wait_for(f"{ref} is waiting for your phone", who, 20)
    assert await world.newest(who) == ref
    await told(world, who, there.platform, f"cancel {ref}", CANCELLED)


@pytest.mark.parametrize("start", EVERYWHERE)
async def test_somebody_else_gets_the_words_for_what_is_not_there(world: World, start: str) -> None:
    who, other, there = world.person(), world.person(), OTHER[start]
    ref = await waiting(world, who, start)
    for platform in (start, there):
        foreign = await told(world, other, platform, f"cancel {ref}", "I don't see a request")
        unknown = await told(world, other, platform, "cancel IT-999999", "I don't see a request")
        assert foreign.replace(ref, "IT-?") == unknown.replace("IT-999999", "IT-?")
        assert ref not in await listed(world, other, platform)
    assert (await world.row(ref)).status == "Waiting" and await withdrawn(ref) == []
    await told(world, who, there, f"cancel {ref}", CANCELLED)


@pytest.mark.parametrize("start", EVERYWHERE)
async def test_on_behalf_it_is_of_whoever_asked(world: World, start: str) -> None:
    """Not of the person whose account it is."""
    await owned(world, world.person().email, rules={"On behalf of someone else": "escalate"})
    boss = requester(world)
    target, there = requester(world), OTHER[start]
    world.okta.people[target.key].manager = boss.email
    world.platform = start
    ref = await held(world, boss, rule="6b", for_whom=target.email)
    for platform in EVERYWHERE:
        await told(world, target, platform, f"cancel {ref}", "I don't see a request")
        assert ref not in await listed(world, target, platform)
    await listed_with(world, boss, there, ref)
    await told(world, boss, there, f"cancel {ref}", CANCELLED)
    assert await withdrawn(ref) == [str(world.voices[there].identity(boss))]


@pytest.mark.parametrize("kind", ["500", "hang"])
@pytest.mark.parametrize("start", EVERYWHERE)
async def test_while_okta_cannot_be_asked_only_those_of_this_platform(world: World, start: str, kind: str) -> None:
    """Never an error instead of the list, and never later than Slack waits."""
    who, there = world.person(), OTHER[start]
    away, here = await waiting(world, who, start), await waiting(world, who, there, "VPN")
    world.okta.fail(kind, path="/api/v1/users", seconds=20.0)
    begun = time.monotonic()
    shown = await listed(world, who, there)
    assert here in shown and away not in shown
    assert "I don't see a request" in await told(world, who, there, f"cancel {away}", away)
    await told(world, who, there, f"cancel {here}", f"{here} {CANCELLED}")
    assert time.monotonic() - begun < 3 * 4
    assert await withdrawn(away) == []
    world.okta.heal()
    assert here in await listed_with(world, who, there, away)
    await told(world, who, there, f"cancel {away}", CANCELLED)


async def test_an_identity_that_was_switched_off_joins_nothing(world: World) -> None:
    """Deactivated in Slack, still here in Teams: what Slack's identity asks for is its own alone."""
    who = world.person()
    ref = await waiting(world, who, "teams")
    world.slack.ws.find(who).flags = frozenset({"is_restricted"})
    assert ref not in await listed(world, who, "slack")
    assert "I don't see a request" in await told(world, who, "slack", f"cancel {ref}", ref)
    world.slack.ws.find(who).flags = frozenset()
    await listed_with(world, who, "slack", ref)
    await told(world, who, "slack", f"cancel {ref}", CANCELLED)


async def test_the_home_tab_lists_what_was_asked_in_teams(world: World) -> None:
    who = world.person()
    ref = await waiting(world, who, "teams")

    async def look() -> bool:
        return ref in await world.voices["slack"].home(who)

    await world.until(look, f"{ref} on the Home tab")
    world.okta.fail("500", path="/api/v1/users")
    await world.slack.open_home(who)
    await world.slack.wait_until(lambda: "You have no requests yet" in world.slack.home_of(who).reading)
    world.okta.heal()
    await told(world, who, "slack", f"cancel {ref}", CANCELLED)
    await world.until(look, f"{ref} on the Home tab")
