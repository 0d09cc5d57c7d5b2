"""People use Slack: the same stories over signed HTTP and over Socket Mode, with a bot on the real slack_bolt."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.sandbox.slack_echo import CARD, workspace

Transport = Literal["http", "socket"]
both = pytest.mark.parametrize("transport", ["http", "socket"])


@both
async def test_a_command_opens_a_form_that_is_filled_in_by_words(transport: Transport) -> None:
    async with workspace(transport) as (slack, bot):
        assert (await slack.command("emma")).ok
        answer = await slack.fill("emma", {"app|account|system": "Payroll", "What happened": "I forgot it", "more": "cannot log in"},
                                  files={"Attachment": ["screen.png"]})
        assert answer.ok
        assert not answer.errors
        assert slack.modal_of("emma") is None
        assert (await slack.wait_for("got it: cannot log in", "emma")).author == "Password Reset"

        submitted = next(b for b in bot.heard if b.get("type") == "view_submission")
        values = submitted["view"]["state"]["values"]
        assert values["app"]["value"]["selected_option"]["value"] == "payroll"
        assert values["what"]["value"] == {"type": "radio_buttons", "selected_option": {
            "text": {"type": "plain_text", "text": "I forgot it"}, "value": "i-forgot-it"}}
        assert values["who"]["value"] == {"type": "email_text_input", "value": None}
        assert values["files"]["value"]["files"][0]["mimetype"] == "image/png"
        assert submitted["view"]["private_metadata"] == "nonce-1"
        assert submitted["user"]["id"] == "U0EMMA0001"
        assert slack.ws.faults == []


@both
async def test_inline_errors_come_back_by_label_and_the_form_stays(transport: Transport) -> None:
    async with workspace(transport) as (slack, _):
        await slack.command("emma")
        answer = await slack.fill("emma", {"app": "VPN", "happened": "It expired", "more": "a password"})
        assert answer.errors == {"Tell us more": "Please do not type passwords."}
        modal = slack.modal_of("emma")
        assert modal is not None
        assert modal.values["Which app, account or system?"] == "VPN"
        assert (await slack.fill("emma", {"more": "fine"})).errors == {}
        assert slack.modal_of("emma") is None


async def test_slack_itself_refuses_an_empty_required_field_and_the_bot_hears_nothing() -> None:
    async with workspace() as (slack, bot):
        await slack.command("emma")
        answer = await slack.fill("emma", {"app": "VPN", "more": "x" * 41, "Who": "not an address"})
        assert answer.status == 0
        assert set(answer.errors) == {"What happened?", "Tell us more", "Who is it for?"}
        assert not [b for b in bot.heard if b.get("type") == "view_submission"]


async def test_what_is_not_there_is_named() -> None:
    async with workspace() as (slack, _):
        await slack.command("emma")
        with pytest.raises(LookupError, match="Which app, account or system\\?, What happened\\?"):
            await slack.fill("emma", {"Favourite colour": "red"}, within=0.2)
        with pytest.raises(LookupError, match="I forgot it, It expired"):
            await slack.fill("emma", {"happened": "A cat did it"})
        with pytest.raises(LookupError, match="there are: Send, Cancel"):
            await slack.press("emma", "Approve", within=0)
        with pytest.raises(LookupError, match="Ravi Rao has no open modal"):
            await slack.fill("ravi", {}, within=0)
        with pytest.raises(LookupError, match="no person 'zoe'"):
            await slack.command("zoe")


async def test_errors_for_fields_that_do_not_exist_are_a_fault_of_the_bot() -> None:
    async with workspace() as (slack, _):
        await slack.command("emma")
        await slack.fill("emma", {"app": "VPN", "happened": "It expired", "more": "wrong errors"})
        assert "no input blocks of the view" in slack.ws.faults[0]


@both
async def test_a_submission_may_push_update_and_close(transport: Transport) -> None:
    async with workspace(transport) as (slack, bot):
        await slack.command("emma")
        await slack.fill("emma", {"app": "VPN", "happened": "It expired", "more": "next"})
        pushed = slack.modal_of("emma")
        assert pushed is not None
        assert (pushed.title, pushed.depth) == ("One more", 2)
        await slack.fill("emma", {"app": "VPN", "happened": "It expired", "more": "change"})
        changed = slack.modal_of("emma")
        assert changed is not None
        assert (changed.title, changed.reading, changed.id) == ("Done", "────", pushed.id)
        await slack.close("emma")
        assert slack.modal_of("emma") is not None
        await slack.press("emma", "Cancel")
        assert slack.modal_of("emma") is None
        assert bot.heard[-1]["type"] == "view_closed"


@both
async def test_buttons_are_found_by_their_words_and_a_confirm_dialog_is_shown(transport: Transport) -> None:
    async with workspace(transport) as (slack, bot):
        await slack.command("emma", "post")
        card = await slack.wait_for("IT-1 is working", "emma")
        assert card.buttons == ("Approve", "Cancel request")
        assert (await slack.press("emma", "Approve", confirm=False)).status == 0
        assert not [b for b in bot.heard if b.get("type") == "block_actions"]

        answer = await slack.press("emma", "approve")
        assert answer.ok
        assert answer.confirm == "Sure?: It cannot be undone. [Yes] [No]"
        changed = await slack.wait_for("IT-1 approved", "emma")
        assert (changed.ts, changed.edited, changed.buttons) == (card.ts, 1, ())

        pressed = next(b for b in bot.heard if b.get("type") == "block_actions")
        assert pressed["actions"][0]["value"] == "n1"
        assert pressed["container"] == {"type": "message", "message_ts": card.ts, "channel_id": card.channel, "is_ephemeral": False}
        assert slack.messages("ravi") == []


@both
async def test_a_response_url_answers_to_one_person_only(transport: Transport) -> None:
    async with workspace(transport) as (slack, bot):
        channel = slack.ws.add_channel("help-it", ["emma", "ravi"])
        await bot.client.chat_postMessage(channel=channel.id, text="IT-1", blocks=CARD)
        await slack.press("ravi", "Cancel request")
        said = await slack.wait_for("cancelled", "ravi")
        assert said.ephemeral
        assert not [m for m in slack.messages("emma") if m.says("cancelled")]


async def test_a_menu_in_a_message_acts_at_once() -> None:
    async with workspace() as (slack, bot):
        await slack.command("emma", "post")
        assert (await slack.choose("emma", "Mistake", "Reason")).ok
        body = bot.heard[-1]
        assert body["actions"][0]["selected_option"]["value"] == "mistake"
        assert body["state"]["values"]["a"]["pick"]["selected_option"]["value"] == "mistake"
        with pytest.raises(LookupError, match="Duplicate, Mistake"):
            await slack.choose("emma", "Boredom")


@both
async def test_words_to_the_bot_arrive_escaped_and_its_answer_is_seen(transport: Transport) -> None:
    async with workspace(transport) as (slack, bot):
        answer = await slack.say("emma", "reset <R&D> please", files=["screen.png"])
        assert answer.ok
        reply = await slack.wait_for("you said", "emma", since=answer.ts)
        assert reply.reading == "You said: reset <R&D> please"
        event = bot.heard[0]["event"]
        assert event["text"] == "reset &lt;R&amp;D&gt; please"
        assert (event["channel_type"], event["subtype"], event["files"][0]["name"]) == ("im", "file_share", "screen.png")
        assert slack.transcript("emma") == (
            "Emma Clarke:\n    reset <R&D> please\n    (file: screen.png)\nPassword Reset:\n    You said: reset <R&D> please")


async def test_a_mention_is_answered_in_its_thread_and_other_talk_is_not_heard() -> None:
    async with workspace() as (slack, bot):
        asked = await slack.mention("emma", "general", "my password")
        reply = await slack.wait_for("write to you", "ravi")
        assert reply.thread == asked.ts
        assert bot.heard[0]["event"]["text"] == "<@U0KEYTURN1> my password"
        await slack.say("ravi", "lunch?", "general")
        assert len(bot.heard) == 1
        with pytest.raises(LookupError, match="Gus Guest is not in #general"):
            await slack.say("guest", "hello", "general")


@both
async def test_the_home_tab_is_drawn_and_its_button_opens_the_form(transport: Transport) -> None:
    async with workspace(transport) as (slack, _):
        await slack.open_home("emma")
        await slack.wait_until(lambda: slack.home_of("emma"))
        home = slack.home_of("emma")
        assert home is not None
        assert home.reading == "Your requests\n─────────────\n[Reset a password]"
        assert slack.home_of("ravi") is None
        await slack.press("emma", "Reset a password")
        assert (await slack.wait_until(lambda: slack.modal_of("emma"))).title == "Reset a password"


async def test_opening_the_messages_tab_is_told_with_its_name() -> None:
    async with workspace() as (slack, bot):
        await slack.open_messages("emma")
        assert bot.heard[0]["event"]["tab"] == "messages"


async def test_a_message_shortcut_opens_the_form() -> None:
    async with workspace() as (slack, bot):
        said = await slack.say("ravi", "I am locked out", "general")
        assert (await slack.shortcut("emma", said.ts, "reset_from_message")).ok
        await slack.fill("emma", {}, submit=False)
        assert bot.heard[0]["message"]["text"] == "I am locked out"
        with pytest.raises(LookupError, match="Gus Guest sees no message"):
            await slack.shortcut("guest", said.ts, "reset_from_message")


@both
async def test_the_answer_to_a_command_is_seen_by_one_person(transport: Transport) -> None:
    async with workspace(transport) as (slack, _):
        await slack.command("emma", "help")
        (seen,) = slack.messages("emma")
        assert seen.ephemeral
        assert seen.reading == "Try /password-reset here (https://example.com)"
        await slack.command("emma", "blocks")
        assert slack.messages("emma")[-1].reading.startswith("Only you")


async def test_a_command_that_fails_is_shown_as_slack_shows_it() -> None:
    async with workspace() as (slack, _):
        slack.ws.command = "/nobody-listens"
        answer = await slack.command("emma")
        assert answer.status == 404
        assert slack.messages("emma")[-1].text == '/nobody-listens failed with the error "dispatch_failed"'

        # A listener that never acknowledges costs Bolt three seconds, which is all that Slack waits.
        slack.ws.command, slack.courier.within = "/password-reset", 0.2
        assert (await slack.command("emma", "silence")).body == "timeout"
        assert slack.messages("emma")[-1].text == '/password-reset failed with the error "operation_timeout"'


async def test_waiting_says_what_was_seen_instead() -> None:
    async with workspace() as (slack, _):
        await slack.command("emma", "help")
        with pytest.raises(TimeoutError, match=r"Emma Clarke saw no message like 'done'.*\n  Password Reset: Try"):
            await slack.wait_for("done", "emma", timeout=0.05)


async def test_edits_and_the_bots_own_words_come_back_as_events() -> None:
    async with workspace() as (slack, bot):
        await slack.command("emma", "post")
        await slack.wait_for("IT-1", "emma")
        await slack.press("emma", "Approve")
        await slack.wait_for("approved", "emma")
        await slack.courier.settle()
        kinds = [(d.payload["event"].get("subtype"), d.payload["event"].get("bot_id")) for d in slack.courier.sent if d.kind == "events_api"]
        assert kinds == [(None, "B0KEYTURN1"), ("message_changed", None)]
        # Bolt drops both as the bot's own. An edit by a person reaches the listeners of "message".
        assert not [b for b in bot.heard if "event" in b]
        said = await slack.say("emma", "reste my password")
        slack.edit("emma", said.ts, "reset my password")
        await slack.courier.settle()
        assert [b["event"].get("subtype") for b in bot.heard if "event" in b] == [None, "message_changed"]
