"""How neutral nodes become an Adaptive Card: moments, emphasis, quotes, lists, forms, and what happens when it is too much."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from markdown_it import MarkdownIt

from cards import adaptive
from cards.adaptive_text import literal, still
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
from cards.form import ChoiceField, FileField, Form, Page, SelectField, TextField
from tests.cards.adaptive_checks import actions, content, schema_faults, titles, weight
from tests.cards.checks import parts

AT = datetime(2026, 5, 18, 9, 15, tzinfo=UTC)


def body(*nodes: Node) -> list[dict[str, Any]]:
    card = adaptive.content(Card("said", "", nodes))
    assert schema_faults(card) == []
    drawn: list[dict[str, Any]] = card["body"]
    return drawn


def test_a_line_of_strings_is_rich_text_in_which_nothing_is_markdown() -> None:
    (element,) = body(Text(("*Not* bold, [no](https://link.example.com)",)))
    assert element == {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "*Not* bold, [no](https://link.example.com)"}]}


def test_a_moment_is_a_macro_that_only_a_text_block_fills_in() -> None:
    """Teams leaves macros in a TextRun as letters (AdaptiveCards issue 6194)."""
    (element,) = body(Text(("Ends at ", When(AT), ".")))
    assert element == {"type": "TextBlock", "text": "Ends at {{TIME(2026-05-18T09:15:00Z)}}.", "wrap": True}
    (element,) = body(Text((When(AT, "date_time"),), tone="quiet"))
    assert element["text"] == "{{DATE(2026-05-18T09:15:00Z, SHORT)}} {{TIME(2026-05-18T09:15:00Z)}}"
    assert element["isSubtle"]


def test_emphasis_is_bold_in_both() -> None:
    (rich, block) = body(Text(("Tap ", Strong("4*7"))), Text((Strong("4*7"), When(AT))))
    assert rich["inlines"][1] == {"type": "TextRun", "text": "4*7", "weight": "Bolder"}
    assert block["text"].startswith("**4\u22177**{{TIME(")


def test_macros_and_templates_of_others_stay_letters() -> None:
    (element,) = body(Text(("{{DATE(2026-05-18T09:15:00Z)}} ${x} {{{TIME",)))
    assert "{{" not in element["inlines"][0]["text"]
    assert "${" not in element["inlines"][0]["text"]
    assert element["inlines"][0]["text"].replace("\u2060", "") == "{{DATE(2026-05-18T09:15:00Z)}} ${x} {{{TIME"
    assert still("{x} $5") == "{x} $5"


MARKED = (
    "*a* **b** _c_ __d__ ~e~ `f` ***g***", "[x](https://evil.example.com)", "![x](https://evil.example.com/a.png)", "[x][y]\n\n[y]: https://evil.example.com",
    "<b>x</b> <img src=x> <!-- y -->", "&lt;b&gt; &#42;x&#42; &amp;", "- a\n- b", "1. a\n2) b", "# a\n## b", "> a", "a\n===\nb\n---", "    code", "```\ncode\n```",
    "\\*a\\*", "<https://evil.example.com>", "a | b\n--|--\nc | d", "+ a", "* a",
)  # fmt: skip


@pytest.mark.parametrize("text", MARKED)
def test_literal_text_is_text_to_a_markdown_reader(text: str) -> None:
    """Read by a Markdown reader with everything on that Teams knows, and more."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    kinds = set()
    for token in reader.parse(literal(text)):
        kinds |= {token.type} | {inner.type for inner in token.children or ()}
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "code_block"} - ({"code_block"} if text[0] != " " else set())


def test_words_of_others_beside_a_moment_are_literal() -> None:
    (element,) = body(Text((Theirs("**Sam** [x](https://evil.example.com)"), " at ", When(AT))))
    assert "**" not in element["text"]
    assert "](" not in element["text"]


def test_a_quote_stands_apart_and_is_clipped() -> None:
    who, said = body(Quote("Emma says", "*hi* " + "x" * 400))
    assert who["inlines"][0] == {"type": "TextRun", "text": "Emma says", "weight": "Bolder"}
    assert said["style"] == "emphasis"
    assert len(said["items"][0]["inlines"][0]["text"]) == 300
    assert body(Quote("Emma says", "  "))[0]["text"] == "-"


def test_facts_are_columns_because_a_fact_sets_values_are_markdown() -> None:
    (element,) = body(Facts((("Ticket", ("INC1",)), ("Empty", ("",)))))
    assert [column["width"] for column in element["columns"]] == ["120px", "stretch"]


def test_steps_have_marks_and_the_present_one_is_bold() -> None:
    lines = [one["inlines"][0] for one in body(Steps((Step("done", "a"), Step("now", "b"), Step("next", "c"), Step("warn", "d"))))]
    assert [line["text"] for line in lines] == ["✓ a", "► b", "○ c", "! d"]
    assert ["weight" in line for line in lines] == [False, True, False, True]


def test_a_divider_is_a_line_above_what_follows() -> None:
    first, second = body(Text(("a",)), Divider(), Text(("b",)), Divider())
    assert "separator" not in first
    assert second["separator"] is True


def test_a_button_carries_verb_nonce_and_value_and_falls_back() -> None:
    (action,) = actions(adaptive.content(Card("s", "", (Actions((Button("Go", "choose", "n1", "3", "danger", hint="Go on"),)),))))
    assert (action["type"], action["verb"], action["style"], action["tooltip"]) == ("Action.Execute", "kt:choose", "destructive", "Go on")
    assert action["data"] == {"kt": {"verb": "choose", "nonce": "n1", "value": "3"}}
    assert action["fallback"]["type"] == "Action.Submit"


def test_an_are_you_sure_unfolds_under_its_button() -> None:
    button = Button("Approve", "approve", "n1", style="primary", confirm=Confirm("Sure?", "It counts.", "Yes, approve", "No"))
    outer, inner = actions(adaptive.content(Card("s", "", (Actions((button,)),))))
    assert (outer["type"], outer["title"], outer["style"]) == ("Action.ShowCard", "Approve", "positive")
    assert (inner["type"], inner["title"], inner["data"]["kt"]["verb"]) == ("Action.Execute", "Yes, approve", "approve")
    assert titles(adaptive.content(Card("s", "", (Actions((button,)),)))) == ["Approve"]


def test_a_button_that_opens_a_dialog_says_so_when_it_is_drawn() -> None:
    (action,) = actions(adaptive.content(Card("s", "", (Actions((Button("Reset", "start_reset"),)),))))
    assert (action["type"], action["data"]["msteams"]) == ("Action.Submit", {"type": "task/fetch"})


def test_many_buttons_are_spread_over_sets_of_five() -> None:
    drawn = body(Actions(tuple(Button("b", "choose", "n", str(n)) for n in range(14))))
    assert [len(one["actions"]) for one in drawn] == [5, 5, 4]


def test_a_menu_keeps_what_is_chosen_and_has_a_button() -> None:
    (columns,) = body(Actions((Menu("Priority", "queue", "n1", (Option("a", "Any"), Option("h", "High")), "h"),)))
    select, action = columns["columns"][0]["items"][0], columns["columns"][1]["items"][0]["actions"][0]
    assert (select["type"], select["value"], action["title"]) == ("Input.ChoiceSet", "h", "Priority")
    assert action["data"]["kt"] == {"verb": "queue", "nonce": "n1", "menu": select["id"]}
    assert "tooltip" not in action


def test_a_filter_s_button_says_what_it_does_and_to_what() -> None:
    (columns,) = body(Actions((Menu("Priority", "queue", "n1", (Option("a", "Any"),), press="Show", hint="Show: Priority"),)))
    select, action = columns["columns"][0]["items"][0], columns["columns"][1]["items"][0]["actions"][0]
    assert (select["placeholder"], action["title"], action["tooltip"]) == ("Priority", "Show", "Show: Priority")
    assert (action["fallback"]["title"], action["fallback"]["tooltip"]) == ("Show", "Show: Priority")


@pytest.mark.parametrize("url", ["http://x.example.com", "javascript:alert(1)", "", "https://x.example.com/" + "a" * 3000])
def test_only_https_addresses_become_link_buttons(url: str) -> None:
    assert [one["type"] for one in body(Text(("a",)), Actions((LinkButton("Open", url),)))] == ["RichTextBlock"]


def test_a_row_has_its_button_beside_it() -> None:
    (element,) = body(Row(("IT-1",), ("Waiting",), Button("Open", "open", "n1", "IT-1")))
    assert [column["width"] for column in element["columns"]] == ["stretch", "auto"]


def test_an_empty_card_is_still_a_card() -> None:
    card = adaptive.message(Card("", "", ()))
    assert card["summary"]
    assert schema_faults(content(card)) == []


def test_a_refresh_names_its_readers_sixty_at_most() -> None:
    card = adaptive.content(Card("s", "", (Text(("a",)),)), refresh="n1", readers=[f"29:{n}" for n in range(70)])
    assert len(card["refresh"]["userIds"]) == 60
    assert card["refresh"]["action"]["data"] == {"kt": {"verb": "refresh", "nonce": "n1"}}
    assert schema_faults(card) == []
    assert "refresh" not in adaptive.content(Card("s", "", ()), refresh="n1")


@pytest.mark.parametrize(
    "nodes",
    [
        tuple(Text(("x" * 2000,)) for _ in range(60)),
        tuple(Text(("🔥" * 900,)) for _ in range(40)),
        tuple(Row((f"IT-{n}",), ("x" * 250,), Button("Open", "open", "n", f"IT-{n}")) for n in range(200)),
        (Facts(tuple((f"Label {n}", ("v" * 500,)) for n in range(200))),),
        (Actions((Menu("App", "choose", "n", tuple(Option(str(n), "ü" * 75) for n in range(500))),)),),
        (Steps(tuple(Step("done", "s" * 500) for _ in range(300))),),
    ],
)
def test_too_much_is_cut_and_the_buttons_stay(nodes: tuple[Node, ...]) -> None:
    card = adaptive.content(Card("s", "t", (*nodes, Actions((Button("Go", "cancel", "n"),)))))
    assert weight(card) <= 25_000
    assert schema_faults(card) == []
    assert titles(card)[-1] == "Go"


def test_what_is_left_out_is_said() -> None:
    nodes = tuple(Row((f"IT-{n}",), ("x" * 250,), Button("Open", "open", "n", f"IT-{n}")) for n in range(200))
    card = adaptive.content(Card("s", "t", nodes))
    assert card["body"][-1]["text"] == "…"
    assert len(card["body"]) > 20


def form(*fields: Any) -> Form:
    return Form("reset", "A title", "Send", "Close", fields, "n1")


def test_inputs_have_labels_and_the_client_checks_what_is_required() -> None:
    shown = adaptive.dialog(
        form(
            TextField("why", "Why?", multiline=True, limit=300, least=10, placeholder="Say it"),
            SelectField("app", "App", (Option("a", "Payroll"),), initial="a"),
            ChoiceField("what", "What?", (Option("x", "This"), Option("y", "That")), optional=True),
            FileField("files", "Attach"),
        ),
        required="Please fill this in.",
    )
    card = content(shown)
    assert schema_faults(card) == []
    why, app, what = (one for one in parts(card) if str(one.get("type")).startswith("Input."))
    assert (why["id"], why["label"], why["isRequired"], why["errorMessage"]) == ("field:why", "Why?", True, "Please fill this in.")
    assert (why["maxLength"], why["isMultiline"], why["regex"]) == (300, True, r"^[\s\S]{10,}$")
    assert (app["value"], app["style"], what["style"]) == ("a", "compact", "expanded")
    assert "isRequired" not in what
    (send,) = actions(card)
    assert (send["type"], send["data"]) == ("Action.Submit", {"kt": {"form": "reset", "nonce": "n1"}})


def test_a_form_in_the_chat_can_be_answered_with_a_card() -> None:
    (send,) = actions(content(adaptive.form_message(form(TextField("a", "A")))))
    assert (send["type"], send["verb"], send["fallback"]["type"]) == ("Action.Execute", "kt:form", "Action.Submit")


def test_what_the_server_finds_wrong_stands_under_its_field() -> None:
    card = content(adaptive.dialog(form(TextField("a", "A"), TextField("b", "B")), {"a": "Not *this*."}))
    kinds = [one["type"] for one in card["body"]]
    assert kinds == ["Input.Text", "RichTextBlock", "Input.Text", "ActionSet"]
    assert card["body"][1]["inlines"][0] == {"type": "TextRun", "text": "Not *this*.", "color": "Attention", "weight": "Bolder"}


def test_a_form_with_fields_needs_a_word_to_send() -> None:
    with pytest.raises(ValueError, match="submit"):
        adaptive.form_content(Form("k", "t", "", "c", (TextField("a", "A"),)))


def test_a_page_is_a_dialog_whose_buttons_come_back_as_submits() -> None:
    """A dialog hands back nothing else than Action.Submit."""
    page = Page("detail", "IT-1", "Close", (Text(("a",)), Actions((Button("Audit", "section", "n1", "audit"), Button("Return", "return", "n1")))), "n1")
    card = content(adaptive.dialog(page))
    assert schema_faults(card) == []
    assert [(one["type"], one["data"]["kt"]["verb"]) for one in actions(card)] == [("Action.Submit", "section"), ("Action.Submit", "return")]
    assert "msteams" not in str([one["data"] for one in actions(card)])


def test_the_nonce_of_a_card_is_its_buttons() -> None:
    assert adaptive.nonce_of(Card("s", "", (Text(("a",)), Actions((Button("a", "start_reset"), Button("b", "cancel", "n1")))))) == "n1"
    assert adaptive.nonce_of(Card("s", "", (Row(("a",), ("b",), Button("c", "cancel", "n2")),))) == "n2"
    assert adaptive.nonce_of(Card("s", "", (Text(("a",)),))) == ""
