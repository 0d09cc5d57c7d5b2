"""The other places to decide in: the details, the queue at Home; and a process that was away in between."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sandbox.company import Company
from sandbox.world import ADMIN, PEOPLE
from tests.stories.reviewing import card, decisions, ended, held, owned, reject, requester, told
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

PLATFORMS = EVERYWHERE


async def test_decided_in_the_details(world: World) -> None:
    """The form opens on top of the details; the card in the messages says who decided."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who, why="Quarter end")
    await world.chat.press(owner, "Details", await card(world, owner, ref))
    await world.chat.page_of(owner, who.name, "Quarter end")
    await world.chat.press(owner, "Reject")
    await world.chat.page_of(owner, "Reject", "why not")
    answer = await world.chat.fill(owner, {"why not": "Not needed", "^reason": "The quarter has ended."})
    assert answer.ok and not answer.errors, answer
    await ended(world, ref, "Rejected", "reviewed")
    assert f"Rejected by {owner.name}" in (await card(world, owner, ref)).reading
    assert await decisions(world, ref) == ["Rejected"]


async def test_approved_in_the_details_of_an_administrator(world: World) -> None:
    """Somebody without a card of their own."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await world.chat.details(ADMIN, ref)
    await world.chat.press(ADMIN, "Approve")
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert f"Approved by {ADMIN.name}" in (await card(world, owner, ref)).reading


async def test_the_details_are_old(world: World) -> None:
    """Decided by somebody else while they were open."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await world.chat.details(ADMIN, ref)
    await reject(world, owner, ref)
    await world.status(ref, "Rejected")
    await world.chat.press(ADMIN, "Approve")
    read = await (told(world, ADMIN, "already rejected") if world.platform == "slack" else world.chat.page_of(ADMIN, "already rejected"))
    assert owner.name in read and ref in read
    await ended(world, ref, "Rejected", "reviewed")
    assert await decisions(world, ref) == ["Rejected"]


async def test_the_details_of_a_requester_hide_the_review(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await reject(world, owner, ref, "Looks risky", "The laptop was stolen, I fear.")
    await ended(world, ref, "Rejected")
    await world.chat.command(who, "status")
    await world.chat.command(who, f"status {ref}")
    for said in (*world.words(who), await world.chat.home(who)):
        assert "stolen" not in said and owner.name not in said


async def test_a_process_that_ends_between_the_card_and_the_click(tmp_path: Path) -> None:
    """kill -9 after the card, a click while nobody listens, a start, the click again, kill -9 right after it."""
    company = Company(tmp_path)
    await company.open()
    try:
        await company.accept_policy()
        await company.start()
        emma, priya, slack = PEOPLE["emma"], PEOPLE["priya"], company.slack
        await slack.command(emma)
        await slack.fill(emma, {"which account": "Finance ERP"})
        shown = await slack.wait_for("Review needed", priya)
        await company.kill()
        assert not (await slack.press(priya, "Approve", shown)).ok
        await company.start()
        assert (await slack.press(priya, "Approve", shown)).ok
        await company.kill()
        with sqlite3.connect(tmp_path / "keyturn.db") as rows:  # as time does: what was being worked on is free again
            rows.execute("UPDATE keyturn_jobs SET leased_until = '2020-01-01T00:00:00.000Z' WHERE leased_until IS NOT NULL")
        await company.start()

        await slack.wait_for("Tap", emma, timeout=20)
        company.okta.push_approve("emma")
        await slack.wait_for("asked Okta to e-mail", emma, timeout=20)
        done = await slack.wait_for(lambda m: m.id == shown.id and "Approved by Priya Nair" in m.reading, priya, timeout=20)
        assert "Approve" not in done.buttons
        assert len(company.okta.called("POST", "lifecycle/reset_password")) == 1
        assert len([p for p in company.okta.pushes if p.person == "emma"]) == 1
        code, out, _ = await company.keyturn("audit", "verify")
        assert code == 0, out
    finally:
        await company.close()
