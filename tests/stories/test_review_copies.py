"""Every copy of a card is true: after a decision anywhere, when the chat fails, and after a crash."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialogs import board, operator
from sandbox.world import ADMIN, Person
from storage import pictures
from tests.stories.reviewing import (
    DECIDES,
    approve,
    card,
    copies,
    ended,
    give_back,
    held,
    members,
    owned,
    reject,
    requester,
    seen,
    settled,
    verb,
)
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

PLATFORMS = EVERYWHERE


async def team(world: World, number: int = 3) -> tuple[tuple[Person, ...], Person, str]:
    """A group of reviewers, a requester, and their request."""
    who = requester(world)
    group = f"Keepers of {who.key}"
    found = members(world, group, number)
    await owned(world, f"group:{group}")
    return found, who, await held(world, who)


async def all_say(world: World, reviewers: tuple[Person, ...], ref: str, words: str) -> None:
    for reviewer in reviewers:
        shown = await card(world, reviewer, ref)
        assert words in shown.reading and not DECIDES & set(shown.buttons), shown.reading


async def test_decided_in_chat(world: World) -> None:
    reviewers, _, ref = await team(world)
    await reject(world, reviewers[0], ref)
    await ended(world, ref, "Rejected")
    await all_say(world, reviewers, ref, f"Rejected by {reviewers[0].name}")


async def test_decided_on_the_command_line(world: World) -> None:
    reviewers, _, ref = await team(world)
    await verb(world, "reject", ref)
    await ended(world, ref, "Rejected")
    await all_say(world, reviewers, ref, f"Rejected by {ADMIN.name}")


async def test_cancelled_on_the_command_line(world: World) -> None:
    reviewers, who, ref = await team(world)
    await operator.cancel(ref, ADMIN.email, "A duplicate.")
    await ended(world, ref, "Closed")
    await all_say(world, reviewers, ref, "Closed")
    assert not any("You withdrew" in said for said in world.words(who))
    assert not any("Withdrawn by the requester" in said for r in reviewers for said in world.words(r))


async def test_withdrawn_by_the_requester(world: World) -> None:
    reviewers, who, ref = await team(world)
    await world.chat.say(who, f"cancel {ref}")
    await ended(world, ref, "Closed")
    await all_say(world, reviewers, ref, "Withdrawn by the requester")


async def test_returned_and_timed_out(world: World) -> None:
    reviewers, _, ref = await team(world)
    await give_back(world, reviewers[0], ref)
    await world.status(ref, "Waiting")
    await settled(world, ref)
    await all_say(world, reviewers, ref, f"Returned with a question by {reviewers[0].name}")
    world.move_clock(timedelta(hours=73))
    await ended(world, ref, "Closed")
    await all_say(world, reviewers, ref, f"Returned with a question by {reviewers[0].name}")


@pytest.mark.parametrize("kind", ["500", "429", "malformed", "drop"])
async def test_a_repaint_that_fails_is_repeated_until_right(world: World, kind: str) -> None:
    reviewers, _, ref = await team(world, 2)
    world.chat.fail(kind, "edit", times=3)
    await reject(world, reviewers[0], ref)
    await world.status(ref, "Rejected")
    await world.quiet(ref)
    for _ in range(6):
        world.move_clock(timedelta(seconds=130))
        await world.quiet(ref)
        if not world.chat.failing():
            break
    assert not world.chat.failing()
    world.move_clock(timedelta(seconds=130))
    await ended(world, ref, "Rejected")
    await all_say(world, reviewers, ref, f"Rejected by {reviewers[0].name}")
    assert {len([m for m in world.chat.messages(r) if f"Reviewed · {ref}" in m.reading]) for r in reviewers} == {1}


async def test_a_message_that_was_deleted_is_gone(world: World) -> None:
    """Nothing else is held up by it, and it is not posted again."""
    reviewers, _, ref = await team(world, 2)
    copy = (await copies(ref, reviewers[0]))[0]
    world.chat.lose(await card(world, reviewers[0], ref))
    await reject(world, reviewers[1], ref)
    await ended(world, ref, "Rejected")
    kept = {p.audience: p.gone for p in await pictures.of_request(ref, gone=True) if p.surface == "review"}
    assert kept[copy.audience] is True and sum(kept.values()) == 1
    assert not any(f"Reviewed · {ref}" in said for said in world.words(reviewers[0]))


async def test_a_post_whose_answer_is_lost_is_not_posted_twice(world: World) -> None:
    """A second copy that nobody knows of would keep its buttons for ever."""
    who, owner = requester(world), world.person()
    await owned(world, owner.email)
    world.chat.fail("drop", "post", times=6, after=True)
    ref = await world.form(who, "Treasury")
    await world.status(ref, "Escalated")
    for _ in range(8):
        world.move_clock(timedelta(seconds=8))
        await world.quiet(ref)
        if not world.chat.failing():
            break
    world.chat.heal()
    world.move_clock(timedelta(seconds=8))
    await world.quiet(ref)
    found = [m for m in world.chat.messages(owner) if f"Review needed · {ref}" in m.reading]
    assert len(found) == 1, [m.id for m in found]
    await reject(world, owner, ref)
    await ended(world, ref, "Rejected")
    assert not any(DECIDES & set(m.buttons) for m in world.chat.messages(owner) if ref in m.reading)


async def test_a_chat_that_is_down_delays_the_card_only(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await world.form(who, "Treasury")
    await world.status(ref, "Escalated")
    world.chat.fail("500", "post", times=4)
    world.chat.fail("500", "reach", times=4)
    for _ in range(8):
        world.move_clock(timedelta(seconds=60))
        await world.quiet(ref)
        if not world.chat.failing():
            break
    world.chat.heal()
    world.move_clock(timedelta(seconds=60))
    await world.quiet(ref)
    world.clock = timedelta(0)  # Okta's own clock did not move
    await approve(world, owner, ref)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")


async def test_nobody_is_pinged_by_an_edit_that_changes_nothing(world: World) -> None:
    """Copies are edited only when they differ."""
    reviewers, _, ref = await team(world, 2)
    shown = [(await card(world, r, ref)) for r in reviewers]
    before = world.chat.edits()
    for _ in range(3):
        await board.paint(world.keyturn.services, ref)
    assert world.chat.edits() == before
    assert [seen(world, (await copies(ref, r))[0]) for r in reviewers] == shown
