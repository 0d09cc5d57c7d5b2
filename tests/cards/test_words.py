"""The catalogue: complete, compiled from what is in the code, and kind to odd locales and zones."""

from __future__ import annotations

import ast
import copy
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from cards.card import Strong, When
from cards.words import DOMAIN, LOCALE, Said, Words, joined, kept, language_of, restored, say, sentences

KEYWORDS: dict[str, Any] = {"gettext": None, "ngettext": (1, 2), "line": None, "say": None}
ROOMS = tuple(LOCALE.parents[1] / room for room in ("cards", "dialogs", "bot"))
"""Where sentences are: what the command line says (bot/cli) stays English."""
CATALOGUES = sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
AT = datetime(2026, 5, 18, 9, 15, tzinfo=UTC)


def in_the_code() -> set[str | tuple[str, ...]]:
    """Every sentence in the code."""
    return {found[2] for room in ROOMS for found in extract_from_dir(room, keywords=KEYWORDS, directory_filter=_asked)}


def _asked(directory: str | os.PathLike[str]) -> bool:
    return Path(directory).name not in {"cli", "__pycache__"}


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
    assert set(translated) == in_the_code(), "run `make messages` and translate what is new"
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
    calls = (call for node in inside for call in ast.walk(node) if isinstance(call, ast.Call))
    return [call.lineno for call in calls if called(call) in KEYWORDS and call.args and isinstance(call.args[0], ast.Constant)]


def called(call: ast.Call) -> str:
    """The name of what is called, without what it belongs to."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_no_sentence_hides_in_an_f_string() -> None:
    assert _in_f_strings("f'{words.gettext(\"Hello\")}'") == [1]
    found = {file: _in_f_strings(file.read_text(encoding="utf-8")) for room in ROOMS for file in room.glob("*.py")}
    assert {file: places for file, places in found.items() if places} == {}


# ---------------------------------------------------------------- sentences whose reader is not known yet


def test_a_sentence_is_english_until_its_reader_is_known() -> None:
    said = say("{reference} is cancelled. Nothing was changed.", reference="IT-1048")
    assert said == "IT-1048 is cancelled. Nothing was changed."
    assert Words("en").said(said) == said
    assert Words("de").said(said) == "IT-1048 ist zurückgezogen. Es wurde nichts geändert."
    assert type(Words("de").said(said)) is str


def test_what_people_wrote_is_nobody_s_sentence() -> None:
    assert Words("de").said("Today") == "Today"
    named = say("You chose {choice}.", choice="{reference.__class__} Today")
    assert Words("de").said(named) == "Sie haben {reference.__class__} Today gewählt."


def test_a_sentence_in_a_sentence_and_a_moment_are_the_reader_s_too() -> None:
    said = say("Owner of {target}", target=say("the Okta account"))
    assert (said, Words("de").said(said)) == ("Owner of the Okta account", "Verantwortlich für das Okta-Konto")
    late = say("{reference} was already approved by {name} at {time}. Nothing more to do.", reference="IT-1", name="Priya", time=AT)
    assert late == "IT-1 was already approved by Priya at 09:15 UTC. Nothing more to do."
    assert "um 11:15 CEST" in Words("de", "Europe/Berlin").said(late)


def test_sentences_in_a_row_are_translated_one_by_one() -> None:
    both = sentences(say("Approved."), "", "Known to me {x}", say("Row {row}.", row="11"))
    assert (both, Words("de").said(both)) == ("Approved. Known to me {x} Row 11.", "Genehmigt. Known to me {x} Zeile 11.")
    assert (sentences(), sentences("", " "), joined((), ", ")) == ("", "", "")
    assert Words("de").said(Said("", {})) == "", "the catalogue's heading is no sentence"


def test_a_sentence_survives_being_written_down_and_copied() -> None:
    said = sentences(say("Owner of {target}", target=say("the Okta account")), say("Noted: {given} of {needed} approvals for {reference}.",
                     given=1, needed=2, reference="IT-1"), say("{decision} by {name} at {time}; not finished yet.", decision="x", name="y", time=AT))  # fmt: skip
    for again in (restored(json.loads(json.dumps(kept(said)))), copy.deepcopy(said)):
        assert again == said
        assert Words("de").said(again) == Words("de").said(said) != said
    assert (restored(json.loads(json.dumps(kept("Mine.")))), restored(None), json.loads(json.dumps(said))) == ("Mine.", "", str(said))
