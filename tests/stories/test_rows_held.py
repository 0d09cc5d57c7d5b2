"""Rows 8 to 13: what a person must decide, and what the policy does not allow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.world import FALLBACK_OWNER, PEOPLE, Person
from storage import flags, moments
from storage.database import transaction
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World, policy

PLATFORMS = EVERYWHERE

SERVICE_DESK = "group:IT Service Desk"


async def held(world: World, who: Person, ref: str, rule: str, priority: str = "Medium", owner: str = FALLBACK_OWNER.email) -> Any:
    """Escalated by this row; Okta was not touched, the owner, the incident and the requester know."""
    row = await world.ends(ref, "Escalated", "Escalated", rule, priority)
    assert row.owner == owner
    assert world.writes(who) == [] and world.pushes(who) == 0
    incident = await world.incident(ref)
    assert incident["state"] != "6" and ref in incident["short_description"]
    decides = next((p for p in PEOPLE.values() if p.email == owner), FALLBACK_OWNER)  # who is in the service desk's group as well
    assert (await world.reads(decides, ref)).author == "Password Reset"
    await world.reads(who, "I've asked them")
    return row


@pytest.mark.parametrize(("traits", "app", "owner"), [
    ({"roles": ("SUPER_ADMIN",)}, "Payroll", SERVICE_DESK),
    ({"groups": ("Domain Admins",)}, "Payroll", SERVICE_DESK),
    ({"user_type": "Service Account"}, "Payroll", SERVICE_DESK),
    ({"apps": ("Payroll", "Admin Console")}, "Admin Console", SERVICE_DESK),
    ({}, "Build Server", SERVICE_DESK),
])  # fmt: skip
async def test_row_8(world: World, traits: dict[str, Any], app: str, owner: str) -> None:
    who = world.person(**traits)
    row = await held(world, who, await world.form(who, app), "8", "High", owner)
    assert (row.verdict or {})["verdict"]["effect"] is None


async def test_row_8_a_role_by_group(world: World) -> None:
    who = world.person()
    world.okta.add_role(who.key, "HELP_DESK_ADMIN", by_group=True)
    await held(world, who, await world.form(who), "8", "High", SERVICE_DESK)


async def test_row_9_asks_and_goes_on_with_the_answer(world: World) -> None:
    who = world.person()
    ref = await world.say(who, "I forgot my password")
    question = await world.reads(who, "which app is this for")
    assert {"Payroll", "VPN"} <= set(question.buttons) or "Choose one" in question.reading
    await world.quiet(ref)
    await world.chat.press(who, "VPN")
    row = await world.waits(ref)
    assert (row.app_label, row.target_record, row.asked) == ("VPN", "VPN", 1)
    assert (await world.reads(who, "You chose VPN")).id == question.id
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


async def test_row_9_the_answer_may_be_typed(world: World) -> None:
    who = world.person()
    ref = await world.say(who, "I can't remember my password")
    await world.reads(who, "which app is this for")
    await world.quiet(ref)
    await world.chat.say(who, "payroll")
    assert (await world.waits(ref)).app_label == "Payroll"
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


async def test_row_9_one_nudge_then_closed(world: World) -> None:
    who = world.person()
    ref = await world.say(who, "I forgot my password")
    question = await world.reads(who, "which app is this for")
    await world.quiet(ref)
    world.move_clock(timedelta(hours=2))
    await world.reads(who, "still waiting for your answer")
    await world.quiet(ref)
    world.move_clock(timedelta(hours=69))
    await world.quiet(ref)
    assert (await world.row(ref)).status == "Waiting"
    world.move_clock(timedelta(hours=2))
    await world.ends(ref, "Closed", "Cancelled", "expired")
    assert len([m for m in world.words(who) if "still waiting" in m]) == 1
    await world.reads(who, "didn't hear back")
    shown = next(m for m in world.chat.messages(who) if m.id == question.id)
    assert shown.buttons == () and "This question is closed" in shown.reading


async def test_row_9b_asks_once_then_rejects_with_a_pointer(world: World) -> None:
    who = world.person(apps=("Payroll", "VPN"))
    ref = await world.form(who, "Something else", name="Finance ERP")
    question = await world.reads(who, "isn't in your list of apps. Which one did you mean")
    await world.quiet(ref)
    await world.chat.say(who, "Finance ERP")
    row = await world.ends(ref, "Rejected", "Rejected", "9b", "Low")
    assert row.asked == 1 and world.writes(who) == []
    await world.reads(who, "ask for access first")
    shown = next(m for m in world.chat.messages(who) if m.id == question.id)
    assert shown.buttons == ()


async def test_row_9b_the_own_list_helps(world: World) -> None:
    who = world.person(apps=("Payroll", "VPN"))
    ref = await world.form(who, "Something else", name="Pay slips")
    await world.reads(who, "Which one did you mean")
    await world.quiet(ref)
    await world.chat.press(who, "Payroll")
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


async def test_row_10_an_application_without_a_rule(world: World) -> None:
    who = world.person(apps=("Payroll", "Canteen"))
    row = await held(world, who, await world.form(who, "Canteen"), "10")
    assert row.policy_revision == "" and "Canteen" in row.rationale
    await world.accept(policy({"Unlisted application": "standard"}))
    await world.reset(world.person(apps=("Payroll", "Canteen")), "Canteen")


async def test_row_10_a_policy_that_is_too_old(world: World) -> None:
    who = world.person()
    async with transaction():
        kept = await flags.read("policy_fetch") or {}
        await flags.write("policy_fetch", kept | {"ok_at": moments.write(moments.now() - timedelta(hours=25))})
    try:
        await held(world, who, await world.form(who), "10")
    finally:
        await world.keyturn.shelf.fetch()


async def test_row_10_an_invalid_page_leaves_the_accepted_revision_in_force(world: World) -> None:
    page = world.company.folder / "policy.md"
    good = page.read_text(encoding="utf-8")
    try:
        page.write_text(good.replace("| Standard | priya", "| Whatever | priya"), encoding="utf-8")
        fetched = await world.keyturn.shelf.fetch()
        assert fetched.problems and "Payroll" in fetched.problems[0]
        await world.reset(world.person())
    finally:
        page.write_text(good, encoding="utf-8")


async def test_row_10a(world: World) -> None:
    await world.accept(policy({"Self-service resets": "not allowed"}))
    who = world.person()
    await held(world, who, await world.form(who), "10a", owner="priya.nair@example.com")


async def test_row_11_a_sensitive_application(world: World) -> None:
    who = world.person()
    row = await held(world, who, await world.form(who, "Finance ERP"), "11", "High", "priya.nair@example.com")
    assert row.policy_revision
    await world.reads(who, "needs its owner's OK")


async def test_row_11_a_sensitive_application_blocks_the_account(world: World) -> None:
    await world.accept(policy({"Sensitive application blocks account-wide resets": "yes"}))
    who, plain = world.person(), world.person(apps=("Payroll", "Travel Desk"))
    await held(world, who, await world.form(who, "Payroll"), "11", "High", "priya.nair@example.com")
    await world.reset(plain)
    elsewhere = world.person()
    ref = await world.form(elsewhere, "Travel Desk")
    await world.confirm(elsewhere)
    await world.ends(ref, "Completed", "Approved", "15")


async def test_row_12_resets_a_day(world: World) -> None:
    await world.accept(policy({"Resets per person per day": "1"}))
    who = world.person()
    await world.reset(who)
    world.okta.use_link(who.key)
    row = await world.ends(await world.form(who), "Escalated", "Escalated", "12")
    assert len(world.writes(who)) == 1 and row.owner == FALLBACK_OWNER.email


async def test_row_12_a_factor_that_is_too_new(world: World) -> None:
    who = world.person()
    world.okta.set_factors(who.key, ["push", "totp"], hours_old=2)
    await held(world, who, await world.form(who), "12")


async def test_row_12_the_breaker_and_the_pause(world: World) -> None:
    world.house(breaker=0)
    who = world.person()
    await held(world, who, await world.form(who), "12")
    world.house(breaker=100_000)
    await flags.write("paused", {"on": True})
    try:
        other = world.person()
        await held(world, other, await world.form(other), "12")
    finally:
        await flags.clear("paused")


@pytest.mark.parametrize("factors", [(), ("totp", "sms")])
async def test_row_13_no_usable_factor(world: World, factors: tuple[str, ...]) -> None:
    who = world.person(factors=factors)
    await held(world, who, await world.form(who), "13")
