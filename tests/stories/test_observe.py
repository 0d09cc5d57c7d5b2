"""KEYTURN_MODE=observe: nothing is reset, unlocked or pointed to by itself; everything else is as in enforce."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.world import FALLBACK_OWNER
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World, policy

PLATFORMS = EVERYWHERE

WORLD = {"mode": "observe"}


@pytest.mark.parametrize(("app", "rule", "effect"), [("Payroll", "16", "reset"), ("Travel Desk", "15", "point"), ("My Okta account", "16", "reset")])
async def test_what_would_be_done_is_suggested(world: World, app: str, rule: str, effect: str) -> None:
    who = world.person()
    ref = await world.form(who, app)
    await world.confirm(who)
    row = await world.ends(ref, "Escalated", "Escalated", rule)
    assert world.writes(who) == [] and world.okta.outbox == [m for m in world.okta.outbox if m.person != who.key]
    assert row.rationale.startswith(f"Suggested: {effect}.")
    assert (row.verdict or {})["verdict"]["effect"] == effect
    assert (await world.incident(ref))["state"] != "6"
    assert row.owner == (FALLBACK_OWNER.email if app == "My Okta account" else "priya.nair@example.com")
    await world.reads(who, "I've asked them")
    assert not [m for m in world.words(who) if "asked Okta" in m or "travel.example.com" in m]


@pytest.mark.parametrize(("status", "rules"), [("LOCKED_OUT", {"Locked-out accounts": "unlock"}), ("RECOVERY", {})])
async def test_unlock_and_resend_are_suggested(world: World, status: str, rules: dict[str, str]) -> None:
    await world.accept(policy(rules))
    who = world.person(status=status)
    ref = await world.form(who)
    await world.confirm(who)
    await world.ends(ref, "Escalated", "Escalated", "16")
    assert world.writes(who) == [] and world.okta.person(who.key).status == status


async def test_the_other_rows_are_as_in_enforce(world: World) -> None:
    gone, other = world.person(status="DEPROVISIONED"), world.person()
    await world.ends(await world.form(gone), "Rejected", "Rejected", "7")
    await world.ends(await world.form(world.person(), for_whom=other.email), "Rejected", "Rejected", "6b")
    await world.ends(await world.form(world.person(roles=("SUPER_ADMIN",))), "Escalated", "Escalated", "8", "High")
    await world.ends(await world.form(world.person(), "Finance ERP"), "Escalated", "Escalated", "11", "High")
    await world.ends(await world.form(world.person(factors=())), "Escalated", "Escalated", "13")
    await world.ends(await world.say(world.person(), "Where can I park my bike?"), "Closed", "Cancelled", "5", "Low")
    await world.ends(await world.form(world.person(status="SUSPENDED")), "Escalated", "Escalated", "7b", "High")
    unnamed = world.person()
    ref = await world.say(unnamed, "I forgot my password")
    await world.reads(unnamed, "which app is this for")
    assert (await world.status(ref, "Waiting")).rule == "9"


async def test_the_identity_check_is_as_in_enforce(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    for times in (1, 2):
        await world.pushed(who, times)
        world.okta.push_timeout(who.key)
    await world.ends(ref, "Escalated", "Escalated", "14")
    denied = world.person()
    ref = await world.form(denied)
    await world.waits(ref)
    await world.chat.press(denied, "This wasn't me")
    await world.ends(ref, "Escalated", "Escalated", "14", "High")
    world.move_clock(timedelta(seconds=4))
    await world.reads(who, "can't finish this one here")
    await world.reads(denied, "told IT security")
    assert world.writes(who) == world.writes(denied) == []
