"""What a press or a form of a reviewer or administrator shows in Teams, and a card as it is now: the seam to dialogs."""

from __future__ import annotations

from typing import Protocol

from bot.teams_inbound import Sender
from cards.adaptive import Pressed
from cards.card import Card
from cards.form import Filled, Form, Page
from dialogs.chat import Identity


class Views(Protocol):
    """Every method raises Declined with the sentence for whoever asked; FieldError when it belongs beside a field."""

    async def current(self, who: Identity, nonce: str) -> Card | None:
        """What this person's copy shows now; None when it is not theirs or there is none. Changes nothing."""

    async def opened(self, who: Identity, pressed: Pressed) -> Form | Page | None:
        """What the button opens; None when it opens nothing and is a press like any other."""

    async def filled(self, who: Identity, filled: Filled, delivery: str) -> Form | Page | str:
        """Takes a form that is not the reset form; what is shown in its place, or a sentence ("" closes it)."""

    async def said(self, by: Sender, text: str) -> Card | None:
        """The answer to a word that only reviewers and administrators use ("queue"); None when it is none of those."""
