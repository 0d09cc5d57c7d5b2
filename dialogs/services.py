"""What the life of a request is given from outside, as one value: systems, chat, rules of this installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from cards.words import Words
from dialogs.chat import Chat, People
from integrations.base import Directory, PolicySource, Post, ServiceDesk
from storage import moments

if TYPE_CHECKING:
    from agent.triage import Triage


@dataclass(frozen=True, slots=True)
class House:
    """The rules of this installation that come from settings."""

    enforce: bool
    """KEYTURN_MODE: False observes, people decide."""
    fallback_owner: str
    admins: frozenset[str]
    breaker: int
    """Resets an hour before everything escalates."""
    reset_method: str = "reset_password"
    tickets: str = "all"
    """all, escalations"""
    zone: str = "UTC"
    quiet_hours: tuple[time, time] | None = None
    """Start and end in the reader's own zone; no reminder in between."""
    review_channel: str = ""
    """A Slack channel for copies without personal data, "" for none."""


@dataclass(slots=True)
class Services:
    """A system that is None is not configured: what depends on it says so."""

    house: House
    directory: Directory | None
    desk: ServiceDesk | None
    policy_source: PolicySource | None
    post: Post | None
    people: People
    chat: Chat
    triage: Triage
    now: Callable[[], datetime] = moments.now
    first_look: timedelta = timedelta(seconds=1)
    """Between a push and the first look at its answer."""
    next_look: timedelta = timedelta(seconds=2)

    def words(self, locale: str, zone: str) -> Words:
        return Words(locale, zone)
