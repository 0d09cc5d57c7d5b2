"""Rows 3 to 7e: whose account it is and what state it is in. Who may not know why reads one and the same sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialogs.views_of import NEUTRAL_AFTER
from sandbox.world import FALLBACK_OWNER, Person
from storage import moments
from storage.database import transaction
from storage.models import Effect
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World, policy

PLATFORMS = EVERYWHERE

NEUTRAL = "I can't finish this one here. Your reference is {}; to reach a person, "


async def neutral(world: World, who: Person, ref: str) -> tuple[list[str], list[str]]:
    """What the requester reads in the end, without the reference: progress message and reply; and the buttons."""
    world.move_clock(NEUTRAL_AFTER)
    shown = await world.reads(who, "can't finish this one here")
    await world.quiet(ref)
    assert NEUTRAL.format(ref) in shown.reading
    seen = [m for m in world.chat.messages(who) if ref in m.reading and "Got it" not in m.reading]  # in the place of a form
    return [m.reading.replace(ref, "IT-0") for m in seen], [b for m in seen for b in m.buttons]


async def test_the_neutral_endings_cannot_be_told_apart(world: World) -> None:
    """Rows 4, 6, 6b without relationship and 7: the same words in the same places, nothing about the other account."""
    other = world.person()
    unbound, twin, gone = world.person(okta=False), world.person(), world.person(status="DEPROVISIONED")
    world.okta.add_person(twin).email = world.person(okta=False).email  # somebody else has this login now
    double = world.person(email="double@example.com")
    world.okta.add_person(world.person(okta=False, email="double@example.com"))
    stranger, about_other = world.person(), world.person()
    seen = []
    calls = len(world.okta.calls)
    for who, ref, rule in (
        (unbound, await world.form(unbound, "My Okta account"), "4"),
        (double, await world.form(double, "My Okta account"), "4"),
        (gone, await world.form(gone, "Payroll"), "7"),
        (stranger, await world.form(stranger, "Payroll", for_whom=other.email), "6b"),
        (about_other, await world.say(about_other, f"Please reset the Payroll password of {other.name}, {other.email}"), "6"),
    ):
        row = await world.status(ref, "Rejected")
        assert (row.decision, row.rule) == ("Rejected", rule)
        seen.append(await neutral(world, who, ref))
        assert world.writes(who) == [] and world.writes(other) == []
    assert all(one == seen[0] for one in seen), seen
    assert not [c for c in world.okta.calls[calls:] if other.okta in c.path], "the other account was looked into"


async def test_row_6_does_not_look_the_other_person_up(world: World) -> None:
    await world.accept(policy({"On behalf of someone else": "reject"}))
    who, other = world.person(), world.person()
    calls = len(world.okta.calls)
    row = await world.ends(await world.form(who, for_whom=other.email), "Rejected", "Rejected", "6")
    assert not world.looked_up(other.email, calls)
    assert any(d.get("security") for d in await world.events(row.request_id))


async def test_row_6b_with_the_relationship_on_record(world: World) -> None:
    manager, report = world.person(), world.person()
    world.okta.person(report.key).manager = manager.email
    row = await world.ends(await world.form(manager, for_whom=report.email), "Escalated", "Escalated", "6b")
    assert row.owner == "priya.nair@example.com"
    assert world.writes(report) == world.writes(manager) == []
    assert (await world.incident(row.request_id))["state"] != "6"
    assert report.email in (await world.reads("priya", row.request_id)).reading
    await world.reads(manager, "A person needs to look at this one")


async def test_row_6b_the_relationship_cannot_be_read(world: World) -> None:
    """The look-up of the other person fails: that is unknown, and no reason to reject."""
    who, other = world.person(), world.person()
    world.okta.person(other.key).manager = who.email
    world.okta.person(other.key).indexed = False  # the search has nobody, so that the look-up goes on by login
    world.okta.fail("500", path=f"/api/v1/users/{other.email}")
    row = await world.ends(await world.form(who, for_whom=other.email), "Escalated", "Escalated", "6b")
    assert "could not be checked" in row.rationale


@pytest.mark.parametrize(("status", "rule", "priority"), [("SUSPENDED", "7b", "High"), ("STAGED", "7b", "Medium"), ("PROVISIONED", "7b", "Medium"),
                                                  ("LOCKED_OUT", "7c", "Medium")])
async def test_states_that_need_a_person(world: World, status: str, rule: str, priority: str) -> None:
    who = world.person(status=status)
    row = await world.ends(await world.form(who), "Escalated", "Escalated", rule, priority)
    assert world.writes(who) == [] and world.pushes(who) == 0
    assert row.owner == FALLBACK_OWNER.email
    assert (await world.incident(row.request_id))["state"] != "6"
    await world.reads(who, "A person needs to look at this one")
    assert row.due_at is not None and row.due_at > moments.now() + timedelta(minutes=30)


async def test_credentials_of_another_directory(world: World) -> None:
    who = world.person(provider="ACTIVE_DIRECTORY")
    await world.ends(await world.form(who), "Escalated", "Escalated", "7e")
    assert world.writes(who) == []


async def test_a_locked_account_is_unlocked_when_policy_says_so(world: World) -> None:
    await world.accept(policy({"Locked-out accounts": "unlock"}))
    who = world.person(status="LOCKED_OUT")
    ref = await world.form(who, symptom="locked")
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    assert [c.path.rsplit("/", 1)[1] for c in world.writes(who)] == ["unlock"]
    assert world.okta.person(who.key).status == "ACTIVE"
    await world.reads(who, "unlock the account")


async def test_a_link_is_sent_again_once_a_day(world: World) -> None:
    who = world.person(status="RECOVERY")
    ref = await world.form(who)
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    assert len(world.writes(who)) == 1
    await world.reads(who, "new reset link")
    row = await world.ends(await world.form(who), "Escalated", "Escalated", "7d")
    assert len(world.writes(who)) == 1
    await world.chat.command(who, f"cancel {row.request_id}")
    await world.status(row.request_id, "Closed")
    async with transaction():
        await Effect.filter(okta_id=who.okta).update(intended_at=moments.now() - timedelta(hours=24, minutes=1))
    ref = await world.form(who)
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    assert len(world.writes(who)) == 2


async def test_row_3_one_open_request_a_target(world: World) -> None:
    who = world.person()
    ref = await world.form(who, "Payroll")
    await world.waits(ref)
    assert (await world.chat.form(who, {"which account": "Payroll", "bit more": "It is urgent"})).ok
    await world.reads(who, f"already have a request open for this: {ref}")
    assert await world.newest(who) == ref
    assert any(d.get("kind") == "note" and d.get("text") == "It is urgent" for d in await world.events(ref, "Message"))
    other = await world.form(who, "VPN")
    assert other != ref
    await world.confirm(who)


async def test_row_5_is_closed_with_a_pointer(world: World) -> None:
    who = world.person()
    row = await world.ends(await world.say(who, "My printer is out of toner, can you order some?"), "Closed", "Cancelled", "5", "Low")
    assert world.writes(who) == []
    await world.reads(who, "doesn't look like a password reset")
    assert row.closed_at is not None
