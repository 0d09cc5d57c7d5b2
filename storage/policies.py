"""Policy pages as they were read. The one accepted last is in force; the one read last may wait for acceptance."""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from storage import moments, sql, transaction
from storage.models import PolicyRevision


async def add(
    *,
    revision: str,
    digest: str,
    source: str,
    format: str,
    body: str,
    title: str = "",
    page_version: str = "",
    url: str = "",
    fetched_at: datetime | None = None,
) -> PolicyRevision:
    """Note a page that was read, in the running transaction. A revision that is known already is only read again."""
    transaction.current()
    moment = fetched_at or moments.now()
    row = {
        "revision": revision,
        "digest": digest,
        "source": source,
        "format": format,
        "body": body,
        "title": title,
        "page_version": page_version,
        "url": url,
        "fetched_at": moment,
    }
    await sql.insert(
        PolicyRevision, [sql.whole(PolicyRevision, row)], "ON CONFLICT (revision) DO UPDATE SET fetched_at = excluded.fetched_at"
    )
    found = await get(revision)
    if found is None:
        raise RuntimeError(f"policy revision {revision} was just written and is not there")
    return found


async def get(revision: str) -> PolicyRevision | None:
    """The page of that revision label."""
    return await _first("WHERE revision = ?", [revision])


async def accepted() -> PolicyRevision | None:
    """The revision in force: the one accepted last."""
    return await _first("WHERE accepted_at IS NOT NULL ORDER BY accepted_at DESC, id DESC", [])


async def latest() -> PolicyRevision | None:
    """The revision that was read last, accepted or not."""
    return await _first("ORDER BY fetched_at DESC, id DESC", [])


async def pending() -> PolicyRevision | None:
    """The revision that was read last, when it is not the one in force."""
    newest, force = await latest(), await accepted()
    return None if newest is None or (force is not None and force.id == newest.id) else newest


async def accept(id: int, by: str, now: datetime | None = None) -> bool:
    """Put a revision in force, in the running transaction; `by` is the admin's e-mail. False when there is none of that id."""
    transaction.current()
    query = "UPDATE keyturn_policy_revisions SET accepted_at = ?, accepted_by = ? WHERE id = ?"
    return bool(await sql.run(query, [moments.write(now or moments.now()), by, id]))


async def touch(id: int, fetched_at: datetime) -> None:
    """The revision was read again, unchanged, at that time: its age starts anew."""
    await sql.run("UPDATE keyturn_policy_revisions SET fetched_at = ? WHERE id = ?", [moments.write(fetched_at), id])


async def _first(where: str, values: Sequence[Any]) -> PolicyRevision | None:
    found = await sql.rows(f"SELECT * FROM keyturn_policy_revisions {where} LIMIT 1", values)
    return sql.made(PolicyRevision, found[0]) if found else None
