"""Microsoft's own renderer (npm package adaptivecards) parses and draws each golden card without a word against it.

Runs where `npm ci` was run in tests/js; elsewhere it is skipped, and in CI it fails.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from tests.cards.adaptive_checks import content
from tests.cards.checks import ROOT

SCRIPTS = ROOT / "tests/js"
GOLDEN = ROOT / "tests/golden/teams"
NODE = shutil.which("node")


def judged(cards: dict[str, object]) -> dict[str, list[str]]:
    """What the renderer says against each card."""
    if NODE is None or not (SCRIPTS / "node_modules/adaptivecards").is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("the official renderer is required in CI")
        pytest.skip("the official renderer is not installed (npm ci in tests/js)")
    run = subprocess.run([NODE, "parse.cjs"], cwd=SCRIPTS, input=json.dumps(cards), capture_output=True, text=True, timeout=50, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    found: dict[str, list[str]] = json.loads(run.stdout)
    return found


def test_every_golden_card_is_drawn_by_the_official_renderer() -> None:
    cards: dict[str, object] = {file.stem: content(json.loads(file.read_text(encoding="utf-8"))) for file in sorted(GOLDEN.glob("*.json"))}
    assert len(cards) > 80
    found = judged(cards)
    assert found.keys() == cards.keys()
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_the_renderer_notices_what_is_wrong() -> None:
    """A check that never fails is none."""
    card = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "NoSuchElement", "text": "x"}]}
    assert judged({"wrong": card})["wrong"]
