"""The reset form in Slack: opened within the three seconds that a trigger lives, and read back.

The applications offered are the person's own; when they cannot be looked up in time, a loading view is opened
first and filled afterwards. What comes back is checked again by triage, against Okta.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot import reset_answers
from bot.people import SlackPeople
from bot.reset_answers import OwnApplications
from bot.slack_faults import FAULTS, message_fault
from cards import block_kit, reset_form
from cards.card import Option
from cards.form import Filled
from cards.views import FormView
from cards.words import Words
from dialogs.chat import Identity, Profile, Submission
from integrations.base import Application, Directory

log = structlog.get_logger(__name__)
IN_TIME = 1.5
"""Seconds for the look-ups before a loading view is opened; the trigger lives 3."""
READER_SECONDS = 1.0
"""For the look-up of somebody's language before an answer that Slack waits 3 s for."""


@dataclass
class SlackForm:
    client: AsyncWebClient
    people: SlackPeople
    directory: Directory | None
    zone: str
    own: OwnApplications = field(init=False)

    def __post_init__(self) -> None:
        self.own = OwnApplications(self.people, self.directory)

    async def open(self, who: Identity, trigger: str, *, details: str = "") -> None:
        """Opens the form; somebody from outside gets none (rulings, row 1b)."""
        looking = asyncio.create_task(self.own.look(who))
        done, _ = await asyncio.wait({looking}, timeout=IN_TIME)
        try:
            if done:
                profile, own = looking.result()
                if profile is not None and profile.outside:
                    log.warning("security: ignored", reason=profile.outside, who=str(who))
                    return
                await self.client.views_open(trigger_id=trigger, view=self._view(profile, own, details))
                return
            opened = await self.client.views_open(trigger_id=trigger, view=block_kit.loading(self.words(who).gettext("Reset a password")))
            profile, own = await looking
            view = opened.get("view") or {}
            await self.client.views_update(view_id=view.get("id"), hash=view.get("hash"), view=self._view(profile, own, details))
        except FAULTS as error:
            fault = message_fault(error)
            log.warning("the form could not be opened", who=str(who), why=str(fault))

    async def options(self, who: Identity, typed: str) -> dict[str, Any]:
        """For a searching select."""
        profile, own = await self.own.look(who)
        offered = tuple(Option(a.id, a.label) for a in own or ())
        return block_kit.suggestions(reset_form.choices(offered, self._words(profile)), typed)

    def words(self, who: Identity) -> Words:
        """Of somebody whose profile was just asked for; English when it is not known."""
        return self._words(self.people.known(who))

    async def reader(self, who: Identity) -> Words:
        """The reader's language and zone; English when Slack does not tell them in time."""
        try:
            async with asyncio.timeout(READER_SECONDS):
                return self._words(await self.people.profile(who))
        except TimeoutError:
            return self._words(None)

    def _words(self, profile: Profile | None) -> Words:
        return Words(profile.locale, profile.zone) if profile else Words("en", self.zone)

    def _view(self, profile: Profile | None, own: tuple[Application, ...] | None, details: str) -> dict[str, Any]:
        offered = tuple(Option(a.id, a.label) for a in own or ())
        return block_kit.modal(reset_form.reset_form(FormView(applications=offered, details=details), self._words(profile)))

    def submission(self, who: Identity, filled: Filled, delivery: str) -> Submission:
        """What was filled in. Raises FieldError with the field that is wrong; nothing typed is lost then."""
        return reset_answers.submission(who, filled, delivery, self.own.known(who), self.words(who))
