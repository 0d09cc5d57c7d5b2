"""Reminders and the backup owner: once a window, never in the reader's quiet hours, and time decides nothing."""

from __future__ import annotations

from datetime import time, timedelta

from sandbox.world import Person
from tests.stories.reviewing import (
    again,
    approve,
    card,
    copies,
    decisions,
    ended,
    give_back,
    held,
    members,
    owned,
    reject,
    requester,
    untouched,
)
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

PLATFORMS = EVERYWHERE

HOUR = timedelta(hours=1)
"""The review window of High, the priority of a Sensitive application."""
MINUTE = timedelta(minutes=1)


def pings(world: World, reviewer: Person, ref: str) -> list[str]:
    return world.chat.reminders(reviewer, ref)


async def later(world: World, ref: str, by: timedelta) -> None:
    await world.quiet(ref)  # work that is being done would lose its lease to the jump
    world.move_clock(by)
    await world.quiet(ref)


def until_clock(world: World, hour: int, minute: int = 0) -> timedelta:
    """How long it is until this hour of the day, UTC, as the process sees it."""
    now = world.keyturn.services.now()
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (then if then > now else then + timedelta(days=1)) - now


async def test_one_reminder_a_window_then_the_backup(world: World) -> None:
    owner, backup, who = world.person(), world.person(), requester(world)
    await owned(world, owner.email, rules={"Backup owner": backup.email})
    ref = await held(world, who)
    row = await world.row(ref)
    assert row.due_at is not None and abs(row.due_at - row.created_at - HOUR) < MINUTE
    await later(world, ref, HOUR - MINUTE)
    assert pings(world, owner, ref) == []
    await later(world, ref, 2 * MINUTE)
    assert len(pings(world, owner, ref)) == 1 and "Reminded" in (await card(world, owner, ref)).reading
    await later(world, ref, HOUR - 3 * MINUTE)
    assert len(pings(world, owner, ref)) == 1, "one a window"
    await later(world, ref, 4 * MINUTE)
    assert len(pings(world, owner, ref)) == 2 and await copies(ref, backup) == []
    await later(world, ref, HOUR + MINUTE)
    shown = await card(world, backup, ref)
    assert "Backup" in shown.reading and backup.email in (await card(world, owner, ref)).reading
    assert len([d for d in await world.events(ref, "Escalation") if d.get("next_owner") == backup.email]) == 1
    row = await world.row(ref)
    assert (row.status, row.owner, row.round) == ("Escalated", owner.email, 1)
    await later(world, ref, timedelta(days=9))
    assert (await world.row(ref)).status == "Escalated" and await decisions(world, ref) == [] and untouched(world, who)
    world.clock = timedelta(0)
    await approve(world, backup, ref)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert f"Approved by {backup.name}" in (await card(world, owner, ref)).reading


async def test_the_owner_may_still_decide_after_the_backup_was_asked(world: World) -> None:
    owner, backup, who = world.person(), world.person(), requester(world)
    await owned(world, owner.email, rules={"Backup owner": backup.email, "Reminders before backup": "0"})
    ref = await held(world, who)
    await later(world, ref, HOUR + MINUTE)
    assert await copies(ref, backup) != []
    await reject(world, owner, ref)
    await ended(world, ref, "Rejected")
    assert f"Rejected by {owner.name}" in (await card(world, backup, ref)).reading


async def test_nothing_is_said_after_the_decision(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email, tier="Privileged", rules={"Approver step-up": "none"})
    ref = await held(world, who)
    await approve(world, owner, ref)
    await world.until(lambda: decisions(world, ref), "a decision")
    await later(world, ref, 3 * HOUR)
    assert pings(world, owner, ref) == []


async def test_a_returned_request_waits_for_its_requester(world: World) -> None:
    """No reminder to the reviewer; a new round has a window and reminders of its own, and the backup is asked again."""
    owner, backup, who = world.person(), world.person(), requester(world)
    await owned(world, owner.email, rules={"Backup owner": backup.email, "Reminders before backup": "1"})
    ref = await held(world, who)
    for _ in range(2):
        await later(world, ref, HOUR + MINUTE)
    assert await copies(ref, backup, 1) != []
    await give_back(world, owner, ref)
    await world.status(ref, "Waiting")
    before = len(pings(world, owner, ref))
    await later(world, ref, 2 * HOUR)
    assert len(pings(world, owner, ref)) == before
    await world.chat.say(who, "I am in Leeds")
    row = await again(world, ref, 2)
    assert row.due_at is not None and abs(row.due_at - world.keyturn.services.now() - HOUR) < MINUTE
    assert len(pings(world, owner, ref)) == before and await copies(ref, backup, 2) == []
    assert "Reminded" not in (await card(world, owner, ref, 2)).reading
    for _ in range(2):
        await later(world, ref, HOUR + MINUTE)
    assert len(pings(world, owner, ref)) == before + 2 and await copies(ref, backup, 2) != []


async def test_quiet_hours_are_the_readers(world: World) -> None:
    owner, who = world.person(), requester(world)
    world.chat.lives_in(owner, "Asia/Tokyo")
    await owned(world, owner.email)
    world.house(quiet_hours=(time(20), time(7)))
    world.clock = until_clock(world, 12)  # 21:00 in Tokyo
    ref = await held(world, who)
    await later(world, ref, HOUR + MINUTE)
    assert pings(world, owner, ref) == []
    await later(world, ref, until_clock(world, 21, 58))  # 06:58 there
    assert pings(world, owner, ref) == []
    await later(world, ref, 3 * MINUTE)
    assert len(pings(world, owner, ref)) == 1
    assert (await world.row(ref)).status == "Escalated"


async def test_only_those_who_are_awake_are_reminded(world: World) -> None:
    """Two members in two zones: the one asleep is let sleep."""
    who = requester(world)
    group = f"Keepers of {who.key}"
    asleep, awake = members(world, group, 2)
    world.chat.lives_in(asleep, "Asia/Tokyo")
    world.chat.lives_in(awake, "UTC")
    await owned(world, f"group:{group}")
    world.house(quiet_hours=(time(20), time(7)))
    world.clock = until_clock(world, 12)
    ref = await held(world, who)
    await later(world, ref, HOUR + MINUTE)
    assert len(pings(world, awake, ref)) == 1 and pings(world, asleep, ref) == []


async def test_overdue_is_said_in_words_and_decides_nothing(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await later(world, ref, 5 * HOUR)
    (said, *_) = pings(world, owner, ref)
    assert "overdue" in said.casefold() and "Treasury" in said
    assert (await world.row(ref)).status == "Escalated"


async def test_a_reminder_that_cannot_be_posted_is_posted_later(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    world.chat.fail("500", "post", times=1)
    await later(world, ref, HOUR + MINUTE)
    await later(world, ref, MINUTE)
    assert len(pings(world, owner, ref)) == 1 and not world.chat.failing()
    reminded = [d for d in await world.events(ref, "Message") if d.get("kind") == "reminder"]
    assert len(reminded) == 1


async def test_the_reminder_of_a_deleted_message_holds_nobody_up(world: World) -> None:
    who = requester(world)
    group = f"Keepers of {who.key}"
    first, second = members(world, group, 2)
    await owned(world, f"group:{group}")
    ref = await held(world, who)
    world.chat.lose(await card(world, first, ref))
    await later(world, ref, HOUR + MINUTE)
    await later(world, ref, MINUTE)
    assert len(pings(world, second, ref)) == 1
