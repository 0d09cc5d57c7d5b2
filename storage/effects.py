"""What is about to be done outside, written down before: the grant is used once, and what became of it is known or asked."""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from storage import moments, sql, transaction
from storage.models import Effect

RESETS = ("reset_password", "forgot_password")
DONE = "done"
REFUSED = "refused"
UNKNOWN = "unknown"
"""Nobody knows whether it happened: a person must look."""
OUTCOMES = frozenset({DONE, REFUSED, UNKNOWN})

_DETAIL = 300  # letters


async def intend(
    *,
    request_id: str,
    kind: str,
    okta_id: str,
    grant_digest: str,
    facts_digest: str,
    policy_revision: str,
    rule: str,
    expires_at: datetime,
    round: int = 1,
    attempt: int = 1,
    status_before: str = "",
    intended_at: datetime | None = None,
) -> Effect:
    """Write the intent, in the running transaction, with the digest of its grant.

    IntegrityError (Tortoise's) when this attempt of this round, or this grant, was written before: at most one each.
    """
    transaction.current()
    return await Effect.create(
        request_id=request_id,
        kind=kind,
        okta_id=okta_id,
        round=round,
        attempt=attempt,
        grant_digest=grant_digest,
        facts_digest=facts_digest,
        policy_revision=policy_revision,
        rule=rule,
        status_before=status_before,
        intended_at=intended_at or moments.now(),
        expires_at=expires_at,
    )


async def consume(grant_digest: str, now: datetime) -> bool:
    """Use the grant up. True once, for one caller, before it expires; whoever gets False must not act."""
    present = moments.write(now)
    query = (
        "UPDATE keyturn_effects SET consumed_at = ?"
        " WHERE grant_digest = ? AND consumed_at IS NULL AND finished_at IS NULL AND expires_at > ?"
    )
    return bool(await sql.run(query, [present, grant_digest, present]))


async def finish(effect: Effect, outcome: str, detail: str = "") -> bool:
    """Note what became of it: done, refused or unknown. An unknown one may be finished again, others not: False then."""
    if outcome not in OUTCOMES:
        raise ValueError(f"no outcome: {outcome!r}")
    query = (
        "UPDATE keyturn_effects SET outcome = ?, detail = ?, finished_at = ? WHERE id = ? AND (finished_at IS NULL OR outcome = 'unknown')"
    )
    values = [outcome, sql.storable(detail)[:_DETAIL], moments.write(moments.now()), effect.id]
    return bool(await sql.run(query, values))


async def unfinished(request_id: str = "") -> list[Effect]:
    """Intents whose outcome was never noted, oldest first: of one request, or of all. After a crash they are looked into."""
    where, values = ("AND request_id = ?", [request_id]) if request_id else ("", [])
    return await _found(f"WHERE finished_at IS NULL {where}", values)


async def of_request(request_id: str) -> list[Effect]:
    """The effects of a request, oldest first."""
    return await _found("WHERE request_id = ?", [request_id])


async def count_since(okta_id: str, since: datetime, kinds: Sequence[str] = RESETS) -> int:
    """How many effects of `kinds` on that account were intended since, without those that Okta refused."""
    return await _count("okta_id = ? AND", [okta_id], since, kinds)


async def count_all_since(since: datetime, kinds: Sequence[str] = RESETS) -> int:
    """As `count_since`, over all accounts."""
    return await _count("", [], since, kinds)


async def _count(where: str, values: list[Any], since: datetime, kinds: Sequence[str]) -> int:
    marks = ", ".join("?" * len(kinds))
    query = f"SELECT COUNT(*) AS count FROM keyturn_effects WHERE {where} intended_at >= ? AND outcome <> 'refused' AND kind IN ({marks})"
    found = await sql.rows(query, [*values, moments.write(since), *kinds])
    return int(found[0]["count"])


async def _found(where: str, values: Sequence[Any]) -> list[Effect]:
    return [sql.made(Effect, row) for row in await sql.rows(f"SELECT * FROM keyturn_effects {where} ORDER BY id", values)]
