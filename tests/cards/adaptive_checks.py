"""What every Teams drawing must be: of the Adaptive Cards schema 1.5, small, and with nothing of a person's in Markdown."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import Any

import pytest
from jsonschema import Draft6Validator

from tests.cards.checks import ROOT, parts

SCHEMA = ROOT / "../shared/specs/teams/adaptive-card.1.5.0.schema.json"
PRESSED = {"Action.Execute", "Action.Submit", "Action.OpenUrl", "Action.ShowCard"}


@lru_cache
def _validator() -> Draft6Validator:
    return Draft6Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _official(part: Any) -> Any:
    """Without `msteams`, which is Teams' own and which the strict schema refuses."""
    if isinstance(part, dict):
        return {name: _official(value) for name, value in part.items() if name != "msteams"}
    return [_official(value) for value in part] if isinstance(part, list) else part


def schema_faults(card: dict[str, Any]) -> list[str]:
    """What the schema says against a card; the test is skipped when the schema is not there (not in CI)."""
    if not SCHEMA.is_file():
        if os.environ.get("CI"):
            pytest.fail("the Adaptive Cards schema is missing")
        pytest.skip("the Adaptive Cards schema is not here")
    faults = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in _validator().iter_errors(_official(card))]
    if card.get("type") != "AdaptiveCard" or card.get("version") != "1.5":  # the schema does not insist on either
        faults.append("not an Adaptive Card of version 1.5")
    return faults


def content(drawing: dict[str, Any]) -> dict[str, Any]:
    """The card in a message activity or in a dialog."""
    holder = drawing["card"] if "card" in drawing else drawing["attachments"][0]
    assert holder["contentType"] == "application/vnd.microsoft.card.adaptive"
    card: dict[str, Any] = holder["content"]
    return card


def actions(card: dict[str, Any]) -> list[dict[str, Any]]:
    """Every action that a person can use, from top to bottom: no fallbacks, and what unfolds under a button after it."""
    fallbacks = [part["fallback"] for part in parts(card) if isinstance(part.get("fallback"), dict)]
    again = card.get("refresh", {}).get("action")
    return [part for part in parts(card) if part.get("type") in PRESSED and part is not again and not any(part is one for one in fallbacks)]


def titles(card: dict[str, Any]) -> list[str]:
    """The buttons that are in sight at first."""
    hidden = [inner for part in parts(card) if part.get("type") == "Action.ShowCard" for inner in actions(part["card"])]
    return [part["title"] for part in actions(card) if not any(part is one for one in hidden)]


def weight(card: dict[str, Any]) -> int:
    return len(json.dumps(card))


def repeated_ids(card: dict[str, Any]) -> list[str]:
    given = [part["id"] for part in parts(card) if "id" in part]
    return sorted({one for one in given if given.count(one) > 1})


def texts(card: dict[str, Any]) -> list[str]:
    """Every text a person reads in the card."""
    return [part["text"] for part in parts(card) if isinstance(part.get("text"), str)]
