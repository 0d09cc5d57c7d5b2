"""Switches and notes of the whole installation, by name."""

from __future__ import annotations

from typing import Any

from storage import moments, sql
from storage.models import Flag


async def read(name: str) -> dict[str, Any] | None:
    """The value of a flag; None when it was never set."""
    found = await sql.rows("SELECT * FROM keyturn_flags WHERE name = ?", [name])
    return sql.made(Flag, found[0]).value if found else None


async def write(name: str, value: dict[str, Any]) -> None:
    """Set a flag; inside a transaction it is set with it, else at once."""
    row = {"name": name, "value": value, "changed_at": moments.now()}
    await sql.insert(
        Flag, [sql.whole(Flag, row)], "ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at"
    )


async def clear(name: str) -> None:
    """Take a flag away."""
    await sql.run("DELETE FROM keyturn_flags WHERE name = ?", [name])
