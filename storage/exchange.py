"""The operation's tables out of and into files, byte for byte; the audit log also with its chain, as JSON lines."""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from tortoise.exceptions import IntegrityError, ValidationError

from storage import audit, moments, requests, sheet, sql, transaction
from storage.audit import NewEvent
from storage.database import transaction as begin
from storage.models import AuditEvent, Request
from storage.numbers import event_number, request_number
from storage.sheet import Line, SheetProblem

AUDIT = ("event_id", "request_id", "actor", "event_type", "details", "created_at")
"""The operation's columns of an event, in its order."""

_QUOTED = frozenset({"summary", "target_record", "rationale", "details"})
_PAGE = 500
_IMPORT_LIMIT = 600.0
"""Seconds that one import may hold the database."""

Write = Callable[[str], object]


async def requests_csv(raw: bool, write: Write) -> int:
    """Write all requests, oldest number first, a page at a time; gives how many. `raw` leaves formulas as they are."""
    names = requests.CONTRACT
    write(",".join(names) + "\n")
    quoted, count, last = [name in _QUOTED for name in names], 0, -1
    query = f"SELECT number, {', '.join(names)} FROM password_reset_requests WHERE number > ? ORDER BY number LIMIT {_PAGE}"
    while page := await sql.rows(query, [last]):
        for row in page:
            write(sheet.written([row[name] or "" for name in names], quoted, raw=raw))
        count, last = count + len(page), page[-1]["number"]
    return count


async def audit_csv(raw: bool, write: Write) -> int:
    """Write all events in the order of the chain, a page at a time; gives how many."""
    write(",".join(AUDIT) + "\n")
    quoted, count = [name in _QUOTED for name in AUDIT], 0
    async for page in audit.pages():
        for row in page:
            write(sheet.written([row[name] for name in AUDIT], quoted, raw=raw))
        count += len(page)
    return count


async def audit_jsonl(write: Write) -> int:
    """Write all events with their place in the chain (seq, previous, hash), one JSON object a line; gives how many.

    `details` is the value; where its text is not the compact one, `details_text` keeps it, so that hashes can be made again.
    """
    count = 0
    async for page in audit.pages():
        for row in page:
            text = row["details"]
            value = json.loads(text)
            line = {"seq": row["seq"], **{name: row[name] for name in AUDIT}, "details": value}
            if audit.details_text(value) != text:
                line["details_text"] = text
            write(json.dumps({**line, "previous": row["previous"], "hash": row["hash"]}, ensure_ascii=False, separators=(",", ":")) + "\n")
        count += len(page)
    return count


async def import_requests(text: str) -> int:
    """Take in requests of a CSV file, all or none, in one transaction of its own; gives how many.

    They start no work. New ids follow the greatest one. SheetProblem names the line and column that is wrong: an id
    that is here already, an unknown status, a time in another form, a closed_at that does not go with the status.
    """
    rows: list[dict[str, Any]] = []
    lines: dict[str, int] = {}
    for line in sheet.lines(text, requests.CONTRACT):
        row = _request(line)
        if row["request_id"] in lines:
            raise SheetProblem(line.number, "request_id", f"{row['request_id']} is on line {lines[row['request_id']]} too")
        lines[row["request_id"]] = line.number
        rows.append(row)
    async with begin(_IMPORT_LIMIT):
        await _refuse_known("password_reset_requests", "request_id", lines)
        await _count_on([row["number"] for row in rows])
        try:
            await sql.insert(Request, rows)
        except IntegrityError as error:
            raise SheetProblem(2, "request_id", f"a number is taken: {error}") from error
    return len(rows)


async def import_audit(text: str) -> int:
    """Take in events of a CSV or JSON lines file, all or none, at the end of the chain and in the file's order; gives how many.

    They keep event_id, time and the text of details; a seq, previous or hash of the file belongs to another chain and
    is not taken over. SheetProblem as in `import_requests`.
    """
    jsonl = text.lstrip("\ufeff \t\r\n").startswith("{")
    found = _json_lines(text) if jsonl else [(line, dict(zip(AUDIT, line.cells, strict=True))) for line in sheet.lines(text, AUDIT)]
    events: list[NewEvent] = []
    lines: dict[str, int] = {}
    for line, cells in found:
        event = _event(line, cells)
        if event.event_id in lines:
            raise SheetProblem(line.number, "event_id", f"{event.event_id} is on line {lines[event.event_id]} too")
        lines[event.event_id] = line.number
        events.append(event)
    async with begin(_IMPORT_LIMIT):
        await _refuse_known("password_reset_audit_log", "event_id", lines)
        await _count_on([request_number(event.request_id) for event in events if event.request_id])
        await audit.append(events)
    return len(events)


async def _count_on(numbers: Sequence[int]) -> None:
    """New requests follow the greatest number."""
    tx = transaction.current()
    greatest = max(numbers, default=0)
    if greatest > tx.head.request_number:
        tx.head = tx.head.counted_to(greatest)


async def _refuse_known(table: str, column: str, lines: dict[str, int]) -> None:
    ids = list(lines)
    for start in range(0, len(ids), _PAGE):
        part = ids[start : start + _PAGE]
        found = {
            row[column] for row in await sql.rows(f"SELECT {column} FROM {table} WHERE {column} IN ({', '.join('?' * len(part))})", part)
        }
        for known in part:
            if known in found:
                raise SheetProblem(lines[known], column, f"{known} is here already")


def _request(line: Line) -> dict[str, Any]:
    cells = dict(zip(requests.CONTRACT, line.cells, strict=True))
    number = _parsed(line, cells, "request_id", request_number)
    if not cells["requester"].strip():
        raise SheetProblem(line.number, "requester", "it is empty")
    for name, choices in (("status", requests.STATUSES), ("priority", requests.PRIORITIES), ("decision", requests.DECISIONS)):
        if cells[name] not in choices:
            raise SheetProblem(line.number, name, f"{cells[name]!r} is none of {', '.join(choice for choice in choices if choice)}")
    _parsed(line, cells, "created_at", moments.read)
    over = cells["status"] in requests.TERMINAL
    if cells["closed_at"]:
        _parsed(line, cells, "closed_at", moments.read)
    if over != bool(cells["closed_at"]):
        raise SheetProblem(line.number, "closed_at", f"it must be {'given' if over else 'empty'} when the status is {cells['status']}")
    return _fitting(line, Request, {**cells, "closed_at": cells["closed_at"] or None, "number": number, "intake": "import"})


def _event(line: Line, cells: dict[str, str]) -> NewEvent:
    _parsed(line, cells, "event_id", event_number)
    if cells["request_id"]:  # an event of the whole installation has none
        _parsed(line, cells, "request_id", request_number)
    if cells["event_type"] not in audit.TYPES:
        raise SheetProblem(line.number, "event_type", f"{cells['event_type']!r} is none of {', '.join(sorted(audit.TYPES))}")
    if not cells["actor"].strip():
        raise SheetProblem(line.number, "actor", "it is empty")
    created_at = _parsed(line, cells, "created_at", moments.read)
    _parsed(line, cells, "details", _json)
    _fitting(line, AuditEvent, cells)
    return NewEvent(cells["request_id"], cells["actor"], cells["event_type"], {}, created_at, cells["event_id"], cells["details"])


def _json_lines(text: str) -> list[tuple[Line, dict[str, str]]]:
    found = []
    for number, part in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not part.strip():
            continue
        try:
            value = _json(part)
        except ValueError as error:
            raise SheetProblem(number, "", f"it is no JSON object: {error}") from error
        if not isinstance(value, dict):
            raise SheetProblem(number, "", "it is no JSON object")
        for name in AUDIT:
            if name not in value or (name != "details" and not isinstance(value[name], str)):
                raise SheetProblem(number, name, "it must be there" if name not in value else "it must be a text")
        details = value.get("details_text")
        cells = {
            **{name: value[name] for name in AUDIT},
            "details": details if isinstance(details, str) else audit.details_text(value["details"]),
        }
        found.append((Line(number, tuple(cells.values())), cells))
    return found


def _json(text: str) -> Any:
    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def _parsed(line: Line, cells: dict[str, str], name: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(cells[name])
    except (ValueError, RecursionError) as error:
        raise SheetProblem(line.number, name, str(error)) from error


def _fitting(line: Line, model: Any, cells: dict[str, Any]) -> dict[str, Any]:
    """The row as the database keeps it. SheetProblem for a text that is too long or that no database takes as it is."""
    for name, value in cells.items():
        if isinstance(value, str) and sql.storable(value) != value:
            raise SheetProblem(line.number, name, "it holds a character that cannot be stored")
        try:
            sql.column(model, name, value)
        except ValidationError as error:
            raise SheetProblem(line.number, name, str(error)) from error
    return sql.whole(model, cells) if model is Request else cells
