"""Every surface in every state, as Teams gets it: equal to its golden file, of the schema, small, and with its buttons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cards import adaptive, reset_form
from cards.card import Option
from cards.views import FormView
from cards.words import Words
from tests.cards import review_examples
from tests.cards.adaptive_checks import actions, content, repeated_ids, schema_faults, texts, titles, weight
from tests.cards.checks import ROOT, parts
from tests.cards.examples import APPS, DE, EN, NONCE, applications, for_requesters, for_reviewers

GOLDEN = ROOT / "tests/golden/teams"
IN_GERMAN = {"progress_identity", "progress_reset", "outcome_neutral", "question_application", "escalation_buttons", "form"}
REQUIRED = "Please fill this in."


def drawn(words: Words) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and Teams drawing of everything. Teams has no Home page: what is drawn there for Slack is a message here."""
    everything = (*for_requesters(words), *for_reviewers(words), *review_examples.cards(words), *review_examples.homes(words))
    for name, card in everything:
        yield name, adaptive.message(card, refresh=adaptive.nonce_of(card), readers=("29:emma",))
    for name, form in review_examples.forms(words):
        yield name, adaptive.dialog(form, required=REQUIRED)
    for name, page in review_examples.pages(words):
        yield name, adaptive.dialog(page)
    own = tuple(Option(f"0oa{n}", label) for n, label in enumerate(APPS))
    form = reset_form.reset_form(FormView(own, files=False, nonce=NONCE), words)
    yield "form", adaptive.dialog(form, required=REQUIRED)
    yield "form_in_chat", adaptive.form_message(form, REQUIRED)
    yield "form_wrong", adaptive.dialog(form, {reset_form.APPLICATION: reset_form.pick_one(words)}, REQUIRED)
    prefilled = FormView(own, initial="other", other="Ledger", details="I forgot it", symptom="forgot", files=False, nonce=NONCE)
    yield "form_prefilled", adaptive.dialog(reset_form.reset_form(prefilled, words), required=REQUIRED)
    yield "form_long", adaptive.dialog(reset_form.reset_form(FormView(applications(600), files=False), words), required=REQUIRED)


ENGLISH = dict(drawn(EN))
ALL = ENGLISH | {f"{name}.de": drawing for name, drawing in drawn(DE) if name in IN_GERMAN}


@pytest.mark.parametrize("name", ALL)
def test_it_is_drawn_as_before(name: str, update_golden: bool) -> None:
    file = GOLDEN / f"{name}.json"
    text = json.dumps(ALL[name], indent=1, ensure_ascii=False) + "\n"
    if update_golden:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text


def test_no_golden_file_is_left_over(update_golden: bool) -> None:
    left = {file for file in GOLDEN.glob("*.json") if file.stem not in ALL}
    if update_golden:
        for file in left:
            file.unlink()
        left = set()
    assert left == set()


@pytest.mark.parametrize("name", ALL)
def test_it_is_of_the_schema_and_small(name: str) -> None:
    card = content(ALL[name])
    assert schema_faults(card) == []
    assert weight(card) <= 25_000
    assert repeated_ids(card) == []


@pytest.mark.parametrize("name", ALL)
def test_it_can_be_heard(name: str) -> None:
    """A notification reads the summary, a client too old for the card its fallback text; every input has a label."""
    card = content(ALL[name])
    assert card["fallbackText"].strip()
    if "attachments" in ALL[name]:
        assert ALL[name]["summary"].strip()
    for part in parts(card):
        if str(part.get("type")).startswith("Input."):
            assert part.get("label") or part.get("placeholder")
        if part.get("type") == "TextBlock":
            assert part.get("wrap")


@pytest.mark.parametrize("name", ALL)
def test_each_button_works_in_old_clients_too(name: str) -> None:
    for action in actions(content(ALL[name])):
        if action["type"] == "Action.Execute":
            assert action["fallback"] == {**{k: v for k, v in action.items() if k not in {"verb", "fallback"}}, "type": "Action.Submit"}
            assert "msteams" not in action["data"]


def test_drawing_twice_is_the_same() -> None:
    """Nothing is sent when nothing changed, so a drawing may hold nothing that changes by itself."""
    assert dict(drawn(EN)) == ENGLISH


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("progress_checking", ["Cancel request"]),
        ("progress_identity", ["I don't have my phone", "This wasn't me", "Cancel request"]),
        ("progress_reset", ["I didn't get it", "This wasn't me"]),
        ("progress_point", ["Open the page", "Talk to IT"]),
        ("outcome_neutral", ["Talk to IT"]),
        ("question_application", [*APPS, "My Okta account (single sign-on)", "Something else"]),
        ("question_chosen", []),
        ("escalation", []),
        ("escalation_buttons", ["Approve", "Return", "Reject", "Details"]),
        ("escalation_approved", []),
        ("form", ["Send"]),
    ],
)  # fmt: skip
def test_it_offers(name: str, labels: list[str]) -> None:
    assert titles(content(ALL[name])) == labels


def test_the_fullest_page_loses_no_button() -> None:
    """The queue of ten rows beside everything of an administrator."""
    shown = titles(content(ALL["home_everything"]))
    assert {"Open", "Next", "Refresh", "Pause all resets", "Try a case", "Reset a password"} <= set(shown)
    assert shown.count("Open") == 10


def test_the_number_to_tap_is_said_and_shown() -> None:
    drawing = ALL["progress_identity"]
    assert "47" in drawing["summary"]
    assert any("47" in text for text in texts(content(drawing)))


def test_a_long_list_keeps_the_two_choices_that_everybody_has() -> None:
    (select,) = (part for part in parts(content(ALL["form_long"])) if part.get("id") == "field:application")
    assert [choice["value"] for choice in select["choices"]][-2:] == ["account", "other"]
    assert len(select["choices"]) >= 50
