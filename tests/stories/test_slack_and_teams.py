"""Both platforms at once: a request starts in one and is decided in the other, and a person is the same person in both."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dialogs.chat import Bind, Press
from dialogs.errors import Declined
from sandbox.world import Person
from storage.models import Request
from tests.stories.reviewing import copies, counted, decisions, ended, give_back, held, owned, reject, requester, seen, settled, untouched
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

WORLD = {"teams": True}
OTHER = {"slack": "teams", "teams": "slack"}


async def copy(world: World, ref: str, reader: Person, platform: str, round: int = 1) -> Any:
    """The reader's card on that platform."""
    (found,) = [p for p in await copies(ref, reader, round) if p.audience.startswith(f"{platform}:")]
    shown = seen(world, found)
    assert shown is not None
    return shown


@pytest.mark.parametrize("start", EVERYWHERE)
async def test_started_in_one_and_approved_in_the_other(world: World, start: str) -> None:
    """The number and the outcome stay where the requester is; every copy of the card is edited."""
    there, owner, who = OTHER[start], world.person(), requester(world)
    await owned(world, owner.email)
    world.platform = start
    ref = await held(world, who, rule="11", why="Quarter end is today")
    assert {p.audience.partition(":")[0] for p in await copies(ref)} == set(EVERYWHERE)
    shown = await copy(world, ref, owner, there)
    assert {"Approve", "Return", "Reject", "Details"} <= set(shown.buttons)
    await world.voices[there].press(owner, "Approve", shown)
    row = await world.waits(ref)
    number = str((row.identity or {})["number"])
    await world.reads(who, f"Tap {number}")
    assert [m for m in world.voices[there].messages(who) if ref in m.reading] == []
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert len(world.writes(who)) == 1 and await decisions(world, ref) == ["Approved"]
    for platform in EVERYWHERE:
        after = await copy(world, ref, owner, platform)
        assert after.edited and f"Approved by {owner.name}" in after.reading and "Approve" not in after.buttons
    (vote,) = await counted(ref)
    assert vote.voter == owner.okta
    assert (await world.row(ref)).platform == start


@pytest.mark.parametrize("start", EVERYWHERE)
async def test_returned_from_the_other_and_answered(world: World, start: str) -> None:
    """The question goes to where the requester asked; the new round is there for the owner in both."""
    there, owner, who = OTHER[start], world.person(), requester(world)
    await owned(world, owner.email)
    world.platform = start
    ref = await held(world, who)
    old = await copy(world, ref, owner, there)
    await world.voices[there].press(owner, "Return", old)
    assert not (await world.voices[there].fill(owner, {"what do you need": "Which country are you in today?"})).errors
    await world.reads(who, "Which country are you in today")
    await settled(world, ref)
    await world.chat.say(who, "in Lisbon")
    await world.until(lambda: _round(world, ref, 2), "round 2")
    await world.quiet(ref)
    for platform in EVERYWHERE:
        assert "in Lisbon" in (await copy(world, ref, owner, platform, 2)).reading
        assert "Returned with a question" in (await copy(world, ref, owner, platform)).reading
    await world.voices[there].press(owner, "Reject", await copy(world, ref, owner, there, 2))
    await world.voices[there].fill(owner, {"why not": "Not needed", "^reason": "You have left the team."})
    await ended(world, ref, "Rejected", "reviewed")
    await world.reads(who, "You have left the team")
    assert untouched(world, who)


async def _round(world: World, ref: str, round: int) -> bool:
    row = await world.row(ref)
    return (row.status, row.round) == ("Escalated", round)


async def test_one_decision_when_both_are_pressed_at_once(world: World) -> None:
    """The same person, two clients, two verbs: one counts, and both copies say which."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    in_slack, in_teams = await copy(world, ref, owner, "slack"), await copy(world, ref, owner, "teams")
    await world.teams.press(owner, "Reject", in_teams)
    filling = world.teams.fill(owner, {"why not": "Not needed", "^reason": "Nobody asked for this."})
    await asyncio.gather(world.slack.press(owner, "Approve", in_slack), filling)
    row = await world.status(ref, "Rejected", "Waiting", "Triaging", "Completed")
    won = "Rejected" if row.status == "Rejected" else "Approved"
    if won == "Approved":
        await world.confirm(who)
    await ended(world, ref, "Rejected" if won == "Rejected" else "Completed")
    assert await decisions(world, ref) == [won]
    assert len(await counted(ref)) == 1
    for platform in EVERYWHERE:
        assert f"{won} by {owner.name}" in (await copy(world, ref, owner, platform)).reading


@pytest.mark.parametrize("start", EVERYWHERE)
async def test_the_requester_does_not_decide_under_their_other_identity(world: World, start: str) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    world.platform = start
    ref = await held(world, who)
    for found in await copies(ref):
        press = Press(f"self:{found.nonce}", world.voices[OTHER[start]].identity(who), "reject", found.nonce, said={"reason": "It is mine."})
        try:
            await world.keyturn.worker.desk.press(press)
        except Declined:
            continue
    await world.quiet(ref)
    await world.voices[OTHER[start]].wait_for("somebody else has to decide|Only the assigned reviewer", who, 20)
    assert (await world.row(ref)).status == "Escalated" and await counted(ref) == []
    await reject(world, owner, ref)
    await ended(world, ref, "Rejected")


async def test_an_owner_who_asks_elsewhere_is_decided_by_somebody_else(world: World) -> None:
    """Owner in Slack, requester in Teams, one Okta account: no card for them in either."""
    owner, backup = requester(world), world.person()
    await owned(world, owner.email, rules={"Backup owner": backup.email})
    world.platform = "teams"
    ref = await held(world, owner)
    assert await copies(ref, owner) == []
    assert {p.audience.partition(":")[0] for p in await copies(ref, backup)} == set(EVERYWHERE)
    await reject(world, backup, ref)
    await ended(world, ref, "Rejected")


@pytest.mark.parametrize("start", EVERYWHERE)
async def test_one_open_request_a_target_wherever_it_is_asked_again(world: World, start: str) -> None:
    """Row 3: the account is the same, and so is what is open for it."""
    who = world.person()
    world.platform = start
    ref = await world.form(who, "Payroll")
    await world.waits(ref)
    there = world.voices[OTHER[start]]
    await there.form(who, {"which account": "Payroll", "bit more": "It is urgent"})
    await there.wait_for(ref, who, 20)
    assert world.pushes(who) == 1
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    second = await world.newest(who)
    assert second == ref or (await world.row(second)).rule == "3"
    assert len(world.writes(who)) == 1


async def test_one_open_request_when_both_are_asked_at_once(world: World) -> None:
    """The unique key of the open request decides; the later one is merged into it, and nothing happens twice."""
    who = world.person()
    await world.arrive()
    values = {"which account": "VPN"}
    await asyncio.gather(*(world.voices[one].form(who, values) for one in EVERYWHERE))
    # Nobody taps faster than the bot looks two people up: only when it knows that both are one person is there one request.
    await world.until(lambda: _merged(who), "one being merged into the other")
    await world.confirm(who)
    await world.until(lambda: _over(who), "both being over")
    first, second = sorted(await Request.filter(okta_id=who.okta), key=lambda row: row.status)
    assert (first.status, first.rule, second.status, second.rule) == ("Closed", "3", "Completed", "16")
    await world.quiet(second.request_id)
    assert len(world.writes(who)) == 1 and world.pushes(who) == 1


async def _merged(who: Person) -> bool:
    return await Request.filter(platform_user__in=[who.slack, who.entra], rule="3").count() == 1


async def _over(who: Person) -> bool:
    rows = await Request.filter(platform_user__in=[who.slack, who.entra])
    return len(rows) == 2 and all(row.closed_at for row in rows)


async def test_the_app_is_in_teams_for_nobody_so_the_owner_reads_it_in_slack(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    await world.arrive()
    assert (await world.teams.uninstall(owner)).ok
    world.platform = "teams"
    ref = await held(world, who)
    assert [p.audience.partition(":")[0] for p in await copies(ref, owner)] == ["slack"]
    world.platform = "slack"
    await give_back(world, owner, ref, "Which country are you in today?")
    world.platform = "teams"
    await world.reads(who, "Which country are you in today")
    await world.chat.command(who, f"cancel {ref}")
    await ended(world, ref, "Closed")


async def test_two_accounts_in_chat_are_one_person_in_okta(world: World) -> None:
    """What everything above rests on."""
    who = world.person()
    await world.arrive()
    bound = [await world.keyturn.services.people.verified(world.voices[one].identity(who)) for one in EVERYWHERE]
    assert {one.bind for one in bound} == {Bind.ONE}
    assert {one.account.id for one in bound if one.account} == {who.okta}
