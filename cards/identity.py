"""The identity check, as long as it is pending: part of the progress message, or a card of its own for an
account's owner when somebody else asked. A chat sign-in is no proof, so the answer is given on the phone."""

from __future__ import annotations

from cards.card import Actions, Button, Card, Confirm, Node, Strong, Text, When
from cards.views import RequestView
from cards.words import Words


def not_me(words: Words, nonce: str) -> Button:
    """The denial. Said once more before it counts, because it freezes resets of the account."""
    return Button(
        words.gettext("This wasn't me"),
        verb="not_me",
        nonce=nonce,
        style="danger",
        confirm=Confirm(
            title=words.gettext("You didn't ask for this?"),
            text=words.gettext("I'll stop it, tell IT security, and pause resets of this account."),
            yes=words.gettext("This wasn't me"),
            no=words.gettext("Go back"),
        ),
    )


def part(view: RequestView, words: Words) -> tuple[Node, ...]:
    """What to do now, and the two ways out. No count of tries is given."""
    if view.again:
        ask = words.gettext("I didn't get an answer, so I've sent a new prompt to Okta Verify on your phone.")
    else:
        ask = words.gettext(
            "To keep your account safe, please confirm it's you. I've sent a prompt to Okta Verify on your phone."
        )
    nodes: list[Node] = [Text((ask,))]
    if view.number:
        nodes.append(Text(words.line("Your phone will show a number. Tap {number}.", number=Strong(view.number))))
    else:
        nodes.append(Text((words.gettext("Open it and say that it's you."),)))
    if view.identity_ends is not None:
        nodes.append(Text(words.line("Waiting… this ends at {time}.", time=When(view.identity_ends)), tone="quiet"))
    no_phone = Button(words.gettext("I don't have my phone"), verb="no_phone", nonce=view.nonce)
    nodes.append(Actions((no_phone, not_me(words, view.nonce))))
    return tuple(nodes)


def summary(view: RequestView, words: Words) -> str:
    if view.number:
        return words.gettext(
            "{reference}: please confirm it's you. Tap {number} in Okta Verify.", reference=view.reference, number=view.number
        )
    return words.gettext("{reference}: please confirm it's you in Okta Verify.", reference=view.reference)


def card(view: RequestView, words: Words) -> Card:
    """For the account's owner when `view.asked_by` asked on their behalf; shown in their own chat only."""
    nodes: list[Node] = []
    if view.asked_by:
        target = words.said(view.target)
        nodes.append(Text((words.gettext("{name} asked to reset {target} for you.", name=view.asked_by, target=target),)))
    return Card(
        summary=summary(view, words),
        title=words.gettext("Please confirm it's you"),
        body=(*nodes, *part(view, words), Text((view.reference,), tone="quiet")),
    )
