"""Where a reviewer is reached in Teams: their 1:1 conversation when the app is there for them, mail when it is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dialogs import board
from sandbox.world import Person
from storage import conversations
from tests.stories.reviewing import approve, copies, ended, held, owned, reject, requester, verb
from tests.stories.world import World

WORLD = {"slack_on": False, "teams": True}


def stranger(world: World) -> Person:
    """Somebody of the tenant for whom the app was never installed."""
    who = world.person()
    voice: Any = world.chat
    voice.new.remove(who.key)
    return who


def mails(world: World, who: Person, ref: str) -> list[Any]:
    return [mail for mail in world.mails(who) if ref in mail.text]


async def test_an_owner_without_the_app_gets_mail(world: World) -> None:
    """It says what it is about and where to go; it decides nothing."""
    owner, who = stranger(world), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who, why="Quarter end")
    assert await copies(ref) == []
    (mail,) = mails(world, owner, ref)
    assert "Quarter end" in mail.text and "keyturn approve" not in mail.text
    (assigned,) = [d for d in await world.events(ref, "Message") if d.get("kind") == "assigned"]
    assert assigned["reached"] == [{"reviewer": owner.email, "by": "mail"}]
    await verb(world, "reject", ref)
    await ended(world, ref, "Rejected", "reviewed")


async def test_an_owner_who_installs_the_app_later_decides_there(world: World) -> None:
    """The next request finds them in Teams."""
    owner, who = stranger(world), requester(world)
    await owned(world, owner.email)
    await world.chat.command(owner, "hello")
    await world.reads(owner, ".")
    ref = await held(world, who)
    assert mails(world, owner, ref) == []
    await approve(world, owner, ref)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")


async def test_an_owner_who_removed_the_app_and_put_it_back(world: World) -> None:
    """Mail in between, which says it once; then Teams again."""
    owner, who, other = world.person(), requester(world), requester(world)
    await owned(world, owner.email)
    await world.arrive()
    assert (await world.teams.uninstall(owner)).ok
    first = await held(world, who)
    assert await copies(first, owner) == [] and len(mails(world, owner, first)) == 1
    assert (await world.teams.install(owner)).ok
    second = await held(world, other)
    await reject(world, owner, second)
    await ended(world, second, "Rejected", "reviewed")
    assert mails(world, owner, second) == []
    await verb(world, "reject", first)
    await ended(world, first, "Rejected", "reviewed")


async def test_the_conversation_is_made_for_whoever_was_met_in_a_channel(world: World) -> None:
    """The app is installed for them by an administrator, and they never wrote to it alone."""
    owner, who = stranger(world), requester(world)
    await owned(world, owner.email)
    await world.teams.install(owner, tell=False)
    assert (await world.teams.mention(owner, "Finance", "status")).ok
    await world.until(lambda: _known(owner), "their address")
    ref = await held(world, who)
    assert (await world.row(ref)).owner == owner.email and mails(world, owner, ref) == []
    await reject(world, owner, ref)
    await ended(world, ref, "Rejected", "reviewed")


async def _known(who: Person) -> bool:
    return bool(await conversations.with_email("teams", who.email))


async def test_a_conversation_that_teams_refuses_is_made_up_for_by_mail(world: World) -> None:
    """The bot was blocked, which nobody tells it: it finds out when it writes. One mail, however often it is tried."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    await world.arrive()
    world.teams.tenant.open_personal(world.teams.tenant.find(owner)).installed = False
    ref = await held(world, who, why="Quarter end")
    await world.until(lambda: _mailed(world, owner, ref), "a mail")
    (mail,) = mails(world, owner, ref)
    assert "Quarter end" in mail.text and "Owner of Treasury" in mail.text
    for _ in range(3):
        await board.paint(world.keyturn.services, ref)
        await world.quiet(ref)
    assert len(mails(world, owner, ref)) == 1
    world.teams.tenant.open_personal(world.teams.tenant.find(owner)).installed = True
    await board.paint(world.keyturn.services, ref)
    await approve(world, owner, ref)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")


async def _mailed(world: World, who: Person, ref: str) -> bool:
    return bool(mails(world, who, ref))


async def test_a_requester_who_removes_the_app_is_told_by_mail(world: World) -> None:
    """The account's own address; the reset is made all the same."""
    who = world.person()
    ref = await world.form(who)
    await world.waits(ref)
    assert (await world.teams.uninstall(who)).ok
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    world.move_clock(timedelta(seconds=30))
    await world.quiet(ref)
    told = [str(mail.message["Subject"]) for mail in mails(world, who, ref)]
    assert sorted(told) == [f"Your password reset ({ref})", f"Your request {ref}"] and len(world.writes(who)) == 1
