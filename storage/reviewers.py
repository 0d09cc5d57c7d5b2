"""Which owners were asked about which request: the rows behind the queue of a reviewer.

Kept in step by `storage.requests`, which alone changes requests; `also` is for owners who are asked in addition.
"""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from storage import sql, transaction
from storage.audit import AGENT
from storage.models import Request, Reviewer

GROUP = "group:"
MIRRORED = frozenset({"owner", "status", "priority", "due_at", "closed_at"})
"""Columns of a request that are copied."""

_AT_ONCE = 400
"""Look-ups in one statement; SQLite takes 500."""

_COPIED = ("status", "priority", "due_at", "closed_at")
_MOVED = f"UPDATE keyturn_reviewers SET {', '.join(f'{name} = ?' for name in _COPIED)} WHERE number = ?"
_OWNED = _MOVED.replace(" SET ", " SET asked = also, ")
_LOOK = "SELECT owner FROM (SELECT owner FROM keyturn_reviewers WHERE owner = ? AND closed_at IS NULL LIMIT 1) AS look"
_COPY = ", ".join(f"{name} = excluded.{name}" for name in ("asked", "also", *_COPIED))


def key(owner: str) -> str:
    """An owner as these rows have it: an e-mail without case, a group by its exact name; "" for the agent and for nobody."""
    if owner.startswith(GROUP):
        return GROUP + owner.removeprefix(GROUP).strip()
    return "" if owner == AGENT else owner.strip().casefold()


async def follow(row: Mapping[str, Any], changed: Collection[str]) -> None:
    """Copy a request that has changed, in the running transaction; `row` is as the database has it, `changed` its columns.

    Its owner is asked, an earlier one is not any more.
    """
    if MIRRORED.isdisjoint(changed):
        return
    owned = "owner" in changed
    await sql.run(_OWNED if owned else _MOVED, [*(row[name] for name in _COPIED), row["number"]])
    if owned and (owner := key(row["owner"])):
        await _put(row, owner, also=False)


async def also(request: Request, owner: str) -> None:
    """Somebody is asked beside the owner of the request, in the running transaction."""
    transaction.current()
    if name := key(owner):
        copied = {column: sql.column(Request, column, getattr(request, column)) for column in _COPIED}
        await _put({**copied, "number": request.number}, name, also=True)


async def of_request(number: int) -> tuple[str, ...]:
    """Everybody who was ever asked about a request, first asked first."""
    found = await sql.rows("SELECT owner FROM keyturn_reviewers WHERE number = ? ORDER BY id", [number])
    return tuple(row["owner"] for row in found)


async def groups_asked() -> bool:
    """Whether any open request waits for a group."""
    return bool(await sql.rows(f"SELECT 1 FROM keyturn_reviewers WHERE closed_at IS NULL AND owner LIKE '{GROUP}%' LIMIT 1"))


async def asked_of(owners: Sequence[str]) -> tuple[str, ...]:
    """Those of these owners (keys) who were asked about a request that is open."""
    found: list[str] = []
    for start in range(0, len(owners), _AT_ONCE):
        part = owners[start : start + _AT_ONCE]
        found += [row["owner"] for row in await sql.rows(" UNION ALL ".join([_LOOK] * len(part)), part)]
    return tuple(found)


async def _put(row: Mapping[str, Any], owner: str, *, also: bool) -> None:
    copied = {name: row[name] for name in _COPIED}
    new = sql.whole(Reviewer, {"number": row["number"], "owner": owner, "asked": True, "also": also, **copied})
    await sql.insert(Reviewer, [new], f"ON CONFLICT (number, owner) DO UPDATE SET {_COPY}")
