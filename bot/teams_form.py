"""The reset form in Teams: as a dialog, or as a card in the 1:1 chat; filled again when something is wrong.

A dialog has no loading view: what is not looked up in time is left out, and "Something else" takes any name.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from bot import reset_answers
from bot.background import Background
from bot.reset_answers import OwnApplications
from cards import reset_form
from cards.card import Option
from cards.form import Filled, Form
from cards.views import FormView
from cards.words import Words
from dialogs.chat import Identity, People, Profile, Submission
from integrations.base import Application, Directory

log = structlog.get_logger(__name__)
IN_TIME: Final = 2.5
"""Seconds for the look-ups before the form is shown without them; Teams gives up on a dialog after about 5."""


@dataclass
class TeamsForm:
    people: People
    directory: Directory | None
    zone: str
    background: Background
    own: OwnApplications = field(init=False)

    def __post_init__(self) -> None:
        self.own = OwnApplications(self.people, self.directory)

    async def words(self, who: Identity) -> Words:
        """The reader's language and zone; English when they cannot be told in time."""
        try:
            async with asyncio.timeout(1.0):
                profile = await self.people.profile(who)
        except TimeoutError:
            profile = None
        return self._words(profile)

    def _words(self, profile: Profile | None) -> Words:
        return Words(profile.locale, profile.zone) if profile else Words("en", self.zone)

    async def form(self, who: Identity, *, details: str = "") -> tuple[Form, Words] | None:
        """The form for this person; None for somebody from outside (rulings, row 1b)."""
        profile, own = await self._look(who)
        if profile is not None and profile.outside:
            log.warning("security: ignored", reason=profile.outside, who=str(who))
            return None
        words = self._words(profile)
        offered = tuple(Option(a.id, a.label) for a in own or ())
        return reset_form.reset_form(FormView(applications=offered, details=details, files=False), words), words

    async def again(self, who: Identity, filled: Filled) -> tuple[Form, Words]:
        """The form once more, with what was typed in it."""
        found = await self.form(who)
        form, words = found if found is not None else (reset_form.reset_form(FormView(files=False), Words("en")), Words("en"))
        return reset_answers.kept(form, filled), words

    async def submission(self, who: Identity, filled: Filled, delivery: str) -> Submission:
        """Raises FieldError with the field that is wrong."""
        return reset_answers.submission(who, filled, delivery, self.own.known(who), await self.words(who))

    async def _look(self, who: Identity) -> tuple[Profile | None, tuple[Application, ...] | None]:
        looking: asyncio.Task[Any] = asyncio.create_task(self.own.look(who))
        done, _ = await asyncio.wait({looking}, timeout=IN_TIME)
        if done:
            found: tuple[Profile | None, tuple[Application, ...] | None] = looking.result()
            return found
        # It goes on by itself, so that the next form has what this one lacks.
        self.background.start(_ended(looking), "applications")
        return None, None


async def _ended(task: asyncio.Task[Any]) -> None:
    await task
