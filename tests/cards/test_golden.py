"""Every surface in every state, as Slack gets it: equal to its golden file, and within Slack's rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cards.words import Words
from tests.cards import examples, review_examples
from tests.cards.checks import ROOT, characters, interactive, parts, repeated_ids, schema_faults, too_long
from tests.cards.examples import APPS, DE, EN

GOLDEN = ROOT / "tests/golden/slack"
IN_GERMAN = {
    "progress_identity", "progress_reset", "outcome_neutral", "question_application", "home", "escalation_buttons", "form",
    "escalation_first_vote", "escalation_confirmed", "escalation_reminded_and_backup", "form_reject", "form_attest", "home_everything",
    "detail_summary", "own_detail_summary", "step_up", "policy_difference", "reminder_overdue",
}  # fmt: skip


def drawn(words: Words) -> dict[str, dict[str, Any]]:
    requesters, reviewers = dict(examples.drawn(words)), dict(review_examples.drawn(words))
    assert not set(requesters) & set(reviewers)
    return requesters | reviewers


ENGLISH = drawn(EN)
ALL = ENGLISH | {f"{name}.de": drawing for name, drawing in drawn(DE).items() if name in IN_GERMAN}


@pytest.mark.parametrize("name", ALL)
def test_it_is_drawn_as_before(name: str, update_golden: bool) -> None:
    file = GOLDEN / f"{name}.json"
    text = json.dumps(ALL[name], indent=1, ensure_ascii=False) + "\n"
    if update_golden:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text


def test_no_golden_file_is_left_over(update_golden: bool) -> None:
    for file in GOLDEN.glob("*.json") if update_golden else ():
        if file.stem not in ALL:
            file.unlink()
    assert {file.stem for file in GOLDEN.glob("*.json")} == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_it_is_of_slacks_shape(name: str) -> None:
    assert schema_faults(ALL[name]) == []


@pytest.mark.parametrize("name", ALL)
def test_ids_are_unique(name: str) -> None:
    assert repeated_ids(ALL[name]) == []
    assert too_long(ALL[name]) == []


@pytest.mark.parametrize("name", [name for name, drawing in ALL.items() if "type" in drawing])
def test_a_view_fits(name: str) -> None:
    """100 blocks and 250 kB (Slack, views.open); titles and words to send with are 24 characters."""
    drawing = ALL[name]
    assert len(drawing["blocks"]) <= 100
    assert len(json.dumps(drawing)) < 250_000
    assert all(len(drawing[key]["text"]) <= 24 for key in ("title", "submit", "close") if key in drawing)


@pytest.mark.parametrize("name", [name for name, drawing in ALL.items() if "type" not in drawing])
def test_a_message_can_be_heard_and_fits(name: str) -> None:
    drawing = ALL[name]
    assert drawing["text"].strip()
    assert len(drawing["text"]) <= 4000
    assert characters(drawing) < 13_000


def test_drawing_twice_is_the_same() -> None:
    """Nothing is sent when nothing changed, so a drawing may hold nothing that changes by itself."""
    assert drawn(EN) == ENGLISH


def _labels(drawing: dict[str, Any]) -> list[str]:
    return [part["text"]["text"] for part in interactive(drawing) if part["type"] == "button"]


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("progress_checking", ["Cancel request"]),
        ("progress_identity", ["I don't have my phone", "This wasn't me", "Cancel request"]),
        ("progress_reset", ["I didn't get it", "This wasn't me"]),
        ("progress_point", ["Open the page", "Talk to IT"]),
        ("progress_escalated", ["Talk to IT", "Cancel request"]),
        ("outcome_neutral", ["Talk to IT"]),
        ("home_empty", ["Reset a password", "Refresh"]),
        ("question_application", [*APPS, "My Okta account (single sign-on)", "Something else"]),
        ("question_chosen", []),
        ("escalation", []),
        ("escalation_buttons", ["Approve", "Return", "Reject", "Details"]),
        ("escalation_approved", []),
        ("escalation_first_vote", ["Approve", "Return", "Reject", "Details"]),
        ("escalation_own", []),
        ("escalation_waits_for", []),
        ("escalation_confirmed", []),
        ("form_reject", []),
        ("decided_view", []),
        ("step_up", []),
        ("home_queue", ["Reset a password", "Refresh", "Open", "Open", "Open"]),
        ("home_queue_many", ["Reset a password", "Refresh", *["Open"] * 10, "Previous", "Next"]),
        ("home_queue_empty", ["Reset a password", "Refresh"]),
        ("home_queue_filtered_empty", ["Reset a password", "Refresh", "Clear filters"]),
        ("home_admin", ["Reset a password", "Refresh", "Pause all resets", "Try a case"]),
        ("home_admin_paused", ["Reset a password", "Refresh", "Resume", "Try a case"]),
        ("detail_summary", ["• Summary", "Chat", "Audit", "Checks", "Outcome", "Approve", "Return", "Reject"]),
        ("detail_chat_page_2", ["Summary", "• Chat", "Audit", "Checks", "Outcome", "Previous", "Next", "Approve", "Return", "Reject"]),
        ("detail_outcome_decided", ["Summary", "Chat", "Audit", "Checks", "• Outcome"]),
        ("own_detail_summary", ["• Summary", "Chat", "Outcome", "Cancel request"]),
        ("own_detail_neutral", ["Talk to IT"]),
        ("policy_difference", ["Accept"]),
        ("policy_difference_none", []),
    ],
)  # fmt: skip
def test_it_offers(name: str, labels: list[str]) -> None:
    assert _labels(ALL[name]) == labels


def test_the_number_to_tap_is_said_and_shown() -> None:
    drawing = ALL["progress_identity"]
    assert "47" in drawing["text"]
    assert any("Tap *47*" in part["text"] for part in parts(drawing) if part.get("type") == "mrkdwn")
    assert not any("Tap" in json.dumps(other) for name, other in ALL.items() if "identity" not in name and "step_up" not in name)
