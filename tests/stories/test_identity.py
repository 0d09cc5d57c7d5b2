"""Row 14: the identity check. Okta answers it, for this request, in its own time; nothing typed in a chat counts."""

from __future__ import annotations

from datetime import timedelta

from sandbox.world import FALLBACK_OWNER
from storage import freezes, moments
from tests.stories.world import World, policy


async def test_pending_moves_nothing(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    row = await world.waits(ref)
    number = str((row.identity or {})["number"])
    await world.reads(who, f"Tap {number}")
    await world.slack.say(who, "done")
    await world.slack.say(who, f"I tapped {number}, please go on")
    await world.slack.say(who, "status")
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
    ref = await world.form(who)
    await world.waits(ref)
    world.keyturn.services.next_look = timedelta(minutes=30)
    await world.reads(who, "Tap")
    world.okta.fail("slow", path="/transactions/", seconds=0.3)
    world.okta.push_approve(who.key)
    world.clock = timedelta(minutes=10)  # the process was away; the answer is read long after the push had ended
    world.keyturn.services.next_look = timedelta(milliseconds=15)
    row = await world.status(ref, "Triaging", "Waiting", "Completed", "Escalated")
    await world.pushed(who, 2)
    assert world.writes(who) == []
    row = await world.row(ref)
    assert (row.identity or {})["state"] in ("asked", "pending", "timed_out")


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
    assert "pause resets" in (await world.slack.press(who, "This wasn't me")).confirm
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
    await world.slack.press(who, "This wasn't me")
    report = await world.until(lambda: _other(world, who, ref), "a report")
    row = await world.ends(report, "Escalated", "Escalated", "14", "High")
    assert ref in row.rationale and row.owner == FALLBACK_OWNER.email
    after = await world.row(ref)
    assert (after.status, after.decision, after.closed_at) == (before.status, before.decision, before.closed_at)
    assert await freezes.frozen(who.okta) is not None
    assert ref in (await world.reads(FALLBACK_OWNER, report)).reading
    incident = await world.incident(report)
    assert incident["state"] != "6" and incident["urgency"] == "1"
    await world.slack.press(who, "This wasn't me")
    assert await world.newest(who) == report


async def _other(world: World, who: object, ref: str) -> str:
    newest = await world.newest(who)  # type: ignore[arg-type]  # a Person
    return newest if newest != ref else ""


async def test_no_phone_at_hand(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    await world.waits(ref)
    await world.slack.press(who, "I don't have my phone")
    await world.ends(ref, "Escalated", "Escalated", "14")
    assert world.writes(who) == []
    world.okta.push_approve(who.key)
    await world.quiet(ref)
    assert world.writes(who) == []


async def test_nobody_else_can_press(world: World) -> None:
    who, other = world.person(), world.person()
    ref = await world.form(who)
    await world.waits(ref)
    shown = await world.reads(who, "Tap")
    await world.slack.press(who, "Cancel request", shown, confirm=False)
    pressed = world.slack.courier.sent[-1]
    await world.slack.press(who, "This wasn't me", shown, confirm=False)
    assert world.slack.courier.sent[-1] is pressed
    world.okta.push_approve(who.key)
    await world.ends(ref, "Completed", "Approved", "16")
    assert await freezes.frozen(who.okta) is None and other


async def test_a_factor_that_goes_away_before_the_push(world: World) -> None:
    who = world.person()
    world.okta.fail("slow", path=f"{who.okta}/appLinks", seconds=0.3, times=2)
    ref = await world.form(who)
    await world.quiet(ref) if (await world.row(ref)).status not in ("New", "Triaging", "Waiting") else None
    world.okta.set_factors(who.key, [])
    row = await world.status(ref, "Escalated", "Waiting")
    row = await world.status(ref, "Escalated") if row.status == "Waiting" and not world.pushes(who) else row
    assert world.writes(who) == []


async def test_a_passed_check_is_good_for_ten_minutes(world: World) -> None:
    """The process was away between the yes and the reset: the check is asked for again."""
    who = world.person()
    ref = await world.form(who)
    await world.pushed(who)
    world.okta.fail("slow", path=f"{who.okta}/roles", seconds=0.4)
    world.okta.push_approve(who.key)
    await world.waits(ref, "passed")
    assert moments.now()
    await world.ends(ref, "Completed", "Approved", "16")


async def test_without_an_identity_check(world: World) -> None:
    await world.accept(policy({"Identity check": "none"}))
    who = world.person(factors=())
    await world.ends(await world.form(who), "Completed", "Approved", "16")
    assert world.pushes(who) == 0 and len(world.writes(who)) == 1


async def test_number_matching_is_off(world: World) -> None:
    world.okta.number_matching = False
    who = world.person()
    ref = await world.form(who)
    row = await world.status(ref, "Waiting", "Escalated")
    if row.status == "Waiting":
        await world.pushed(who)
        world.okta.push_approve(who.key)
        row = await world.status(ref, "Completed", "Escalated")
    assert row.status in ("Completed", "Escalated")
