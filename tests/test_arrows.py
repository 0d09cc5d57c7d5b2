"""The import contracts of pyproject.toml are kept, and each one catches a break that is made on purpose."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("bot", "dialogs", "agent", "storage", "integrations", "cards", "manifest", "sandbox")

BREAKS = {
    "rooms": ("cards/lists.py", "import storage.moments", "cards.lists -> storage.moments"),
    "clients": ("dialogs/desk.py", "import integrations.okta", "dialogs.desk -> integrations.okta"),
    "sdks": ("agent/prompt.py", "import slack_sdk", "agent.prompt -> slack_sdk"),
    "product-sandbox": ("bot/http.py", "import sandbox.world", "bot.http -> sandbox.world"),
    "sandbox-product": ("sandbox/world.py", "import storage.moments", "sandbox.world -> storage.moments"),
    "renderers": ("dialogs/board.py", "import cards.block_kit", "dialogs.board -> cards.block_kit"),
    "gate": ("agent/gate.py", "import storage.requests", "agent.gate -> storage.requests"),
    "manifest": ("manifest/build.py", "import bot.settings", "manifest.build -> bot.settings"),
}
"""Contract -> a file, a line that must not be in it, and what the report calls it."""


def report(tree: Path) -> str:
    """What import-linter says about a tree that holds the rooms and pyproject.toml."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"NO_COLOR": "1", "COLUMNS": "200"}
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("rooms")
    for room in ROOMS:
        shutil.copytree(ROOT / room, tree / room, ignore=lambda _, names: [n for n in names if "." in n and not n.endswith(".py")])
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def test_every_contract_is_kept() -> None:
    told = report(ROOT)
    assert " 0 broken." in told, told


def test_every_contract_catches_its_break(copied: Path) -> None:
    for place, line, _ in BREAKS.values():
        file = copied / place
        file.write_text(file.read_text().replace("from __future__ import annotations\n", f"from __future__ import annotations\n{line}\n", 1))
    told = re.sub(r"\s+", " ", report(copied))
    assert f" 0 kept, {len(BREAKS)} broken." in told
    for _, _, arrow in BREAKS.values():
        assert arrow in told


def test_every_contract_has_a_break_here() -> None:
    declared = set(re.findall(r'^id = "([a-z-]+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE))
    assert declared == BREAKS.keys()
