"""No string of a person's becomes markup, mention, link, button or more blocks than Slack takes (I16)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cards import block_kit, escalation, home, identity, lists, mails, question, request, reset_form
from cards.card import Card, Option
from cards.views import (
    Check,
    Ending,
    EscalationView,
    FormView,
    HomeView,
    NoticeView,
    QuestionView,
    RequestLine,
    RequestView,
    Stage,
)
from tests.cards.checks import characters, interactive, parts, repeated_ids, schema_faults, too_long
from tests.cards.examples import EN, NOW
from tests.cards.hostile import HOSTILE, MARK

STAGES = (Stage.CHECKING, Stage.IDENTITY)
SAYING = (Ending.RESET, Ending.POINT, Ending.ESCALATED, Ending.REJECTED, Ending.NOT_ASSIGNED)
"""The endings that show something of a person's."""


def _cards(text: str) -> list[Card]:
    """Every surface that shows something of a person's, filled with `text` wherever it can come from outside."""
    views = [RequestView("IT-1048", text, stage, note=text, ticket=text, policy_label=text, can_cancel=True, nonce="n") for stage in STAGES]
    views += [RequestView("IT-1048", text, ending=ending, note=text, url="https://travel.example.com", nonce="n") for ending in SAYING]
    line = RequestLine("IT-1048", text, created_at=NOW, can_cancel=True, nonce="n")
    review = EscalationView(
        "IT-1048", text, text, text, text, text, text, text, (Check("ok", text), Check("unknown", text)), text, text, text, text, text,
        (text, text), NOW, NOW, ("approve", "reject"), True, nonce="n",
    )  # fmt: skip
    decided = EscalationView("IT-1048", text, text, decision="Approved", decided_by=text, decided_at=NOW)
    return [
        *(request.progress(view, EN) for view in views),
        *(request.outcome(view, EN) for view in views),
        identity.card(RequestView("IT-1048", text, asked_by=text, identity_ends=NOW, nonce="n"), EN),
        question.question(QuestionView("IT-1048", "not_assigned", (text, text), named=text, nonce="n"), EN),
        question.question(QuestionView("IT-1048", "reviewer", asked=text, nonce="n"), EN),
        question.question(QuestionView("IT-1048", chosen=text), EN),
        question.question(QuestionView("IT-1048", options=(text,) * 9, nonce="n"), EN),
        Card(text, text, tuple(lists.row(line, EN) for _ in range(40))),
        escalation.escalation(review, EN),
        escalation.escalation(decided, EN),
        escalation.channel_copy(review, EN),
    ]


def _drawings(text: str) -> list[dict[str, Any]]:
    own = (Option("0oa1", text), Option("0oa2", text))
    form = FormView(own, initial="0oa1", other=text, details=text, nonce="n")
    view = HomeView(text, tuple(RequestLine(f"IT-{n}", text, created_at=NOW, can_cancel=True) for n in range(12)), updated_at=NOW)
    return [
        *(block_kit.message(card) for card in _cards(text)),
        block_kit.home(home.home(view, EN)),
        block_kit.modal(reset_form.reset_form(form, EN)),
    ]


PEACEFUL = [len(interactive(drawing)) for drawing in _drawings("Payroll")]


def test_there_are_three_hundred_of_them() -> None:
    assert len(HOSTILE) >= 300


@pytest.mark.parametrize("start", range(0, len(HOSTILE), 20))
def test_hostile_text_is_only_text(start: int) -> None:
    for text in HOSTILE[start : start + 20]:
        drawings = _drawings(text)
        assert [len(interactive(drawing)) for drawing in drawings] == PEACEFUL
        for drawing in drawings:
            assert repeated_ids(drawing) == []
            assert too_long(drawing) == []
            json.dumps(drawing, ensure_ascii=False).encode()  # no broken surrogate is left
            for part in parts(drawing):
                shown = part.get("text")
                if part.get("type") == "mrkdwn":
                    assert MARK not in part["text"], f"{text!r} was drawn as markup"
                elif isinstance(shown, str) and "type" in part:
                    assert part["type"] in {"plain_text", "text"}
                    assert part.get("emoji", False) is False
            notification = drawing.get("text", "")
            assert "<" not in notification
            assert ">" not in notification
            if "type" not in drawing:
                assert len(drawing["blocks"]) <= 50
                assert characters(drawing) <= 13_200
                assert len(notification) <= 4000


@pytest.mark.parametrize("text", [HOSTILE[0], "🔥" * 3000 + MARK, "&" * 3000, "line\n" * 800, "", "\ud800\u202e"])
def test_hostile_text_keeps_slacks_shape(text: str) -> None:
    for drawing in _drawings(text):
        assert schema_faults(drawing) == []


@pytest.mark.parametrize("text", HOSTILE[::7])
def test_mails_keep_hostile_text_apart(text: str) -> None:
    review = EscalationView("IT-1048", text, text, why_you=text, asked=text, justification=text, checks=(Check("ok", text),))
    letters = [
        mails.review_request(review, EN),
        mails.closure(RequestView("IT-1048", text, ending=Ending.REJECTED, note=text), EN),
        mails.reset_notice(NoticeView(text, "IT-1048", text, "reset", NOW, by=text, on_behalf_by=text), EN),
    ]
    for letter in letters:
        assert "\n" not in letter.subject
        assert len(letter.subject) <= 150
        assert "\x00" not in letter.text
        letter.text.encode()
    quoted = letters[0].text.partition("In their own words:\n")[2].partition("\n\n")[0]
    assert all(line.startswith("> ") for line in quoted.splitlines())
