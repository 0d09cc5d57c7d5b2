"""The catalogue: complete, compiled from what is in the code, and kind to odd locales and zones."""

from __future__ import annotations

import ast
import io
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from cards.card import Strong, When
from cards.words import DOMAIN, LOCALE, Words, language_of

KEYWORDS: dict[str, Any] = {"gettext": None, "ngettext": (1, 2), "line": None}
CATALOGUES = sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
AT = datetime(2026, 5, 18, 9, 15, tzinfo=UTC)


def sentences() -> set[str | tuple[str, ...]]:
    """Every sentence in the code."""
    return {found[2] for found in extract_from_dir(LOCALE.parent, keywords=KEYWORDS)}


def names(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def read(file: Path) -> Any:
    with file.open("rb") as opened:
        return read_po(opened, locale=file.parents[1].name)


def test_german_is_there() -> None:
    assert "de" in [file.parents[1].name for file in CATALOGUES]


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.parents[1].name)
def test_a_catalogue_is_complete_and_keeps_placeholders(file: Path) -> None:
    translated = {message.id: message.string for message in read(file) if message.id}
    assert set(translated) == sentences(), "run `make messages` and translate what is new"
    for source, target in translated.items():
        for one, other in zip(*((text,) if isinstance(text, str) else text for text in (source, target)), strict=True):
            assert other.strip(), f"{one!r} is not translated"
            assert names(one) == names(other), one


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.parents[1].name)
def test_the_compiled_catalogue_is_the_written_one(file: Path) -> None:
    fresh = io.BytesIO()
    write_mo(fresh, read(file))
    assert file.with_suffix(".mo").read_bytes() == fresh.getvalue(), "run `make messages`"


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("de-AT", "de"), ("de_DE.UTF-8", "de"), ("DE", "de"), ("en-GB", "en"), ("xx", "en"), ("", "en"), ("../..", "en"), ("de\x00", "en")],
)  # fmt: skip
def test_any_locale_gives_a_language(locale: str, language: str) -> None:
    assert language_of(locale) == language


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "\x00", "Europe", "/etc/localtime"])
def test_an_odd_zone_is_utc_and_says_so(zone: str) -> None:
    assert Words("en", zone).clock(AT) == "09:15 UTC"


def test_times_are_the_readers_own() -> None:
    assert Words("de", "Europe/Berlin").clock(AT) == "11:15 CEST"
    assert Words("en", "Europe/Berlin").moment(AT) == "2026-05-18 11:15 CEST"


def test_a_line_keeps_moments_and_emphasis_apart() -> None:
    assert Words("de").line("Your phone will show a number. Tap {number}.", number=Strong("47")) == (
        "Ihr Telefon zeigt eine Zahl. Tippen Sie auf ",
        Strong("47"),
        ".",
    )
    assert Words().line("Updated {time}", time=When(AT)) == ("Updated ", When(AT))


def test_numbers_choose_the_form() -> None:
    one, many = "And {n} older request.", "And {n} older requests."
    assert [Words("de").ngettext(one, many, n) for n in (1, 2)] == ["Und 1 ältere Anfrage.", "Und 2 ältere Anfragen."]
    assert Words().ngettext(one, many, 2) == "And 2 older requests."


def test_what_fills_a_placeholder_is_never_read_as_one() -> None:
    assert Words().gettext("You chose {choice}.", choice="{reference.__class__}") == "You chose {reference.__class__}."


def _in_f_strings(source: str) -> list[int]:
    """Lines of gettext calls inside f-strings: the collector does not look there on every Python."""
    inside = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)]
    calls = (call for node in inside for call in ast.walk(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute))
    return [call.lineno for call in calls if call.func.attr in KEYWORDS]  # type: ignore[attr-defined]  # only attributes are left above


def test_no_sentence_hides_in_an_f_string() -> None:
    assert _in_f_strings("f'{words.gettext(\"Hello\")}'") == [1]
    found = {file.name: _in_f_strings(file.read_text(encoding="utf-8")) for file in LOCALE.parent.glob("*.py")}
    assert {name: places for name, places in found.items() if places} == {}
