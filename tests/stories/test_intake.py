"""How a request is made: form, words, shortcut, mention, Home; what its author can ask and withdraw."""

from __future__ import annotations

import pytest

from sandbox.world import FALLBACK_OWNER
from storage.models import Request
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World, policy

PLATFORMS = EVERYWHERE


async def test_free_text_names_the_application(world: World) -> None:
    who = world.person()
    ref = await world.say(who, "hi, I forgot my Payroll password, can you help?")
    row = await world.waits(ref)
    assert (row.intake, row.app_label, row.asked) == ("text", "Payroll", 0)
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


@pytest.mark.only("slack")
async def test_the_command_with_words(world: World) -> None:
    who = world.person()
    answer = await world.slack.command(who, "I'm locked out of VPN")
    assert answer.status == 200
    ref = await world.until(lambda: world.newest(who), "the request")
    assert (await world.waits(ref)).app_label == "VPN"
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


@pytest.mark.parametrize(("text", "words"), [("help", "How I can help|I can help you reset"), ("status", "You have no requests yet"),
                                        ("cancel", "can't see an open request"), ("cancel IT-99999", "don't see a request|can't see")])
async def test_commands_that_make_no_request(world: World, text: str, words: str) -> None:
    who = world.person()
    count = await Request.all().count()
    await world.chat.command(who, text)
    await world.reads(who, words)
    await world.chat.say(who, text)
    await world.reads(who, words)
    await world.chat.say(who, "hello")
    await world.reads(who, "I never ask for your password")
    assert await Request.all().count() == count


async def test_status_and_cancel(world: World) -> None:
    who, other = world.person(), world.person()
    ref = await world.form(who)
    await world.waits(ref)
    await world.chat.command(who, "status")
    await world.reads(who, f"{ref}.*Payroll|Payroll.*{ref}")
    await world.chat.command(other, f"cancel {ref}")
    assert (await world.row(ref)).status == "Waiting"
    await world.reads(other, "don't see a request")
    await world.chat.say(who, f"cancel {ref}")
    row = await world.ends(ref, "Closed", "Cancelled", "14")
    assert "Withdrawn" in row.rationale
    await world.reads(who, "is cancelled")
    world.okta.push_approve(who.key)
    await world.quiet(ref)
    assert world.writes(who) == []
    assert (await world.incident(ref))["state"] == "6"
    again = await world.form(who)
    assert again != ref
    await world.confirm(who)
    await world.ends(again, "Completed", "Approved", "16")


async def test_withdrawing_by_the_button(world: World) -> None:
    who = world.person()
    ref = await world.form(who)
    await world.waits(ref)
    await world.reads(who, "Tap")
    asked = await world.chat.press(who, "Cancel request", confirm=False)
    assert "Withdraw" in asked.confirm
    await world.chat.press(who, "Cancel request")
    await world.ends(ref, "Closed", "Cancelled", "14")
    await world.reads(who, "withdrew this request")


async def test_an_escalated_request_can_be_withdrawn(world: World) -> None:
    who = world.person(factors=())
    ref = await world.form(who)
    await world.ends(ref, "Escalated", "Escalated", "13")
    notice = await world.reads(FALLBACK_OWNER, ref)
    await world.chat.press(who, "Cancel request")
    await world.ends(ref, "Closed", "Cancelled", "13")
    edited = next(m for m in world.chat.messages(FALLBACK_OWNER) if m.id == notice.id)
    assert edited.edited and "Withdrawn" in edited.text and not {"Approve", "Reject"} & set(edited.buttons)


@pytest.mark.only("slack")
async def test_a_mention_in_a_channel(world: World) -> None:
    who = world.person()
    place = world.slack.ws.add_channel(f"help-{who.key}", [who.key])
    assert (await world.slack.mention(who, place.name, "I forgot my Payroll password")).status == 200
    ref = await world.until(lambda: world.newest(who), "the request")
    await world.waits(ref)
    there = world.slack.messages(who, channel=place.id)
    await world.slack.wait_for("direct message", who, channel=place.id)
    assert all(m.ephemeral for m in there if m.author == "Password Reset"), "what is private stays out of the channel"
    await world.reads(who, "Tap")
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    assert not [p for p in world.slack.ws.posts if p.channel == place.id and p.author == world.slack.ws.bot_user and not p.only]


@pytest.mark.only("slack")
async def test_the_message_shortcut(world: World) -> None:
    who = world.person()
    said = await world.slack.say(who, "hello")
    await world.reads(who, "I never ask")
    assert (await world.slack.shortcut(who, said.ts, "reset_from_message")).status == 200
    shown = await world.slack.wait_until(lambda: world.slack.modal_of(who))
    assert shown.values["Tell us a bit more"] == "hello"
    assert (await world.slack.fill(who, {"which account": "VPN"})).ok
    ref = await world.newest(who)
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


@pytest.mark.only("slack")
async def test_attachments_are_kept_by_name(world: World) -> None:
    who = world.person()
    ref = await world.form(who, files=("error.png", "trace.log"))
    row = await world.waits(ref)
    kept = row.attachments
    assert [(a["name"], a["type"]) for a in kept] == [("error.png", "image/png"), ("trace.log", "text/plain")]
    assert all(a["size"] > 0 and a["place"].startswith("slack:F") for a in kept)
    await world.confirm(who)


async def test_the_form_s_inline_errors(world: World) -> None:
    who = world.person()
    await world.arrive()
    nameless = await world.chat.form(who, {"which account": "Something else"})
    assert list(nameless.errors.values()) == ["Please type its name."]
    nobody = await world.chat.fill(who, {"its name": "Payroll", "who is it for": "the boss"})
    assert "whole e-mail address" in next(iter(nobody.errors.values()))
    assert await world.newest(who) == ""
    assert (await world.chat.fill(who, {"who is it for": ""})).ok
    assert (await world.row(await world.newest(who))).app_label == "Payroll"
    await world.confirm(who)


async def test_a_declared_e_mail_of_one_s_own_is_no_third_party(world: World) -> None:
    who = world.person()
    ref = await world.form(who, for_whom=who.email.upper())
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    assert len(world.writes(who)) == 1


async def test_more_applications_than_a_select_holds(world: World) -> None:
    who = world.person(apps=("Payroll", *(f"Tool {n:03d}" for n in range(150))))
    ref = await world.form(who, "Payroll")
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


@pytest.mark.only("slack")
async def test_okta_is_slow_when_the_form_opens(world: World) -> None:
    """A loading view first, filled afterwards: the trigger lives three seconds."""
    who = world.person()
    world.okta.fail("slow", path=f"{who.okta}/appLinks", seconds=2.0, times=1)
    await world.slack.command(who)
    ref = ""
    assert (await world.slack.fill(who, {"which account": "Payroll"}, within=6.0)).ok
    ref = await world.newest(who)
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


@pytest.mark.only("slack")
async def test_the_home_tab(world: World) -> None:
    who = world.person()
    ref = await world.reset(who)
    await world.slack.open_home(who)
    page = await world.slack.wait_until(lambda: world.slack.home_of(who))
    assert ref in page.reading and "Payroll" in page.reading
    await world.slack.press(who, "Reset a password")
    assert await world.slack.wait_until(lambda: world.slack.modal_of(who))
    other = world.person()
    await world.slack.open_home(other)
    empty = await world.slack.wait_until(lambda: world.slack.home_of(other))
    assert ref not in empty.reading


@pytest.mark.only("slack")
async def test_suggested_prompts(world: World) -> None:
    who = world.person()
    await world.slack.open_messages(who)
    place = world.slack.ws.dm(who.slack).id
    shown = await world.slack.wait_until(lambda: world.slack.ws.prompts.get(place))
    assert 1 <= len(shown["prompts"]) <= 4


async def test_my_okta_account(world: World) -> None:
    who = world.person(apps=())
    ref = await world.say(who, "I forgot my Okta password")
    row = await world.waits(ref)
    assert row.app_kind == "account"
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


async def test_row_3_for_words_that_turn_out_to_be_the_same_target(world: World) -> None:
    who = world.person()
    first = await world.form(who, "Payroll")
    await world.waits(first)
    second = await world.say(who, "I forgot my Payroll password")
    row = await world.ends(second, "Closed", "Cancelled", "3")
    assert first in row.rationale
    await world.confirm(who)
    await world.ends(first, "Completed", "Approved", "16")
    assert len(world.writes(who)) == 1 and world.pushes(who) == 1
    assert any(d.get("from_request") == second for d in await world.events(first, "Message"))
    await world.reads(who, f"already have a request open for this: {first}")


async def test_a_password_in_the_text_is_not_kept(world: World) -> None:
    who = world.person()
    ref = await world.say(who, "I forgot my Payroll password, my old password is hunter2Secret!")
    row = await world.waits(ref)
    assert "hunter2Secret" not in row.summary
    await world.reads(who, "didn't keep it")
    assert "hunter2Secret" not in world.said.getvalue()
    await world.confirm(who)


async def test_revoking_sessions_when_policy_says_so(world: World) -> None:
    await world.accept(policy({"Revoke sessions on reset": "yes"}))
    who = world.person()
    await world.reset(who)
    assert [c for c in world.okta.calls if c.method == "DELETE" and who.okta in c.path and c.path.endswith("/sessions")]


async def test_an_expired_password(world: World) -> None:
    who = world.person(status="PASSWORD_EXPIRED")
    await world.reset(who, symptom="expired")
    assert [c.path.rsplit("/", 1)[1] for c in world.writes(who)] == ["reset_password"]


@pytest.mark.parametrize(("status", "method"), [("ACTIVE", "forgot_password"), ("PASSWORD_EXPIRED", "reset_password")])
async def test_the_other_reset_method(world: World, status: str, method: str) -> None:
    world.house(reset_method="forgot_password")
    who = world.person(status=status)
    await world.reset(who)
    assert [c.path.rsplit("/", 1)[1] for c in world.writes(who)] == [method]
    assert len([m for m in world.okta.outbox if m.person == who.key]) == 1


async def test_the_application_keeps_its_own_password(world: World) -> None:
    """Row 15: its page, and nothing in Okta."""
    who = world.person()
    ref = await world.form(who, "Travel Desk")
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "15")
    await world.reads(who, "https://travel.example.com/reset")
    assert world.writes(who) == [] and world.mails(who) == []
