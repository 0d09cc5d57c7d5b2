"""The form asks only what no system can tell, under labels that people and scripts can rely on."""

from __future__ import annotations

import re

import pytest

from cards import reset_form
from cards.card import Option
from cards.form import FileField, Form, SelectField
from cards.views import FormView
from cards.words import Words
from tests.cards.examples import DE, EN, applications

OWN = (Option("0oa1", "Payroll"), Option("0oa2", "VPN"))


def form(words: Words = EN) -> Form:
    return reset_form.reset_form(FormView(OWN, nonce="n1"), words)


def test_exactly_one_label_names_an_app_an_account_or_a_system() -> None:
    labels = [field.label for field in form().fields if re.search("app|account|system", field.label, re.IGNORECASE)]
    assert labels == ["Which account or app?"]


def test_the_fields_and_what_must_be_filled() -> None:
    assert [(field.key, field.label, field.optional) for field in form().fields] == [
        ("application", "Which account or app?", False),
        ("name", "Its name, if it is not in the list", True),
        ("symptom", "What went wrong?", True),
        ("details", "Tell us a bit more", True),
        ("justification", "Why is it needed?", True),
        ("who", "Who is it for?", True),
        ("files", "Attach a file", True),
    ]


def test_ones_own_applications_the_account_and_something_else_are_offered() -> None:
    field = form().fields[0]
    assert isinstance(field, SelectField)
    assert [(one.value, one.label) for one in field.options] == [
        ("0oa1", "Payroll"),
        ("0oa2", "VPN"),
        ("account", "My Okta account (single sign-on)"),
        ("other", "Something else"),
    ]


def test_somebody_without_applications_can_still_ask() -> None:
    assert [one.value for one in reset_form.choices((), EN)] == ["account", "other"]


def test_without_files_on_the_platform_none_are_asked_for() -> None:
    without = reset_form.reset_form(FormView(OWN, files=False), EN)
    assert not any(isinstance(field, FileField) for field in without.fields)


def test_a_search_finds_the_fixed_choices_by_their_names() -> None:
    found = [one for one in reset_form.choices(applications(150), EN) if "okta" in one.label.casefold()]
    assert [one.value for one in found] == ["account"]


@pytest.mark.parametrize("words", [EN, DE], ids=["en", "de"])
def test_titles_and_buttons_fit(words: Words) -> None:
    shown = form(words)
    assert [len(text) <= 24 for text in (shown.title, shown.submit, shown.close)] == [True, True, True]
    assert len({field.key for field in shown.fields}) == len(shown.fields)
