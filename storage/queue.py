"""The queue of open requests, a page at a time, and its counters: as fast with a million requests as with a thousand.

Pages are by key (the request's number), never by offset. A page is put together from a few sorted streams, one for each
owner, status and priority that is wanted: each is a range of one partial index over open requests, of which no more
than a page is read, so that neither the number of requests nor a filter that finds few makes it slow. Counters stop
counting at `MOST`.
"""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage import moments, sql
from storage.models import Request

OPEN = ("New", "Triaging", "Waiting", "Escalated")
PRIORITIES = ("Low", "Medium", "High")
DUE = "Escalated"
"""The status in which a request waits for a reviewer; the due time of another status is somebody else's."""
MOST = 1000
"""Counters count to one more than this, which then means "more"."""

_ALL = "password_reset_requests"
_OWNED = "keyturn_reviewers"
_AT_ONCE = 30
"""Owners in one statement: SQLite takes 500 streams."""
_CURSOR = re.compile(r"(n|p)\.([0-9]{1,10})\.([0-9]{1,9})")

Stream = tuple[str, list[Any]]
"""FROM and WHERE of one index range, and its values."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open requests. The page and the total of the same one agree."""

    owners: tuple[str, ...] | None = None
    """Keys (`reviewers.key`) of whose requests; None: everybody's."""
    asked: bool = False
    """With owners: only those that wait for one of them, not those that went on to somebody else."""
    statuses: tuple[str, ...] = OPEN
    priorities: tuple[str, ...] = PRIORITIES
    overdue_at: datetime | None = None
    """Only those that a reviewer should have decided by then."""
    without: tuple[int, ...] = ()
    """Numbers that are left out: the reader's own."""


@dataclass(frozen=True, slots=True)
class Page:
    rows: tuple[Request, ...]
    """Oldest first."""
    first: int = 1
    """The place of the first row, from 1, as far as it is known: requests ahead of it may have gone since."""
    previous: str | None = None
    next: str | None = None
    """Cursors; None: there is no such page. "" is the first page."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Each stops at MOST + 1."""

    open: int
    overdue: int
    due_soon: int
    closed: int


async def page(wanted: Wanted, cursor: str = "", limit: int = 10) -> Page:
    """A page, oldest first. A cursor that is none of ours, or whose page is gone, gives the first page."""
    way, number, place = _read(cursor)
    if way == "p":
        return await _before(wanted, number, place, limit)
    numbers = await _numbers(wanted, limit + 1, after=number if way else None)
    if not numbers and way:
        return await page(wanted, "", limit)
    first = max(place, 1)
    shown = numbers[:limit]
    return Page(
        await _requests(shown),
        first,
        _back(shown[0], first, limit) if way and shown else None,
        f"n.{shown[-1]}.{first + limit}" if len(numbers) > limit else None,
    )


async def _before(wanted: Wanted, number: int, place: int, limit: int) -> Page:
    numbers = await _numbers(wanted, limit + 1, before=number)
    if len(numbers) <= limit:  # the beginning is reached: a whole first page, whatever was counted
        return await page(wanted, "", limit)
    shown = sorted(numbers[:limit])
    return Page(await _requests(shown), max(place, 1), _back(shown[0], place, limit), f"n.{shown[-1]}.{max(place, 1) + limit}")


def _back(number: int, first: int, limit: int) -> str:
    return f"p.{number}.{max(first - limit, 1)}"


def _read(cursor: str) -> tuple[str, int, int]:
    """Way, number and place of a cursor; ("", 0, 1) for none."""
    match = _CURSOR.fullmatch(cursor)
    return (match[1], int(match[2]), int(match[3])) if match else ("", 0, 1)


async def total(wanted: Wanted) -> int:
    """How many there are, up to MOST + 1."""
    counts = [await _count(streams, len(part or ("",))) for part, streams in _streams(wanted)]
    return min(sum(counts), MOST + 1)


async def counters(
    owners: tuple[str, ...] | None, *, now: datetime, soon: datetime, today: datetime, without: tuple[int, ...] = ()
) -> Counters:
    """Of everybody's requests, or of those that these owners were asked about: open; overdue; due by `soon`; closed since `today`.

    `without` are numbers that are left out, as in `Wanted`; requests that are over are all counted.
    """
    open_ones = overdue = due_soon = closed = 0
    present, later, since = moments.write(now), moments.write(soon), moments.write(today)
    for part in _parts(owners):
        source, many = (_ALL, 1) if part is None else (_OWNED, len(part))
        scopes: list[Stream] = [("", [])] if part is None else [("owner = ? AND ", [owner]) for owner in part]
        waiting = "" if part is None else "asked AND "
        due = [(f"{source} WHERE {own}closed_at IS NULL AND {waiting}status = '{DUE}' AND priority = ? AND", [*values, priority])
               for own, values in scopes for priority in PRIORITIES]  # fmt: skip
        open_ones += await _count(_less([(f"{source} WHERE {own}closed_at IS NULL", values) for own, values in scopes], without), many)
        overdue += await _count(_less([(f"{where} due_at <= ?", [*values, present]) for where, values in due], without), many)
        due_soon += await _count(
            _less([(f"{where} due_at > ? AND due_at <= ?", [*values, present, later]) for where, values in due], without), many
        )
        closed += await _count([(f"{source} WHERE {own}closed_at >= ?", [*values, since]) for own, values in scopes], many)
    return Counters(*(min(count, MOST + 1) for count in (open_ones, overdue, due_soon, closed)))


async def numbers_of(okta_id: str, addresses: Sequence[str]) -> tuple[int, ...]:
    """The open requests that a person is a party of: that they asked for, whose account it is, or that were made for them.

    `addresses` are their e-mails, without case. A request whose requester is not known yet is not found.
    """
    marks = ", ".join("?" * len(addresses))
    statuses = ", ".join(f"'{status}'" for status in OPEN)
    found = await sql.rows(
        f"SELECT number FROM {_ALL} WHERE target_okta_id = ? AND status IN ({statuses})"
        f" UNION SELECT number FROM {_ALL} WHERE closed_at IS NULL AND on_behalf <> '' AND okta_id = ?"
        f" UNION SELECT number FROM {_ALL} WHERE closed_at IS NULL AND on_behalf <> '' AND lower(on_behalf) IN ({marks})",
        [okta_id, okta_id, *addresses],
    )
    return tuple(row["number"] for row in found)


# ---------------------------------------------------------------- streams


def _parts(owners: tuple[str, ...] | None) -> list[tuple[str, ...] | None]:
    if owners is None:
        return [None]
    return [owners[start : start + _AT_ONCE] for start in range(0, len(owners), _AT_ONCE)]


def _streams(wanted: Wanted) -> list[tuple[tuple[str, ...] | None, list[Stream]]]:
    """The index ranges whose union is wanted, for as many owners as one statement takes."""
    statuses = [status for status in wanted.statuses if status in OPEN and (wanted.overdue_at is None or status == DUE)]
    due, at = ("", []) if wanted.overdue_at is None else (" AND due_at <= ?", [moments.write(wanted.overdue_at)])
    asked = " AND asked" if wanted.asked else ""
    made = []
    for part in _parts(wanted.owners):
        scopes: list[Stream] = [(f"{_ALL} WHERE ", [])] if part is None else [(f"{_OWNED} WHERE owner = ? AND ", [owner]) for owner in part]
        streams = [
            (f"{source}closed_at IS NULL{asked if part else ''} AND status = ? AND priority = ?{due}", [*values, status, priority, *at])
            for source, values in scopes
            for status in statuses
            for priority in wanted.priorities
        ]
        made.append((part, _less(streams, wanted.without)))
    return made


def _less(streams: list[Stream], without: tuple[int, ...]) -> list[Stream]:
    if not without:
        return streams
    left_out = f" AND number NOT IN ({', '.join(str(int(number)) for number in without)})"
    return [(where + left_out, values) for where, values in streams]


async def _numbers(wanted: Wanted, limit: int, *, after: int | None = None, before: int | None = None) -> list[int]:
    """The `limit` numbers next after (or nearest before) a number, in the order of going away from it."""
    order, bound = ("", " AND number > ?") if before is None else (" DESC", " AND number < ?")
    start = after if before is None else before
    found: set[int] = set()
    # A range of due times is not in the order of numbers: it is read whole and sorted. "+ 0" keeps SQLite from walking
    # all open requests in order instead, in the hope of meeting an overdue one soon.
    by = "number + 0" if wanted.overdue_at is not None else "number"
    for _, streams in _streams(wanted):
        parts, values = [], []
        for where, given in streams:
            more, edge = (bound, [start]) if start is not None else ("", [])
            parts.append(f"SELECT number FROM (SELECT number FROM {where}{more} ORDER BY {by}{order} LIMIT {limit:d}) AS stream")
            values += [*given, *edge]
        if parts:
            query = f"SELECT DISTINCT number FROM ({' UNION ALL '.join(parts)}) AS streams ORDER BY number{order} LIMIT {limit:d}"
            found |= {row["number"] for row in await sql.rows(query, values)}
    return sorted(found, reverse=before is not None)[:limit]


async def _count(streams: list[Stream], owners: int) -> int:
    """How many requests the streams hold, up to MOST + 1. One is in the streams of up to `owners` owners and counts once."""
    if not streams:
        return 0
    union = " UNION ALL ".join(f"SELECT number FROM {where}" for where, _ in streams)
    found = await sql.rows(
        f"SELECT COUNT(DISTINCT number) AS count FROM (SELECT number FROM ({union}) AS streams LIMIT {(MOST + 1) * owners:d}) AS counted",
        [value for _, values in streams for value in values],
    )
    return min(int(found[0]["count"]), MOST + 1)


async def _requests(numbers: Sequence[int]) -> tuple[Request, ...]:
    if not numbers:
        return ()
    marks = ", ".join("?" * len(numbers))
    found = await sql.rows(f"SELECT * FROM {_ALL} WHERE number IN ({marks}) ORDER BY number", numbers)
    return tuple(sql.made(Request, row) for row in found)
