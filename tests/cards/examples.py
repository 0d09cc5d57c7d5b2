"""Every surface in every state, filled with the same small company; what the golden files are drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from cards import block_kit, escalation, help, home, identity, notes, question, request, reset_form
from cards.card import Card, Option
from cards.views import (
    Check,
    Ending,
    EscalationView,
    FormView,
    HomeView,
    QuestionView,
    RequestLine,
    RequestView,
    Stage,
)
from cards.words import Words

NOW = datetime(2026, 5, 18, 9, 15, tzinfo=UTC)
NONCE = "n0nce-of-a-picture"
EN, DE = Words("en", "Europe/London"), Words("de", "Europe/Berlin")
APPS = ("Payroll", "Finance ERP", "VPN", "Travel Desk", "Build Server")
URL = "https://travel.example.com/reset"


def view(**changes: Any) -> RequestView:
    given: dict[str, Any] = {
        "reference": "IT-1048",
        "target": "Payroll",
        "nonce": NONCE,
        "ticket": "INC0012345",
        "policy_label": "Password resets v12, Payroll",
    }
    return RequestView(**(given | changes))


def ended(ending: Ending) -> RequestView:
    more: dict[Ending, dict[str, Any]] = {
        Ending.POINT: {"url": URL, "target": "Travel Desk"},
        Ending.ESCALATED: {"owner_review": True, "due_at": NOW + timedelta(hours=1), "can_cancel": True, "target": "Finance ERP"},
        Ending.MERGED: {"note": "IT-1044"},
        Ending.REJECTED: {"note": "Month-end is over; please use your own login."},
    }
    return view(ending=ending, **more.get(ending, {}))


ENDINGS = tuple(ending for ending in Ending if ending is not Ending.NONE)


def for_requesters(words: Words) -> Iterator[tuple[str, Card]]:
    """Everything that a requester may see."""
    until = NOW + timedelta(minutes=5)
    for stage in Stage:
        pending: dict[str, Any] = {"number": "47", "identity_ends": until} if stage is Stage.IDENTITY else {}
        yield f"progress_{stage}", request.progress(view(stage=stage, can_cancel=True, **pending), words)
    yield "progress_identity_again", request.progress(view(stage=Stage.IDENTITY, again=True, identity_ends=until), words)
    yield "progress_without_check", request.progress(view(stage=Stage.EFFECT, identity_needed=False), words)
    yield "progress_delayed", request.progress(view(stage=Stage.CHECKING, delayed=True, can_cancel=True), words)
    yield "progress_unlock", request.progress(view(stage=Stage.EFFECT, effect="unlock"), words)
    for ending in ENDINGS:
        yield f"progress_{ending}", request.progress(ended(ending), words)
        yield f"outcome_{ending}", request.outcome(ended(ending), words)
    yield "progress_escalated_to_a_person", request.progress(view(ending=Ending.ESCALATED), words)
    yield "progress_reset_for_other", request.progress(view(ending=Ending.RESET, for_other=True), words)
    yield "received", request.received(view(), words)
    yield "already_open", request.already_open(view(stage=Stage.CHECKING, can_cancel=True), words)
    yield "link_unused", request.link_unused(view(ending=Ending.RESET), words)
    yield "identity_on_behalf", identity.card(view(stage=Stage.IDENTITY, number="47", asked_by="Priya Nair", identity_ends=until), words)
    yield from questions(words)
    yield from pages(words)
    yield from short(words)


def questions(words: Words) -> Iterator[tuple[str, Card]]:
    asked = QuestionView("IT-1048", options=APPS, nonce=NONCE)
    many = QuestionView("IT-1048", options=tuple(f"App {n}" for n in range(1, 121)), nonce=NONCE)
    yield "question_application", question.question(asked, words)
    yield "question_application_many", question.question(many, words)
    yield "question_chosen", question.question(QuestionView("IT-1048", options=APPS, chosen="Payroll"), words)
    yield "question_over", question.question(QuestionView("IT-1048", options=APPS, over=True), words)
    yield "question_not_assigned", question.question(QuestionView("IT-1048", "not_assigned", APPS[:2], named="Ledger", nonce=NONCE), words)
    yield "question_reviewer", question.question(QuestionView("IT-1048", "reviewer", asked="Which month is it about?", nonce=NONCE), words)
    yield "question_nudge", question.nudge(asked, words)


def lines() -> tuple[RequestLine, ...]:
    return (
        RequestLine("IT-1051", "VPN", Stage.IDENTITY, created_at=NOW, can_cancel=True, nonce="n1"),
        RequestLine("IT-1050", "Build Server", Stage.QUESTION, created_at=NOW, can_cancel=True, nonce="n2"),
        RequestLine("IT-1049", "Payroll", ending=Ending.NEUTRAL, created_at=NOW, nonce="n3"),
        RequestLine("IT-1048", "Payroll", ending=Ending.RESET, created_at=NOW, nonce="n4"),
    )


def pages(words: Words) -> Iterator[tuple[str, Card]]:
    yield "home", home.home(HomeView("Emma", lines(), more=3, updated_at=NOW), words)
    yield "home_empty", home.home(HomeView("Emma", updated_at=NOW), words)
    yield "help", help.usage(words)
    yield "help_without_command", help.usage(words, "")
    yield "welcome", help.welcome("Emma", words)
    yield "status", help.status(lines(), words)
    yield "status_empty", help.status((), words)
    yield "pointer", help.pointer(words)


def short(words: Words) -> Iterator[tuple[str, Card]]:
    yield "note_secret_seen", notes.secret_seen(words)
    yield "note_trouble", notes.trouble("IT-1048", words)
    yield "note_trouble_early", notes.trouble("", words)
    yield "note_slow_down", notes.slow_down(NOW, words)
    yield "note_stale", notes.stale(words)
    yield "note_not_yours", notes.not_yours(words)
    yield "note_too_late", notes.too_late("IT-1048", words)
    yield "note_which_request", notes.which_request(words)
    yield "note_in_private", notes.in_private(words)
    yield "note_handed_over", notes.handed_over("IT-1048", words)
    yield "note_handed_over_without_request", notes.handed_over("", words)
    yield "note_look_for_mail", notes.look_for_mail("IT-1048", words, NONCE)
    yield "note_in_words", notes.in_words(words)


def review(**changes: Any) -> EscalationView:
    given: dict[str, Any] = {
        "reference": "IT-1048",
        "requester": "Emma Clarke",
        "target": "Finance ERP",
        "priority": "High",
        "why_you": "Owner of Finance ERP",
        "asked": "Locked out before month-end close",
        "justification": "The books close tonight.",
        "checks": (
            Check("ok", "Request came from Emma's own account"),
            Check("ok", "Active, assigned to Finance ERP"),
            Check("warn", "Sensitive app: the policy wants its owner's agreement"),
            Check("unknown", "When the newest factor was added"),
        ),
        "rationale": "Finance ERP is Sensitive: its owner decides.",
        "suggestion": "Approve if you know about the month-end work.",
        "policy_label": "Password resets v12",
        "section": "Application table, row 3: Finance ERP",
        "ticket": "INC0012345",
        "attachments": ("screenshot.png",),
        "waiting_since": NOW,
        "due_at": NOW + timedelta(hours=1),
        "nonce": NONCE,
    }
    return EscalationView(**(given | changes))


def for_reviewers(words: Words) -> Iterator[tuple[str, Card]]:
    yield "escalation", escalation.escalation(review(), words)
    yield "escalation_without_ticket", escalation.escalation(review(ticket=""), words)
    yield "escalation_buttons", escalation.escalation(review(verbs=("approve", "return", "reject", "details"), confirm=True), words)
    yield "escalation_manual", escalation.escalation(review(verbs=("approve", "reject"), confirm=True, manual=True), words)
    yield "escalation_on_behalf", escalation.escalation(review(on_behalf_of="Ravi Rao"), words)
    decided: dict[str, Any] = {"decided_by": "Priya Nair", "decided_at": NOW}
    for decision in ("Approved", "Rejected", "Returned", "Cancelled", "Completed", "Closed"):
        yield f"escalation_{decision.lower()}", escalation.escalation(review(decision=decision, **decided), words)
    yield "escalation_channel_copy", escalation.channel_copy(review(), words)
    yield "note_stale_decided", notes.stale(words, by="Priya Nair", what="Approved", at=NOW)
    yield "note_not_reviewer", notes.not_reviewer(words)


def applications(count: int) -> tuple[Option, ...]:
    return tuple(Option(f"0oa{n:017d}", f"App {n}") for n in range(count))


def drawn(words: Words) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and Slack drawing of everything."""
    for name, card in (*for_requesters(words), *for_reviewers(words)):
        yield name, block_kit.home(card) if name.startswith("home") else block_kit.message(card)
    own = tuple(Option(f"0oa{n}", label) for n, label in enumerate(APPS))
    yield "form", block_kit.modal(reset_form.reset_form(FormView(own, nonce=NONCE), words))
    prefilled = FormView(own, initial="other", other="Ledger", details="I forgot it", symptom="forgot", files=False, nonce=NONCE)
    yield "form_prefilled", block_kit.modal(reset_form.reset_form(prefilled, words))
    yield "form_searching", block_kit.modal(reset_form.reset_form(FormView(applications(150), nonce=NONCE), words))
    yield "form_loading", block_kit.loading(words.gettext("Reset a password"))
