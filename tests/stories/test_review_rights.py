"""Who may decide: looked up at the moment of the click, by platform id; never a party of the request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dialogs.chat import Press
from dialogs.errors import Declined
from sandbox.world import ADMIN, FALLBACK_OWNER, Person
from storage import freezes
from storage.database import transaction
from tests.stories.reviewing import (
    approve,
    card,
    copies,
    counted,
    decisions,
    ended,
    held,
    members,
    owned,
    reject,
    requester,
    seen,
    settled,
    told,
    untouched,
    verb,
)
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

PLATFORMS = EVERYWHERE

SELF = "somebody else has to decide"
NOBODY = "Only the assigned reviewer"


async def clicks(world: World, who: Person, nonce: str, word: str = "approve", **said: str) -> str:
    """A signed press of a button that was never shown to them: what somebody with the nonce could send."""
    world.people += 1
    press = Press(f"forged:{world.people}", world.chat.identity(who), word, nonce, said=said, channel=world.chat.place(who))
    try:
        return (await world.keyturn.worker.desk.press(press)).text
    except Declined as no:
        return no.text


async def undecided(world: World, ref: str) -> bool:
    await world.quiet(ref)
    return (await world.row(ref)).status == "Escalated" and await decisions(world, ref) == [] and await counted(ref) == []


@pytest.mark.parametrize("word", ["approve", "reject", "return"])
async def test_the_requester_never_decides(world: World, word: str) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    (copy,) = await copies(ref)
    await clicks(world, who, copy.nonce, word, reason="because I say so", why_not="other")
    await told(world, who, SELF)
    assert await undecided(world, ref)


async def test_nor_as_an_administrator(world: World) -> None:
    """An administrator who asks: their rights end at their own request, in chat and on the command line."""
    world.okta.set_apps(ADMIN.key, ["Payroll", "Admin Console", "Treasury"])
    owner = world.person()
    await owned(world, owner.email)
    ref = await held(world, ADMIN)
    assert await copies(ref, ADMIN) == []
    (copy,) = await copies(ref)
    await clicks(world, ADMIN, copy.nonce)
    await told(world, ADMIN, SELF)
    with pytest.raises(Declined, match=SELF):
        await verb(world, "approve", ref)
    assert await undecided(world, ref)
    await reject(world, owner, ref)
    await ended(world, ref, "Rejected")


async def test_nor_while_nobody_knew_who_they_were(world: World) -> None:
    """Row 4 unknown: the row holds a platform id only, and it is still their own request."""
    await world.chat.open_form(ADMIN)
    world.chat.fail("500", "person")
    assert (await world.chat.fill(ADMIN, {"which account": "Payroll"})).ok
    ref = await world.newest(ADMIN)
    await world.status(ref, "Escalated")
    await world.quiet(ref)
    world.chat.heal()
    (copy,) = await copies(ref)
    await clicks(world, ADMIN, copy.nonce, "reject", reason="No longer needed.", why_not="other")
    await told(world, ADMIN, SELF)
    assert await undecided(world, ref)
    with pytest.raises(Declined, match=SELF):
        await verb(world, "reject", ref)
    assert await undecided(world, ref)
    await reject(world, FALLBACK_OWNER, ref)
    await ended(world, ref, "Rejected")


async def test_the_target_never_decides(world: World) -> None:
    owner, boss, who = world.person(), requester(world), requester(world)
    await owned(world, owner.email, tier="Standard")
    world.okta.people[who.key].manager = boss.email
    ref = await held(world, boss, rule="6b", for_whom=who.email)
    (copy,) = await copies(ref)
    for party in (who, boss):
        await clicks(world, party, copy.nonce)
        await told(world, party, SELF)
    assert await undecided(world, ref) and untouched(world, who, boss)


async def test_an_owner_asks_for_their_own_application(world: World) -> None:
    """The backup owner decides; then the fallback owner, when the backup is the same person."""
    owner, backup = requester(world), world.person()
    await owned(world, owner.email, rules={"Backup owner": backup.email})
    ref = await held(world, owner)
    assert await copies(ref, owner) == [] and (await world.row(ref)).owner == backup.email
    assert "Backup" in (await card(world, backup, ref)).reading
    await reject(world, backup, ref)
    await ended(world, ref, "Rejected")
    await owned(world, owner.email, rules={"Backup owner": owner.email})
    ref = await held(world, owner)
    assert (await world.row(ref)).owner == FALLBACK_OWNER.email
    assert (await card(world, FALLBACK_OWNER, ref)).buttons


async def test_the_backup_keeps_the_right_when_the_card_is_drawn_anew(world: World) -> None:
    owner, backup = requester(world), world.person()
    await owned(world, owner.email, rules={"Backup owner": backup.email})
    ref = await held(world, owner)
    await owned(world, owner.email, rules={"Backup owner": backup.email, "Resets per person per day": "2"})
    await approve(world, backup, ref)
    await told(world, backup, "changed since you saw it")
    await world.quiet(ref)
    assert (await world.row(ref)).owner == backup.email
    await reject(world, backup, ref)
    await ended(world, ref, "Rejected")


async def test_a_member_of_the_group_asks(world: World) -> None:
    """The others get the card, they do not."""
    who = requester(world, groups=("Keepers of T1",))
    other, third = members(world, "Keepers of T1", 2)
    await owned(world, "group:Keepers of T1")
    ref = await held(world, who)
    assert {p.audience for p in await copies(ref)} == {str(world.chat.identity(p)) for p in (other, third)}


async def test_every_member_gets_a_card_and_one_decides(world: World) -> None:
    """All copies are edited, and the others are told who was faster."""
    who = requester(world)
    group = f"Keepers of {who.key}"
    team = members(world, group, 4)
    gone = world.person(groups=(group,))
    world.okta.set_status(gone.key, "SUSPENDED")
    await owned(world, f"group:{group}")
    ref = await held(world, who)
    found = await copies(ref)
    assert {p.audience for p in found} == {str(world.chat.identity(p)) for p in team}
    (assigned,) = [d for d in await world.events(ref, "Message") if d.get("kind") == "assigned"]
    assert {(r["reviewer"], r["by"]) for r in assigned["reached"]} == {(p.email, world.platform) for p in team}
    stamps = {p.audience: p.message for p in found}
    await approve(world, team[1], ref)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    for member in team:
        shown = await card(world, member, ref)
        assert f"Approved by {team[1].name}" in shown.reading and f"Member of {group}" in shown.reading
        assert shown.id == stamps[str(world.chat.identity(member))], "edited in place"
    assert "already approved by" in await clicks(world, team[2], found[2].nonce)


async def test_a_removed_member_changes_nothing(world: World) -> None:
    who = requester(world)
    group = f"Keepers of {who.key}"
    first, second = members(world, group, 2)
    await owned(world, f"group:{group}")
    ref = await held(world, who)
    world.okta.remove_group(first.key, group)
    await approve(world, first, ref)
    await told(world, first, NOBODY)
    await reject(world, first, ref)
    await world.quiet(ref)
    assert await undecided(world, ref) and untouched(world, who)
    await reject(world, second, ref)
    await ended(world, ref, "Rejected", "reviewed")


@pytest.mark.parametrize("kind", ["500", "429", "malformed", "403", "drop"])
async def test_the_group_cannot_be_looked_up(world: World, kind: str) -> None:
    """No decision, and a plain answer."""
    who = requester(world)
    group = f"Keepers of {who.key}"
    first, _ = members(world, group, 2)
    await owned(world, f"group:{group}")
    ref = await held(world, who)
    world.keyturn.systems.directory._pause = 0.01  # type: ignore[union-attr]  # the client's own bound, small
    world.okta.fail(kind, path="/api/v1/groups")
    await approve(world, first, ref)
    await told(world, first, f"can't check right now|{NOBODY}")
    world.okta.heal()
    assert await undecided(world, ref)
    await reject(world, first, ref)
    await ended(world, ref, "Rejected", "reviewed")


async def test_the_reviewer_cannot_be_looked_up(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    world.chat.fail("500", "person")
    await approve(world, owner, ref)
    await world.until(lambda: _answered(world, owner), "an answer")
    world.chat.heal()
    assert await undecided(world, ref)


async def _answered(world: World, who: Person) -> bool:
    return any("can't check right now" in said for said in world.words(who))


@pytest.mark.parametrize("status", ["SUSPENDED", "DEPROVISIONED", "LOCKED_OUT"])
async def test_an_owner_whose_account_is_off(world: World, status: str) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    world.okta.set_status(owner.key, status)
    await approve(world, owner, ref)
    await told(world, owner, NOBODY)
    assert await undecided(world, ref)


async def test_somebody_else_with_the_nonce(world: World) -> None:
    """A card is not a key."""
    owner, who, stranger = world.person(), requester(world), world.person()
    await owned(world, owner.email)
    ref = await held(world, who)
    (copy,) = await copies(ref)
    for word in ("approve", "reject", "return"):
        await clicks(world, stranger, copy.nonce, word, reason="I would like to")
    await told(world, stranger, NOBODY)
    assert await undecided(world, ref)


async def test_an_administrator_may_decide_anything_else(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    (copy,) = await copies(ref)
    await clicks(world, ADMIN, copy.nonce, "reject", reason="The team has closed.", why_not="other")
    await ended(world, ref, "Rejected", "reviewed")
    assert f"Rejected by {ADMIN.name}" in (await card(world, owner, ref)).reading


async def test_the_policy_names_another_owner_meanwhile(world: World) -> None:
    """Who had it is refused or told that it changed; who has it now gets the card."""
    first, second, who = world.person(), world.person(), requester(world)
    await owned(world, first.email)
    ref = await held(world, who)
    await owned(world, second.email)
    await approve(world, first, ref)
    await told(world, first, "changed since you saw it")
    await world.quiet(ref)
    assert (await world.row(ref)).owner == second.email and await decisions(world, ref) == []
    await approve(world, second, ref)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert len(world.writes(who)) == 1


async def test_an_owner_whom_chat_does_not_know_gets_mail(world: World) -> None:
    """The address comes from the policy page; a mail decides nothing, and says where to go."""
    world.people += 1
    outside = Person(f"m{world.people}", "Mia Mail", f"mia{world.people}@example.com", "", f"00umail{world.people:011d}h7")
    world.okta.add_person(outside)
    who = requester(world)
    await owned(world, outside.email)
    ref = await held(world, who, why="Quarter <b>end</b>")
    assert await copies(ref) == []
    (mail,) = [m for m in world.company.mail.messages if m.recipient == outside.email]
    assert ref in str(mail) and (await world.row(ref)).owner == outside.email
    (assigned,) = [d for d in await world.events(ref, "Message") if d.get("kind") == "assigned"]
    assert assigned["reached"] == [{"reviewer": outside.email, "by": "mail"}]
    await verb(world, "reject", ref)
    await ended(world, ref, "Rejected", "reviewed")


@pytest.mark.only("slack")  # KEYTURN_REVIEW_CHANNEL is a channel of Slack
async def test_a_copy_without_personal_data_for_the_channel(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    world.house(review_channel="C0GENERAL1")
    world.slack.ws.channels["C0GENERAL1"].members.add(world.slack.ws.bot_user)
    ref = await held(world, who, why="My salary is wrong", details="see my <secret> note")
    (copy,) = [m for m in world.slack.messages(FALLBACK_OWNER, channel="C0GENERAL1") if ref in m.reading]
    for private in (who.name, who.email, owner.name, owner.email, "Treasury", "salary", "secret", "reset"):
        assert private.casefold() not in f"{copy.text} {copy.reading}".casefold(), private
    assert copy.buttons == ()
    await reject(world, owner, ref)
    await ended(world, ref, "Rejected")
    (after,) = [m for m in world.slack.messages(FALLBACK_OWNER, channel="C0GENERAL1") if ref in m.reading]
    assert after.id == copy.id and "was reviewed" in after.reading and owner.name not in after.reading


HOSTILE = "*bold* <!channel> <@U0SAM00001> <https://evil.example.com|Approve> `code` &amp; > quote\n[Approve](x) {{#if}} ${x} \u202egnp"


async def test_hostile_text_stays_a_quotation(world: World) -> None:
    """In every field that a person can fill, requester and reviewer."""
    owner, who = world.person(), requester(world, apps=("Treasury", "Payroll", "VPN"))
    await owned(world, owner.email)
    files = ("<!here> *x*.png",) if world.platform == "slack" else ()  # a form in Teams takes none
    ref = await held(world, who, details=HOSTILE, why=HOSTILE, files=files)
    shown = await card(world, owner, ref)
    assert shown.buttons == ("Approve", "Return", "Reject", "Details")
    await world.chat.press(owner, "Return", shown)
    answer = await world.chat.fill(owner, {"what do you need": HOSTILE})
    assert answer.ok and not answer.errors
    await world.status(ref, "Waiting")
    await world.quiet(ref)
    await world.chat.say(who, f"so {HOSTILE}")
    await world.until(lambda: _in_round(world, ref, 2), "round 2")
    await world.quiet(ref)
    shown = await card(world, owner, ref, 2)
    assert shown.buttons == ("Approve", "Return", "Reject", "Details")
    await reject(world, owner, ref, reason=HOSTILE, round=2)
    await ended(world, ref, "Rejected")
    for reader in (owner, who):
        for message in world.chat.messages(reader):
            if message.author == world.chat.bot_name:
                _no_markup(message.blocks if world.platform == "slack" else message.card)


async def _in_round(world: World, ref: str, round: int) -> bool:
    row = await world.row(ref)
    return (row.status, row.round) == ("Escalated", round)


def _no_markup(thing: Any) -> None:
    """Nothing that Slack or Teams reads as markup holds a mention or a link of theirs."""
    if isinstance(thing, dict):
        if thing.get("type") == "mrkdwn":
            for bad in ("<!channel", "<!here", "<@U0SAM", "evil.example.com|"):
                assert bad not in thing["text"], thing
        if thing.get("type") == "TextBlock":
            for bad in ("[Approve](x)", "<https://evil", "<@U0SAM", "*bold*", "`code`"):
                assert bad not in thing["text"], thing
        if thing.get("type") in ("link", "user", "broadcast"):
            raise AssertionError(thing)
        for value in thing.values():
            _no_markup(value)
    elif isinstance(thing, list | tuple):
        for value in thing:
            _no_markup(value)


# ---------------------------------------------------------------- bound to what was shown


async def test_the_facts_changed_since_the_card(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    world.okta.add_role(who.key, "SUPER_ADMIN")
    await approve(world, owner, ref)
    await told(world, owner, "changed since you saw it")
    await world.quiet(ref)
    row = await world.row(ref)
    assert (row.status, row.rule, row.round) == ("Escalated", "8", 1) and await decisions(world, ref) == []
    assert "admin role" in (await card(world, owner, ref)).reading
    assert untouched(world, who)


async def test_the_policy_changed_since_the_card(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    await owned(world, owner.email, rules={"Resets per person per day": "2"})
    await approve(world, owner, ref)
    await told(world, owner, "changed since you saw it")
    await world.quiet(ref)
    assert await undecided(world, ref) and untouched(world, who)
    await approve(world, owner, ref)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")


async def test_the_application_is_taken_away_since_the_card(world: World) -> None:
    """No approval of what is not theirs any more; the request goes its own way without a person."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    world.okta.set_apps(who.key, ["Payroll"])
    await approve(world, owner, ref)
    await told(world, owner, "changed since you saw it")
    await world.quiet(ref)
    row = await settled(world, ref)
    assert row.status in ("Waiting", "Rejected") and untouched(world, who) and await decisions(world, ref) == []


async def test_okta_cannot_be_read_when_somebody_approves(world: World) -> None:
    """What is unknown never resets: the card says so, and later the request can be decided again."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    world.keyturn.systems.directory._pause = 0.01  # type: ignore[union-attr]  # the client's own bound, small
    world.okta.fail("500", path=f"{who.okta}/roles")
    await approve(world, owner, ref)
    await told(world, owner, "changed since you saw it")
    await world.quiet(ref)
    assert "could not be checked" in (await world.row(ref)).rationale
    world.okta.heal()
    reviewer = FALLBACK_OWNER
    assert seen(world, (await copies(ref, owner))[0])
    await approve(world, reviewer, ref)
    await told(world, reviewer, "changed since you saw it")
    await world.quiet(ref)
    assert (await world.row(ref)).rule == "11"
    await approve(world, owner, ref)
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert len(world.writes(who)) == 1


async def test_frozen_since_the_card(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    async with transaction():
        await freezes.freeze(who.okta, who.email, ref)
    await approve(world, owner, ref)
    await told(world, owner, "changed since you saw it")
    await world.quiet(ref)
    assert await decisions(world, ref) == [] and untouched(world, who)
    await approve(world, owner, ref) if "Approve" in (await card(world, owner, ref)).buttons else None
    world.move_clock(timedelta(seconds=1))
    await world.quiet(ref)
    assert untouched(world, who)
