"""The approver's surfaces: who gets buttons, what is said after a decision, and that forms are checked."""

from __future__ import annotations

import dataclasses
import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

from cards import block_kit, detail, escalation, notes, own_detail, reminders, review_forms, step_up
from cards.card import Actions, Button, Card, Confirm
from cards.detail_parts import size
from cards.form import Filled, Form, TextField
from cards.review_forms import ATTEST, HOW, NOTE, QUESTION, REASON, REJECT, RETURN, WHY_NOT
from cards.views import Ending, Stage, Vote
from cards.views_review import DecidedView, OwnDetailView, ReminderView, ReviewFormView, StepUpView
from cards.words import Words
from tests.cards.checks import interactive, schema_faults, texts
from tests.cards.examples import DE, EN, NOW, review
from tests.cards.review_examples import ALL, DECIDED, FILES, chat, full_detail, own


def _buttons(card: Card) -> dict[str, Button]:
    held = [action for node in card.body if isinstance(node, Actions) for action in node.actions]
    return {action.verb: action for action in held if isinstance(action, Button)}


def _said(card: Card) -> str:
    return " ".join(texts(block_kit.message(card)))


def test_the_four_buttons_look_like_what_they_do() -> None:
    buttons = _buttons(escalation.escalation(review(verbs=ALL, confirm=True), EN))
    assert {verb: (button.label, button.style) for verb, button in buttons.items()} == {
        "approve": ("Approve", "primary"),
        "return": ("Return", "plain"),
        "reject": ("Reject", "danger"),
        "details": ("Details", "plain"),
    }
    assert [verb for verb, button in buttons.items() if button.confirm] == ["approve"]
    assert all(button.nonce == review().nonce and not button.value for button in buttons.values())


def test_a_confirm_says_what_comes_next() -> None:
    plain, step, manual = (
        _buttons(escalation.escalation(review(verbs=ALL, confirm=True, **more), EN))["approve"].confirm
        for more in ({}, {"step_up": True}, {"manual": True, "step_up": True})
    )
    assert plain == Confirm("Are you sure?", "Approve the reset for Emma Clarke? Okta will e-mail them a link.", "Approve", "Go back")
    assert step is not None
    assert step.text.endswith("You will be asked to confirm on your phone.")
    assert manual is not None
    assert manual.text.startswith("Approve? The work goes to a person; nothing is reset by me.")


def test_a_long_name_does_not_push_the_warning_out_of_the_confirm() -> None:
    confirm = _buttons(escalation.escalation(review(requester="E" * 500, verbs=ALL, confirm=True, step_up=True), EN))["approve"].confirm
    assert confirm is not None
    assert len(confirm.text) <= 300
    assert confirm.text.endswith("on your phone.")


def test_an_attest_form_asks_in_place_of_a_confirm() -> None:
    assert _buttons(escalation.escalation(review(verbs=ALL, confirm=True, attest=True), EN))["approve"].confirm is None


def test_nobody_decides_about_themselves() -> None:
    card = escalation.escalation(review(verbs=ALL, own=True, waits_for="Sam Ortiz"), EN)
    assert _buttons(card) == {}
    assert "somebody else has to decide" in _said(card)
    assert "Waiting for Sam Ortiz." in _said(card)


@pytest.mark.parametrize("decision", ["Approved", "Rejected", "Returned", "Cancelled", "Completed", "Closed"])
def test_after_a_decision_no_copy_has_a_button(decision: str) -> None:
    for own_request, attest, waits in itertools.product((True, False), (True, False), ("", "Sam Ortiz")):
        given: dict[str, Any] = DECIDED | {"decision": decision}
        card = escalation.escalation(review(verbs=ALL, confirm=True, own=own_request, attest=attest, waits_for=waits, **given), EN)
        assert interactive(block_kit.message(card)) == []
        assert "Priya Nair" in card.summary


def test_who_decided_when_and_how_is_one_line() -> None:
    drawing = block_kit.message(escalation.escalation(review(**DECIDED, confirmed_with="Okta Verify"), EN))
    (line,) = drawing["blocks"][-1]["elements"]
    assert [element.get("text", element["type"]) for element in line["elements"]] == [
        "Approved by Priya Nair", " · ", "date", " · ", "confirmed with Okta Verify",
    ]  # fmt: skip
    date = line["elements"][2]
    assert (date["timestamp"], date["fallback"]) == (1779096720, "2026-05-18 09:32 UTC")


def test_approvals_so_far_are_named() -> None:
    card = escalation.escalation(review(verbs=ALL, votes=(Vote("Priya Nair", NOW),), votes_needed=2), EN)
    assert "1 of 2 approvals : Priya Nair" in _said(card).replace("approvals:", "approvals :").replace("  ", " ")
    assert "approvals" not in _said(escalation.escalation(review(verbs=ALL, votes=(Vote("Priya Nair", NOW),)), EN))


def test_a_channel_copy_stays_without_personal_data() -> None:
    view = review(verbs=ALL, votes=(Vote("Priya Nair", NOW),), votes_needed=2, also_asked=("Sam Ortiz",), waits_for="Sam Ortiz")
    for shown in (view, dataclasses.replace(view, decision="Approved", decided_by="Priya Nair", decided_at=NOW, reason="Emma called")):
        card = escalation.channel_copy(shown, EN)
        assert not any(name in _said(card) for name in ("Emma", "Priya", "Sam", "Finance", "month-end"))
        assert _buttons(card) == {}


# ---------------------------------------------------------------- forms


VIEW = ReviewFormView("IT-1048", "Emma Clarke", "Finance ERP", nonce="n1")
FORMS: tuple[Form, ...] = tuple(build(VIEW, EN) for build in (review_forms.reject_form, review_forms.return_form, review_forms.attest_form))


def test_forms_say_who_reads_what() -> None:
    for form in FORMS:
        for field in form.fields:
            if field.key == NOTE:
                assert field.hint == "Only reviewers see this."  # type: ignore[union-attr]  # a note is a text field
            if field.key in {REASON, QUESTION}:
                assert field.hint.startswith("Emma Clarke will see this.")  # type: ignore[union-attr]  # and so are these


def test_reasons_are_a_word_or_more_and_three_hundred_characters_at_most() -> None:
    for form in FORMS[:2]:
        field = next(field for field in form.fields if field.key in {REASON, QUESTION})
        assert isinstance(field, TextField)
        assert (field.least, field.limit, field.optional) == (5, 300, False)
    element = block_kit.modal(FORMS[1])["blocks"][1]["element"]
    assert (element["min_length"], element["max_length"]) == (5, 300)


def test_no_form_fits_two_screens_or_asks_for_secrets() -> None:
    assert all(len(form.fields) <= 3 for form in FORMS)
    assert "passwords or codes" in json.dumps(block_kit.modal(FORMS[1]))


@pytest.mark.parametrize(
    ("kind", "values", "wrong"),
    [
        (REJECT, {WHY_NOT: "not_needed", REASON: "Month-end is over."}, set()),
        (REJECT, {WHY_NOT: "", REASON: "Month-end is over."}, set()),
        (REJECT, {WHY_NOT: "because", REASON: "Month-end is over."}, {WHY_NOT}),
        (REJECT, {WHY_NOT: "other", REASON: "no"}, {REASON}),
        (REJECT, {WHY_NOT: "other", REASON: " " * 30}, {REASON}),
        (REJECT, {WHY_NOT: "other", REASON: "x" * 301}, {REASON}),
        (REJECT, {}, {REASON}),
        (REJECT, {WHY_NOT: "looks_risky", REASON: "Never seen this.", NOTE: "x" * 501}, {NOTE}),
        (RETURN, {QUESTION: "Which month is it about?"}, set()),
        (RETURN, {QUESTION: "Huh?"}, {QUESTION}),
        (RETURN, {}, {QUESTION}),
        (ATTEST, {HOW: "met_in_person"}, set()),
        (ATTEST, {HOW: "I know her voice"}, {HOW}),
        (ATTEST, {}, {HOW}),
        ("reset", {}, set()),
    ],
)  # fmt: skip
def test_what_comes_back_is_checked(kind: str, values: dict[str, str], wrong: set[str]) -> None:
    faults = review_forms.faults(Filled(kind, "n1", values), EN)
    assert set(faults) == wrong
    keys = {field.key for form in FORMS if form.kind == kind for field in form.fields}
    assert set(faults) <= keys, "an inline error needs a field to stand under"
    assert all(faults.values())


def test_an_attest_on_behalf_is_about_the_account_s_owner() -> None:
    form = review_forms.attest_form(dataclasses.replace(VIEW, on_behalf_of="Ravi Rao"), EN)
    assert "Ravi Rao can't confirm on a phone" in json.dumps(block_kit.modal(form))
    assert review_forms.attested("call_back", EN) == "Called back on the number on record"
    assert review_forms.attested("something else", EN) == "something else"


def test_the_loser_of_a_race_reads_it_in_the_form_s_place() -> None:
    page = review_forms.decided_view(DecidedView("IT-1048", "Rejected", "Sam Ortiz", NOW, had_text=True), EN)
    answer = block_kit.instead(page)
    assert answer["response_action"] == "update"
    assert schema_faults(answer["view"]) == []
    assert "submit" not in answer["view"]
    said = " ".join(texts(answer["view"]))
    assert "already rejected this at" in said
    assert "Your note was not sent." in said
    assert "Sam Ortiz" in said


def test_a_form_can_stand_in_a_form_s_place_too() -> None:
    assert block_kit.instead(FORMS[0])["view"] == block_kit.modal(FORMS[0])


def test_a_lost_race_outside_a_form_is_one_plain_sentence() -> None:
    lost = DecidedView("IT-1048", "Approved", "Priya Nair", NOW + 17 * timedelta(minutes=1))
    assert notes.decided(lost, EN).summary == "Priya Nair already approved this at 10:32 BST. Nothing more to do."
    assert notes.decided(lost, DE).summary == "Priya Nair hat das schon genehmigt, um 11:32 CEST. Es ist nichts mehr zu tun."
    unknown = notes.decided(DecidedView("IT-1048"), EN).summary
    assert unknown == "This changed since you saw it. Please look at the newest message."


# ---------------------------------------------------------------- step-up


def test_a_step_up_names_the_number_and_what_it_is_for() -> None:
    card = step_up.step_up(StepUpView("IT-1048", "Emma Clarke", "Finance ERP", "47", NOW), EN)
    assert card.summary == "IT-1048: confirm your approval. Tap 47 in Okta Verify."
    assert "You approved IT-1048: the reset of Finance ERP for Emma Clarke." in _said(card)


@pytest.mark.parametrize("outcome", ["confirmed", "refused", "timed_out", "not_possible", "unavailable", "overtaken"])
def test_an_ended_step_up_shows_no_number_and_says_whether_it_counts(outcome: Any) -> None:
    card = step_up.step_up(StepUpView("IT-1048", "Emma Clarke", "Finance ERP", "47", NOW, outcome), EN)
    assert "47" not in _said(card)
    assert ("counts" in card.summary) == (outcome == "confirmed")
    assert ("not counted" in card.summary) == (outcome != "confirmed")


# ---------------------------------------------------------------- reminders


def test_a_reminder_says_how_long_and_until_when() -> None:
    view = ReminderView("IT-1048", "Finance ERP", waited=timedelta(hours=1), due_at=NOW + timedelta(hours=1), now=NOW)
    assert reminders.ping(view, EN).summary == "IT-1048 (Finance ERP) has waited 1 h for you. Due 11:15 BST."
    late = dataclasses.replace(view, now=NOW + timedelta(minutes=66))
    assert reminders.ping(late, EN).summary == "IT-1048 (Finance ERP) has waited 1 h for you. OVERDUE by 6 min."
    assert all(_buttons(card) == {} for card in (reminders.ping(view, EN), reminders.also_with(view, EN)))


# ---------------------------------------------------------------- detail


def test_a_requester_s_view_has_no_place_for_what_they_must_not_see() -> None:
    fields = {field.name for field in dataclasses.fields(OwnDetailView)}
    assert not fields & {"checks", "tools", "audit", "rationale", "suggestion", "priority", "owner", "note", "notes", "round", "decided_by"}


def test_a_neutral_ending_is_the_same_detail_whatever_happened() -> None:
    cases = (
        own(ending=Ending.NEUTRAL),
        own(ending=Ending.NEUTRAL, target="somebody.else@example.com", stage=Stage.IDENTITY, can_cancel=False, chat=chat(40)),
        own(ending=Ending.NEUTRAL, attachments=(), ticket="", asked="", reason="looks like an attack", created_at=None),
    )
    sections: tuple[Any, ...] = ("summary", "chat", "outcome", "audit")
    drawn = {json.dumps(block_kit.page_modal(own_detail.own_detail(case, EN, section))) for case in cases for section in sections}
    assert len(drawn) == 1
    assert "I can't finish this one here." in drawn.pop()


def test_a_requester_has_no_way_to_the_reviewers_sections() -> None:
    for section in ("audit", "checks"):
        wanted: Any = section
        drawing = block_kit.page_modal(own_detail.own_detail(own(), EN, wanted))
        labels = [part["text"]["text"] for part in interactive(drawing)]
        assert labels[:3] == ["• Summary", "Chat", "Outcome"]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("summary", ("summary", 1)), ("audit", ("audit", 1)), ("chat:3", ("chat", 3)), ("chat:0", ("chat", 1)), ("chat:-1", ("chat", 1)),
        ("chat:x", ("chat", 1)), ("chat:²", ("chat", 1)), ("chat:99999", ("chat", 1)), ("", ("summary", 1)), ("secrets:2", ("summary", 2)),
    ],
)  # fmt: skip
def test_a_section_press_leads_somewhere(value: str, found: tuple[str, int]) -> None:
    assert detail.place(value) == found


def test_pages_are_turned_within_their_bounds() -> None:
    view = full_detail(chat=chat(30), verbs=())
    counts, turns = [], []
    for page in (1, 2, 3, 4):
        body = detail.detail(view, EN, "chat", page).body
        counts.append(sum(1 for node in body if type(node).__name__ == "Quote"))
        turns.append([button.value for node in body[3:] if isinstance(node, Actions) for button in node.actions if isinstance(button, Button)])
    assert counts == [12, 12, 6, 6]
    assert turns == [["chat:2"], ["chat:1", "chat:3"], ["chat:2"], ["chat:2"]]


def test_every_section_press_comes_back_to_where_it_leads() -> None:
    drawing = block_kit.page_modal(detail.detail(full_detail(audit=()), EN))
    for element in interactive(drawing)[:5]:
        payload = {
            "type": "block_actions", "user": {"id": "U1"}, "team": {"id": "T1"}, "container": {"type": "view", "view_id": "V1"},
            "view": {"id": "V1", "hash": "h1", "callback_id": drawing["callback_id"], "private_metadata": drawing["private_metadata"]},
            "actions": [{key: element[key] for key in ("type", "action_id", "value")}],
        }  # fmt: skip
        found = block_kit.pressed(payload)
        assert found is not None
        assert (found.verb, found.view_kind, found.metadata, found.nonce) == ("section", detail.KIND, full_detail().nonce, full_detail().nonce)
        assert detail.place(found.value)[0] in element["text"]["text"].lower()


def test_files_are_named_and_never_linked() -> None:
    drawing = block_kit.page_modal(detail.detail(full_detail(attachments=FILES), EN))
    assert "http" not in json.dumps(drawing)
    assert [size(octets, EN) for octets in (0, 999, 1000, 12_345, 999_999, 1_000_000, 3_456_789)] == [
        "0 B", "999 B", "1 kB", "12 kB", "999 kB", "1.0 MB", "3.4 MB",
    ]  # fmt: skip
    assert size(3_456_789, Words("de")) == "3,4 MB"
