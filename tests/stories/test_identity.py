"""Row 14: the identity check. Okta answers it, for this request, in its own time; nothing typed in a chat counts."""

from __future__ import annotations

from datetime import timedelta

from sandbox.world import FALLBACK_OWNER
from storage import freezes
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World, policy

PLATFORMS = EVERYWHERE


async def test_pending_moves_nothing(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    row = await world.waits(ref)
    number = str((row.identity or {})["number"])
    await world.reads(who, f"Tap {number}")
    await world.chat.say(who, "done")
    await world.chat.say(who, f"I tapped {number}, please go on")
    await world.chat.say(who, "status")
    await world.reads(who, "Your requests")
    assert (await world.row(ref)).status == "Waiting"
    assert world.writes(who) == [] and world.pushes(who) == 1
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


async def test_timed_out_once_then_passed(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    await world.pushed(who)
    world.okta.push_timeout(who.key)
    await world.pushed(who, 2)
    await world.reads(who, "sent a new prompt")
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    assert world.pushes(who) == 2 and len(world.writes(who)) == 1


async def test_timed_out_twice(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    for times in (1, 2):
        await world.pushed(who, times)
        world.okta.push_timeout(who.key)
    row = await world.ends(ref, "Escalated", "Escalated", "14", "Medium")
    assert world.pushes(who) == 2 and world.writes(who) == [] and row.owner == FALLBACK_OWNER.email
    world.move_clock(timedelta(seconds=4))
    shown = await world.reads(who, "can't finish this one here")
    assert f"Your reference is {ref}" in shown.reading


async def test_a_late_yes_does_not_count(world: World) -> None:
    who = world.person()
    world.keyturn.services.first_look = timedelta(minutes=8)  # the process is away; it looks long after the push has ended
    ref = await world.form(who)
    await world.confirm(who)
    world.keyturn.services.first_look = timedelta(milliseconds=15)
    world.move_clock(timedelta(minutes=9))
    await world.pushed(who, 2)
    assert world.writes(who) == []
    assert (await world.waits(ref)).status == "Waiting"


async def test_refused_on_the_phone(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    await world.pushed(who)
    world.okta.push_reject(who.key)
    row = await world.ends(ref, "Escalated", "Escalated", "14", "High")
    assert world.pushes(who) == 1 and world.writes(who) == []
    assert any(d.get("security") for d in await world.events(ref, "Escalation"))
    assert await freezes.frozen(who.okta) is None
    world.move_clock(timedelta(seconds=4))
    await world.reads(who, "can't finish this one here")
    assert (row.verdict or {})["verdict"]["effect"] is None


async def test_the_wrong_number_is_a_no(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    row = await world.waits(ref)
    await world.confirm(who, str((int((row.identity or {})["number"]) - 9) % 90 + 10))
    await world.ends(ref, "Escalated", "Escalated", "14", "High")
    assert world.writes(who) == []


async def test_this_was_not_me(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    await world.waits(ref)
    await world.reads(who, "Tap")
    assert "pause resets" in (await world.chat.press(who, "This wasn't me")).confirm
    row = await world.ends(ref, "Escalated", "Escalated", "14", "High")
    assert await freezes.frozen(who.okta) is not None
    assert any(d.get("security") for d in await world.events(ref))
    await world.reads(who, "told IT security")
    world.okta.push_approve(who.key)
    again = await world.form(who, "VPN")
    row = await world.ends(again, "Escalated", "Escalated", "12", "High")
    assert row.rule == "12" and world.writes(who) == []


async def test_this_was_not_me_on_a_finished_request(world: World) -> None:
    who = world.person()
    ref = await world.reset(who)
    before = await world.row(ref)
    await world.chat.press(who, "This wasn't me")
    report = await world.until(lambda: _other(world, who, ref), "a report")
    row = await world.ends(report, "Escalated", "Escalated", "14", "High")
    assert ref in row.rationale and row.owner == FALLBACK_OWNER.email
    after = await world.row(ref)
    assert (after.status, after.decision, after.closed_at) == (before.status, before.decision, before.closed_at)
    assert await freezes.frozen(who.okta) is not None
    assert ref in (await world.reads(FALLBACK_OWNER, report)).reading
    incident = await world.incident(report)
    assert incident["state"] != "6" and incident["urgency"] == "1"
    await world.chat.press(who, "This wasn't me")
    assert await world.newest(who) == report


async def _other(world: World, who: object, ref: str) -> str:
    newest = await world.newest(who)  # type: ignore[arg-type]  # a Person
    return newest if newest != ref else ""


async def test_no_phone_at_hand(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    await world.waits(ref)
    await world.chat.press(who, "I don't have my phone")
    await world.ends(ref, "Escalated", "Escalated", "14")
    assert world.writes(who) == []
    world.okta.push_approve(who.key)
    await world.quiet(ref)
    assert world.writes(who) == []


async def test_nobody_else_can_press(world: World) -> None:
    """A button that reached somebody else (a forwarded message, a forged delivery) does nothing for them."""
    who, other = world.person(), world.person()
    ref = await world.form(who)
    await world.waits(ref)
    shown = await world.reads(who, "Tap")
    for label in ("Cancel request", "This wasn't me", "I don't have my phone"):
        assert (await world.chat.borrow(other, who, label, shown)).status == 200
    await world.chat.settle()
    assert (await world.row(ref)).status == "Waiting" and await freezes.frozen(who.okta) is None
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


async def test_a_factor_that_goes_away_before_the_push(world: World) -> None:
    who = world.person()
    world.okta.fail("slow", path=f"{who.okta}/roles", seconds=0.5)
    ref = await world.form(who)
    await world.until(lambda: _read(world, f"{who.okta}/factors"), "the look at the factors")
    world.okta.set_factors(who.key, [])
    await world.ends(ref, "Escalated", "Escalated", "13")
    assert world.writes(who) == [] and world.pushes(who) == 0


async def _read(world: World, path: str) -> bool:
    return any(c.path.endswith(path) and c.status == 200 for c in world.okta.calls)


async def test_a_passed_check_is_good_for_ten_minutes(world: World) -> None:
    """The process was held up between the yes and the reset: the check is asked for again."""
    who = world.person()
    ref = await world.form(who)
    await world.pushed(who)
    world.okta.fail("slow", path=f"{who.okta}/roles", seconds=0.5)
    world.okta.push_approve(who.key)
    await world.waits(ref, "passed")
    world.move_clock(timedelta(minutes=11))
    await world.pushed(who, 2)
    assert world.writes(who) == []
    await world.chat.command(who, f"cancel {ref}")
    await world.status(ref, "Closed")


async def test_without_an_identity_check(world: World) -> None:
    await world.accept(policy({"Identity check": "none"}))
    who = world.person(factors=())
    await world.ends(await world.form(who), "Completed", "Approved", "16")
    assert world.pushes(who) == 0 and len(world.writes(who)) == 1


async def test_number_matching_is_off(world: World) -> None:
    """An organisation without number matching: the push goes out without a number, and none is shown."""
    world.okta.number_matching = False
    who = world.person()
    ref = await world.form(who)
    row = await world.waits(ref)
    assert (row.identity or {})["number"] == ""
    await world.reads(who, "say that it's you")
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
