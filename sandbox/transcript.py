"""What happened in a scene, as a conversation to read in a terminal: who did what, what they saw, what reached which system.

Nothing here is read as markup, and control characters are shown as such: texts come from people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

Kind = Literal["act", "sees", "system", "note", "wrong"]
STYLES: dict[Kind, str] = {"act": "bold", "sees": "cyan", "system": "yellow", "note": "dim", "wrong": "bold red"}
WIDTH = 118
"""Columns where there is no terminal to ask."""


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    who: str
    text: str
    kind: Kind


@dataclass(slots=True)
class Transcript:
    """Entries of one scene; they may come late, and are shown in the order of their moments."""

    entries: list[Entry] = field(default_factory=list)

    def add(self, kind: Kind, who: str, text: str, at: datetime | None = None) -> None:
        self.entries.append(Entry(at or datetime.now(UTC), who, text, kind))

    def lines(self) -> list[tuple[str, str, Kind]]:
        """(who, what, kind), oldest first."""
        return [(visible(e.who), visible(e.text), e.kind) for e in sorted(self.entries, key=lambda e: e.at)]

    def drawn(self) -> RenderableType:
        grid = Table.grid(padding=(0, 1, 0, 2))
        grid.add_column(width=max([12, *(len(who) for who, _, _ in self.lines())]), no_wrap=True)
        grid.add_column(overflow="fold")
        for who, what, kind in self.lines():
            grid.add_row(Text(who, style=STYLES[kind]), Text(what, style="dim" if kind == "note" else "red" if kind == "wrong" else ""))
        return grid


def console() -> Console:
    """Standard output. rich honours NO_COLOR and TERM; without a terminal lines are as wide as a transcript reads well."""
    screen = Console(highlight=False, markup=False, emoji=False)
    return screen if screen.is_terminal else Console(highlight=False, markup=False, emoji=False, width=WIDTH)


def put(screen: Console, drawn: RenderableType) -> None:
    """Prints without the spaces that fill lines up; a plain string is left as long as its lines are, so that commands can be copied."""
    with screen.capture() as kept:
        screen.print(drawn, soft_wrap=isinstance(drawn, str))
    screen.file.write("".join(f"{line.rstrip()}\n" for line in kept.get().splitlines()))
    screen.file.flush()


def scene_block(name: str, title: str, transcript: Transcript, ending: str, *, ok: bool, seconds: float) -> RenderableType:
    """One scene: heading, transcript, how it ended."""
    heading = Rule(Text.assemble((name, "bold"), "  ", title), align="left", style="dim")
    end = Text.assemble(("ok     " if ok else "NOT OK ", "green" if ok else "bold red"), ending, (f"  {seconds:.1f} s", "dim"))
    return Padding(Group(heading, transcript.drawn(), end), (1, 0, 0, 0))


def closing_table(rows: Sequence[tuple[str, str, str, bool]]) -> RenderableType:
    """(scene, expected, got, ok) of every scene."""
    table = Table(title="Scenes", title_justify="left", title_style="bold", header_style="bold", pad_edge=False, expand=True)
    table.add_column("scene", no_wrap=True)
    table.add_column("expected", ratio=1, overflow="fold")
    table.add_column("got", ratio=1, overflow="fold")
    table.add_column("", no_wrap=True)
    for name, expected, got, ok in rows:
        style = "" if ok else "bold red"
        end = Text("ok" if ok else "NOT OK", style=style)
        table.add_row(Text(name, style=style), visible(expected), Text(visible(got), style=style), end)
    return Padding(table, (1, 0, 0, 0))


def visible(text: str) -> str:
    """Without the control characters that would drive the reader's terminal."""
    return "".join(letter if letter.isprintable() else " " if letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in text)
