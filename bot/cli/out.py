"""What verbs print: tables for people, JSON for programs, exports byte for byte."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

WIDEST = 10_000
"""Columns of a table in a pipe."""


def console() -> Console:
    """For standard output. rich honours NO_COLOR, TERM=dumb and pipes; text is never read as markup."""
    screen = Console(highlight=False, markup=False, soft_wrap=True)
    # Without a terminal rich assumes 80 columns, and would fold what a program is to read.
    return screen if screen.is_terminal else Console(highlight=False, markup=False, soft_wrap=True, width=WIDEST)


def say(text: str) -> None:
    """One line (or a few) on standard output."""
    console().print(_visible(text))


def as_json(value: Any) -> None:
    """Indented JSON in UTF-8, keys in the order given."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table; long cells are folded in a terminal and left whole in a pipe."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*map(_visible, row))
    screen = console()
    screen.print(drawn, crop=False)


def exact() -> None:
    """Makes standard output UTF-8 with LF ends on every platform, for exports."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:  # a test runner's stream has none, and writes LF anyway
        reconfigure(encoding="utf-8", newline="\n")


def write(text: str) -> None:
    """A piece of an export."""
    sys.stdout.write(text)


def _visible(text: str) -> str:
    """Without the control characters that would let a row's text drive the reader's terminal."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in text)
