"""The one answer that says nothing (rulings, Words to the requester).

The same sentence in the same layout for an identity that does not bind, somebody else's account, an
account that cannot be reset and every failed check: only the reference differs. Nothing about the target
or the steps already taken is drawn, since both could tell the cases apart.
"""

from __future__ import annotations

from cards.card import Actions, Button, Card, Text
from cards.words import Words


def sentence(reference: str, words: Words) -> str:
    return words.gettext(
        "I can't finish this one here. Your reference is {reference}; to reach a person, select “Talk to IT” "
        "or contact your service desk.",
        reference=reference,
    )


def talk_to_it(words: Words, nonce: str) -> Button:
    return Button(words.gettext("Talk to IT"), verb="talk_to_it", nonce=nonce)


def card(reference: str, nonce: str, words: Words) -> Card:
    said = sentence(reference, words)
    return Card(summary=said, title=reference, body=(Text((said,)), Actions((talk_to_it(words, nonce),))))
