"""The reset form's other side, the same for every platform: what to offer somebody, and what they filled in.

The applications offered are the person's own, looked up once and remembered for minutes. What comes back is checked
again by triage, against Okta.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import Final

import structlog
from email_validator import EmailNotValidError, validate_email

from cards import question, reset_form
from cards.form import Field, FileField, Filled, Form
from cards.words import Words
from dialogs.chat import Identity, People, Profile, Submission
from dialogs.errors import FieldError
from integrations.base import Application, Directory, SystemFault

log = structlog.get_logger(__name__)
AT_MOST: Final = 8.0
KEPT_SECONDS: Final = 900.0
MOST_KEPT: Final = 10_000


@dataclass
class OwnApplications:
    """A person's applications in Okta, for the form."""

    people: People
    directory: Directory | None
    _own: dict[Identity, tuple[float, tuple[Application, ...]]] = field(default_factory=dict)

    def known(self, who: Identity) -> tuple[Application, ...]:
        """What was found before; never asks."""
        return self._own.get(who, (0.0, ()))[1]

    async def look(self, who: Identity) -> tuple[Profile | None, tuple[Application, ...] | None]:
        """The person and their applications; None for what could not be looked up within 8 s. Never raises."""
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


def submission(who: Identity, filled: Filled, delivery: str, own: tuple[Application, ...], words: Words) -> Submission:
    """What was filled in. Raises FieldError with the field that is wrong; nothing typed is lost then."""
    chosen = filled.values.get(reset_form.APPLICATION, "")
    named = " ".join(filled.values.get(reset_form.NAME, "").split())[:100]
    kind, app_id, label = _target(chosen, named, own, words)
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


def kept(form: Form, filled: Filled) -> Form:
    """The form once more with what was typed in it."""
    fields: list[Field] = []
    for one in form.fields:
        if not isinstance(one, FileField) and one.key in filled.values:
            fields.append(replace(one, initial=filled.values[one.key]))
        else:
            fields.append(one)
    return replace(form, fields=tuple(fields))


def _target(chosen: str, named: str, own: tuple[Application, ...], words: Words) -> tuple[str, str, str]:
    if not chosen or len(chosen) > 100:
        raise FieldError(reset_form.APPLICATION, reset_form.pick_one(words))
    if chosen == question.ACCOUNT:
        return "account", "", "Okta account"
    if chosen == question.OTHER:
        if not named:
            raise FieldError(reset_form.NAME, reset_form.name_it(words))
        same = next((a for a in own if a.label.casefold() == named.casefold()), None)
        return ("app", same.id, same.label) if same else ("other", "", named)
    return "app", chosen, next((a.label for a in own if a.id == chosen), "")


def _summary(symptom: str, label: str) -> str:
    words = {"forgot": "Forgot the password", "locked": "Locked out", "expired": "The password expired"}.get(
        symptom, "Needs a password reset"
    )
    return f"{words}: {label}" if label else words
