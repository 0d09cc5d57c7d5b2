"""Deliveries of the chat platforms: each is taken in once, also after a restart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage import moments, sql, transaction
from storage.models import Delivery


class Seen(Exception):
    """This delivery was taken in before; `delivery` holds what was answered."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(f"delivery {delivery.key} was taken in before")
        self.delivery = delivery


async def seen(key: str) -> Delivery | None:
    """The delivery of that key, if it was taken in."""
    found = await sql.rows("SELECT * FROM keyturn_deliveries WHERE key = ?", [key])
    return sql.made(Delivery, found[0]) if found else None


async def record(key: str, request_id: str = "", answer: dict[str, Any] | None = None) -> None:
    """Take a delivery in, in the running transaction. Seen when it was taken in before (also just now, by another process)."""
    transaction.current()
    row = {"key": key, "request_id": request_id, "answer": answer, "received_at": moments.now()}
    if not await sql.insert(Delivery, [sql.whole(Delivery, row)], "ON CONFLICT DO NOTHING"):
        before = await seen(key)
        if before is None:
            raise RuntimeError(f"delivery {key} was neither taken in nor there")
        raise Seen(before)


async def answer(key: str, given: dict[str, Any], request_id: str = "") -> None:
    """Note what a delivery that was taken in got as its answer, in the running transaction."""
    transaction.current()
    text = sql.column(Delivery, "answer", given)
    await sql.run(
        "UPDATE keyturn_deliveries SET answer = ?, request_id = CASE WHEN ? = '' THEN request_id ELSE ? END WHERE key = ?",
        [text, request_id, request_id, key],
    )


async def forget_before(moment: datetime) -> int:
    """Forget deliveries that came before `moment`; gives how many. The platforms repeat one for an hour at most."""
    return await sql.run("DELETE FROM keyturn_deliveries WHERE received_at < ?", [moments.write(moment)])
