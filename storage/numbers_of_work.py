"""How much there is to do, in a few cheap counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage import flags, moments, sql

OPEN = ("New", "Triaging", "Waiting", "Escalated")
CAP = 10_001
"""No count reads more rows than this: a scrape must stay cheap whatever the queue looks like."""


@dataclass(frozen=True, slots=True)
class Work:
    """Counts stop at CAP. `lag` is how long the oldest due job has waited."""

    open: dict[str, int]
    jobs: int
    lag: timedelta
    policy_read_at: datetime | None


async def read(now: datetime) -> Work:
    counts = {status: await _count("password_reset_requests", "status = ?", status) for status in OPEN}
    present = moments.write(now)
    jobs = await _count("keyturn_jobs", "leased_until IS NULL AND run_at <= ?", present)
    found = await sql.rows("SELECT MIN(run_at) AS oldest FROM keyturn_jobs WHERE leased_until IS NULL AND run_at <= ?", [present])
    oldest = found[0]["oldest"]
    fetched = await flags.read("policy_fetch") or {}
    return Work(
        counts,
        jobs,
        now - moments.read(oldest) if oldest else timedelta(0),
        moments.read(fetched["ok_at"]) if fetched.get("ok_at") else None,
    )


async def _count(table: str, where: str, value: str) -> int:
    # Table and condition are this module's own words.
    counted = f"SELECT COUNT(*) AS count FROM (SELECT 1 FROM {table} WHERE {where} LIMIT {CAP}) AS some"  # noqa: S608
    return int((await sql.rows(counted, [value]))[0]["count"])
