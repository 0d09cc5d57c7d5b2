"""Requests through Teams, from the first word to the outcome: against stand-ins over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox import world
from sandbox.botframework_records import CARD, Message
from sandbox.botframework_seeing import Seen
from storage import sql
from tests.bot.teams_house import TeamsHouse, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TeamsHouse]:
    """One bot for all stories; each has people of its own."""
    async with opened(tmp_path_factory.mktemp("teams")) as opened_house:
        yield opened_house


TABLES = ("password_reset_requests", "password_reset_audit_log", "keyturn_deliveries", "keyturn_freezes", "keyturn_effects")


async def everything(house: TeamsHouse) -> dict[str, object]:
    """Every row that a request is made of, once the work that waits is done; where people are spoken to is none."""
    await house.idle()
    return {table: await sql.rows(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES}


def somebody(house: TeamsHouse, key: str, like: str = "ravi") -> str:
    """A new person in Teams and Okta, with the applications of somebody known."""
    email = f"{key}@example.com"
    house.teams.tenant.add_person(key, f"{key.title()} Test", email)
    okta = f"00u{key}".ljust(19, "0") + "7"
    house.okta.add_person(world.Person(key, f"{key.title()} Test", email, "", okta, apps=world.PEOPLE[like].apps))
    return key


async def test_a_reset_by_the_form_in_a_dialog(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "dialog")
    await teams.install(who)
    await teams.wait_for("I can help you reset a password", who)
    assert (await teams.press(who, "Reset a password")).ok
    dialog = teams.dialog_of(who)
    assert dialog is not None
    assert "Payroll" in str(dialog.card)
    answer = await teams.fill(who, {"Which account or app": "Payroll", "went wrong": "I forgot it"})
    assert "Got it. Your reference is IT-" in answer.said
    assert teams.dialog_of(who) is None
    asked = await teams.wait_for(r"Tap \d+", who)
    house.okta.push_approve(who)
    await teams.wait_for("I've asked Okta to e-mail a reset link", who)
    after = next(one for one in teams.messages(who) if one.id == asked.id)
    assert after.edited
    assert len([c for c in house.okta.called("POST", "/lifecycle/reset_password") if c.status == 200]) == 1
    row = (await house.rows())[-1]
    assert (row.status, row.decision, row.requester, row.platform) == ("Completed", "Approved", "dialog@example.com", "teams")


async def test_the_form_in_the_chat_says_what_is_wrong_and_keeps_what_was_typed(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "inline")
    await teams.say(who, "reset")
    await teams.wait_for("Reset a password", who)
    empty = await teams.fill(who, {"Tell us a bit more": "it is gone"})
    assert (empty.status, list(empty.errors)) == (0, ["Which account or app?"])  # the client sends nothing
    wrong = await teams.fill(who, {"Which account or app": "VPN", "Who is it for": "not an address"})
    assert wrong.errors == {"Who is it for?": "Please give a whole e-mail address, or leave this empty."}
    shown = teams.messages(who)[-1]
    assert "Which account or app?: VPN" in shown.reading
    assert "Tell us a bit more (optional): it is gone" in shown.reading
    assert await house.rows_of(who) == []
    assert (await teams.fill(who, {"Who is it for": ""})).ok
    assert "Got it. Your reference is IT-" in teams.messages(who)[1].reading
    await teams.wait_for(r"Tap \d+", who)
    place = teams.messages(who)[1]
    kept = await teams.wait_until(lambda: next(m for m in teams.tenant.messages if m.id == place.id and m.edits), what="the edit")
    assert "Input." not in str(kept.activity), "no other client of theirs still shows the form open"
    (row,) = await house.rows_of(who)
    assert (row.intake, row.target_record, row.summary) == ("form", "VPN", "it is gone")


async def test_words_in_the_chat_make_a_request_with_its_files_and_cancel_withdraws_it(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "words")
    await teams.say(who, "I forgot my VPN password", files=["screen.png"])
    card = await teams.wait_for(r"Tap \d+", who)
    (row,) = await house.rows_of(who)
    assert row.attachments == [{"name": "screen.png", "size": 0, "type": "png", "place": "teams:file-screen.png"}]
    assert (row.intake, row.platform, row.channel) == ("text", "teams", "")
    kept = await teams.press(who, "Cancel request", card, confirm=False)
    assert "Withdraw this request?" in kept.confirm
    answer = await teams.press(who, "Cancel request", card)
    assert answer.ok
    assert "You withdrew this request." in next(one for one in teams.messages(who) if one.id == card.id).reading
    (row,) = await house.rows_of(who)
    assert (row.status, row.decision) == ("Closed", "Cancelled")
    await teams.wait_for("Nothing was changed", who)


async def test_commands_and_greetings_are_always_answered(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "polite")
    for said, answered in (("hi", "I can help you"), ("help", "How I can help"), ("status", "no requests yet"), ("cancel", "open request of yours")):
        sent = await teams.say(who, said)
        assert sent.ok
        await teams.wait_for(answered, who, since=sent.id)
    assert await house.rows_of(who) == []


async def test_a_question_is_answered_by_a_button_of_an_old_client(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "oldie")
    await teams.say(who, "I forgot my password, please reset it")
    await teams.wait_for("which app", who)
    assert (await teams.press(who, "VPN", old_client=True)).ok
    await teams.wait_for(r"Tap \d+", who)
    (row,) = await house.rows_of(who)
    assert row.target_record == "VPN"
    assert (await teams.press(who, "This wasn't me", old_client=True)).ok
    await teams.wait_for("I've stopped this and told IT", who)
    row = await house.row_when(who, lambda one: one.priority == "High")
    assert (row.status, row.decision) == ("Escalated", "Escalated")


async def test_somebody_elses_copy_shows_nothing_and_does_nothing(house: TeamsHouse) -> None:
    """A press or refresh that names another person's picture: the nonce is no key."""
    teams, who, other = house.teams, somebody(house, "owner1"), somebody(house, "other1")
    await teams.say(who, "I forgot my VPN password")
    card = await teams.wait_for(r"Tap \d+", who)
    await teams.say(other, "help")
    await teams.wait_for("How I can help", other)
    assert card.card is not None
    theirs = teams.tenant.personal(teams.tenant.find(other))
    assert theirs is not None
    copied = Message(teams.tenant.new_id(), theirs.id, "bot", {"attachments": [{"contentType": CARD, "content": card.card}]})
    teams.tenant.messages.append(copied)
    before = await everything(house)
    seen = teams.seen(copied, teams.tenant.find(other))
    assert (await teams.refresh(other, seen, automatic=False)).ok
    assert "newest message" in teams.messages(other)[-1].reading
    copied.views.clear()
    answer = await teams.press(other, "This wasn't me", copied.id)
    assert answer.said == "Only the person who asked can use that button."
    assert await everything(house) == before


async def test_a_refresh_shows_the_newest_and_changes_nothing(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "fresh")
    await teams.say(who, "I forgot my VPN password")
    card = await teams.wait_for(r"Tap \d+", who)
    before = await everything(house)
    assert (await teams.refresh(who, card)).ok
    assert await everything(house) == before
    assert "Tap" in next(one for one in teams.messages(who) if one.id == card.id).reading


async def test_a_mention_where_others_read_is_answered_in_private(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "loud")
    await teams.install(who, tell=False)
    await teams.mention(who, "help-it", "I forgot my VPN password")
    await teams.wait_for(r"Tap \d+", who)
    assert [one for one in teams.tenant.messages if one.author == "bot" and one.talk.startswith("19:")] == []
    (row,) = await house.rows_of(who)
    assert row.summary == "I forgot my VPN password"


async def test_guests_and_people_of_other_tenants_get_no_row_and_no_word(house: TeamsHouse) -> None:
    teams = house.teams
    foreign = teams.tenant.add_person("foreign", "Fay Foreign", "fay@elsewhere.example.com", tenant="99999999-aaaa-bbbb-cccc-000000000000")
    for person in ("guest", foreign.key):
        account = teams.tenant.find(person)
        said = teams.courier.activity("message", account, teams.tenant.open_personal(account), text="reset my VPN password")
        said["conversation"]["tenantId"] = said["channelData"]["tenant"]["id"] = teams.tenant.id
        assert (await teams.courier.deliver(said)).status == 200
        form = said | {"type": "invoke", "name": "task/submit", "id": f"f:{person}", "value": {"data": {"kt": {"form": "reset"}, "field:application": "account"}}}
        assert (await teams.courier.deliver(form)).status == 200
    await house.idle()
    for person in ("guest", foreign.key):
        assert await house.rows_of(person) == []
        assert [one for one in teams.messages(person) if one.author == "Password Reset"] == []


async def test_somebody_is_welcomed_once_however_often_they_install(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "twice")
    await teams.install(who)
    await teams.wait_for("I can help you reset", who)
    await teams.uninstall(who)
    await teams.install(who)
    await teams.say(who, "status")
    await teams.wait_for("no requests yet", who)
    assert len([one for one in teams.messages(who) if one.says("I can help you reset")]) == 1


async def test_a_password_in_a_message_is_not_kept(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "secret")
    await teams.say(who, "my VPN password is Hunter2!Hunter2, it stopped working")
    await teams.wait_for("I didn't keep it", who)
    await teams.wait_for(r"Tap \d+", who)
    assert "Hunter2" not in str(await everything(house))


async def escalated(house: TeamsHouse, who: str, reviewer: str = "priya") -> Seen:
    """A request for the sensitive application; gives its owner's card."""
    teams = house.teams
    await teams.install(reviewer, tell=False)
    await teams.say(reviewer, "status")
    before = await teams.wait_for("request", reviewer)
    await house.wired.people.profile(house.who(reviewer), fresh=True)
    await teams.say(who, "I forgot my Finance ERP password, the month-end close is tonight")
    return await teams.wait_for("Finance ERP", reviewer, since=before.id)


async def test_an_owner_rejects_in_a_dialog_and_the_requester_is_told(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "asks1", like="emma")
    card = await escalated(house, who)
    assert {"Approve", "Return", "Reject", "Details"} <= set(card.buttons)
    assert (await teams.press("priya", "Reject", card)).ok
    short = await teams.fill("priya", {"Reason": "no"})
    assert list(short.errors) == ["Reason"]  # the client knows how long it has to be
    assert (await teams.fill("priya", {"Reason": "Please use your own login from now on."})).ok
    row = await house.row_when(who, lambda one: one.status == "Rejected")
    assert row.decision == "Rejected"
    await teams.wait_for("Please use your own login", who)
    decided = await teams.wait_for("Rejected", "priya", since=str(int(card.id) - 1))
    assert decided.id == card.id
    assert "Approve" not in decided.buttons


async def test_an_owner_approves_on_the_card_and_a_stale_button_says_so(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "asks2", like="emma")
    card = await escalated(house, who)
    old = dict(card.card or {})
    asked = await teams.press("priya", "Approve", card)
    assert asked.ok
    assert "?" in asked.confirm
    await teams.wait_for(r"Tap \d+", who)
    house.okta.push_approve(who)
    row = await house.row_when(who, lambda one: one.status == "Completed")
    assert row.decision == "Approved"
    kept = teams.tenant.message(card.talk, card.id)
    assert kept is not None
    kept.views[teams.tenant.find("priya").id] = old  # a client that was asleep
    await teams.press("priya", "Reject", card)
    late = teams.dialog_of("priya")
    assert late is not None
    assert "already" in late.reading
    await teams.close("priya")
    await house.idle()
    after = (await house.rows_of(who))[-1]
    assert (after.status, after.decision, after.closed_at) == (row.status, row.decision, row.closed_at)
    assert len(await sql.rows("SELECT 1 FROM keyturn_votes WHERE request_id = ?", [row.request_id])) == 1


async def test_nobody_else_decides(house: TeamsHouse) -> None:
    teams, who, other = house.teams, somebody(house, "asks3", like="emma"), somebody(house, "meddler")
    card = await escalated(house, who)
    await teams.say(other, "help")
    await teams.wait_for("How I can help", other)
    theirs = teams.tenant.personal(teams.tenant.find(other))
    assert theirs is not None
    copied = Message(teams.tenant.new_id(), theirs.id, "bot", {"attachments": [{"contentType": CARD, "content": card.card}]})
    teams.tenant.messages.append(copied)
    for label in ("Approve", "Reject", "Return"):
        await teams.press(other, label, copied.id)
        if teams.dialog_of(other) is not None:
            await teams.fill(other, {"(?i)reason|what do you need": "Because I would like to."})
            await teams.close(other)
    await house.idle()
    row = (await house.rows_of(who))[-1]
    assert (row.status, row.decision) == ("Escalated", "Escalated")


async def test_queue_and_admin_answer_those_who_may_and_decline_the_rest(house: TeamsHouse) -> None:
    teams, who = house.teams, somebody(house, "curious")
    for word in ("queue", "admin"):
        sent = await teams.say(who, word)
        assert sent.ok
        await teams.wait_for(".", who, since=sent.id)
    assert "Only administrators" in teams.messages(who)[-1].reading
    sent = await teams.say("sam", "admin")
    await teams.wait_for("Health|Policy|Self-service", "sam", since=sent.id)
