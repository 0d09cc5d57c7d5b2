"""Short answers to a press or a message that changes no card: said to one person, in one or two sentences."""

from __future__ import annotations

from datetime import datetime

from cards import neutral
from cards.card import Actions, Card, Text
from cards.words import Words


def note(said: str) -> Card:
    return Card(summary=said, title="", body=(Text((said,)),))


def with_it(said: str, words: Words, nonce: str) -> Card:
    return Card(summary=said, title="", body=(Text((said,)), Actions((neutral.talk_to_it(words, nonce),))))


def secret_seen(words: Words) -> Card:
    return note(
        words.gettext(
            "That looked like a password or code. I didn't keep it. Please delete your message and change that password."
        )
    )


def trouble(reference: str, words: Words) -> Card:
    """Our own fault. Without a reference, nothing was accepted either."""
    if not reference:
        return note(words.gettext("Something went wrong on our side. Nothing was changed. Please try again in a moment."))
    return note(
        words.gettext(
            "Something went wrong on our side. Nothing was changed. I'll try again, and IT can see your reference {reference}.",
            reference=reference,
        )
    )


def slow_down(until: datetime, words: Words, nonce: str = "") -> Card:
    said = words.gettext(
        "You've asked a few times today. Please try again after {time}, or select “Talk to IT”.", time=words.clock(until)
    )
    return with_it(said, words, nonce)


def stale(words: Words, *, by: str = "", what: str = "", at: datetime | None = None) -> Card:
    """The picture that was pressed is older than the request. `what`: Approved, Rejected, ... when known."""
    if by and at is not None:
        done = {
            "Approved": words.gettext("{name} already approved this at {time}. Nothing more to do.", name=by, time=words.clock(at)),
            "Rejected": words.gettext("{name} already rejected this at {time}. Nothing more to do.", name=by, time=words.clock(at)),
        }
        if what in done:
            return note(done[what])
    return note(words.gettext("This has moved on since. Please look at the newest message."))


def not_yours(words: Words) -> Card:
    """Somebody presses a requester's button, or a reviewer's."""
    return note(words.gettext("Only the person this is for can do that."))


def not_reviewer(words: Words) -> Card:
    return note(words.gettext("Only the assigned reviewer can decide this one."))


def too_late(reference: str, words: Words) -> Card:
    """Withdrawn after somebody decided."""
    return note(words.gettext("{reference} has been decided already, so it can't be withdrawn.", reference=reference))


def which_request(words: Words) -> Card:
    """`cancel` without a reference, or with one that is not among theirs: the same words for both."""
    return note(words.gettext("I can't see an open request of yours with that reference. Write “status” to see yours."))


def in_private(words: Words) -> Card:
    """In a channel: the rest goes on where only the person can see it."""
    return note(words.gettext("Got it. I've written to you in a direct message."))


def handed_over(reference: str, words: Words) -> Card:
    """After "Talk to IT"."""
    if not reference:
        return note(words.gettext("Please contact your service desk: they can help with everything else."))
    return note(words.gettext("I've told IT that you'd like to talk. They can see everything under {reference}.", reference=reference))


def look_for_mail(reference: str, words: Words, nonce: str) -> Card:
    """After "I didn't get it"."""
    said = words.gettext(
        "It can take a few minutes. Please look in your spam folder for a mail from Okta. "
        "Still nothing? Select “Talk to IT” and name {reference}.",
        reference=reference,
    )
    return with_it(said, words, nonce)


def in_words(words: Words) -> Card:
    """A message that cannot be read as anything."""
    return note(words.gettext("I didn't understand that. Tell me which app needs a new password, or write “help”."))
