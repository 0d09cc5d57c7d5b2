"""Where people are spoken to on a platform that must have been met first (Teams): one row a person.

These rows are addresses. They hold nothing of a request, decide nothing, and change outside its transactions.
"""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from storage import moments, sql
from storage.models import Conversation

_KNOWN = frozenset({"service_url", "conversation", "seen_in", "account", "bot", "email", "locale", "zone"})
_KEY = ("platform", "tenant", "platform_user")


async def remember(platform: str, tenant: str, platform_user: str, **seen: str) -> Conversation:
    """Writes down what an activity or answer of the platform said; columns that are not given stay as they are.

    ValueError for a column that is none, ValidationError (Tortoise's) for a value that is too long. A new row needs `service_url`.
    """
    if unknown := seen.keys() - _KNOWN:
        raise ValueError(f"no such columns: {', '.join(sorted(unknown))}")
    given = dict(zip(_KEY, (platform, tenant, platform_user), strict=True)) | seen
    row = sql.whole(Conversation, {"service_url": "", **given, "seen_at": moments.now()})
    changes = ", ".join(f"{name} = excluded.{name}" for name in (*seen, "seen_at"))
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    found = await sql.rows(
        f"INSERT INTO keyturn_conversations ({names}) VALUES ({marks}) ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {changes} RETURNING *",
        list(row.values()),
    )
    return sql.made(Conversation, found[0])


async def of(platform: str, tenant: str, platform_user: str) -> Conversation | None:
    """What is known of a person; None when they were never met."""
    return next(iter(await _found("WHERE platform = ? AND tenant = ? AND platform_user = ?", [platform, tenant, platform_user])), None)


async def with_email(platform: str, email: str) -> list[Conversation]:
    """Everybody there whose platform said this address last, most recently seen first."""
    return await _found("WHERE platform = ? AND email = ?", [platform, email.lower()])


async def latest(platform: str, tenant: str) -> Conversation | None:
    """The person of this tenant who was seen last: their service address serves the whole tenant."""
    return next(iter(await _found("WHERE platform = ? AND tenant = ? AND service_url <> ''", [platform, tenant], " LIMIT 1")), None)


async def welcome(platform: str, tenant: str, platform_user: str, at: datetime) -> bool:
    """Notes that this person is being welcomed; False when they were before, also by another process."""
    where = "platform = ? AND tenant = ? AND platform_user = ? AND welcomed_at IS NULL"
    values = [moments.write(at), platform, tenant, platform_user]
    return await sql.run(f"UPDATE keyturn_conversations SET welcomed_at = ? WHERE {where}", values) == 1


async def _found(where: str, values: Sequence[Any], end: str = "") -> list[Conversation]:
    rows = await sql.rows(f"SELECT * FROM keyturn_conversations {where} ORDER BY seen_at DESC, id DESC{end}", values)
    return [sql.made(Conversation, row) for row in rows]
