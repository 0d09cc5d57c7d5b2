"""The rows of requests: made, changed by compare-and-set, read."""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from tortoise.exceptions import IntegrityError

from storage import moments, reviewers, sql, transaction
from storage.models import Request

STATUSES = ("New", "Triaging", "Waiting", "Escalated", "Completed", "Rejected", "Closed")
TERMINAL = frozenset({"Completed", "Rejected", "Closed"})
PRIORITIES = ("Low", "Medium", "High")
DECISIONS = ("Approved", "Rejected", "Escalated", "Cancelled", "")
CONTRACT = (
    "request_id",
    "requester",
    "summary",
    "target_record",
    "status",
    "priority",
    "decision",
    "rationale",
    "created_at",
    "closed_at",
)
"""The operation's columns, in its order."""

_CHOICES = {"status": STATUSES, "priority": PRIORITIES, "decision": DECISIONS}
_FIXED = frozenset({"request_id", "number", "version", "created_at"})
_TERMINAL_SQL = ", ".join(f"'{status}'" for status in sorted(TERMINAL))


class Conflict(Exception):
    """Somebody else changed the row meanwhile: read it again and decide anew."""


class AlreadyOpen(Conflict):
    """An open request with this open_key exists: show that one."""


class Terminal(Exception):
    """The request is Completed, Rejected or Closed; its columns of the operation do not change again."""


async def next_number() -> int:
    """Give out the next number of a request, in the running transaction. ChainBroken as `Tx.head`."""
    tx = transaction.current()
    number = tx.head.request_number + 1
    tx.head = tx.head.counted_to(number)
    return number


async def create(**columns: Any) -> Request:
    """Make a request row in the running transaction, numbered after the greatest known one.

    `requester` must be given; status is New, priority Medium and created_at now unless given. AlreadyOpen when the
    open_key is taken; ValueError for a value that the operation does not know; ValidationError (Tortoise's) for one
    that is too long. After an error the transaction must not be committed.
    """
    columns = _checked({"status": "New", "priority": "Medium", "created_at": moments.now(), **columns})
    number = await next_number()
    row = sql.whole(Request, {**columns, "number": number, "request_id": f"IT-{number}"})
    if not await sql.insert(Request, [row], "ON CONFLICT (open_key) DO NOTHING"):
        raise AlreadyOpen(f"an open request has the key {row['open_key']}")
    if reviewers.key(row["owner"]):
        await reviewers.follow(row, ("owner",))
    return sql.made(Request, row)


async def change(request: Request, **columns: Any) -> Request:
    """Change columns of a request in the running transaction, if it is still the version that was read; gives the new row.

    Becoming terminal sets closed_at (now, unless given) and frees open_key. Conflict when the row was changed
    meanwhile (also when it is gone), AlreadyOpen when another open request has the open_key, Terminal when a column of
    the operation is to change and the request is over; ValueError and ValidationError as in `create`.
    """
    transaction.current()
    if fixed := _FIXED & columns.keys():
        raise ValueError(f"these columns never change: {', '.join(sorted(fixed))}")
    columns = _checked(columns)
    guarded = any(name in CONTRACT for name in columns)
    values = [sql.column(Request, name, value) for name, value in columns.items()]
    try:
        found = await sql.rows(_update(tuple(columns), guarded), [*values, request.request_id, request.version])
    except IntegrityError as error:
        raise AlreadyOpen(f"an open request has the key {columns.get('open_key')}") from error
    if found:
        await reviewers.follow(found[0], columns)
        return sql.made(Request, found[0])
    present = await get(request.request_id)
    if guarded and present is not None and present.version == request.version:
        raise Terminal(f"{request.request_id} is {present.status}")
    raise Conflict(f"{request.request_id} was changed meanwhile")


@lru_cache(maxsize=256)
def _update(names: tuple[str, ...], guarded: bool) -> str:
    changes = ", ".join([f"{name} = ?" for name in names] + ["version = version + 1"])
    guard = f" AND status NOT IN ({_TERMINAL_SQL})" if guarded else ""
    return f"UPDATE password_reset_requests SET {changes} WHERE request_id = ? AND version = ?{guard} RETURNING *"


def _checked(columns: dict[str, Any]) -> dict[str, Any]:
    """The columns, with what follows from a terminal status. ValueError for what the operation does not know."""
    if unknown := columns.keys() - Request._meta.db_fields:
        raise ValueError(f"no such columns: {', '.join(sorted(unknown))}")
    for name, choices in _CHOICES.items():
        if name in columns and columns[name] not in choices:
            raise ValueError(f"no {name} of the operation: {columns[name]!r}")
    if columns.get("status") in TERMINAL:
        return {**columns, "closed_at": columns.get("closed_at") or moments.now(), "open_key": None}
    if columns.get("closed_at") is not None:
        raise ValueError("closed_at goes with a terminal status only")
    return columns


async def _found(where: str, values: Sequence[Any]) -> list[Request]:
    return [sql.made(Request, row) for row in await sql.rows(f"SELECT * FROM password_reset_requests {where}", values)]


async def get(request_id: str) -> Request | None:
    """The request of that id."""
    return next(iter(await _found("WHERE request_id = ?", [request_id])), None)


async def open_for(open_key: str) -> Request | None:
    """The open request with that key."""
    return next(iter(await _found("WHERE open_key = ?", [open_key])), None)


async def open_of(platform: str, tenant: str, user: str) -> list[Request]:
    """A person's open requests, newest first; 20 at the most."""
    where = "WHERE platform = ? AND tenant = ? AND platform_user = ? AND open_key IS NOT NULL ORDER BY number DESC LIMIT 20"
    return await _found(where, [platform, tenant, user])


async def of_person(platform: str, tenant: str, user: str, limit: int = 5, okta_id: str = "") -> list[Request]:
    """A person's own requests, newest first: of this identity and, when it is given, of the Okta account that asked."""
    here = "platform = ? AND tenant = ? AND platform_user = ? ORDER BY number DESC LIMIT ?"
    if not okta_id:
        return await _found(f"WHERE {here}", [platform, tenant, user, limit])
    # Two ranges, each the newest end of an index: an OR of them would be sorted from all that somebody ever asked for.
    number = "SELECT number FROM password_reset_requests WHERE"
    bound = "okta_id = ? ORDER BY number DESC LIMIT ?"
    return await _found(
        f"WHERE number IN (SELECT number FROM ({number} {here}) AS here UNION SELECT number FROM ({number} {bound}) AS bound)"
        " ORDER BY number DESC LIMIT ?",
        [platform, tenant, user, limit, okta_id, limit, limit],
    )


async def listing(status: str | None = None, limit: int = 50, before_number: int | None = None) -> list[Request]:
    """Requests, newest first; `before_number` continues after the last one of the page before."""
    conditions: list[str] = []
    values: list[Any] = []
    if status is not None:
        conditions.append("status = ?")
        values.append(status)
    if before_number is not None:
        conditions.append("number < ?")
        values.append(before_number)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return await _found(f"{where} ORDER BY number DESC LIMIT ?", [*values, limit])


async def bound_otherwise(platform: str, tenant: str, user: str, okta_id: str, since: datetime) -> bool:
    """Whether this person of a platform was bound to another Okta account since then: a chat identity that moved."""
    where = "WHERE platform = ? AND tenant = ? AND platform_user = ? AND okta_id NOT IN ('', ?) AND created_at >= ? LIMIT 1"
    found = await sql.rows(f"SELECT 1 FROM password_reset_requests {where}", [platform, tenant, user, okta_id, moments.write(since)])
    return bool(found)
