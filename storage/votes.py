"""Votes of reviewers: one a person and round."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage import moments, sql, transaction
from storage.models import Vote

PENDING = "pending"
COUNTED = "counted"
VOID = "void"


async def cast(
    *, request_id: str, round: int, verb: str, voter: str, voter_email: str, voter_name: str, surface: str, said: dict[str, Any],
    step_up: dict[str, Any] | None = None, state: str = COUNTED, now: datetime | None = None,
) -> bool:  # fmt: skip
    """Writes a vote, in the running transaction. False when this person has one that counts or is pending in this round;
    a void one is replaced."""
    transaction.current()
    row = {
        "request_id": request_id, "round": round, "verb": verb, "voter": voter, "voter_email": voter_email, "voter_name": voter_name,
        "surface": surface, "said": said, "step_up": step_up, "state": state, "created_at": now or moments.now(),
    }  # fmt: skip
    changed = ", ".join(f"{name} = excluded.{name}" for name in ("verb", "surface", "said", "step_up", "state", "created_at"))
    return bool(
        await sql.insert(
            Vote,
            [sql.whole(Vote, row)],
            f"ON CONFLICT (request_id, round, voter) DO UPDATE SET {changed} WHERE keyturn_votes.state = '{VOID}'",
        )
    )


async def of_round(request_id: str, round: int) -> list[Vote]:
    """The votes of a round, oldest first, void ones included."""
    found = await sql.rows("SELECT * FROM keyturn_votes WHERE request_id = ? AND round = ? ORDER BY id", [request_id, round])
    return [sql.made(Vote, row) for row in found]


async def of_voter(request_id: str, round: int, voter: str) -> Vote | None:
    found = await sql.rows("SELECT * FROM keyturn_votes WHERE request_id = ? AND round = ? AND voter = ?", [request_id, round, voter])
    return sql.made(Vote, found[0]) if found else None


async def settle(vote: Vote, state: str) -> bool:
    """Turns a pending vote into a counted or void one. False when it is not pending any more."""
    return bool(await sql.run("UPDATE keyturn_votes SET state = ? WHERE id = ? AND state = 'pending'", [state, vote.id]))


async def void_round(request_id: str, round: int) -> int:
    """No vote of this round counts any more: what they were about has changed. Answers how many."""
    return await sql.run(
        f"UPDATE keyturn_votes SET state = '{VOID}' WHERE request_id = ? AND round = ? AND state <> '{VOID}'",  # noqa: S608 - a word of ours
        [request_id, round],
    )


async def challenged(vote: Vote, step_up: dict[str, Any]) -> bool:
    """Writes down the push that a pending vote waits for."""
    return bool(
        await sql.run(
            "UPDATE keyturn_votes SET step_up = ? WHERE id = ? AND state = 'pending'", [sql.column(Vote, "step_up", step_up), vote.id]
        )
    )
