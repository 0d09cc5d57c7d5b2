"""What people see, before any chat platform is involved: neutral nodes, drawn by one renderer a platform.

A card is a picture of a request. It never carries facts back: a button holds a verb and an opaque
nonce, and rights are looked up when it is pressed. Escaping and clipping belong to the renderers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class When:
    """A moment, shown in the reader's own zone. `at` is aware (UTC)."""

    at: datetime
    style: Literal["time", "date_time"] = "time"


@dataclass(frozen=True, slots=True)
class Strong:
    """A few of our own words with emphasis."""

    text: str


@dataclass(frozen=True, slots=True)
class Theirs:
    """Words that somebody chose (a name, a reason) beside a moment or emphasis: always drawn literally.

    A line that is only strings needs none: strings alone are literal already.
    """

    text: str


Inline = str | When | Strong | Theirs
Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of our own words. Strings in it are shown literally (renderers escape them)."""

    parts: Line
    tone: Literal["normal", "quiet"] = "normal"


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's own words: shown as plain text, never as markup, clipped to `limit` characters."""

    who: str
    text: str
    limit: int = 300


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value, one a row. Values are text of any origin; renderers escape them."""

    rows: tuple[tuple[str, Line], ...]


@dataclass(frozen=True, slots=True)
class Step:
    state: Literal["done", "now", "next", "warn"]
    text: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Progress or a check list; the state is said by a mark and by position, never by colour alone."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Divider:
    pass


@dataclass(frozen=True, slots=True)
class Confirm:
    """An 'are you sure' step before a press counts."""

    title: str
    text: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Button:
    """`verb` names what is asked (dialogs.lifecycle.Press verbs), `nonce` says of which picture.

    `value` is a short choice the press carries (the index of an offered option), never a fact. `opens`: a form comes first,
    although the verb alone does not say so.
    """

    label: str
    verb: str
    nonce: str = ""
    value: str = ""
    style: Literal["plain", "primary", "danger"] = "plain"
    confirm: Confirm | None = None
    hint: str = ""
    opens: bool = False


@dataclass(frozen=True, slots=True)
class LinkButton:
    """Opens an https address that came from the accepted policy, never from a person's text."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Menu:
    """A select that acts at once when something is picked. `chosen` is the value of the option in force, or "".

    `press` is the title of the button beside it where picking alone sends nothing, and `hint` what that button says to
    whoever hears it without seeing the select; the label serves for a title when there is none.
    """

    label: str
    verb: str
    nonce: str
    options: tuple[Option, ...]
    chosen: str = ""
    press: str = ""
    hint: str = ""


Action = Button | LinkButton | Menu


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a list (queue, own requests): a headline, a line below, and one button."""

    title: Line
    detail: Line
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class Actions:
    actions: tuple[Action, ...]


Node = Text | Quote | Facts | Steps | Divider | Row | Actions


@dataclass(frozen=True, slots=True)
class Card:
    """A message, or a page of the Home tab.

    `summary` carries the meaning alone: notifications and screen readers read it instead of the body.
    """

    summary: str
    title: str
    body: tuple[Node, ...]
