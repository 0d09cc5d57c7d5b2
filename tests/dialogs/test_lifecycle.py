"""The table of moves: complete, and the document shows the same one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.lifecycle import DECISIONS, MOVES, OPEN, TERMINAL, Status, Verb, after, diagram

DOCUMENT = Path(__file__).parents[2] / "docs/rulings.md"


def test_the_document_shows_the_table() -> None:
    assert f"```mermaid\n{diagram()}\n```" in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_a_finished_request_has_no_move(status: Status) -> None:
    assert [verb for verb in Verb if after(verb, status) is not None] == []


@pytest.mark.parametrize("status", sorted(OPEN))
def test_every_open_status_can_be_reached_and_left(status: Status) -> None:
    assert status is Status.NEW or any(status in moves.values() for moves in MOVES.values())
    assert any(status in moves for moves in MOVES.values())


def test_every_status_has_its_decision() -> None:
    assert set(DECISIONS) == set(Status)
