"""CSV as the operation writes it, and as spreadsheets may safely open it.

Cells of long texts are always quoted, others only where needed; lines end in LF; the header is not quoted.

A cell that a spreadsheet would run as a formula is defused by an apostrophe before it (OWASP, "CSV Injection"). So
that this can be undone, a cell that already has apostrophes before such a start gets one more. An exact (raw) file
has no apostrophes of ours; where one of its cells looks as if it had, the row's first cell is quoted, which it
otherwise never needs: that row is read as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SPECIAL = re.compile(r'[,"\r\n]')
_FORMULA = re.compile("['\\s\u200b\ufeff]*?[\t\r\n=+\\-@\uff1d\uff0b\uff0d\uff20\u2212]")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')


class SheetProblem(ValueError):
    """A file that cannot be read. Names the line (of the file, from 1) and the column."""

    def __init__(self, line: int, column: str, why: str) -> None:
        super().__init__(f"line {line}, {column}: {why}" if column else f"line {line}: {why}")
        self.line = line
        self.column = column
        self.why = why


@dataclass(frozen=True, slots=True)
class Line:
    """One record: the line it begins at, and its cells."""

    number: int
    cells: tuple[str, ...]


def runs(cell: str) -> bool:
    """Whether a spreadsheet might run the cell (or, behind apostrophes, whether ours could be mistaken for its own)."""
    return _FORMULA.match(cell) is not None


def written(cells: Sequence[str], quoted: Sequence[bool], *, raw: bool) -> str:
    """One line with its LF. `quoted` says which cells are always quoted; `raw` leaves formulas as they are."""
    if raw:
        exact = any(cell.startswith("'") and runs(cell[1:]) for cell in cells)
        always = [exact, *quoted[1:]] if exact else quoted
        texts = cells
    else:
        always = quoted
        texts = [f"'{cell}" if runs(cell) else cell for cell in cells]
    return ",".join(_cell(text, force) for text, force in zip(texts, always, strict=True)) + "\n"


def _cell(text: str, force: bool) -> str:
    return '"' + text.replace('"', '""') + '"' if force or _SPECIAL.search(text) else text


def lines(text: str, header: Sequence[str]) -> Iterator[Line]:
    """The records of a file, defused cells restored. Line ends of any system and a byte order mark are accepted.

    SheetProblem when the header is another one, a quote is not closed or stands where none may, or cells are missing.
    """
    position, number = (1 if text.startswith("\ufeff") else 0), 1
    first = True
    while position < len(text):
        cells, exact, end = _record(text, position, number)
        if first:
            if tuple(cells) != tuple(header):
                raise SheetProblem(number, "", f"the first line must be {','.join(header)}")
            first = False
        elif cells != [""]:
            if len(cells) != len(header):
                raise SheetProblem(number, "", f"it has {len(cells)} cells and should have {len(header)}")
            yield Line(number, tuple(cells if exact else (cell[1:] if cell.startswith("'") and runs(cell[1:]) else cell for cell in cells)))
        number += _line_ends(text[position:end])
        position = end
    if first:
        raise SheetProblem(1, "", f"the file is empty; its first line must be {','.join(header)}")


def _record(text: str, position: int, number: int) -> tuple[list[str], bool, int]:
    """The cells of the record at `position`, whether its first one is quoted, and where the next record begins."""
    cells: list[str] = []
    exact = text.startswith('"', position)
    while True:
        if text.startswith('"', position):
            match = _QUOTED.match(text, position)
            if match is None:
                raise SheetProblem(number, f"cell {len(cells) + 1}", "a quote is opened and never closed")
            cells.append(match[1].replace('""', '"'))
            position = match.end()
        else:
            end = _SPECIAL.search(text, position)
            cells.append(text[position : end.start()] if end else text[position:])
            position = end.start() if end else len(text)
        if text.startswith(",", position):
            position += 1
            continue
        if position >= len(text) or text[position] in "\r\n":
            return cells, exact, position + (2 if text.startswith("\r\n", position) else 1)
        raise SheetProblem(number, f"cell {len(cells)}", "a quote stands in the middle of a cell")


def _line_ends(part: str) -> int:
    return part.count("\n") + part.count("\r") - part.count("\r\n")
