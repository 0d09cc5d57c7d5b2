"""What Confluence's editor and Markdown writers really leave in a page."""

from __future__ import annotations

import time

import pytest

from agent.passages import Library
from agent.policy import PolicyInvalid
from agent.policy_page import read
from agent.policy_rules import parse
from integrations.base import Page

from .policy_pages import APPS, FALLBACK, RULES, markdown, storage

STATUS = (
    '<ac:structured-macro ac:name="status"><ac:parameter ac:name="colour">Green</ac:parameter>'
    '<ac:parameter ac:name="title">STANDARD</ac:parameter></ac:structured-macro>'
)


def replaced(page: Page, old: str, new: str) -> Page:
    assert old in page.body
    return Page(page.id, page.title, page.version, page.body.replace(old, new, 1), page.format)


def refused(page: Page) -> str:
    with pytest.raises(PolicyInvalid) as caught:
        parse(page, FALLBACK)
    return str(caught.value)


@pytest.mark.parametrize(("old", "new"), [
    ("<p>Standard</p>", STATUS),
    ("<p>Standard</p>", "<p><span>Stand</span><em>ard</em>&nbsp;</p>"),
    ("<p>Okta link</p>", "<p>Okta<br/>link</p>"),
    ("<p>Okta link</p>", "<p>Okta link<!-- Manual --></p>"),
    ("<p>priya.nair@example.com</p>", '<p><a href="mailto:priya.nair@example.com">priya.nair@example.com</a></p>'),
    ("<p>Payroll</p>", '<p><ac:inline-comment-marker ac:ref="1">Pay</ac:inline-comment-marker>roll\u200b</p>'),
    ("<p>https://travel.example.com/reset</p>", '<p><a href="https://travel.example.com/reset" data-card-appearance="inline">Travel password</a></p>'),
    ("<p>Domain Admins, Payment Approvers</p>", "<ul><li><p>Domain Admins</p></li><li><p>Payment Approvers</p></li></ul>"),
    ("<h2>Rules</h2>", '<ac:structured-macro ac:name="expand"><ac:rich-text-body><p>x</p></ac:rich-text-body></ac:structured-macro>'),
])  # fmt: skip
def test_decoration_of_the_editor_changes_nothing(old: str, new: str) -> None:
    assert parse(replaced(storage(), old, new), FALLBACK) == parse(markdown(), FALLBACK)


def test_an_example_in_a_code_block_is_not_part_of_the_policy() -> None:
    """Newer versions of Python's parser end a CDATA section at its first ">", which let such a table leak into the page."""
    sample = storage(rules=[("Identity check", "none")]).body
    macro = f'<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[{sample}]]></ac:plain-text-body></ac:structured-macro>'
    page = storage()
    assert parse(Page("1", page.title, "12", macro + page.body, "storage"), FALLBACK) == parse(page, FALLBACK)


def test_merged_cells_and_surplus_cells_are_refused_with_their_row() -> None:
    assert "row 1 (Payroll): it has merged cells" in refused(replaced(storage(), "<td><p>Payroll</p></td>", '<td rowspan="2"><p>Payroll</p></td>'))
    assert "row 1 (Payroll): it has more cells" in refused(replaced(storage(), "<td><p>Payroll</p></td>", "<td><p>Payroll</p></td>" * 2))


def test_a_link_must_lead_where_it_says() -> None:
    shown = '<p><a href="https://evil.example.com/reset">https://travel.example.com/reset</a></p>'
    assert "but the link leads to" in refused(replaced(storage(), "<p>https://travel.example.com/reset</p>", shown))
    assert "http address" in refused(replaced(storage(), "<p>https://travel.example.com/reset</p>", '<p><a href="http://travel.example.com">here</a></p>'))


def test_struck_out_settings_are_not_guessed() -> None:
    assert "is no setting" in refused(replaced(storage(), "<p>allowed</p>", "<p><del>allowed</del> not allowed</p>"))
    assert "is no setting" in refused(replaced(markdown(), "| allowed |", "| ~~allowed~~ not allowed |"))


def test_a_table_inside_a_cell_is_no_table_of_the_page() -> None:
    inner = storage(rules=[("Identity check", "none")]).body
    page = storage()
    outer = f"<table><tr><th>Note</th></tr><tr><td>{inner}</td></tr></table>"
    assert parse(Page("1", page.title, "12", outer + page.body, "storage"), FALLBACK) == parse(page, FALLBACK)


@pytest.mark.parametrize(("body", "kind"), [
    ("<table><tr><td>" * 60_000, "storage"), ("<div>" * 190_000, "storage"), ("<![CDATA[" * 100_000, "storage"), ("<" * 300_000, "storage"),
    ("[" * 300_000, "markdown"), ("*a " * 300_000, "markdown"), ("> " * 400_000, "markdown"), ("| a " * 200_000, "markdown"), ("`" * 900_000, "markdown"),
], ids=["tables", "divs", "cdata", "angles", "brackets", "stars", "quotes", "pipes", "ticks"])  # fmt: skip
def test_a_hostile_page_is_refused_in_seconds(body: str, kind: str) -> None:
    started = time.perf_counter()
    refused(Page("1", "t", "1", body, kind))
    assert time.perf_counter() - started < 10


def test_prose_is_found_by_heading_and_words_and_tables_are_not() -> None:
    text = (
        "# Resets\n\nOpening words.\n\n## Confirming who someone is\n\nA prompt on a phone that they enrolled confirms a person.\n\n"
        "## Lost phones\n\nWhoever lost a phone visits the service desk with a passport.\n\n- Bring a photo\n- Bring a colleague"
    )
    page = Page("1", "Password policy", "3", text + "\n\n" + markdown(APPS, RULES).body, "markdown", url="https://wiki.example.com/1")
    library = Library.of(page)
    best = library.search("what if somebody has lost their phone?")[0]
    assert (best.title, best.url) == ("Password policy › Lost phones", "https://wiki.example.com/1")
    assert "passport" in best.text
    assert library.search("confirmed by prompts")[0].title.endswith("Confirming who someone is")
    assert library.search("Domain Admins Payment Approvers") == ()
    assert library.search("") == library.search("the of and") == ()
    assert len(library.search("phone colleague person words prose", limit=2)) == 2


def test_prose_reads_alike_from_both_sources() -> None:
    one, two = read(markdown()).sections, read(storage()).sections
    assert one == two
    assert one[0].heading == "Password resets"
