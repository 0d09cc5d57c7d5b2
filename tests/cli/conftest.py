"""A command line in an empty directory, with only the settings that a test gives."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from bot.cli.ending import guarded

Run = Callable[..., "Ended"]

FOREIGN = ("KEYTURN_", "SLACK_", "TEAMS_", "OKTA_", "SERVICENOW_", "CONFLUENCE_", "SHAREPOINT_", "GRAPH_", "SMTP_")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a verb ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """`run("audit", "verify", KEYTURN_AUDIT_KEY="…")` in this process, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)} | {"NO_COLOR": "1"})
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def verb(*arguments: str, **env: str) -> Ended:
        from bot.cli.main import app

        os.environ.update(env)
        capsys.readouterr()
        code = guarded(lambda: app(list(arguments), prog_name="keyturn"))
        for name in env:
            os.environ.pop(name, None)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    yield verb
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
