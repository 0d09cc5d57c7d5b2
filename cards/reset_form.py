"""The reset form: only what no system can tell.

Exactly one label holds "app", "account" or "system" (contract, section 7): the field of the application.
"""

from __future__ import annotations

from cards.card import Option, Text
from cards.form import ChoiceField, Field, FileField, Form, SelectField, TextField
from cards.question import ACCOUNT, OTHER, account_label, other_label
from cards.views import FormView
from cards.words import Words

KIND = "reset"
APPLICATION = "application"
NAME = "name"
SYMPTOM = "symptom"
DETAILS = "details"
WHY = "justification"
WHO = "who"
FILES = "files"


def choices(applications: tuple[Option, ...], words: Words) -> tuple[Option, ...]:
    """What the application field offers: their own, the account itself, something else.

    Also what a searching select searches: the two fixed choices are always among what is found by their names.
    """
    return (*applications, Option(ACCOUNT, account_label(words)), Option(OTHER, other_label(words)))


def reset_form(view: FormView, words: Words) -> Form:
    """Comes back as kind "reset" with the keys above; `symptom` is forgot, locked, expired, other or ""."""
    symptoms = (
        Option("forgot", words.gettext("I forgot it")),
        Option("locked", words.gettext("I'm locked out")),
        Option("expired", words.gettext("It expired")),
        Option("other", words.gettext("Something else")),
    )
    fields: list[Field] = [
        SelectField(
            APPLICATION,
            words.gettext("Which account or app?"),
            choices(view.applications, words),
            placeholder=words.gettext("Choose one"),
            initial=view.initial,
        ),
        TextField(NAME, words.gettext("Its name, if it is not in the list"), optional=True, limit=100, initial=view.other),
        ChoiceField(SYMPTOM, words.gettext("What went wrong?"), symptoms, optional=True, initial=view.symptom),
        TextField(
            DETAILS,
            words.gettext("Tell us a bit more"),
            optional=True,
            multiline=True,
            limit=500,
            hint=words.gettext("Please don't type passwords or codes."),
            initial=view.details,
        ),
        TextField(WHY, words.gettext("Why is it needed?"), optional=True, multiline=True, limit=500),
        TextField(
            WHO,
            words.gettext("Who is it for?"),
            optional=True,
            limit=254,
            hint=words.gettext("Leave this empty for yourself. For someone else, give their work e-mail."),
        ),
    ]
    if view.files:
        fields.append(FileField(FILES, words.gettext("Attach a file")))
    return Form(
        kind=KIND,
        title=words.gettext("Reset a password"),
        submit=words.gettext("Send"),
        close=words.gettext("Close"),
        fields=tuple(fields),
        nonce=view.nonce,
        intro=(Text((words.gettext("I never ask for your password or codes."),)),),
    )


def pick_one(words: Words) -> str:
    """Under the application field."""
    return words.gettext("Please pick one from the list.")


def name_it(words: Words) -> str:
    """Under the name field, when "Something else" was picked and nothing typed."""
    return words.gettext("Please type its name.")


def an_address(words: Words) -> str:
    """Under "Who is it for?", when it is not the form of an e-mail address. Nobody is looked up for this."""
    return words.gettext("Please give a whole e-mail address, or leave this empty.")


def shorter(words: Words, limit: int) -> str:
    return words.gettext("Please use at most {limit} characters.", limit=limit)
