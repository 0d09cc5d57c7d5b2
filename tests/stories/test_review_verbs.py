"""The operator's verbs: an administrator's one vote, with all the rules of a click, on the record like one.

Some stories run the command line as its own process; the others call what it calls, in this one.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from dialogs import operator
from dialogs.errors import Declined
from sandbox.world import ADMIN
from storage import freezes, votes
from tests.stories.reviewing import REASON, again, approve, card, counted, decisions, ended, held, owned, requester, untouched, verb
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

PLATFORMS = EVERYWHERE

WHY = ("--reason", REASON)


async def test_approve_on_the_command_line(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    code, out, err = await world.company.keyturn("approve", ref.lower(), "--by", ADMIN.email.upper(), *WHY)
    assert code == 0 and ref in out, err
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    (event,) = await world.events(ref, "Approval")
    assert (event["by"], event["surface"], event["reason"], event["effect"]) == (ADMIN.email, "command line", REASON, "reset")
    assert f"Approved by {ADMIN.name}" in (await card(world, owner, ref)).reading
    code, _, err = await world.company.keyturn("reject", ref, "--by", ADMIN.email, *WHY)
    assert code == 1 and "already approved by" in err


async def test_reject_and_return(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    assert (await verb(world, "return", ref, reason="Which country are you in?")).status == "Waiting"
    await world.reads(who, "Which country are you in")
    await world.chat.say(who, "in Leeds")
    await again(world, ref, 2)
    assert (await verb(world, "reject", ref, reason="Use the old password.")).status == "Rejected"
    await ended(world, ref, "Rejected", "reviewed")
    assert any("Use the old password." in said for said in world.words(who))
    assert untouched(world, who)


async def test_who_may_not(world: World) -> None:
    """Neither an owner who is no administrator, nor an unknown name, nor an administrator whose account is off."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    code, _, err = await world.company.keyturn("approve", ref, "--by", owner.email, *WHY)
    assert code == 1 and "KEYTURN_ADMINS" in err
    code, _, err = await world.company.keyturn("reject", ref, "--by", ADMIN.email, "--reason", "   ")
    assert code == 1 and "reason" in err
    with pytest.raises(Declined, match="IT-999999"):
        await verb(world, "approve", "IT-999999")
    with pytest.raises(Declined, match="not exactly one Okta account"):
        await verb(world, "approve", ref, by="nobody@example.com")
    world.okta.set_status(ADMIN.key, "SUSPENDED")
    try:
        with pytest.raises(Declined, match="Only the assigned reviewer"):
            await verb(world, "approve", ref)
    finally:
        world.okta.set_status(ADMIN.key, "ACTIVE")
    assert await decisions(world, ref) == [] and await counted(ref) == [] and untouched(world, who)


async def test_okta_is_down(world: World) -> None:
    """Said plainly, with the exit code of a system that is down; no traceback."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    world.okta.fail("503", path="/api/v1/users$")
    code, _, err = await world.company.keyturn("approve", ref, "--by", ADMIN.email, *WHY)
    assert code == 4 and "Traceback" not in err and "Okta" in err
    world.okta.heal()
    assert await decisions(world, ref) == []


async def test_step_up_goes_to_that_person(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Privileged")
    ref = await held(world, who)
    running = asyncio.create_task(world.company.keyturn("approve", ref, "--by", ADMIN.email, *WHY))
    await world.pushed(ADMIN)
    number = next(p.number for p in reversed(world.okta.pushes) if p.person == ADMIN.key)
    assert await decisions(world, ref) == []
    world.okta.push_approve(ADMIN.key, number)
    code, _, err = await running
    assert code == 0 and f"Tap {number}" in err, err
    assert await decisions(world, ref) == ["Approved"] and world.pushes(owner) == 0
    await world.quiet(ref)
    assert (await verb(world, "approve", ref, reason="Reset at the desk.")).status == "Completed"
    row = await ended(world, ref, "Completed")
    assert "Done by hand" in row.rationale and untouched(world, who)
    await world.reads(who, "A person in IT has taken care of it")
    assert (await world.incident(ref))["state"] == "6"
    with pytest.raises(Declined, match="already"):
        await verb(world, "reject", ref)


@pytest.mark.parametrize("answer", ["push_reject", "push_timeout"])
async def test_step_up_is_not_confirmed(world: World, answer: str) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Privileged")
    ref = await held(world, who)
    before = len([p for p in world.okta.pushes if p.person == ADMIN.key])
    running = asyncio.create_task(verb(world, "approve", ref))
    await world.pushed(ADMIN, before + 1)
    getattr(world.okta, answer)(ADMIN.key)
    with pytest.raises(Declined, match="not confirmed"):
        await running
    assert await decisions(world, ref) == [] and await counted(ref) == []


async def test_step_up_is_interrupted(world: World) -> None:
    """Ctrl-C, or a machine that dies: the administrator is not locked out of the round."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Privileged")
    ref = await held(world, who)
    before = len([p for p in world.okta.pushes if p.person == ADMIN.key])
    running = asyncio.create_task(verb(world, "approve", ref))
    await world.pushed(ADMIN, before + 1)
    running.cancel()
    await asyncio.wait({running})
    assert [v.state for v in await votes.of_round(ref, 1)] == [votes.VOID]
    world.okta.push_reject(ADMIN.key)
    running = asyncio.create_task(verb(world, "approve", ref))
    await world.pushed(ADMIN, before + 2)
    (vote,) = await votes.of_round(ref, 1)
    running.cancel()
    await asyncio.wait({running})
    world.okta.push_reject(ADMIN.key)
    from storage import sql

    await sql.run("UPDATE keyturn_votes SET state = 'pending' WHERE id = ?", [vote.id])  # as a kill -9 leaves it
    with pytest.raises(Declined, match="still waiting"):
        await verb(world, "approve", ref)
    world.move_clock(timedelta(minutes=7))
    running = asyncio.create_task(verb(world, "reject", ref))
    assert (await running).status == "Rejected"
    await ended(world, ref, "Rejected")


async def test_something_changes_meanwhile(world: World) -> None:
    """Nothing was decided is no success."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    world.okta.add_role(who.key)
    with pytest.raises(Declined, match="nothing was decided"):
        await verb(world, "approve", ref)
    await world.quiet(ref)
    assert (await world.row(ref)).rule == "8" and await decisions(world, ref) == []


async def test_a_verb_against_a_click(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    results = await asyncio.gather(verb(world, "reject", ref), approve(world, owner, ref), return_exceptions=True)
    await world.until(lambda: decisions(world, ref), "a decision")
    if isinstance(results[0], Declined):
        assert "already" in results[0].text
        await world.confirm(who)
        await ended(world, ref, "Completed")
    else:
        await world.reads(owner, "already rejected by")
        await ended(world, ref, "Rejected")
    assert len(await decisions(world, ref)) == 1


async def test_two_approvals_with_a_verb(world: World) -> None:
    """The verb is one vote of that person; it says how many are missing."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Privileged", rules={"Approver step-up": "none", "Approvals needed for Privileged": "2"})
    ref = await held(world, who)
    heard: list[str] = []
    assert (await verb(world, "approve", ref, tell=heard)).status == "Escalated"
    assert "1 of 2" in heard[0]
    with pytest.raises(Declined, match="already"):
        await verb(world, "approve", ref)
    await world.quiet(ref)
    await approve(world, owner, ref)
    await world.until(lambda: decisions(world, ref), "a decision")
    assert {v.voter_email for v in await counted(ref)} == {ADMIN.email, owner.email}


async def test_without_a_phone_the_list_is_asked_for(world: World) -> None:
    who = requester(world, factors=())
    ref = await held(world, who, "Payroll", rule="13")
    for how in ("", "I just know"):
        with pytest.raises(Declined, match="met_in_person"):
            await verb(world, "approve", ref, how=how)
    code, _, err = await world.company.keyturn("approve", ref, "--by", ADMIN.email, *WHY, "--verified", "call_back")
    assert code == 0, err
    row = await ended(world, ref, "Completed", "16")
    assert (row.identity or {})["how"] == "call_back" and len(world.writes(who)) == 1


async def test_unfreeze(world: World) -> None:
    who = requester(world)
    ref = await world.form(who, "Payroll")
    await world.waits(ref)
    await world.reads(who, "Tap")
    await world.chat.press(who, "This wasn't me")
    await world.status(ref, "Escalated")
    assert await freezes.frozen(who.okta) is not None
    code, _, err = await world.company.keyturn("unfreeze", who.email, "--by", world.person().email, *WHY)
    assert code == 1 and await freezes.frozen(who.okta) is not None, err
    code, _, err = await world.company.keyturn("unfreeze", who.email.upper(), "--by", ADMIN.email, *WHY)
    assert code == 0 and await freezes.frozen(who.okta) is None, err
    assert any(d.get("kind") == "unfreeze" and d["reason"] == REASON for d in await world.events(ref))
    with pytest.raises(Declined, match="not frozen"):
        await operator.unfreeze(who.email, ADMIN.email, REASON)
    ref = await world.form(who, "VPN")
    await world.pushed(who, 2)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
