"""Every surface of approvers and admins in every state, filled with the same small company."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cards import admin_forms, block_kit, detail, escalation, home, notes, own_detail, reminders, review_forms, step_up
from cards.card import Card
from cards.form import Form, Page
from cards.views import AfterApproval, Check, EarlierRound, Ending, HomeView, QuestionView, Reminded, Stage, Vote
from cards.views_review import (
    AdminView,
    Attachment,
    DecidedView,
    DetailView,
    Event,
    EventType,
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
    Section,
    StepUpView,
    SystemHealth,
    Today,
    ToolOutcome,
    TryResult,
)
from cards.words import Words
from tests.cards.examples import NONCE, NOW, lines, review

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ALL: Any = ("approve", "return", "reject", "details")
AFTER: tuple[AfterApproval, ...] = (
    "working", "identity", "manual", "manual_done", "carried_out", "facts_changed", "identity_failed",
)  # fmt: skip
DECIDED: dict[str, Any] = {"decision": "Approved", "decided_by": "Priya Nair", "decided_at": NOW + 17 * MINUTE}


def cards(words: Words) -> Iterator[tuple[str, Card]]:
    """Messages to reviewers."""
    yield from _escalations(words)
    asked = StepUpView("IT-1048", "Emma Clarke", "Finance ERP", "47", NOW + 5 * MINUTE, nonce=NONCE)
    yield "step_up", step_up.step_up(asked, words)
    yield "step_up_without_number", step_up.step_up(replace(asked, number=""), words)
    outcomes: tuple[Any, ...] = ("confirmed", "refused", "timed_out", "not_possible", "unavailable", "overtaken")
    for outcome in outcomes:
        yield f"step_up_{outcome}", step_up.step_up(replace(asked, outcome=outcome), words)
    yield "step_up_confirmed_first_of_two", step_up.step_up(replace(asked, outcome="confirmed", more_votes=1), words)
    waits = ReminderView("IT-1048", "Finance ERP", "High", HOUR, NOW + HOUR, NOW, "Priya Nair", NONCE)
    yield "reminder", reminders.ping(waits, words)
    yield "reminder_overdue", reminders.ping(replace(waits, now=NOW + 66 * MINUTE), words)
    yield "reminder_without_due", reminders.ping(replace(waits, due_at=None), words)
    yield "handed_over", reminders.handed_over(waits, words)
    yield "handed_over_by_nobody", reminders.handed_over(replace(waits, other=""), words)
    yield "also_with", reminders.also_with(replace(waits, other="Sam Ortiz"), words)
    question = QuestionView("IT-1048", "reviewer", asked="Which month is it about?", nonce=NONCE)
    yield "question_nudge_returned", reminders.nudge(question, words, NOW + 72 * HOUR)
    yield from _notes(words)


def _escalations(words: Words) -> Iterator[tuple[str, Card]]:
    def card(**changes: Any) -> Card:
        return escalation.escalation(review(verbs=ALL, confirm=True, **changes), words)

    yield "escalation_step_up", card(step_up=True)
    yield "escalation_attest", card(attest=True)
    yield "escalation_on_behalf_buttons", card(on_behalf_of="Ravi Rao")
    yield "escalation_first_vote", card(votes=(Vote("Priya Nair", NOW + 17 * MINUTE),), votes_needed=2, step_up=True)
    yield "escalation_no_vote_of_two", card(votes_needed=2)
    reminded = (Reminded(NOW + HOUR), Reminded(NOW + 2 * HOUR, "Sam Ortiz"))
    yield "escalation_reminded", card(reminders=reminded[:1])
    yield "escalation_reminded_and_backup", card(reminders=reminded, also_asked=("Sam Ortiz",))
    yield "escalation_group", card(also_asked=tuple(f"Owner {n}" for n in range(1, 9)))
    yield "escalation_second_round", card(earlier=(EarlierRound("Which month is it about?", "May, the month-end.", "Priya Nair"),))
    yield "escalation_unanswered", card(earlier=(EarlierRound("Which month is it about?"),))
    yield "escalation_own", card(own=True, waits_for="Sam Ortiz")
    yield "escalation_waits_for", escalation.escalation(review(waits_for="Priya Nair"), words)
    for after in AFTER:
        yield f"escalation_after_{after}", card(**DECIDED, after=after, after_at=NOW + 20 * MINUTE, next_owner="IAM team")
    yield "escalation_after_manual_no_ticket", card(**DECIDED, after="manual", ticket="")
    yield "escalation_after_manual_owner_only", card(**DECIDED, after="manual", ticket="", next_owner="IAM team")
    yield "escalation_after_manual_ticket_only", card(**DECIDED, after="manual")
    yield "escalation_confirmed", card(**DECIDED, confirmed_with="Okta Verify")
    votes = (Vote("Priya Nair", NOW + 17 * MINUTE), Vote("Sam Ortiz", NOW + 20 * MINUTE))
    yield "escalation_two_votes", card(**DECIDED | {"decided_by": "Sam Ortiz"}, votes=votes, votes_needed=2)
    yield "escalation_attested", card(**DECIDED, attested="call_back")
    yield "escalation_rejected_with_reason", card(**DECIDED | {"decision": "Rejected"}, reason="Month-end is over.")
    yield "escalation_returned_with_question", card(**DECIDED | {"decision": "Returned"}, reason="Which month is it about?")


def _notes(words: Words) -> Iterator[tuple[str, Card]]:
    for decision in ("Approved", "Rejected", "Returned"):
        yield f"note_decided_{decision.lower()}", notes.decided(DecidedView("IT-1048", decision, "Priya Nair", NOW), words)
    for decision in ("Approved", "Rejected", "Returned", "Cancelled", "Completed", "Closed", ""):
        yield f"note_decided_nameless_{decision.lower()}", notes.decided(DecidedView("IT-1048", decision), words)
    yield "note_own_request", notes.own_request(words)
    yield "note_already_voted", notes.already_voted(words)
    yield "note_vote_counted", notes.vote_counted(words, 1, 2)
    yield "note_changed", notes.changed(words)
    yield "note_old_round", notes.old_round(words)
    yield "note_rights_unknown", notes.rights_unknown(words)
    yield "note_step_up_sent", notes.step_up_sent(words)
    yield "note_step_up_pending", notes.step_up_pending(words)
    yield "note_step_up_refused", notes.step_up_failed(words, refused=True)
    yield "note_step_up_timed_out", notes.step_up_failed(words, refused=False)
    yield "note_not_allowed", notes.not_allowed(words)


# ---------------------------------------------------------------- the Home tab


def rows(count: int = 3) -> tuple[QueueRow, ...]:
    known = (
        QueueRow("IT-1048", "Finance ERP", "High", "Emma Clarke", why="needs the owner's OK", due_at=NOW - 6 * MINUTE, nonce="n1"),
        QueueRow("IT-1051", "VPN admin", "Medium", "Ravi Rao", "Waiting", due_at=NOW + 42 * MINUTE, value="IT-1051"),
        QueueRow("IT-1052", "Payroll", "Low", "Lena Vogt", due_at=NOW + 26 * HOUR, waits_for="Sam Ortiz", nonce="n3"),
    )
    more = tuple(QueueRow(f"IT-{n}", "Payroll", "Medium", "Emma Clarke", due_at=NOW + n * MINUTE, nonce=f"n{n}") for n in range(2000, 2000 + count))
    return (*known, *more)[:count]


def review_queue(**changes: Any) -> QueueView:
    given: dict[str, Any] = {"rows": rows(), "filter": QueueFilter(), "now": NOW}
    given |= {"open": 6, "overdue": 1, "due_soon": 2, "closed_today": 31, "total": 3}
    return QueueView(**(given | changes))


def systems() -> tuple[SystemHealth, ...]:
    return (
        SystemHealth("Slack", "ok", 80),
        SystemHealth("Okta", "ok", 190),
        SystemHealth("ServiceNow", "slow", 4100),
        SystemHealth("Confluence", "down", note="It answered 401: look at CONFLUENCE_API_TOKEN."),
        SystemHealth("Teams", "off"),
        SystemHealth("Mail", "unknown"),
    )


POLICY = PolicyLine("Password resets v12", "Confluence", NOW - HOUR, "Sam Ortiz", NOW - 20 * HOUR, 14)


def administration(**changes: Any) -> AdminView:
    given: dict[str, Any] = {
        "systems": systems(),
        "jobs_waiting": 2,
        "oldest_job": timedelta(seconds=3),
        "policy": POLICY,
        "mode": "enforce",
        "today": Today(41, 31, 6, 4, timedelta(seconds=74)),
        "nonce": NONCE,
    }
    return AdminView(**(given | changes))


def queues() -> Iterator[tuple[str, QueueView]]:
    full = QueueFilter("all", "Escalated", "High", True, "2026-05-18T09:15:00.000Z~1048")
    yield "home_queue", review_queue()
    yield "home_queue_empty", review_queue(rows=(), total=0, open=0, overdue=0, due_soon=0)
    yield "home_queue_all_empty", review_queue(rows=(), total=0, filter=QueueFilter("all"))
    yield "home_queue_filtered_empty", review_queue(rows=(), total=0, filter=replace(full, cursor=""))
    yield "home_queue_behind_the_end", review_queue(rows=(), filter=full, previous="")
    big = {"open": 1001, "overdue": 1001, "due_soon": 1000, "closed_today": 5000, "total": 1001}
    yield "home_queue_many", review_queue(rows=rows(14), filter=full, first=11, previous="", next="2026-05-18T09:15:00.000Z~1058", **big)
    yield "home_queue_uncounted", review_queue(total=None, next="c1")


def administrations() -> Iterator[tuple[str, AdminView]]:
    pending = replace(POLICY, pending="Password resets v13", pending_value="rev-13", problem="Application table, row 4: tier “Secret” is unknown")
    yield "home_admin", administration()
    yield "home_admin_all_good", administration(systems=systems()[:2], jobs_waiting=0, mode="observe")
    yield "home_admin_nothing_known", AdminView()
    yield "home_admin_pending_policy", administration(policy=pending)
    yield "home_admin_stale_policy", administration(policy=replace(POLICY, stale=True), breaker=True)
    yield "home_admin_paused", administration(paused=Paused("Sam Ortiz", NOW - HOUR, "Okta has an incident."))
    frozen = tuple(Frozen(f"person{n}@example.com", NOW - n * HOUR, f"IT-{1030 + n}", f"v{n}") for n in range(1, 8))
    yield "home_admin_frozen", administration(frozen=frozen)


def homes(words: Words) -> Iterator[tuple[str, Card]]:
    view = HomeView("Priya", lines(), more=3, updated_at=NOW)
    for name, one in queues():
        yield name, home.page(HomeView("Priya", updated_at=NOW), words, review=one)
    for name, two in administrations():
        yield name, home.page(HomeView("Sam", updated_at=NOW), words, administration=two)
    yield "home_everything", home.page(view, words, review=review_queue(rows=rows(10), total=36, next="c2"), administration=administration())


# ---------------------------------------------------------------- forms and pages


def forms(words: Words) -> Iterator[tuple[str, Form]]:
    view = ReviewFormView("IT-1048", "Emma Clarke", "Finance ERP", nonce=NONCE)
    yield "form_reject", review_forms.reject_form(view, words)
    yield "form_return", review_forms.return_form(view, words)
    yield "form_return_again", review_forms.return_form(replace(view, reason="Which month?", target=""), words)
    yield "form_attest", review_forms.attest_form(view, words)
    yield "form_attest_on_behalf", review_forms.attest_form(replace(view, on_behalf_of="Ravi Rao"), words)
    yield "form_pause", admin_forms.pause_form(words, NONCE)
    yield "form_unfreeze", admin_forms.unfreeze_form(Frozen("emma.clarke@example.com", NOW, "IT-1030", "v1"), words, NONCE)
    yield "form_try_case", admin_forms.try_case_form(words, NONCE)


def audit(count: int = 4) -> tuple[Event, ...]:
    told: tuple[tuple[EventType, str, str], ...] = (
        ("Message", "Emma Clarke", "asked in a direct message"),
        ("Decision", "Agent", "Finance ERP is Sensitive: its owner decides"),
        ("Tool Call", "Okta", "push challenge: passed"),
        ("Escalation", "Agent", "to Priya Nair"),
        ("Approval", "Priya Nair", "approved"),
        ("Rejection", "Priya Nair", "rejected"),
        ("Closure", "Agent", "completed"),
    )
    return tuple(
        Event(NOW + n * MINUTE, *told[n % len(told)], note="Spoke to her manager." if n % len(told) == 4 else "") for n in range(count)
    )


def chat(count: int = 2) -> tuple[Said, ...]:
    said = (("Emma Clarke", "Locked out before month-end close"), ("", "Got it. Your reference is IT-1048."))
    return tuple(Said(NOW + n * MINUTE, *said[n % 2]) for n in range(count))


FILES = (Attachment("screenshot.png", 12_345, "image/png"), Attachment("trace.log", 900), Attachment("film.mov", 3_456_789, "video/quicktime"))


def full_detail(**changes: Any) -> DetailView:
    given: dict[str, Any] = {
        "reference": "IT-1048",
        "target": "Finance ERP",
        "status": "Escalated",
        "priority": "High",
        "requester": "Emma Clarke",
        "email": "emma.clarke@example.com",
        "owner": "Priya Nair",
        "why_owner": "owner of Finance ERP",
        "created_at": NOW,
        "due_at": NOW + HOUR,
        "ticket": "INC0012345",
        "policy_label": "Password resets v12",
        "section_label": "Application table, row 3",
        "rationale": "Finance ERP is Sensitive: its owner decides.",
        "suggestion": "Approve if you know about the month-end work.",
        "asked": "Locked out before month-end close",
        "justification": "The books close tonight.",
        "chat": chat(),
        "audit": audit(),
        "checks": (Check("ok", "Active, assigned to Finance ERP"), Check("unknown", "When the newest factor was added")),
        "tools": (
            ToolOutcome("okta_get_user_by_email", "ok", milliseconds=210),
            ToolOutcome("okta_list_user_applications", "failed", "429, tried 3 times", 1800),
            ToolOutcome("search_policy", "unknown"),
        ),
        "attachments": FILES,
        "verbs": ALL,
        "confirm": True,
        "nonce": NONCE,
    }
    return DetailView(**(given | changes))


def own(**changes: Any) -> OwnDetailView:
    given: dict[str, Any] = {
        "reference": "IT-1048",
        "target": "Finance ERP",
        "stage": Stage.CHECKING,
        "created_at": NOW,
        "ticket": "INC0012345",
        "asked": "Locked out before month-end close",
        "justification": "The books close tonight.",
        "chat": chat(),
        "attachments": FILES[:1],
        "can_cancel": True,
        "nonce": NONCE,
    }
    return OwnDetailView(**(given | changes))


SECTIONS: tuple[Section, ...] = ("summary", "chat", "audit", "checks", "outcome")


def pages(words: Words) -> Iterator[tuple[str, Page]]:
    for section in SECTIONS:
        yield f"detail_{section}", detail.detail(full_detail(), words, section)
    closed: dict[str, Any] = {"status": "Completed", "closed_at": NOW + HOUR, "verbs": (), "round": 2}
    decided = full_detail(**DECIDED, **closed, outcome=("Okta was asked to mail the link.", "The link was used at 10:31."), on_behalf_of="Ravi Rao")
    yield "detail_outcome_decided", detail.detail(decided, words, "outcome")
    yield "detail_summary_closed", detail.detail(decided, words)
    yield "detail_audit_with_notes", detail.detail(full_detail(audit=audit(7)), words, "audit")
    for section in ("chat", "audit", "checks"):
        bare = full_detail(chat=(), audit=(), checks=(), tools=(), attachments=(), verbs=())
        yield f"detail_{section}_empty", detail.detail(bare, words, section)
    many = full_detail(chat=chat(30), audit=audit(30), attachments=FILES * 4)
    yield "detail_chat_page_2", detail.detail(many, words, "chat", 2)
    yield "detail_audit_last_page", detail.detail(many, words, "audit", 99)
    yield "detail_many_files", detail.detail(many, words)
    for section in ("summary", "chat", "outcome"):
        yield f"own_detail_{section}", own_detail.own_detail(own(), words, section)
    yield "own_detail_rejected", own_detail.own_detail(own(ending=Ending.REJECTED, reason="Month-end is over.", can_cancel=False), words, "outcome")
    yield "own_detail_neutral", own_detail.own_detail(own(ending=Ending.NEUTRAL), words)
    yield from _answers(words)


def _answers(words: Words) -> Iterator[tuple[str, Page]]:
    lost = DecidedView("IT-1048", "Rejected", "Sam Ortiz", NOW + 16 * MINUTE, had_text=True)
    yield "decided_view", review_forms.decided_view(lost, words)
    yield "decided_view_nameless", review_forms.decided_view(DecidedView("IT-1048", "Cancelled"), words)
    tried = TryResult(
        "emma.clarke@example.com", "", "Finance ERP", "escalate", "Row 11 · Application table, row 3", "Finance ERP is Sensitive.", "Priya Nair",
        (Check("ok", "Active"), Check("unknown", "When the newest factor was added")), "Password resets v12",
    )  # fmt: skip
    yield "try_result", admin_forms.try_result(tried, words)
    yield "try_result_problem", admin_forms.try_result(replace(tried, problem="Okta does not answer right now."), words)
    changes = ("Finance ERP: tier Standard becomes Sensitive", "Resets per person per day: 3 becomes 2")
    effects = ("4 resets of Finance ERP would have gone to Priya Nair",)
    shown = PolicyDifference("Password resets v13", "Password resets v12", changes, effects, "rev-13", NONCE)
    yield "policy_difference", admin_forms.policy_difference(shown, words)
    yield "policy_difference_none", admin_forms.policy_difference(replace(shown, accepted="", changes=(), effects=(), value=""), words)
    yield "policy_difference_long", admin_forms.policy_difference(replace(shown, changes=changes * 30), words)


def drawn(words: Words) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and Slack drawing of everything here."""
    for name, card in cards(words):
        yield name, block_kit.message(card)
    for name, card in homes(words):
        yield name, block_kit.home(card)
    for name, form in forms(words):
        yield name, block_kit.modal(form)
    for name, page in pages(words):
        yield name, block_kit.page_modal(page)
