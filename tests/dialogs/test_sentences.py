"""What the life of a request says to people: through the catalogue, and nothing to a requester that tells cases apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cards.words import LOCALE
from tests.cards.test_wording import BANNED

ROOT = LOCALE.parents[1]
TELLS = {
    "Declined": 0, "NotFound": 0, "FieldError": 1, "Reply": 0, "Result": 0, "Check": 1, "note": 0, "whisper": 2,
    "answer": 3, "_tell": 2, "with_it": 0,
}  # fmt: skip
"""Who is given a sentence for somebody, and at which place."""
COMMAND_LINE = {"operator.py"}
"""Its other sentences are for a terminal, and stay English."""
REVIEWERS = {"queue.py", "review_view.py", "recorded.py", "trying.py", "policy_effects.py", "review.py", "rights.py", "admin.py", "worded.py"}
"""What they say is for people who may know why."""


def _calls(file: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""), node


def _past_the_catalogue(file: Path) -> list[int]:
    """Lines in which somebody is told a text that is written in the code and is none of the catalogue's."""
    found = []
    for name, call in _calls(file):
        place = TELLS.get(name)
        if place is None or len(call.args) <= place:
            continue
        told = [call.args[place]]
        while told:
            one = told.pop()
            if isinstance(one, ast.IfExp):
                told += [one.body, one.orelse]
            elif isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value):
                found.append(call.lineno)
    return found


def _said(file: Path) -> list[str]:
    return [
        str(call.args[0].value) for name, call in _calls(file) if name == "say" and call.args and isinstance(call.args[0], ast.Constant)
    ]


FILES = [file for room in ("dialogs", "bot") for file in sorted((ROOT / room).glob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_sentence_passes_by_the_catalogue(file: Path) -> None:
    if file.name not in COMMAND_LINE:
        assert _past_the_catalogue(file) == []


def test_the_look_finds_what_it_looks_for(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text('raise Declined("No.")\nReply(f"{x} is done.", x)\nCheck("ok", a if b else "Yes")\nReply("")\nDeclined(say("No."))\n')
    assert _past_the_catalogue(sample) == [1, 2, 3]


def test_nothing_banned_is_said_to_a_requester() -> None:
    said = {sentence for file in FILES if file.name not in REVIEWERS for sentence in _said(file)}
    assert len(said) > 30
    assert [(sentence, words) for sentence in said for words in BANNED if words in sentence.casefold()] == []
