"""What a person does by hand, approvals by two, and the approver's own confirmation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.world import Person
from storage import sql, votes
from tests.stories.reviewing import (
    again,
    approve,
    card,
    copies,
    counted,
    decisions,
    ended,
    give_back,
    held,
    members,
    owned,
    reject,
    requester,
    settled,
    told,
    untouched,
)
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

PLATFORMS = EVERYWHERE

NO_STEP_UP = {"Approver step-up": "none"}
TWO = {"Approvals needed for Privileged": "2"}


async def released(world: World, ref: str) -> Any:
    """Approved for manual handling: still escalated, nothing to decide any more."""

    async def look() -> bool:
        return bool(((await world.row(ref)).verdict or {}).get("released"))

    await world.until(look, f"{ref} being released")
    row = await settled(world, ref)
    assert (row.status, row.decision, row.due_at) == ("Escalated", "Escalated", None)
    return row


@pytest.mark.parametrize(("traits", "app"), [
    ({"roles": ("SUPER_ADMIN",)}, "Payroll"),
    ({"groups": ("Domain Admins",)}, "Payroll"),
    ({}, "Build Server"),
])  # fmt: skip
async def test_privileged_is_released_and_completed_by_servicenow(world: World, traits: dict[str, Any], app: str) -> None:
    """Never a reset by the bot, not even after approval; a person does it, and ServiceNow says so."""
    owner, who = world.person(), world.person(**traits)
    group = f"Keepers of {who.key}"
    world.okta.add_group(owner.key, group)
    await world.accept((world.company.folder / "policy.md").read_text().replace("group:IT Service Desk", f"group:{group}"))
    ref = await held(world, who, app, rule="8")
    shown = await card(world, owner, ref)
    assert f"Member of {group}" in shown.reading
    answer = await approve(world, owner, ref)
    assert "nothing is reset by me" in answer.confirm and "confirm on your phone" in answer.confirm
    await world.confirm(owner)
    row = await released(world, ref)
    assert group in (await card(world, owner, ref)).reading and row.owner == f"group:{group}"
    assert untouched(world, who)
    incident = await world.incident(ref)
    assert incident["state"] not in ("6", "7", "8")
    assert any("Approval" in note for note in world.company.servicenow.notes(incident["number"]))
    incident.update(state="6", close_code="Solved (Permanently)", close_notes="Reset at the desk.")
    world.move_clock(timedelta(minutes=6))
    row = await ended(world, ref, "Completed")
    assert row.decision == "Approved" and untouched(world, who) and row.closed_at is not None
    assert "done it" in (await card(world, owner, ref)).reading
    await world.reads(who, "A person in IT has taken care of it")
    assert (await world.incident(ref))["close_notes"] == "Reset at the desk."


async def test_cancelled_in_servicenow(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Privileged", rules=NO_STEP_UP)
    ref = await held(world, who, rule="8")
    await approve(world, owner, ref)
    await released(world, ref)
    incident = await world.incident(ref)
    incident["state"] = "8"
    world.move_clock(timedelta(minutes=6))
    row = await ended(world, ref, "Closed")
    assert row.decision == "Cancelled" and untouched(world, who)
    assert (await world.incident(ref))["state"] == "8"
    assert not any("You withdrew this request" in said for said in world.words(who)), "it was not they who cancelled it"


async def test_released_while_servicenow_is_down(world: World) -> None:
    """The outage delays the note and the completion, nothing else."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Privileged", rules=NO_STEP_UP)
    ref = await held(world, who)
    world.company.servicenow.fail("503")
    await approve(world, owner, ref)

    async def look() -> bool:
        return bool(((await world.row(ref)).verdict or {}).get("released"))

    await world.until(look, "released")
    world.company.servicenow.heal()
    world.move_clock(timedelta(minutes=3))
    await world.quiet(ref)
    (await world.incident(ref))["state"] = "7"
    world.move_clock(timedelta(minutes=6))
    await ended(world, ref, "Completed")


async def test_a_resolved_incident_completes_nothing_before_the_approval(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Privileged", rules=NO_STEP_UP)
    ref = await held(world, who)
    (await world.incident(ref))["state"] = "6"
    world.move_clock(timedelta(minutes=30))
    await world.quiet(ref)
    assert (await world.row(ref)).status == "Escalated"


async def test_an_application_that_is_reset_by_hand(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Standard", path="Manual", rules=NO_STEP_UP)
    ref = await held(world, who, rule="8")
    assert "nothing is reset by me" in (await approve(world, owner, ref)).confirm
    await released(world, ref)
    assert untouched(world, who)


async def test_the_requester_cannot_withdraw_what_was_decided(world: World) -> None:
    """Until somebody decided (rulings, Cancel)."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Privileged", rules=NO_STEP_UP)
    ref = await held(world, who)
    await approve(world, owner, ref)
    await released(world, ref)
    await world.chat.command(who, f"cancel {ref}")
    await told(world, who, "decided already")
    assert (await world.row(ref)).status == "Escalated"
    shown = next(m for m in reversed(world.chat.messages(who)) if ref in m.reading and "Escalated" not in m.text)
    assert "Cancel request" not in shown.buttons


# ---------------------------------------------------------------- two approvals


async def test_two_different_people_have_to_approve(world: World) -> None:
    who = requester(world)
    group = f"Approvers of {who.key}"
    first, second, third = members(world, group, 3)
    await owned(world, f"group:{group}", tier="Privileged", rules=NO_STEP_UP | TWO)
    ref = await held(world, who, rule="8")
    assert "0 of 2 approvals" in (await card(world, first, ref)).reading
    await approve(world, first, ref)
    await told(world, first, "1 of 2")
    await world.quiet(ref)
    for reader in (first, second, third):
        assert f"1 of 2 approvals: {first.name}" in (await card(world, reader, ref)).reading
    await approve(world, first, ref)
    await told(world, first, "already")
    assert len(await counted(ref)) == 1 and not ((await world.row(ref)).verdict or {}).get("released")
    await approve(world, second, ref)
    row = await released(world, ref)
    assert {v.voter for v in await counted(ref)} == {first.okta, second.okta}
    assert row.verdict["decided"]["email"] == second.email and untouched(world, who)
    assert await decisions(world, ref) == ["Approved"]
    for reader in (first, second, third):
        assert "2 of 2 approvals" in (await card(world, reader, ref)).reading


async def test_one_rejection_is_enough(world: World) -> None:
    who = requester(world)
    group = f"Approvers of {who.key}"
    first, second = members(world, group, 2)
    await owned(world, f"group:{group}", tier="Privileged", rules=NO_STEP_UP | TWO)
    ref = await held(world, who)
    await approve(world, first, ref)
    await told(world, first, "1 of 2")
    await world.quiet(ref)
    await reject(world, second, ref)
    await ended(world, ref, "Rejected", "reviewed")


async def test_an_approval_does_not_outlive_what_it_was_about(world: World) -> None:
    """One of two has approved; then the policy changes. Nobody has approved what the card shows now."""
    who = requester(world)
    group = f"Approvers of {who.key}"
    first, second = members(world, group, 2)
    await owned(world, f"group:{group}", tier="Privileged", rules=NO_STEP_UP | TWO)
    ref = await held(world, who)
    await approve(world, first, ref)
    await told(world, first, "1 of 2")
    await world.quiet(ref)
    await owned(world, f"group:{group}", tier="Privileged", rules=NO_STEP_UP | TWO | {"Resets per person per day": "2"})
    await approve(world, second, ref)
    await told(world, second, "changed since you saw it")
    await world.quiet(ref)
    await approve(world, second, ref)
    await told(world, second, "1 of 2")
    await world.quiet(ref)
    assert not ((await world.row(ref)).verdict or {}).get("released"), "the first approval was about another revision"
    await approve(world, first, ref)
    await released(world, ref)


# ---------------------------------------------------------------- the approver's own confirmation


@pytest.mark.parametrize(("setting", "tier", "asked"), [
    ("none", "Privileged", False), ("Privileged", "Privileged", True), ("Privileged", "Sensitive", False),
    ("Sensitive", "Sensitive", True), ("Sensitive", "Privileged", True), ("Sensitive", "Standard", False),
])  # fmt: skip
async def test_who_confirms(world: World, setting: str, tier: str, asked: bool) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier=tier, rules={"Approver step-up": setting, "Self-service resets": "not allowed"})
    ref = await held(world, who)
    assert ("confirm on your phone" in (await card(world, owner, ref)).reading) == asked
    await approve(world, owner, ref)
    if asked:
        await world.pushed(owner)
        assert await decisions(world, ref) == [] and (await world.row(ref)).status == "Escalated"
        await world.confirm(owner)
    await world.until(lambda: decisions(world, ref), "a decision")
    assert world.pushes(owner) == (1 if asked else 0)
    if asked:
        await told(world, owner, "Confirmed: your approval")
        assert "confirmed with Okta Verify" in (await world.reads(owner, f"Reviewed · {ref}")).reading


async def step_up(world: World, owner: Person, who: Person) -> str:
    await owned(world, owner.email, rules={"Approver step-up": "Sensitive"})
    ref = await held(world, who)
    await approve(world, owner, ref)
    return ref


async def test_the_number_is_for_the_approver_alone(world: World) -> None:
    owner, who = world.person(), requester(world)
    ref = await step_up(world, owner, who)
    await world.pushed(owner)
    number = next(p.number for p in reversed(world.okta.pushes) if p.person == owner.key)
    shown = await world.reads(owner, f"Tap {number}")
    assert not any(f"Tap {number}" in said for said in world.words(who))
    await world.confirm(owner, str(number))
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    later = next(m for m in world.chat.messages(owner) if m.id == shown.id)
    assert "Tap" not in later.reading and "Confirmed" in later.reading


@pytest.mark.parametrize("answer", ["push_reject", "push_timeout", "wrong number"])
async def test_not_confirmed_is_no_approval(world: World, answer: str) -> None:
    """The vote is void; the same person can approve again."""
    owner, who = world.person(), requester(world)
    ref = await step_up(world, owner, who)
    await world.pushed(owner)
    if answer == "wrong number":
        number = next(p.number for p in reversed(world.okta.pushes) if p.person == owner.key)
        await world.confirm(owner, str((number - 9) % 90 + 10))
    else:
        getattr(world.okta, answer)(owner.key)
    await told(world, owner, "was not counted")
    await world.quiet(ref)
    assert await decisions(world, ref) == [] and await counted(ref) == [] and untouched(world, who)
    assert not any("Tap" in said for said in world.words(owner)), "no old number stays"
    await approve(world, owner, ref)
    await world.pushed(owner, 2)
    await world.confirm(owner)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")


async def test_nothing_to_confirm_with(world: World) -> None:
    owner, who = world.person(factors=()), requester(world)
    ref = await step_up(world, owner, who)
    await told(world, owner, "no Okta Verify")
    await world.quiet(ref)
    assert await decisions(world, ref) == [] and await counted(ref) == [] and world.pushes(owner) == 0


async def test_two_clicks_while_the_prompt_is_out(world: World) -> None:
    """One push, and the second click is told to look at the phone."""
    owner, who = world.person(), requester(world)
    ref = await step_up(world, owner, who)
    await world.pushed(owner)
    await approve(world, owner, ref)
    await told(world, owner, "waiting for you to confirm")
    await world.confirm(owner)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert world.pushes(owner) == 1


async def test_the_approver_thinks_better_of_it(world: World) -> None:
    """Reject while the own prompt is out: the no counts, and what the phone says later does not."""
    owner, who = world.person(), requester(world)
    ref = await step_up(world, owner, who)
    await world.reads(owner, "Tap")
    await reject(world, owner, ref)
    await world.status(ref, "Rejected")
    world.okta.push_approve(owner.key)
    await ended(world, ref, "Rejected", "reviewed")
    assert await decisions(world, ref) == ["Rejected"] and untouched(world, who)
    shown = (await card(world, owner, ref)).reading
    assert f"Rejected by {owner.name}" in shown and "Okta Verify" not in shown.split("Rejected by")[1]
    assert not any("Tap" in said or "Confirmed: your approval" in said for said in world.words(owner))


async def test_somebody_else_decides_while_the_prompt_is_out(world: World) -> None:
    who = requester(world)
    group = f"Approvers of {who.key}"
    first, second = members(world, group, 2)
    await owned(world, f"group:{group}", rules={"Approver step-up": "Sensitive"})
    ref = await held(world, who)
    await approve(world, first, ref)
    await world.pushed(first)
    await reject(world, second, ref)
    await world.status(ref, "Rejected")
    await world.confirm(first)
    await told(world, first, "already rejected by")
    await ended(world, ref, "Rejected", "reviewed")
    assert await decisions(world, ref) == ["Rejected"] and untouched(world, who)


async def test_rights_are_lost_while_the_prompt_is_out(world: World) -> None:
    who = requester(world)
    group = f"Approvers of {who.key}"
    first, _ = members(world, group, 2)
    await owned(world, f"group:{group}", rules={"Approver step-up": "Sensitive"})
    ref = await held(world, who)
    await approve(world, first, ref)
    await world.pushed(first)
    world.okta.remove_group(first.key, group)
    await world.confirm(first)
    await told(world, first, "Only the assigned reviewer")
    await world.quiet(ref)
    assert await decisions(world, ref) == [] and await counted(ref) == [] and untouched(world, who)


async def test_the_facts_change_while_the_prompt_is_out(world: World) -> None:
    """What was confirmed is what was shown, or nothing."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Privileged")
    ref = await held(world, who)
    await approve(world, owner, ref)
    await world.pushed(owner)
    await owned(world, owner.email, tier="Privileged", rules={"Resets per person per day": "2"})
    await world.confirm(owner)
    await told(world, owner, "changed since you saw it")
    await world.quiet(ref)
    row = await world.row(ref)
    assert row.status == "Escalated" and not (row.verdict or {}).get("released")
    assert await decisions(world, ref) == [] and await counted(ref) == []
    assert "Approve" in (await card(world, owner, ref)).buttons


async def test_the_chat_fails_while_the_prompt_is_shown(world: World) -> None:
    """The click is not lost and the approver is not locked out: the number is shown once the chat answers."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, rules={"Approver step-up": "Sensitive"})
    ref = await held(world, who)
    world.chat.fail("500", "post", times=1)
    await approve(world, owner, ref)
    await world.pushed(owner)
    number = next(p.number for p in reversed(world.okta.pushes) if p.person == owner.key)
    await world.until(lambda: _put_back("step_up"), "a failed try")
    world.move_clock(timedelta(seconds=20))
    await world.reads(owner, f"Tap {number}")
    await world.confirm(owner)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert world.pushes(owner) == 1


async def test_the_chat_fails_when_the_prompt_was_refused(world: World) -> None:
    owner, who = world.person(), requester(world)
    ref = await step_up(world, owner, who)
    await world.reads(owner, "Tap")
    world.chat.fail("500", "edit", times=1)
    world.okta.push_reject(owner.key)

    await world.until(lambda: _put_back("step_up"), "a failed try")
    world.move_clock(timedelta(seconds=20))
    await told(world, owner, "refused on your phone")
    await world.quiet(ref)
    assert not any("Tap" in said for said in world.words(owner))
    assert {v.state for v in await votes.of_round(ref, 1)} == {votes.VOID}


async def _put_back(kind: str) -> bool:
    return bool(await sql.rows("SELECT id FROM keyturn_jobs WHERE kind = ? AND last_error <> '' AND leased_until IS NULL", [kind]))


async def test_returned_before_the_second_approval(world: World) -> None:
    """Votes belong to a round."""
    who = requester(world)
    group = f"Approvers of {who.key}"
    first, second = members(world, group, 2)
    await owned(world, f"group:{group}", tier="Privileged", rules=NO_STEP_UP | TWO)
    ref = await held(world, who)
    await approve(world, first, ref)
    await told(world, first, "1 of 2")
    await world.quiet(ref)
    await give_back(world, second, ref)
    await world.status(ref, "Waiting")
    await world.quiet(ref)
    await world.chat.say(who, "from home in Leeds")
    await again(world, ref, 2)
    await approve(world, second, ref, 2)
    await told(world, second, "1 of 2")
    assert not ((await world.row(ref)).verdict or {}).get("released")
    await world.quiet(ref)
    await approve(world, first, ref, 2)
    await released(world, ref)
    assert len(await copies(ref)) == 4
