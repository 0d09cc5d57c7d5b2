"""Block Kit in plain lines, as a person reads it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from sandbox.slack_markup import escape, mrkdwn, unescape
from sandbox.slack_reading import reading
from sandbox.slack_records import Json
from tests.sandbox.slack_echo import CARD, FORM, option, plain

NAMES = {"U0EMMA0001": "Emma Clarke", "C0GENERAL1": "general"}


@pytest.mark.parametrize(("raw", "seen"), [
    ("*bold* _italic_ ~gone~ `code`", "bold italic gone code"),
    ("*_both_*", "both"),
    ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
    ("hello <@U0EMMA0001> in <#C0GENERAL1>, <!here>", "hello @Emma Clarke in #general, @here"),
    ("<https://example.com/?a=1&amp;b=2|the page> or <https://example.com>", "the page (https://example.com/?a=1&b=2) or https://example.com"),
    ("until <!date^1800000000^{date_short} at {time}|later>", "until Jan 15, 2027 at 08:00"),
    ("until <!date^soon^{time}|later &amp; more>", "until later & more"),
    ("typed: &lt;@U0EMMA0001&gt; &amp;lt; *not <b>", "typed: <@U0EMMA0001> &lt; *not b"),
    (":warning: :unknown_one:", "⚠ :unknown_one:"),
])
def test_markup_is_resolved(raw: str, seen: str) -> None:
    assert mrkdwn(raw, names=NAMES) == seen


def test_times_are_shown_in_the_readers_zone() -> None:
    assert mrkdwn("<!date^1800000000^{time}|?>", zone=ZoneInfo("Asia/Kolkata")) == "13:30"
    blocks = [{"type": "context", "elements": [{"type": "mrkdwn", "text": "by <!date^1800000000^{time}|?>"}]}]
    assert reading(blocks, tz="America/New_York") == "by 03:00"


def test_escaped_words_are_never_markup() -> None:
    assert mrkdwn(escape("<!date^1^{time}|x> & <https://evil.example.com|bank>")) == "<!date^1^{time}|x> & <https://evil.example.com|bank>"
    assert unescape(escape("a < b & c > d")) == "a < b & c > d"


def test_plain_text_is_shown_as_it_is() -> None:
    assert reading([{"type": "header", "text": plain("*IT-1* <@U1>")}]).splitlines()[0] == "*IT-1* <@U1>"


def test_a_card_and_a_form_read_as_lines() -> None:
    assert reading(CARD) == "IT-1 is working\n[Approve]  [Cancel request]  (Reason ▾)"
    state: dict[str, Json] = {"app": {"value": {"type": "external_select", "selected_option": option("Payroll")}},
             "note": {"value": {"type": "plain_text_input", "value": "hello"}}}
    assert reading(FORM["blocks"], state=state) == (
        "I never ask for your password.\n"
        "Which app, account or system?: (Payroll ▾)\n"
        "What happened?: ( ) I forgot it  ( ) It expired\n"
        "Tell us more (optional): [ hello ]\n"
        "Who is it for? (optional): [   ]\n"
        "Attachment (optional): [   ]")


def test_every_kind_of_block_leaves_a_trace() -> None:
    blocks: list[Json] = [
        {"type": "divider"}, {"type": "image", "alt_text": "a chart"}, {"type": "markdown", "text": "# Title"},
        {"type": "section", "text": plain("Row"), "accessory": {"type": "overflow", "options": [option("Open"), option("Close")]}},
        {"type": "section", "fields": [plain("Status"), plain("Waiting")]},
        {"type": "plan", "title": "Plan", "tasks": [{"status": "complete", "title": "Checked"}, {"status": "pending", "title": "Sent"}]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]]},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
            {"type": "text", "text": "see "}, {"type": "link", "url": "https://example.com"}]}]},
        {"type": "hologram"},
    ]
    assert reading(blocks).splitlines() == [
        "────", "(image: a chart)", "# Title", "Row  [⋯ Open | Close]", "Status", "Waiting", "Plan", "✓ Checked", "○ Sent", "a | b",
        "see https://example.com", "(a hologram block)"]
