"""How neutral nodes become blocks: moments, emphasis, quotes, lists, and what happens when it is too much."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cards import block_kit
from cards.block_kit_text import literal
from cards.card import (
    Actions,
    Button,
    Card,
    Confirm,
    Divider,
    Facts,
    LinkButton,
    Menu,
    Node,
    Option,
    Quote,
    Row,
    Step,
    Steps,
    Strong,
    Text,
    Theirs,
    When,
)
from cards.form import FileField, Form, Page, SelectField, TextField
from cards.text import clean, clip
from tests.cards.checks import characters, interactive, repeated_ids, schema_faults

AT = datetime(2026, 5, 18, 9, 15, tzinfo=UTC)


def blocks(*nodes: Node) -> list[dict[str, Any]]:
    drawn: list[dict[str, Any]] = block_kit.message(Card("said", "", nodes))["blocks"]
    return drawn


def test_a_moment_is_shown_in_the_readers_zone_with_utc_to_fall_back_on() -> None:
    (block,) = blocks(Text(("Ends at ", When(AT), ".")))
    assert block["text"] == {"type": "mrkdwn", "text": "Ends at <!date^1779095700^{time}|09:15 UTC>.", "verbatim": True}


def test_a_line_of_strings_is_plain_text() -> None:
    (block,) = blocks(Text(("*Not* bold, <!here>",)))
    assert block["text"] == {"type": "plain_text", "text": "*Not* bold, <!here>", "emoji": False}


def test_strings_beside_a_moment_are_made_literal() -> None:
    (block,) = blocks(Text(("*a* _b_ ~c~ `d` :eyes: <!here> & \n> e ", When(AT))))
    text = block["text"]["text"].partition("<!date")[0]
    assert not set("*_~`<") & set(text)
    assert ":eyes:" not in text
    assert "&lt;!here&gt; &amp;" in text
    assert "\n\u2060&gt; e" in text  # a quote mark that begins no quote


def test_emphasis_is_bold_and_its_text_literal() -> None:
    (block,) = blocks(Text(("Tap ", Strong("4*7"), ".")))
    assert block["text"]["text"] == "Tap *4\u22177*."


def test_their_words_beside_a_moment_stay_their_words() -> None:
    """A name in a line with a moment: rich text, where nothing is markup, so no look-alikes are needed."""
    (block,) = blocks(Text((Strong("Approved"), " by ", Theirs("*Sam* <@U1> :eyes:"), " · ", When(AT))))
    (line,) = block["elements"]
    assert block["type"] == "rich_text"
    assert line["elements"] == [
        {"type": "text", "text": "Approved", "style": {"bold": True}},
        {"type": "text", "text": " by "},
        {"type": "text", "text": "*Sam* <@U1> :eyes:"},
        {"type": "text", "text": " · "},
        {"type": "date", "timestamp": 1779095700, "format": "{time}", "fallback": "09:15 UTC"},
    ]
    assert schema_faults(block_kit.message(Card("said", "", (Text((Theirs("x"), When(AT))),)))) == []


def test_their_words_where_only_text_goes_are_made_literal() -> None:
    (block,) = blocks(Facts((("By", (Theirs("*Sam*"), " ", When(AT))),)))
    assert block["fields"][1]["text"].startswith("∗Sam∗ <!date")
    (plain,) = blocks(Facts((("By", (Theirs("*Sam*"),)),)))
    assert plain["fields"][1] == {"type": "plain_text", "text": "*Sam*", "emoji": False}


def test_a_menu_shows_what_is_chosen() -> None:
    options = (Option("a", "A"), Option("b", "B"))
    (block,) = blocks(Actions((Menu("Choose", "queue", "n1", options, "b"), Menu("Choose", "queue", "n1", options, "z"))))
    first, second = block["elements"]
    assert first["initial_option"] == first["options"][1]
    assert "initial_option" not in second


def test_a_page_has_buttons_but_nothing_to_send() -> None:
    view = block_kit.page_modal(Page("detail", "IT-1048", "Close", (Text(("a",)), Actions((Button("Go", "section", "n", "chat"),))), "n1"))
    assert (view["callback_id"], view["private_metadata"], "submit" in view) == ("kt:detail", "n1", False)
    assert schema_faults(view) == []
    assert schema_faults(block_kit.page_modal(Page("detail", "", "", ()))) == []


def test_a_huge_page_fits() -> None:
    view = block_kit.page_modal(Page("detail", "t", "c", tuple(Text((f"{n}",)) for n in range(500))))
    assert len(view["blocks"]) <= 100


def test_the_shape_is_really_checked() -> None:
    view = block_kit.page_modal(Page("detail", "t", "c", (Text(("a",)),)))
    changes: tuple[dict[str, Any], ...] = ({"blocks": []}, {"title": {"type": "mrkdwn", "text": "t"}}, {"blocks": [{"type": "section"}]})
    for broken in changes:
        assert schema_faults(view | broken) != []


def test_a_quote_is_rich_text_and_clipped() -> None:
    (block,) = blocks(Quote("Emma says", "<@U1> *hi* " + "x" * 400))
    who, said = block["elements"]
    assert who["elements"][0] == {"type": "text", "text": "Emma says", "style": {"bold": True}}
    assert said["type"] == "rich_text_quote"
    assert said["elements"][0]["text"].startswith("<@U1> *hi* ")
    assert len(said["elements"][0]["text"]) == 300


def test_facts_are_pairs_of_fields_five_rows_a_section() -> None:
    drawn = blocks(Facts(tuple((f"Label {n}", (f"value {n}",)) for n in range(7))))
    assert [len(block["fields"]) for block in drawn] == [10, 4]
    assert drawn[0]["fields"][0] == {"type": "mrkdwn", "text": "*Label 0*", "verbatim": True}
    assert drawn[0]["fields"][1]["type"] == "plain_text"


def test_steps_have_marks_and_the_present_one_is_bold() -> None:
    (block,) = blocks(Steps((Step("done", "a"), Step("now", "b"), Step("next", "c"), Step("warn", "d"))))
    assert [line["elements"][0]["text"] for line in block["elements"]] == ["✓ a", "▸ b", "○ c", "! d"]
    assert ["style" in line["elements"][0] for line in block["elements"]] == [False, True, False, True]


def test_a_button_carries_nonce_and_value_and_asks_first() -> None:
    button = Button("Go", "choose", "n1", "3", "primary", Confirm("Sure?", "It counts.", "Go", "Back"), "Go on with three")
    (block,) = blocks(Actions((button,)))
    (element,) = block["elements"]
    assert (element["action_id"], element["value"], element["style"]) == ("kt:choose:3", "n1|3", "primary")
    assert element["confirm"]["deny"]["text"] == "Back"
    assert element["accessibility_label"] == "Go on with three"


def test_buttons_of_one_verb_have_different_ids() -> None:
    drawing = block_kit.message(Card("s", "", tuple(Row(("r",), ("d",), Button("Cancel", "cancel", f"n{n}")) for n in range(12))))
    assert repeated_ids(drawing) == []
    assert len(interactive(drawing)) == 12


def test_many_buttons_are_spread_over_blocks() -> None:
    drawn = blocks(Actions(tuple(Button("b", "choose", "n", str(n)) for n in range(60))))
    assert [len(block["elements"]) for block in drawn] == [25, 25, 10]


def test_a_menu_carries_the_nonce_in_each_option() -> None:
    (block,) = blocks(Actions((Menu("Choose", "choose", "n1", tuple(Option(str(n), f"App {n}") for n in range(120))),)))
    (element,) = block["elements"]
    assert len(element["options"]) == 100
    assert element["options"][7]["value"] == "n1|7"


@pytest.mark.parametrize("url", ["http://x.example.com", "javascript:alert(1)", "", "https://x.example.com/" + "a" * 3000])
def test_only_https_addresses_become_link_buttons(url: str) -> None:
    drawn = blocks(Text(("a",)), Actions((LinkButton("Open", url),)))
    assert [block["type"] for block in drawn] == ["section"]


@pytest.mark.parametrize("button", [Button("b", "choose", "n|1"), Button("b", "choose", "n", "x" * 2000)])
def test_what_slack_would_cut_is_refused(button: Button) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        blocks(Actions((button,)))


def test_too_much_keeps_the_buttons_and_says_that_something_is_missing() -> None:
    drawing = block_kit.message(Card("s", "t", (*(Text((f"{n}",)) for n in range(200)), Actions((Button("Go", "cancel", "n"),)))))
    assert len(drawing["blocks"]) == 50
    assert drawing["blocks"][-1]["type"] == "actions"
    assert drawing["blocks"][-2]["elements"][0]["text"] == "…"
    assert schema_faults(drawing) == []


def test_too_many_characters_are_cut_too() -> None:
    drawing = block_kit.message(Card("s", "t", (*(Text(("x" * 2900,)) for _ in range(9)), Actions((Button("Go", "cancel", "n"),)))))
    assert characters(drawing) < 12_500
    assert drawing["blocks"][-1]["type"] == "actions"


def test_an_exactly_full_message_loses_nothing() -> None:
    drawing = block_kit.message(Card("s", "t", (*(Divider() for _ in range(48)), Actions((Button("Go", "cancel", "n"),)))))
    assert [block["type"] for block in drawing["blocks"]] == ["header", *["divider"] * 48, "actions"]


def test_an_empty_card_is_still_a_message() -> None:
    drawing = block_kit.message(Card("", "", ()))
    assert drawing["text"]
    assert schema_faults(drawing) == []


def test_the_notification_never_mentions_anybody() -> None:
    assert block_kit.message(Card("<!channel> & <@U1>", "", ()))["text"] == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


def form(*fields: Any) -> Form:
    return Form("reset", "A title that is longer than it may be", "Send", "Close", fields, "n1")


def test_a_modal_has_short_titles_and_fields_by_key() -> None:
    view = block_kit.modal(form(TextField("details", "Tell us", True, True, 500, "No codes."), FileField("files", "Attach")))
    assert view["title"]["text"] == "A title that is longer…"
    assert (view["callback_id"], view["private_metadata"]) == ("kt:reset", "n1")
    assert [block["block_id"] for block in view["blocks"]] == ["field:details", "field:files"]
    assert view["blocks"][1]["element"]["max_files"] == 3
    assert schema_faults(view) == []


@pytest.mark.parametrize(("count", "kind"), [(1, "static"), (100, "static"), (101, "external"), (0, "external")])
def test_a_long_list_becomes_a_searching_select(count: int, kind: str) -> None:
    options = tuple(Option(f"v{n}", f"App {n}") for n in range(count))
    view = block_kit.modal(form(SelectField("app", "App", options, initial="v0")))
    element = view["blocks"][0]["element"]
    assert element["type"] == f"{kind}_select"
    assert ("initial_option" in element) == bool(count)
    assert schema_faults(view) == []


def test_a_form_with_fields_needs_a_word_to_send() -> None:
    """Slack refuses a modal with an input and no submit; its SDK does not notice."""
    with pytest.raises(ValueError, match="submit"):
        block_kit.modal(Form("k", "t", "", "c", (TextField("a", "A"),)))


def test_suggestions_begin_with_what_begins_so() -> None:
    options = tuple(Option(str(n), label) for n, label in enumerate(("Finance ERP", "ERP Archive", "Payroll", "erp test")))
    assert [one["text"]["text"] for one in block_kit.suggestions(options, " ErP ")["options"]] == ["ERP Archive", "erp test", "Finance ERP"]
    assert len(block_kit.suggestions(tuple(Option(str(n), f"App {n}") for n in range(300)), "")["options"]) == 100
    assert block_kit.suggestions(options, "zzz") == {"options": []}


def test_inline_errors_are_keyed_by_block() -> None:
    assert block_kit.form_errors({"application": "Please pick one."}) == {
        "response_action": "errors",
        "errors": {"field:application": "Please pick one."},
    }


def test_a_loading_view_is_a_view() -> None:
    assert schema_faults(block_kit.loading("Reset a password", close="Close")) == []


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("👍👍", 4, "👍👍"), ("👍👍👍", 4, "👍…"), ("ae\u0301x" * 2, 3, "a…"), ("👩\u200d👩x", 4, "…")],
)
def test_clipping_counts_as_javascript_does_and_cuts_no_letter_apart(text: str, limit: int, kept: str) -> None:
    assert clip(text, limit) == kept


def test_invisible_reordering_is_taken_out_and_right_to_left_text_stays() -> None:
    assert clean("\u202eabc\u2066\x00\x1b") == "abc"
    assert clean("שלום\r\nعالم\ud800") == "שלום\nعالم\ufffd"
    assert literal("10:15") == "10:15"
