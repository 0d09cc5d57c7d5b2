"""Two things at once: what a person presses while the request is being judged is not lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from storage import freezes, jobs, sql
from storage.database import transaction
from storage.models import Delivery, Request
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World, policy

PLATFORMS = EVERYWHERE


async def test_withdrawn_while_it_is_judged(world: World) -> None:
    await world.accept(policy({"Identity check": "none"}))
    who = world.person()
    await world.chat.open_form(who)
    world.okta.fail("slow", path=f"{who.okta}/roles", seconds=0.6)
    assert (await world.chat.fill(who, {"which account": "Payroll"})).ok
    ref = await world.newest(who)
    await world.status(ref, "Triaging")
    await world.chat.command(who, f"cancel {ref}")
    await world.status(ref, "Closed")
    await asyncio.sleep(0.8)
    await world.quiet(ref)
    assert (await world.row(ref)).status == "Closed"
    assert world.writes(who) == [] and world.pushes(who) == 0


async def test_denied_while_it_is_judged_again(world: World) -> None:
    """"This wasn't me" between a push that ran out and the next one: there is no next one."""
    who = world.person()
    ref = await world.form(who)
    await world.pushed(who)
    shown = await world.reads(who, "Tap")
    world.okta.fail("slow", path=f"{who.okta}/roles", seconds=0.8)
    world.okta.push_timeout(who.key)
    await world.status(ref, "Triaging")
    await world.chat.press(who, "This wasn't me", shown)
    assert await freezes.frozen(who.okta) is not None
    row = await world.ends(ref, "Escalated", "Escalated", "14", "High")
    assert (row.identity or {})["state"] == "denied"
    assert world.pushes(who) == 1 and world.writes(who) == []


async def test_two_forms_at_once_are_one_request(world: World) -> None:
    who = world.person()
    await world.chat.open_form(who)
    sent = asyncio.gather(world.chat.fill(who, {"which account": "Payroll"}), *(world.chat.say(who, "I forgot my Payroll password") for _ in range(3)))
    assert all(answer.status == 200 for answer in await sent)

    async def heard() -> bool:
        """Nobody taps faster than everything that was sent is looked at: what is asked after a reset is a new request."""
        waiting = await sql.rows("SELECT id FROM keyturn_jobs WHERE kind = 'hear'")
        return not waiting and not await Request.filter(platform_user=world.chat.identity(who).user, status__in=["New", "Triaging"]).exists()

    await world.until(heard, "all of them looked at")
    await world.confirm(who)

    async def over() -> bool:
        return not await Request.filter(platform_user=world.chat.identity(who).user).exclude(status__in=["Completed", "Closed"]).exists()

    await world.until(over, "all of them over")
    rows = await Request.filter(platform_user=world.chat.identity(who).user)
    assert sorted({r.status for r in rows}) in (["Completed"], ["Closed", "Completed"])
    assert len([r for r in rows if r.status == "Completed"]) == 1
    assert len(world.writes(who)) == 1


async def test_many_people_at_once(world: World) -> None:
    people = [world.person() for _ in range(12)]
    refs = await asyncio.gather(*(world.form(who) for who in people))
    await asyncio.gather(*(world.confirm(who) for who in people))
    for who, ref in zip(people, refs, strict=True):
        await world.ends(ref, "Completed", "Approved", "16", within=20)
        assert len(world.writes(who)) == 1 and len(world.incidents(ref)) == 1
    assert len(set(refs)) == len(people)


async def test_an_answer_that_is_heard_again_is_no_new_request(world: World) -> None:
    """The process died between taking an answer over and putting its job away: the job runs again."""
    who = world.person()
    ref = await world.say(who, "I forgot my password")
    await world.reads(who, "which app is this for")
    await world.quiet(ref)
    await world.chat.say(who, "Payroll")
    row = await world.waits(ref)
    assert row.app_label == "Payroll"
    identity = str(world.chat.identity(who))
    taken = await Delivery.filter(key__startswith=f"heard:{identity}:").order_by("-received_at").first()
    assert taken is not None
    place, message = taken.key.removeprefix(f"heard:{identity}:").split(":")
    heard = {"who": identity, "text": "Payroll", "channel": place, "message": message,
             "thread": "", "private": True, "attachments": [], "masked": False}
    async with transaction():
        await jobs.put("hear", payload=heard)
    await asyncio.sleep(0.3)
    assert await world.newest(who) == ref
    assert await Delivery.filter(key__startswith=f"heard:{identity}:").count() == 2
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


async def test_a_yes_and_a_no_at_once(world: World) -> None:
    """The phone says yes while the person presses "This wasn't me": the account stays frozen."""
    who = world.person()
    ref = await world.form(who)
    await world.pushed(who)
    await world.reads(who, "Tap")
    world.okta.fail("slow", path=f"{who.okta}/roles", seconds=0.5)
    world.okta.push_approve(who.key)
    await world.chat.press(who, "This wasn't me")
    row = await world.status(ref, "Escalated", "Completed")
    await world.quiet(ref)
    assert await freezes.frozen(who.okta) is not None
    if row.status == "Escalated":
        assert world.writes(who) == []
    world.move_clock(timedelta(seconds=5))


async def test_a_target_that_is_named_later_is_the_same_target(world: World) -> None:
    """Row 3 also for what a question found out, and for a list that was not known when the form came back."""
    who = world.person()
    ref = await world.say(who, "I forgot my password")
    await world.reads(who, "which app is this for")
    await world.quiet(ref)
    await world.chat.press(who, "Payroll")
    await world.waits(ref)
    await world.chat.open_form(who)
    assert (await world.chat.fill(who, {"which account": "Payroll"})).ok
    await world.reads(who, f"already have a request open for this: {ref}")
    assert await world.newest(who) == ref
    await world.chat.open_form(who)
    form: Any = world.keyturn.platforms[0].form
    form.own._own.clear()  # another process opened the form
    assert (await world.chat.fill(who, {"which account": "VPN"})).ok
    second = await world.newest(who)
    row = await world.waits(second)
    assert (row.app_label, row.target_record) == ("VPN", "VPN")
    await world.chat.press(who, "Cancel request")
    await world.confirm(who)
