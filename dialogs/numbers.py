"""Today's numbers, for the admin view."""

from __future__ import annotations

from datetime import datetime

from cards.views_review import Today
from dialogs.queue import day_of
from storage import counts


async def today(now: datetime, zone: str) -> Today:
    """Of the requests made since the day began in `zone`. `median` is from the request to the link, for links of today."""
    since = day_of(now, zone)
    day = await counts.made_since(since)
    return Today(
        requests=day.requests,
        by_bot=day.by_bot,
        to_people=day.to_people,
        rejected=day.rejected,
        median=await counts.median_to_effect(since),
    )
