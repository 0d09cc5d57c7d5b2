"""Short answers to a press or a message that changes no card: said to one person, in one or two sentences."""

from __future__ import annotations

from datetime import datetime

from cards import neutral
from cards.card import Actions, Card, Text, When
from cards.review_forms import already, nothing_left
from cards.views_review import DecidedView
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
    if by and at is not None and what in {"Approved", "Rejected", "Returned"}:
        return decided(DecidedView("", what, by, at), words)
    return note(words.gettext("This has moved on since. Please look at the newest message."))


def decided(view: DecidedView, words: Words) -> Card:
    """A lost race, outside a form (inside one: `review_forms.decided_view`)."""
    said = ""
    for part in already(view, words):
        said += words.clock(part.at) if isinstance(part, When) else part if isinstance(part, str) else part.text
    return note(f"{said} {nothing_left(view, words)}")


def not_yours(words: Words) -> Card:
    """Somebody presses a requester's button, or a reviewer's."""
    return note(words.gettext("Only the person this is for can do that."))


def not_reviewer(words: Words) -> Card:
    return note(words.gettext("Only the assigned reviewer can decide this one."))


def own_request(words: Words) -> Card:
    """Requester, target and submitter never decide, under any identity."""
    return note(words.gettext("You asked for this, or it is about your account, so somebody else has to decide."))


def already_voted(words: Words, given: int = 1, needed: int = 2) -> Card:
    """The same person approves a second time where two have to."""
    return note(
        words.gettext(
            "Your approval is counted already ({given} of {needed}). Somebody else has to approve too.", given=given, needed=needed
        )
    )


def vote_counted(words: Words, given: int, needed: int) -> Card:
    return note(
        words.gettext("Your approval is counted ({given} of {needed}). Somebody else has to approve too.", given=given, needed=needed)
    )


def changed(words: Words) -> Card:
    """What the card showed is not what is there now; nothing was decided, and the card has been drawn anew."""
    return note(words.gettext("This changed since you saw it; the message shows how it stands now. Nothing was decided."))


def old_round(words: Words) -> Card:
    """A card of a round that is over: the requester has answered, and a newer card asks again."""
    return note(words.gettext("This one is out of date: there is a newer message about it. Nothing was decided."))


def rights_unknown(words: Words) -> Card:
    """Who may decide could not be looked up just now: nobody may."""
    return note(words.gettext("I can't look up right now who may decide this. Nothing was decided; please try again in a few minutes."))


def step_up_sent(words: Words) -> Card:
    return note(words.gettext("One more step: confirm on your phone. Your approval counts once you have."))


def step_up_pending(words: Words) -> Card:
    """Approve pressed again while the prompt is out."""
    return note(words.gettext("I'm still waiting for you to confirm on your phone."))


def step_up_failed(words: Words, *, refused: bool) -> Card:
    """The approver's own confirmation was refused, or no answer came in time."""
    if refused:
        return note(
            words.gettext("The prompt was refused on your phone, so nothing was decided. If that wasn't you, tell IT security now.")
        )
    return note(words.gettext("I didn't get an answer from your phone, so nothing was decided. You can approve again."))


def not_allowed(words: Words) -> Card:
    """A page or a button for reviewers or admins, opened by somebody who is neither (any more); the same words for everything."""
    return note(words.gettext("I can't show you that."))


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
