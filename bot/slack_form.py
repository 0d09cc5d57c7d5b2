"""The reset form in Slack: opened within the three seconds that a trigger lives, and read back.

The applications offered are the person's own; when they cannot be looked up in time, a loading view is opened
first and filled afterwards. What comes back is checked again by triage, against Okta.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import structlog
from email_validator import EmailNotValidError, validate_email
from slack_sdk.web.async_client import AsyncWebClient

from bot.people import SlackPeople
from bot.slack_faults import FAULTS, message_fault
from cards import block_kit, question, reset_form
from cards.card import Option
from cards.form import Filled
from cards.views import FormView
from cards.words import Words
from dialogs.chat import Identity, Profile, Submission
from dialogs.errors import FieldError
from integrations.base import Application, Directory, SystemFault

log = structlog.get_logger(__name__)
IN_TIME = 1.5
"""Seconds for the look-ups before a loading view is opened; the trigger lives 3."""
READER_SECONDS = 1.0
"""For the look-up of somebody's language before an answer that Slack waits 3 s for."""
AT_MOST = 8.0
KEPT_SECONDS = 900.0
MOST_KEPT = 10_000


@dataclass
class SlackForm:
    client: AsyncWebClient
    people: SlackPeople
    directory: Directory | None
    zone: str
    _own: dict[Identity, tuple[float, tuple[Application, ...]]] = field(default_factory=dict)

    async def open(self, who: Identity, trigger: str, *, details: str = "") -> None:
        """Opens the form; somebody from outside gets none (rulings, row 1b)."""
        looking = asyncio.create_task(self._look(who))
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
        profile, own = await self._look(who)
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

    async def _look(self, who: Identity) -> tuple[Profile | None, tuple[Application, ...] | None]:
        profile = await self.people.profile(who)
        if profile is None or profile.outside or not profile.email or self.directory is None:
            return profile, None
        kept = self._own.get(who)
        if kept and time.monotonic() - kept[0] < KEPT_SECONDS:
            return profile, kept[1]
        try:
            async with asyncio.timeout(AT_MOST):
                found = await self.directory.find(profile.email)
                if len(found) != 1:
                    return profile, None
                own = await self.directory.applications(found[0].id)
        except (SystemFault, TimeoutError) as fault:
            log.warning("the form is shown without the person's applications", why=str(fault))
            return profile, None
        if len(self._own) >= MOST_KEPT:
            self._own.clear()
        self._own[who] = (time.monotonic(), own)
        return profile, own

    def submission(self, who: Identity, filled: Filled, delivery: str) -> Submission:
        """What was filled in. Raises FieldError with the field that is wrong; nothing typed is lost then."""
        words = self.words(who)
        chosen = filled.values.get(reset_form.APPLICATION, "")
        named = " ".join(filled.values.get(reset_form.NAME, "").split())[:100]
        kind, app_id, label = self._target(who, chosen, named, words)
        on_behalf = filled.values.get(reset_form.WHO, "").strip()
        if on_behalf:
            try:
                on_behalf = validate_email(on_behalf, check_deliverability=False, allow_smtputf8=False).normalized
            except EmailNotValidError:
                raise FieldError(reset_form.WHO, reset_form.an_address(words)) from None
        details, symptom = filled.values.get(reset_form.DETAILS, ""), filled.values.get(reset_form.SYMPTOM, "")
        if symptom not in ("", "forgot", "locked", "expired", "other"):
            symptom = ""
        return Submission(
            delivery=delivery,
            who=who,
            intake="form",
            summary=details or _summary(symptom, label),
            symptom=symptom,
            app_kind=kind,
            app_id=app_id,
            app_label=label,
            justification=filled.values.get(reset_form.WHY, ""),
            on_behalf=on_behalf,
            attachments=tuple(
                {"name": f.name, "size": f.size, "type": f.type, "place": f.place} for f in filled.files.get(reset_form.FILES, ())
            ),
        )

    def _target(self, who: Identity, chosen: str, named: str, words: Words) -> tuple[str, str, str]:
        own = self._own.get(who, (0.0, ()))[1]
        if not chosen:
            raise FieldError(reset_form.APPLICATION, reset_form.pick_one(words))
        if chosen == question.ACCOUNT:
            return "account", "", "Okta account"
        if chosen == question.OTHER:
            if not named:
                raise FieldError(reset_form.NAME, reset_form.name_it(words))
            same = next((a for a in own if a.label.casefold() == named.casefold()), None)
            return ("app", same.id, same.label) if same else ("other", "", named)
        if len(chosen) > 100:
            raise FieldError(reset_form.APPLICATION, reset_form.pick_one(words))
        label = next((a.label for a in own if a.id == chosen), "")
        return "app", chosen, label


def _summary(symptom: str, label: str) -> str:
    words = {"forgot": "Forgot the password", "locked": "Locked out", "expired": "The password expired"}.get(
        symptom, "Needs a password reset"
    )
    return f"{words}: {label}" if label else words
