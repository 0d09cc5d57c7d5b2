"""A form, before any chat platform is involved: drawn as a Slack modal or a Teams dialog."""

from __future__ import annotations

from dataclasses import dataclass, field

from cards.card import Node, Option


@dataclass(frozen=True, slots=True)
class TextField:
    key: str
    label: str
    optional: bool = False
    multiline: bool = False
    limit: int = 500
    hint: str = ""
    placeholder: str = ""
    initial: str = ""
    least: int = 0
    """Fewest characters; what is optional may still be left empty."""


@dataclass(frozen=True, slots=True)
class SelectField:
    """One of `options`. Above 100 of them a renderer draws a searching select whose options are
    asked for while the person types (Slack: block_suggestion)."""

    key: str
    label: str
    options: tuple[Option, ...]
    optional: bool = False
    hint: str = ""
    placeholder: str = ""
    initial: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceField:
    """One of a few options, all in sight (radio buttons, 10 at most)."""

    key: str
    label: str
    options: tuple[Option, ...]
    optional: bool = False
    initial: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FileField:
    key: str
    label: str
    optional: bool = True
    most: int = 3


Field = TextField | SelectField | ChoiceField | FileField


@dataclass(frozen=True, slots=True)
class Form:
    """`kind` is the callback the platform hands back ("reset", ...); `nonce` is opaque to it."""

    kind: str
    title: str
    submit: str
    close: str
    fields: tuple[Field, ...]
    nonce: str = ""
    intro: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Something to read where a form would be, with buttons perhaps but nothing to send (a modal without submit)."""

    kind: str
    title: str
    close: str
    body: tuple[Node, ...]
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file where the chat platform keeps it; Keyturn never fetches it."""

    name: str
    size: int
    type: str
    place: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What came back: text by field key, files by field key.

    `place` is the view it was filled in and `under` the one below it (a form opened from a detail), for updating them.
    """

    kind: str
    nonce: str
    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[FileRef, ...]] = field(default_factory=dict)
    place: str = field(default="", compare=False)
    under: str = field(default="", compare=False)
