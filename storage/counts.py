"""How many requests came, and what became of them, over a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from storage import moments, sql

_STATUSES = ("New", "Triaging", "Waiting", "Escalated", "Completed", "Rejected", "Closed")
_EFFECTS = 5000
"""Effects that a median is made of: the newest ones."""


@dataclass(frozen=True, slots=True)
class Made:
    """Of the requests made in a period, as they stand now."""

    requests: int
    by_bot: int
    """Completed, and no person ever had it."""
    to_people: int
    """Some person had it, whatever came of it."""
    rejected: int


async def made_since(since: datetime) -> Made:
    """Of the requests made since; imported ones are counted too."""
    # By status, so that the index over status and time is read, and nothing before `since`.
    marks = ", ".join("?" * len(_STATUSES))
    found = await sql.rows(
        "SELECT status, EXISTS (SELECT 1 FROM keyturn_reviewers v WHERE v.number = r.number) AS people, COUNT(*) AS count"  # noqa: S608 - marks only
        f" FROM password_reset_requests r WHERE status IN ({marks}) AND created_at >= ? GROUP BY 1, 2",
        [*_STATUSES, moments.write(since)],
    )
    counted = {(row["status"], bool(row["people"])): int(row["count"]) for row in found}
    return Made(
        requests=sum(counted.values()),
        by_bot=counted.get(("Completed", False), 0),
        to_people=sum(count for (_, people), count in counted.items() if people),
        rejected=sum(count for (status, _), count in counted.items() if status == "Rejected"),
    )


async def median_to_effect(since: datetime) -> timedelta | None:
    """From the request to what was done in Okta, over effects done since; None when there is none."""
    found = await sql.rows(
        "SELECT r.created_at, e.finished_at FROM (SELECT request_id, finished_at FROM keyturn_effects"
        " WHERE intended_at >= ? AND outcome = 'done' ORDER BY intended_at DESC LIMIT ?) e"
        " JOIN password_reset_requests r ON r.request_id = e.request_id WHERE e.finished_at IS NOT NULL",
        [moments.write(since), _EFFECTS],
    )
    took = [(moments.read(row["finished_at"]) - moments.read(row["created_at"])).total_seconds() for row in found]
    return timedelta(seconds=median(took)) if took else None


async def applications(since: datetime, most: int) -> list[tuple[str, str, str, bool, int]]:
    """What the `most` newest requests since then were about: (app_kind, app_label, rule, for somebody else, how many)."""
    return [
        (row["app_kind"], row["app_label"], row["rule"], bool(row["for_other"]), int(row["count"]))
        for row in await sql.rows(
            "SELECT app_kind, app_label, rule, on_behalf <> '' AS for_other, COUNT(*) AS count"
            " FROM (SELECT app_kind, app_label, rule, on_behalf, created_at FROM password_reset_requests"
            " ORDER BY number DESC LIMIT ?) AS newest"
            " WHERE created_at >= ? AND app_kind <> '' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
            [most, moments.write(since)],
        )
    ]
