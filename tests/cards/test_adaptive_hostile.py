"""No string of a person's becomes Markdown, mention, link, button, macro or a card too large for Teams (I16)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cards import adaptive, home, reset_form
from cards.card import Option
from cards.views import FormView, HomeView, RequestLine
from tests.cards.adaptive_checks import actions, content, repeated_ids, schema_faults, weight
from tests.cards.checks import parts
from tests.cards.examples import EN, NOW
from tests.cards.hostile import HOSTILE, MARK
from tests.cards.test_hostile import _cards


def _drawings(text: str) -> list[dict[str, Any]]:
    own = (Option("0oa1", text), Option("0oa2", text))
    form = reset_form.reset_form(FormView(own, initial="0oa1", other=text, details=text, files=False, nonce="n"), EN)
    view = HomeView(text, tuple(RequestLine(f"IT-{n}", text, created_at=NOW, can_cancel=True) for n in range(12)), updated_at=NOW)
    return [
        *(adaptive.message(card) for card in _cards(text)),
        adaptive.message(home.home(view, EN)),
        adaptive.dialog(form, {reset_form.NAME: text}),
        adaptive.form_message(form),
    ]


def _buttons(drawing: dict[str, Any]) -> int:
    """Buttons, but those of rows that gave way to the size: they are counted only where all are there."""
    return len(actions(content(drawing)))


PEACEFUL = [_buttons(drawing) for drawing in _drawings("Payroll")]


SOME = (*HOSTILE[::4], *HOSTILE[2::4])
"""Each seed alone and in a sentence; how it stands at the ends of longer text is the same code."""


@pytest.mark.parametrize("start", range(0, len(SOME), 10))
def test_hostile_text_is_only_text(start: int) -> None:
    for text in SOME[start : start + 10]:
        for drawing, peaceful in zip(_drawings(text), PEACEFUL, strict=True):
            card = content(drawing)
            assert _buttons(drawing) <= peaceful
            assert weight(card) <= 25_000
            assert repeated_ids(card) == []
            json.dumps(drawing, ensure_ascii=False).encode()  # no broken surrogate is left
            for part in parts(card):
                kind = part.get("type")
                if kind == "TextBlock" and MARK in part["text"]:
                    assert part.get("style") == "heading" or "{{" in part["text"]
                    shown = part["text"].replace("{{TIME(", "").replace("{{DATE(", "")
                    assert "{{" not in shown
                    assert not set("*_~`\\") & set(shown.replace("**", ""))
                    assert "](" not in shown
                if kind == "TextRun":
                    assert "{{" not in part["text"]
                    assert "${" not in part["text"]
            assert "entities" not in card.get("msteams", {})


@pytest.mark.parametrize("text", [HOSTILE[0], "🔥" * 3000 + MARK, "&" * 3000, "line\n" * 800, "", "\ud800\u202e", "{{" * 500])
def test_hostile_text_keeps_the_schema(text: str) -> None:
    for drawing in _drawings(text):
        assert schema_faults(content(drawing)) == []
