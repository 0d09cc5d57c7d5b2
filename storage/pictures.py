"""Copies of cards in chats: found by the nonce that their buttons carry, and repainted together."""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storage import moments, sql, transaction
from storage.models import Picture

_FIXED = frozenset({"id", "nonce", "request_id", "surface", "audience", "round", "created_at"})


async def add(*, surface: str, audience: str, nonce: str, request_id: str = "", round: int = 1, **columns: Any) -> Picture:
    """Make the row of a copy, in the running transaction. IntegrityError (Tortoise's) when this audience has this card of this round."""
    transaction.current()
    return await Picture.create(
        surface=surface,
        audience=audience,
        nonce=nonce,
        request_id=request_id,
        round=round,
        **{"created_at": moments.now(), **sql.storable(columns)},
    )


async def change(picture: Picture, **columns: Any) -> Picture:
    """Change where a copy is, what it shows, or whether it is gone; gives the new row. LookupError when there is none."""
    if fixed := _FIXED & columns.keys():
        raise ValueError(f"these columns never change: {', '.join(sorted(fixed))}")
    changes = ", ".join(f"{name} = ?" for name in columns)
    values = [sql.column(Picture, name, value) for name, value in columns.items()]
    found = await sql.rows(f"UPDATE keyturn_pictures SET {changes} WHERE id = ? RETURNING *", [*values, picture.id])
    if not found:
        raise LookupError(f"no picture {picture.id}")
    return sql.made(Picture, found[0])


async def by_nonce(nonce: str) -> Picture | None:
    """The copy whose buttons carry that nonce."""
    return next(iter(await _found("WHERE nonce = ?", [nonce])), None)


async def find(request_id: str, surface: str, audience: str, round: int = 1) -> Picture | None:
    """One audience's copy of a card of a round."""
    where = "WHERE request_id = ? AND surface = ? AND audience = ? AND round = ?"
    return next(iter(await _found(where, [request_id, surface, audience, round])), None)


async def of_request(request_id: str, *, gone: bool = False) -> list[Picture]:
    """The copies of a request's cards, oldest first; with `gone` also those that are no more."""
    return await _found("WHERE request_id = ?" + ("" if gone else " AND NOT gone"), [request_id])


async def half_posted() -> list[Picture]:
    """Copies whose post was begun and never confirmed: after a crash the platform is asked before they are posted again."""
    return await _found("WHERE posting_at IS NOT NULL AND message = '' AND NOT gone", [])


async def _found(where: str, values: Sequence[Any]) -> list[Picture]:
    return [sql.made(Picture, row) for row in await sql.rows(f"SELECT * FROM keyturn_pictures {where} ORDER BY id", values)]
