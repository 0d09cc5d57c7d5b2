"""The rules of this installation, out of its settings, as the life of a request wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialogs.services import House

if TYPE_CHECKING:
    from bot.settings import Settings


def house(settings: Settings) -> House:
    """One value that every process of an installation, `serve` or a verb, makes in the same way."""
    return House(
        enforce=settings.mode == "enforce",
        fallback_owner=settings.fallback_owner,
        admins=frozenset(settings.admins),
        breaker=settings.breaker,
        reset_method=settings.okta_reset_method,
        tickets=settings.servicenow_tickets,
        zone=settings.timezone,
        quiet_hours=(settings.quiet_hours.start, settings.quiet_hours.end) if settings.quiet_hours else None,
        review_channel=settings.review_channel,
    )
