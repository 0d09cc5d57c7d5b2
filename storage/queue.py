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
    found = await _nearest(wanted, limit + 1, after=number if way else None)
    if not found and way:
        return await page(wanted, "", limit)
    first, shown = max(place, 1), found[:limit]
    return Page(
        tuple(shown),
        first,
        _back(shown[0], first, limit) if way else None,
        _on(shown[-1], first, limit) if len(found) > limit else None,
    )


async def _before(wanted: Wanted, number: int, place: int, limit: int) -> Page:
    found = await _nearest(wanted, limit + 1, before=number)
    if len(found) <= limit:  # the beginning is reached: a whole first page, whatever was counted
        return await page(wanted, "", limit)
    first, shown = max(place, 1), found[:limit][::-1]
    return Page(tuple(shown), first, _back(shown[0], first, limit), _on(shown[-1], first, limit))


def _on(row: Request, first: int, limit: int) -> str:
    return f"n.{row.number}.{first + limit}"


def _back(row: Request, first: int, limit: int) -> str:
    return f"p.{row.number}.{max(first - limit, 1)}"


def _read(cursor: str) -> tuple[str, int, int]:
    """Way, number and place of a cursor; ("", 0, 1) for none."""
    match = _CURSOR.fullmatch(cursor)
    return (match[1], int(match[2]), int(match[3])) if match else ("", 0, 1)


async def total(wanted: Wanted) -> int:
    """How many there are, up to MOST + 1."""
    by = "number" if wanted.overdue_at is None else "due_at"
    counts = [await _counts([_ordered(_ranges(part, wanted), by)], len(part or ("",))) for part in _parts(wanted.owners)]
    return min(sum(count for (count,) in counts), MOST + 1)


async def counters(
    owners: tuple[str, ...] | None, *, now: datetime, soon: datetime, today: datetime, without: tuple[int, ...] = ()
) -> Counters:
    """Of everybody's requests, or of those that these owners were asked about: open; overdue; due by `soon`; closed since `today`.

    `without` are numbers that are left out, as in `Wanted`; requests that are over are all counted.
    """
    present, later, since = moments.write(now), moments.write(soon), moments.write(today)
    sums = [0, 0, 0, 0]
    for part in _parts(owners):
        waiting = _ranges(part, Wanted(asked=True, statuses=(DUE,), without=without))
        counts = await _counts(
            [
                _ordered(_ranges(part, Wanted(without=without)), "number"),
                _ordered([(f"{where} AND due_at <= ?", [*values, present]) for where, values in waiting], "due_at"),
                _ordered([(f"{where} AND due_at > ? AND due_at <= ?", [*values, present, later]) for where, values in waiting], "due_at"),
                _ordered([(f"{source}closed_at >= ?", [*values, since]) for source, values in _scopes(part)], "closed_at DESC"),
            ],
            len(part or ("",)),
        )
        sums = [so_far + count for so_far, count in zip(sums, counts, strict=True)]
    return Counters(*(min(count, MOST + 1) for count in sums))


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


def _scopes(part: tuple[str, ...] | None) -> list[Stream]:
    return [(f"{_ALL} WHERE ", [])] if part is None else [(f"{_OWNED} WHERE owner = ? AND ", [owner]) for owner in part]


def _ranges(part: tuple[str, ...] | None, wanted: Wanted) -> list[Stream]:
    """The index ranges of these owners whose union is wanted: equal owner, status and priority, in the order of numbers or due times."""
    statuses = [status for status in wanted.statuses if status in OPEN and (wanted.overdue_at is None or status == DUE)]
    due, at = ("", []) if wanted.overdue_at is None else (" AND due_at <= ?", [moments.write(wanted.overdue_at)])
    asked = " AND asked" if wanted.asked and part is not None else ""
    left_out = f" AND number NOT IN ({', '.join(str(int(number)) for number in wanted.without)})" if wanted.without else ""
    return [
        (f"{source}closed_at IS NULL{asked}{left_out} AND status = ? AND priority = ?{due}", [*values, status, priority, *at])
        for source, values in _scopes(part)
        for status in statuses
        for priority in wanted.priorities
    ]


async def _nearest(wanted: Wanted, limit: int, *, after: int | None = None, before: int | None = None) -> list[Request]:
    """The `limit` requests next after (or nearest before) a number, in the order of going away from it."""
    order, bound = ("", " AND number > ?") if before is None else (" DESC", " AND number < ?")
    start = after if before is None else before
    more, edge = (bound, [start]) if start is not None else ("", [])
    # A range of due times is not in the order of numbers: it is read whole and sorted. "+ 0" keeps SQLite from walking
    # all open requests in order instead, in the hope of meeting an overdue one soon.
    by = "number + 0" if wanted.overdue_at is not None else "number"
    found: dict[int, Request] = {}
    for part in _parts(wanted.owners):
        if streams := _ranges(part, wanted):
            ends = f"{more} ORDER BY {by}{order} LIMIT {limit:d}"
            union = " UNION ALL ".join(f"SELECT number FROM (SELECT number FROM {where}{ends}) AS stream" for where, _ in streams)
            numbers = f"SELECT DISTINCT number FROM ({union}) AS streams ORDER BY number{order} LIMIT {limit:d}"
            values = [value for _, given in streams for value in (*given, *edge)]
            rows = await sql.rows(f"SELECT * FROM {_ALL} WHERE number IN ({numbers})", values)
            found |= {row["number"]: sql.made(Request, row) for row in rows}
    return [found[number] for number in sorted(found, reverse=before is not None)][:limit]


def _ordered(streams: list[Stream], by: str) -> list[Stream]:
    """In the order of their index, and no longer than what is counted: without an order PostgreSQL may read the table."""
    return [(f"{where} ORDER BY {by} LIMIT {MOST + 1:d}", values) for where, values in streams]


async def _counts(several: Sequence[list[Stream]], owners: int) -> list[int]:
    """How many requests each of several unions of streams holds, up to MOST + 1.

    A request is in the streams of up to `owners` owners, and counts once.
    """
    number = "DISTINCT number" if owners > 1 else "*"
    looks = []
    for streams in several:
        union = " UNION ALL ".join(f"SELECT number FROM (SELECT number FROM {where}) AS stream" for where, _ in streams)
        some = f"SELECT number FROM ({union}) AS streams LIMIT {(MOST + 1) * owners:d}"
        looks.append(f"(SELECT COUNT({number}) FROM ({some}) AS counted)" if streams else "0")
    named = ", ".join(f"{look} AS n{place}" for place, look in enumerate(looks))
    (row,) = await sql.rows(f"SELECT {named}", [value for streams in several for _, values in streams for value in values])
    return [min(int(row[f"n{place}"]), MOST + 1) for place in range(len(looks))]
