"""What a press or a form of a reviewer or administrator shows in Teams: the seam between the edge and that side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cards.adaptive import Pressed
from cards.card import Card
from cards.form import Filled, Form, Page
from dialogs.chat import Identity


@dataclass(frozen=True, slots=True)
class Again:
    """The form once more, with what was typed in it and what is wrong, by field."""

    form: Form
    errors: dict[str, str]


class Views(Protocol):
    """Every method raises Declined with the sentence for whoever asked, or SystemFault."""

    async def opened(self, who: Identity, pressed: Pressed) -> Form | Page | Card | None:
        """What the button shows; None when it shows nothing and is a press like any other."""

    async def filled(self, who: Identity, filled: Filled, delivery: str) -> Again | Form | Page | Card | str:
        """Takes a form that is not the reset form; what is shown in its place, or a sentence ("" for nothing to say)."""

    def knows(self, text: str) -> bool:
        """Whether it is a word that only reviewers and administrators use ("queue")."""

    async def said(self, who: Identity, text: str) -> Card:
        """The answer to such a word."""
