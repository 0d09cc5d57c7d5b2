"""A person's own requests as rows, for the Home tab and the status command."""

from __future__ import annotations

from cards import ending, neutral
from cards.card import Inline, Row, When
from cards.request import cancel
from cards.views import Ending, RequestLine, Stage
from cards.words import Words


def state(line: RequestLine, words: Words) -> str:
    """Where it stands, in a few words."""
    if line.ending is not Ending.NONE:
        return ending.headline(line.ending, words)
    if line.stage is Stage.QUESTION:
        return words.gettext("Waiting for your answer")
    if line.stage is Stage.IDENTITY:
        return words.gettext("Waiting for you to confirm on your phone")
    return words.gettext("In progress")


def row(line: RequestLine, words: Words) -> Row:
    """A neutral ending shows its sentence and nothing of its own but the reference (and when it was made)."""
    if line.ending is Ending.NEUTRAL:
        return Row((line.reference,), (neutral.sentence(line.reference, words),), neutral.talk_to_it(words, line.nonce))
    named = f"{line.reference} · {words.said(line.target)}" if line.target else line.reference
    detail: tuple[Inline, ...] = (state(line, words),)
    if line.created_at is not None:
        detail = (*detail, " · ", When(line.created_at, "date_time"))
    return Row((named,), detail, cancel(words, line.nonce) if line.can_cancel else None)


def said(line: RequestLine, words: Words) -> str:
    """The same in one line of text."""
    if line.ending is Ending.NEUTRAL:
        return neutral.sentence(line.reference, words)
    return words.gettext("{reference}: {state}", reference=line.reference, state=state(line, words))
