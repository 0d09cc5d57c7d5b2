"""No string of a person's becomes markup, mention, link or button on a reviewer's or an admin's surface (I16)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from cards import admin_forms, block_kit, detail, escalation, home, notes, own_detail, reminders, review_forms, step_up
from cards.card import Card
from cards.form import Filled, Form, Page
from cards.views import Check, EarlierRound, Ending, EscalationView, HomeView, QuestionView, Reminded, RequestLine, Vote
from cards.views_review import (
    AdminView,
    Attachment,
    DecidedView,
    DetailView,
    Event,
    Frozen,
    OwnDetailView,
    Paused,
    PolicyDifference,
    PolicyLine,
    QueueFilter,
    QueueRow,
    QueueView,
    ReminderView,
    ReviewFormView,
    Said,
    StepUpView,
    SystemHealth,
    ToolOutcome,
    TryResult,
)
from tests.cards.checks import characters, interactive, parts, repeated_ids, schema_faults, too_long
from tests.cards.examples import EN, NOW
from tests.cards.hostile import HOSTILE, MARK
from tests.cards.review_examples import AFTER, ALL, SECTIONS


def _cards(text: str) -> list[Card]:
    whole: dict[str, Any] = {
        "priority": text, "on_behalf_of": text, "why_you": text, "asked": text, "justification": text, "rationale": text, "suggestion": text,
        "checks": (Check("ok", text), Check("unknown", text)), "policy_label": text, "section": text, "ticket": text, "attachments": (text,) * 3,
        "waiting_since": NOW, "due_at": NOW, "verbs": ALL, "confirm": True, "step_up": True, "nonce": "n", "waits_for": text,
        "votes": (Vote(text, NOW), Vote(text, NOW)), "votes_needed": 3, "reminders": (Reminded(NOW), Reminded(NOW, text)),
        "also_asked": (text,) * 7, "earlier": (EarlierRound(text, text, text),) * 3, "confirmed_with": text, "attested": text, "reason": text,
        "next_owner": text,
    }  # fmt: skip
    waiting = EscalationView("IT-1048", text, text, **whole)
    decided = [
        EscalationView("IT-1048", text, text, **whole, decision="Approved", decided_by=text, decided_at=NOW, after=after, after_at=NOW)
        for after in AFTER
    ]
    reminder = ReminderView("IT-1048", text, text, timedelta(hours=1), NOW, NOW - timedelta(hours=1), text, "n")
    return [
        escalation.escalation(waiting, EN),
        escalation.escalation(EscalationView("IT-1048", text, text, **whole, own=True), EN),
        *(escalation.escalation(view, EN) for view in decided),
        step_up.step_up(StepUpView("IT-1048", text, text, "47", NOW), EN),
        notes.decided(DecidedView("IT-1048", "Approved", text, NOW), EN),
        reminders.ping(reminder, EN),
        reminders.handed_over(reminder, EN),
        reminders.also_with(reminder, EN),
        reminders.nudge(QuestionView("IT-1048", "reviewer", asked=text), EN, NOW),
    ]


def _home(text: str) -> Card:
    rows = tuple(QueueRow("IT-1048", text, text, text, text, text, NOW, text, f"n{n}", str(n)) for n in range(12))
    view = QueueView(rows, QueueFilter(), NOW, 1, 1, 1, 1, total=36, previous="", next="c")
    policy = PolicyLine(text, text, NOW, text, NOW, 14, True, text, "v13", text)
    systems = tuple(SystemHealth(text, "down", 10, text) for _ in range(3))
    frozen = tuple(Frozen(text, NOW, "IT-1030", str(n)) for n in range(7))
    admin = AdminView(systems, 3, timedelta(seconds=3), policy, "enforce", Paused(text, NOW, text), True, frozen=frozen, nonce="n")
    own = tuple(RequestLine(f"IT-{n}", text, created_at=NOW, can_cancel=True) for n in range(12))
    return home.page(HomeView(text, own, updated_at=NOW), EN, review=view, administration=admin)


def _forms(text: str) -> list[Form]:
    view = ReviewFormView("IT-1048", text, text, text, "n", text)
    tried = Filled("try_case", "", {"requester": text, "target": text, "application": text})
    return [
        review_forms.reject_form(view, EN),
        review_forms.return_form(view, EN),
        review_forms.attest_form(view, EN),
        admin_forms.unfreeze_form(Frozen(text, NOW), EN, "n"),
        admin_forms.try_case_form(EN, "n", filled=tried),
    ]


def _pages(text: str) -> list[Page]:
    said = tuple(Said(NOW, text, text) for _ in range(30))
    full = DetailView(
        "IT-1048", text, text, text, text, text, text, text, text, NOW, NOW, None, text, text, text, text, text, text, text, 2, said,
        tuple(Event(NOW, "Message", text, text, text) for _ in range(30)), (Check("warn", text),) * 3,
        tuple(ToolOutcome(text, "failed", text, 12) for _ in range(30)), (text,) * 3, "Rejected", text, NOW,
        (Attachment(text, 12, text),) * 12, ALL, True, nonce="n",
    )  # fmt: skip
    own = OwnDetailView(
        "IT-1048", text, ending=Ending.REJECTED, created_at=NOW, ticket=text, asked=text, justification=text, reason=text, chat=said,
        attachments=(Attachment(text, 12, text),) * 12, can_cancel=True, nonce="n",
    )  # fmt: skip
    result = TryResult(text, text, text, text, text, text, text, (Check("ok", text),) * 50, text)
    difference = PolicyDifference(text, text, (text,) * 50, (text,) * 50, "v13", "n")
    return [
        *(detail.detail(full, EN, section, 2) for section in SECTIONS),
        *(own_detail.own_detail(own, EN, section) for section in SECTIONS),
        review_forms.decided_view(DecidedView("IT-1048", "Rejected", text, NOW, had_text=True), EN),
        admin_forms.try_result(result, EN),
        admin_forms.try_result(TryResult(text, text, text, text, text, text, problem=text), EN),
        admin_forms.policy_difference(difference, EN),
    ]


def _drawings(text: str) -> list[dict[str, Any]]:
    return [
        *(block_kit.message(card) for card in _cards(text)),
        block_kit.home(_home(text)),
        *(block_kit.modal(form) for form in _forms(text)),
        *(block_kit.page_modal(page) for page in _pages(text)),
    ]


PEACEFUL = [len(interactive(drawing)) for drawing in _drawings("Payroll")]


def _check(text: str, drawing: dict[str, Any]) -> None:
    assert repeated_ids(drawing) == []
    assert too_long(drawing) == []
    assert len(json.dumps(drawing)) <= 250_000
    json.dumps(drawing, ensure_ascii=False).encode()  # no broken surrogate is left
    for part in parts(drawing):
        shown = part.get("text")
        if part.get("type") == "mrkdwn":
            assert MARK not in part["text"], f"{text!r} was drawn as markup"
        elif isinstance(shown, str) and "type" in part:
            assert part["type"] in {"plain_text", "text"}
            assert part.get("emoji", False) is False
    assert not set(drawing.get("text", "")) & set("<>")
    view = "type" in drawing
    assert len(drawing["blocks"]) <= (100 if view else 50)
    assert view or (characters(drawing) <= 13_200 and len(drawing["text"]) <= 4000)


@pytest.mark.parametrize("start", range(0, len(HOSTILE), 60))
def test_hostile_text_is_only_text(start: int) -> None:
    """Every seventh of them: each seed in one of its forms; the forms are tried in full on the requester's surfaces."""
    for text in HOSTILE[start : start + 60 : 7]:
        drawings = _drawings(text)
        assert [len(interactive(drawing)) for drawing in drawings] == PEACEFUL
        for drawing in drawings:
            _check(text, drawing)


@pytest.mark.parametrize("text", [HOSTILE[0], "🔥" * 3000 + MARK, "&" * 3000, "line\n" * 800, "", "\ud800\u202e"])
def test_hostile_text_keeps_slacks_shape(text: str) -> None:
    for drawing in _drawings(text):
        assert schema_faults(drawing) == []


def test_a_message_in_the_conversation_cannot_look_like_a_line_of_ours() -> None:
    """Whatever somebody wrote is inside a quote, however many lines it has."""
    forged = "fine\n09:32 Password Reset\nApproved by Priya Nair"
    page = detail.detail(DetailView("IT-1048", "Payroll", "Escalated", "Low", "Emma", chat=(Said(NOW, "Emma", forged),)), EN, "chat")
    drawing = block_kit.page_modal(page)
    holders = [part for part in parts(drawing) if any("Approved by" in inner.get("text", "") for inner in part.get("elements", ()))]
    assert [holder["type"] for holder in holders] == ["rich_text_quote"]
