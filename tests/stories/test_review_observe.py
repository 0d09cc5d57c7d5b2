"""observe mode: the agent suggests, a person approves, and then it is done."""

from __future__ import annotations

from sandbox.world import FALLBACK_OWNER
from tests.stories.reviewing import (
    again,
    approve,
    card,
    decisions,
    ended,
    held,
    owned,
    reject,
    requester,
    settled,
    untouched,
)
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

PLATFORMS = EVERYWHERE

WORLD = {"mode": "observe"}


async def test_a_suggested_reset(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Standard")
    ref = await world.form(who, "Treasury")
    await world.confirm(who)
    await world.status(ref, "Escalated")
    await world.quiet(ref)
    row = await world.row(ref)
    assert (row.rule, row.owner) == ("16", owner.email) and world.writes(who) == []
    shown = await card(world, owner, ref)
    assert "Suggested: reset" in shown.reading and "Confirmed with Okta Verify" in shown.reading
    await approve(world, owner, ref)
    await ended(world, ref, "Completed", "16")
    assert len(world.writes(who)) == 1 and world.pushes(who) == 1
    assert await decisions(world, ref) == ["Approved"]


async def test_a_suggested_reset_is_rejected(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Standard")
    ref = await world.form(who, "Treasury")
    await world.confirm(who)
    await world.status(ref, "Escalated")
    await world.quiet(ref)
    await reject(world, owner, ref)
    await ended(world, ref, "Rejected", "reviewed")
    assert world.writes(who) == []


async def test_a_suggested_unlock(world: World) -> None:
    owner, who = world.person(), requester(world, status="LOCKED_OUT")
    await owned(world, owner.email, tier="Standard", rules={"Locked-out accounts": "unlock"})
    ref = await world.form(who, "Treasury")
    await world.confirm(who)
    await world.status(ref, "Escalated")
    await world.quiet(ref)
    assert world.writes(who) == []
    await approve(world, owner, ref)
    await ended(world, ref, "Completed", "16")
    assert [c.path.rsplit("/", 1)[1] for c in world.writes(who)] == ["unlock"]
    await world.reads(who, "unlock the account")


async def test_a_suggested_page(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Standard", path="https://treasury.example.com/reset")
    ref = await world.form(who, "Treasury")
    await world.confirm(who)
    await world.status(ref, "Escalated")
    await world.quiet(ref)
    assert (await world.row(ref)).rule == "15"
    assert not any("treasury.example.com" in said for said in world.words(who))
    await approve(world, owner, ref)
    await ended(world, ref, "Completed", "15")
    assert world.writes(who) == []
    await world.reads(who, "https://treasury.example.com/reset")


async def test_sensitive_needs_one_approval_only(world: World) -> None:
    """The owner's agreement is the person's agreement: the check passes, and it is done."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who, rule="11")
    await approve(world, owner, ref)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert len(world.writes(who)) == 1


async def test_the_facts_change_between_the_suggestion_and_the_approval(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Standard")
    ref = await world.form(who, "Treasury")
    await world.confirm(who)
    await world.status(ref, "Escalated")
    await world.quiet(ref)
    world.okta.add_group(who.key, "Domain Admins")
    await approve(world, owner, ref)
    await world.reads(owner, "changed since you saw it")
    row = await settled_row(world, ref)
    assert row == ("Escalated", "8") and world.writes(who) == []


async def settled_row(world: World, ref: str) -> tuple[str, str]:
    await world.quiet(ref)
    row = await world.row(ref)
    return row.status, row.rule


async def test_okta_refuses_what_was_approved(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Standard")
    ref = await world.form(who, "Treasury")
    await world.confirm(who)
    await world.status(ref, "Escalated")
    await world.quiet(ref)
    world.okta.fail("403", path=f"{who.okta}/lifecycle/reset_password", times=1)
    await approve(world, owner, ref)
    await again(world, ref, 2)
    await approve(world, FALLBACK_OWNER, ref, 2)
    await ended(world, ref, "Completed", "16")
    assert [c.status for c in world.writes(who)] == [403, 200]
    await settled(world, ref)


async def test_privileged_stays_by_hand(world: World) -> None:
    owner, who = world.person(), requester(world, roles=("SUPER_ADMIN",))
    await owned(world, owner.email, tier="Standard", rules={"Privileged account owner": owner.email, "Approver step-up": "none"})
    ref = await held(world, who, rule="8")
    await approve(world, owner, ref)
    await world.until(lambda: decisions(world, ref), "a decision")
    await world.quiet(ref)
    assert untouched(world, who) and ((await world.row(ref)).verdict or {})["released"]
