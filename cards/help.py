"""Help, welcome, the list of one's own requests, and the pointer for what is not a reset."""

from __future__ import annotations

from cards import lists, neutral
from cards.card import Actions, Card, Facts, Node, Text
from cards.ending import start_reset
from cards.views import RequestLine
from cards.words import Words


def greeting(name: str, words: Words) -> str:
    offer = words.gettext("I can help you reset a password or unlock an account. I never ask for your password.")
    hello = words.gettext("Hi {name}.", name=name) if name else words.gettext("Hi.")
    return f"{hello} {offer}"


def welcome(name: str, words: Words) -> Card:
    """The first message to somebody. `name` is the first name, "" when not known."""
    said = greeting(name, words)
    how = words.gettext("Tell me which app it is for, or use the form.")
    return Card(summary=said, title="", body=(Text((said,)), Text((how,)), Actions((start_reset(words),))))


def prompts(words: Words) -> tuple[tuple[str, str], ...]:
    """Suggested first messages as (title, message); four at most (Slack, assistant.threads.setSuggestedPrompts)."""
    return (
        (words.gettext("Reset a password"), words.gettext("I forgot my password")),
        (words.gettext("I'm locked out"), words.gettext("I'm locked out of my account")),
        (words.gettext("My requests"), "status"),
        (words.gettext("What can you do?"), "help"),
    )


def usage(words: Words, command: str = "/password-reset") -> Card:
    """All commands. `command` is the slash command of this deployment; "" where the platform has none."""
    prefix = f"{command} " if command else ""
    rows = (
        (command or words.gettext("A message"), words.gettext("Opens the form. You can also just write: I forgot my Payroll password.")),
        (f"{prefix}status", words.gettext("Shows your requests.")),
        (f"{prefix}cancel IT-1048", words.gettext("Withdraws a request.")),
        (f"{prefix}help", words.gettext("Shows this.")),
    )
    said = words.gettext("I can help you reset a password or unlock an account.")
    care = words.gettext("I never ask for your password or for codes. Please don't write them here.")
    return Card(
        summary=f"{said} {prefix}status, {prefix}cancel IT-1048, {prefix}help",
        title=words.gettext("How I can help"),
        body=(
            Text((said,)),
            Facts(tuple((label, (text,)) for label, text in rows)),
            Text((care,), tone="quiet"),
            Actions((start_reset(words),)),
        ),
    )


def status(lines: tuple[RequestLine, ...], words: Words) -> Card:
    """The requester's own requests, newest first, 20 at most."""
    if not lines:
        said = words.gettext("You have no requests yet.")
        return Card(summary=said, title="", body=(Text((said,)), Actions((start_reset(words),))))
    nodes: tuple[Node, ...] = tuple(lists.row(line, words) for line in lines[:20])
    return Card(
        summary=" ".join(lists.said(line, words) for line in lines[:5]),
        title=words.gettext("Your requests"),
        body=nodes,
    )


def pointer(words: Words, nonce: str = "") -> Card:
    """For a message that is not about a reset at all and made no request."""
    said = words.gettext("I only help with password resets and unlocking accounts.")
    how = words.gettext("For anything else, select “Talk to IT” or contact your service desk.")
    return Card(
        summary=f"{said} {how}",
        title="",
        body=(Text((said,)), Text((how,)), Actions((start_reset(words), neutral.talk_to_it(words, nonce)))),
    )
