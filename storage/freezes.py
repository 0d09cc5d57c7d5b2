"""Accounts whose resets are off after "This wasn't me", until an admin lifts it."""

from __future__ import annotations

from datetime import datetime

from storage import moments, sql, transaction
from storage.models import Freeze


async def freeze(okta_id: str, email: str, request_id: str, now: datetime | None = None) -> None:
    """Freeze an account, in the running transaction. A frozen one stays as it is; a lifted one is frozen anew."""
    transaction.current()
    row = {"okta_id": okta_id, "email": email, "request_id": request_id, "since": now or moments.now()}
    await sql.insert(
        Freeze,
        [sql.whole(Freeze, row)],
        "ON CONFLICT (okta_id) DO UPDATE SET email = excluded.email, request_id = excluded.request_id, since = excluded.since,"
        " lifted_at = NULL, lifted_by = '', reason = '' WHERE keyturn_freezes.lifted_at IS NOT NULL",
    )


async def frozen(okta_id: str) -> Freeze | None:
    """The freeze in force on an account."""
    found = await sql.rows("SELECT * FROM keyturn_freezes WHERE okta_id = ? AND lifted_at IS NULL", [okta_id])
    return sql.made(Freeze, found[0]) if found else None


async def of_email(email: str) -> list[Freeze]:
    """The freezes in force on accounts with that e-mail, however it is written."""
    found = await sql.rows("SELECT * FROM keyturn_freezes WHERE lower(email) = lower(?) AND lifted_at IS NULL ORDER BY since", [email])
    return [sql.made(Freeze, row) for row in found]


async def in_force(limit: int = 100) -> list[Freeze]:
    """The freezes in force, newest first."""
    found = await sql.rows("SELECT * FROM keyturn_freezes WHERE lifted_at IS NULL ORDER BY since DESC LIMIT ?", [limit])
    return [sql.made(Freeze, row) for row in found]


async def lift(okta_id: str, by: str, reason: str, now: datetime | None = None) -> bool:
    """Lift a freeze, in the running transaction. False when there is none in force."""
    transaction.current()
    query = "UPDATE keyturn_freezes SET lifted_at = ?, lifted_by = ?, reason = ? WHERE okta_id = ? AND lifted_at IS NULL"
    return bool(await sql.run(query, [moments.write(now or moments.now()), by, sql.storable(reason), okta_id]))
