"""What a reviewer says, and what comes of it: approved, rejected, returned; for oneself and for somebody else."""

from __future__ import annotations

import re
from datetime import timedelta

from sandbox.world import FALLBACK_OWNER
from storage import freezes
from tests.stories.reviewing import (
    NEUTRAL,
    again,
    approve,
    attest,
    card,
    copies,
    decisions,
    ended,
    give_back,
    held,
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


async def test_sensitive_approved_then_checked_then_reset(world: World) -> None:
    """Approve is not the reset: the person still confirms who they are, and Okta is asked once."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who, rule="11", why="Quarter end is today")
    shown = await card(world, owner, ref)
    assert {"Approve", "Reject", "Return"} <= set(shown.buttons)
    assert who.name in shown.reading and "Quarter end is today" in shown.reading and "Owner of Treasury" in shown.reading
    assert untouched(world, who)
    answer = await approve(world, owner, ref)
    assert "Are you sure" in answer.confirm
    await world.pushed(who)
    assert world.writes(who) == []
    assert owner.name in (await world.reads(owner, f"Reviewed · {ref}")).reading
    await world.confirm(who)
    row = await ended(world, ref, "Completed", "16")
    assert len(world.writes(who)) == 1 and row.priority == "High"
    assert await decisions(world, ref) == ["Approved"]
    shown = await card(world, owner, ref)
    assert f"Approved by {owner.name}" in shown.reading and "carried it out" in shown.reading
    (event,) = await world.events(ref, "Approval")
    assert (event["by"], event["effect"]) == (owner.email, "reset")


async def test_approved_but_the_person_is_not_confirmed(world: World) -> None:
    """After a failed check a person looks again: a new round, a new card, and an approval that says how they verified."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who, rule="11")
    await approve(world, owner, ref)
    for times in (1, 2):
        await world.pushed(who, times)
        world.okta.push_timeout(who.key)
    row = await again(world, ref, 2)
    assert (row.rule, row.round, row.owner) == ("14", 2, FALLBACK_OWNER.email) and world.writes(who) == []
    old = await card(world, owner, ref)
    assert f"Approved by {owner.name}" in old.reading and "not confirmed" in old.reading and "Approve" not in old.buttons
    await attest(world, FALLBACK_OWNER, ref, "Called back", round=2)
    await ended(world, ref, "Completed", "16")
    assert len(world.writes(who)) == 1 and world.pushes(who) == 2
    assert f"Approved by {owner.name}" in (await card(world, owner, ref)).reading
    assert "Called back" in (await card(world, FALLBACK_OWNER, ref, 2)).reading


async def test_the_facts_change_after_the_approval(world: World) -> None:
    """Full re-check: an admin role that came meanwhile stops the reset, and somebody decides anew."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await approve(world, owner, ref)
    await world.pushed(who)
    world.okta.add_role(who.key, "SUPER_ADMIN")
    world.okta.push_approve(who.key)
    row = await again(world, ref, 2)
    assert (row.rule, row.round) == ("8", 2) and world.writes(who) == []
    assert (await copies(ref, round=2)) != []


async def test_okta_refuses_after_the_approval(world: World) -> None:
    """The request does not strand: a new round asks the fallback owner."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await approve(world, owner, ref)
    await world.pushed(who)
    world.okta.fail("403", path=f"{who.okta}/lifecycle/reset_password", method="POST", times=1)
    world.okta.push_approve(who.key)
    row = await again(world, ref, 2)
    assert (row.rule, row.round, row.owner) == ("16", 2, FALLBACK_OWNER.email)
    shown = await card(world, FALLBACK_OWNER, ref, 2)
    assert "Approve" in shown.buttons and "did not carry out" in shown.reading


async def test_rejected_with_a_reason(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await reject(world, owner, ref, reason="You left the treasury team in May.")
    row = await ended(world, ref, "Rejected", "reviewed")
    assert untouched(world, who) and row.rationale == "You left the treasury team in May."
    await world.reads(who, "wasn't approved")
    assert any("You left the treasury team in May." in said for said in world.words(who))
    shown = await card(world, owner, ref)
    assert f"Rejected by {owner.name}" in shown.reading and "You left the treasury team" in shown.reading
    assert await decisions(world, ref) == ["Rejected"]
    incident = await world.incident(ref)
    assert incident["state"] == "6"


async def test_rejected_as_risky_is_told_in_neutral_words(world: World) -> None:
    """The same sentence as for a failed check, in the chat, in status and at Home; the reason only on the record."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await reject(world, owner, ref, "Looks risky", "Smells of a stolen laptop to me.")
    await ended(world, ref, "Rejected", "reviewed")
    world.move_clock(timedelta(seconds=4))
    shown = await world.reads(who, NEUTRAL)
    assert f"Your reference is {ref}" in shown.reading
    await world.chat.say(who, "status")
    await world.reads(who, "Your requests")
    for text in (*world.words(who), await world.chat.home(who)):
        assert "stolen laptop" not in text and "wasn't approved" not in text
    assert any(d.get("reason") == "Smells of a stolen laptop to me." for d in await world.events(ref, "Rejection"))


async def test_a_reason_that_is_too_short(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await world.chat.press(owner, "Reject", await card(world, owner, ref))
    answer = await world.chat.fill(owner, {"why not": "Other", "^reason": "no"})
    assert answer.errors, "the field says what is wrong"
    assert (await world.row(ref)).status == "Escalated" and await decisions(world, ref) == []
    await world.chat.leave(owner)
    await world.quiet(ref)
    assert (await world.row(ref)).status == "Escalated"


async def test_returned_answered_and_approved_by_the_same_person(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await give_back(world, owner, ref, "Which country are you in today?")
    await world.reads(who, "Which country are you in today")
    row = await world.row(ref)
    assert (row.status, row.decision, row.round) == ("Waiting", "", 1)
    await settled(world, ref)
    assert f"Returned with a question by {owner.name}" in (await card(world, owner, ref)).reading
    await world.chat.say(who, "I am in *Lisbon* <!channel> this week")
    row = await again(world, ref, 2)
    assert (row.round, row.decision) == (2, "Escalated")
    old, new = await card(world, owner, ref, 1), await card(world, owner, ref, 2)
    assert old.id != new.id and "Approve" not in old.buttons and "Approve" in new.buttons
    assert "I am in *Lisbon* <!channel> this week" in new.reading and "Which country are you in today" in new.reading
    assert "Returned" in old.reading and old.reading.count("Lisbon") == 0
    await approve(world, owner, ref, 2)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert len(world.writes(who)) == 1 and await decisions(world, ref, 2) == ["Approved"]


async def test_returned_twice(world: World) -> None:
    """Each round keeps how it ended."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    for turn, (asked, said) in enumerate((("Which country are you in?", "Lisbon"), ("And who is your manager?", "Priya Nair")), 1):
        await give_back(world, owner, ref, asked, turn)
        await world.status(ref, "Waiting")
        await world.quiet(ref)
        await world.chat.say(who, f"my answer is {said}")
        await again(world, ref, turn + 1)
    assert (await world.row(ref)).round == 3
    await reject(world, owner, ref, round=3)
    await ended(world, ref, "Rejected", "reviewed")
    for turn, how in ((1, "Returned"), (2, "Returned"), (3, "Rejected")):
        assert how in (await card(world, owner, ref, turn)).reading
    last = (await card(world, owner, ref, 3)).reading
    assert "my answer is Lisbon" in last and "my answer is Priya Nair" in last


async def test_returned_and_never_answered(world: World) -> None:
    """One nudge, then Closed / Cancelled; the reviewer's card says so."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await give_back(world, owner, ref)
    await world.status(ref, "Waiting")
    await world.quiet(ref)
    world.move_clock(timedelta(hours=2))
    await world.reads(who, "still waiting for your answer")
    await world.quiet(ref)
    world.move_clock(timedelta(hours=69))
    await world.quiet(ref)
    assert (await world.row(ref)).status == "Waiting"
    world.move_clock(timedelta(hours=2))
    await ended(world, ref, "Closed", "expired")
    assert len([m for m in world.words(who) if "still waiting" in m]) == 1 and untouched(world, who)
    assert "Returned" in (await card(world, owner, ref)).reading


async def test_no_usable_factor_is_attested_from_a_list(world: World) -> None:
    """Row 13: no push, and no way around the list."""
    who = requester(world, factors=())
    ref = await held(world, who, "Payroll", rule="13")
    shown = await card(world, FALLBACK_OWNER, ref)
    assert "how you verified" in shown.reading
    await approve(world, FALLBACK_OWNER, ref)
    assert "Approve" in await world.chat.form_of(FALLBACK_OWNER)
    await world.chat.leave(FALLBACK_OWNER)
    await world.quiet(ref)
    assert (await world.row(ref)).status == "Escalated" and untouched(world, who)
    await attest(world, FALLBACK_OWNER, ref, "Video call", note="Saw the passport")
    row = await ended(world, ref, "Completed", "16")
    assert len(world.writes(who)) == 1 and world.pushes(who) == 0
    assert (row.identity or {})["how"] == "video_call_with_id"
    (event,) = await world.events(ref, "Approval")
    assert event["how"] == "video_call_with_id" and event["note"] == "Saw the passport"
    assert "Video call" in (await card(world, FALLBACK_OWNER, ref)).reading
    assert not any("passport" in said for said in world.words(who))


async def test_a_failed_check_is_attested(world: World) -> None:
    """Row 14 without a review before it."""
    who = requester(world)
    ref = await world.form(who, "Payroll")
    await world.waits(ref)
    await world.chat.press(who, "I don't have my phone")
    await world.ends(ref, "Escalated", "Escalated", "14")
    await attest(world, FALLBACK_OWNER, ref, "manager vouched")
    await ended(world, ref, "Completed", "16")
    assert len(world.writes(who)) == 1 and world.pushes(who) == 1


async def test_refused_on_the_phone_can_only_be_handled_by_hand(world: World) -> None:
    who = requester(world)
    ref = await world.form(who, "Payroll")
    await world.pushed(who)
    world.okta.push_reject(who.key)
    await world.ends(ref, "Escalated", "Escalated", "14", "High")
    await approve(world, FALLBACK_OWNER, ref)
    row = await settled(world, ref)
    assert (row.status, (row.verdict or {}).get("released")) == ("Escalated", True) and world.writes(who) == []


async def test_this_was_not_me_while_under_review(world: World) -> None:
    """The freeze counts at once: Approve executes nothing any more."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    first = await world.reset(who, "Payroll")
    world.okta.use_link(who.key)
    ref = await held(world, who)
    done = await world.reads(who, first)
    before = world.pushes(who)
    shown = next(m for m in reversed(world.chat.messages(who)) if "This wasn't me" in m.buttons)
    assert done
    await world.chat.press(who, "This wasn't me", shown)
    await world.until(lambda: _report(world, who, (first, ref)), "a report")
    await approve(world, owner, ref)
    await world.quiet(ref)
    row = await world.status(ref, "Escalated")
    assert len(world.writes(who)) == 1 and world.pushes(who) == before
    assert (row.verdict or {})["verdict"]["effect"] is None
    assert await decisions(world, ref) == []
    await told(world, owner, "changed since you saw it")


async def _report(world: World, who: object, known: tuple[str, ...]) -> str:
    newest = await world.newest(who)  # type: ignore[arg-type]  # a Person
    return newest if newest not in known else ""


async def test_a_third_party_approved(world: World) -> None:
    """Row 6b: the link goes to the target alone, the number is shown in their own chat only."""
    owner, boss = world.person(), requester(world)
    await owned(world, owner.email, tier="Standard")
    who = requester(world)
    world.okta.people[who.key].manager = boss.email
    ref = await held(world, boss, rule="6b", for_whom=who.email)
    shown = await card(world, owner, ref)
    assert who.email in shown.reading and "only to the address on their own account" in shown.reading
    assert untouched(world, who, boss)
    await approve(world, owner, ref)
    row = await world.waits(ref)
    number = str((row.identity or {})["number"])
    assert f"Tap {number}" in (await world.reads(who, f"Tap {number}")).reading
    assert world.pushes(boss) == 0 and world.pushes(who) == 1
    for reader in (boss, owner):
        assert not any(f"Tap {number}" in said for said in world.words(reader)), "the number belongs to the target"
    await world.chat.say(boss, "status")
    await world.reads(boss, "Your requests")
    assert not re.search(rf"(?<![\d:]){number}(?![\d:,])", (await world.chat.home(boss)).replace(ref, "")), "nor at Home"
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert len(world.writes(who)) == 1 and world.writes(boss) == []
    assert [m.to for m in world.okta.outbox if m.person in (who.key, boss.key)] == [who.email]
    assert any(m.recipient == who.email for m in world.company.mail.messages)


async def test_a_third_party_says_that_it_was_not_them(world: World) -> None:
    """The person whose account it is has the last word, although they did not ask."""
    owner, boss = world.person(), requester(world)
    await owned(world, owner.email, tier="Standard")
    who = requester(world)
    world.okta.people[who.key].manager = boss.email
    ref = await held(world, boss, rule="6b", for_whom=who.email)
    await approve(world, owner, ref)
    await world.waits(ref)
    shown = await world.reads(who, "Tap")
    assert boss.name in shown.reading
    assert not {"This wasn't me", "I don't have my phone"} & {b for m in world.chat.messages(boss) for b in m.buttons}
    await world.chat.press(who, "This wasn't me", shown)
    row = await again(world, ref, 2)
    assert (row.rule, row.priority) == ("14", "High") and world.writes(who) == []
    freeze = await freezes.frozen(who.okta)
    assert freeze is not None and freeze.email == who.email and await freezes.frozen(boss.okta) is None
    await world.reads(who, "Nobody can use me")
    assert (row.verdict or {})["verdict"]["effect"] is None


async def test_a_third_party_who_cannot_be_reached_is_handled_by_hand(world: World) -> None:
    """Nobody could show them their number: no push goes out, a person takes over."""
    owner, boss = world.person(), requester(world)
    await owned(world, owner.email, tier="Standard")
    who = requester(world, slack_flags=("deleted",))
    world.okta.people[who.key].manager = boss.email
    ref = await held(world, boss, rule="6b", for_whom=who.email)
    await approve(world, owner, ref)
    row = await again(world, ref, 2)
    assert row.status == "Escalated" and untouched(world, who, boss)
    assert (row.verdict or {})["verdict"]["effect"] is None


async def test_a_third_party_may_not_approve(world: World) -> None:
    """The target is a party, under their own name; the owner's place is taken by the backup."""
    boss, who = requester(world), requester(world)
    await owned(world, who.email, tier="Standard")
    world.okta.people[who.key].manager = boss.email
    ref = await held(world, boss, rule="6b", for_whom=who.email)
    assert await copies(ref, who) == [] and await copies(ref, boss) == []
    assert (await card(world, FALLBACK_OWNER, ref)).buttons
    assert (await world.row(ref)).owner == FALLBACK_OWNER.email


async def test_a_third_party_with_admin_rights_is_never_reset(world: World) -> None:
    """The target's own facts are only known after the approval; row 8 holds for them as for anybody."""
    owner, keeper, boss = world.person(), world.person(), requester(world)
    await owned(world, owner.email, rules={"Privileged account owner": keeper.email})
    who = requester(world, roles=("SUPER_ADMIN",))
    world.okta.people[who.key].manager = boss.email
    ref = await held(world, boss, rule="6b", for_whom=who.email)
    await approve(world, owner, ref)
    row = await again(world, ref, 2)
    assert untouched(world, who, boss) and (row.verdict or {})["verdict"]["effect"] is None
    assert (row.rule, row.owner, row.priority) == ("8", keeper.email, "High")
    await approve(world, keeper, ref, 2)
    await world.confirm(keeper)
    await world.quiet(ref)
    assert ((await world.row(ref)).verdict or {})["released"] and untouched(world, who, boss)
