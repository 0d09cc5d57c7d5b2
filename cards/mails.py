"""Mails: subject and plain text. Where a mail goes to is decided elsewhere, never by text (rulings, Mail)."""

from __future__ import annotations

from dataclasses import dataclass

from cards import ending, escalation
from cards.card import Node, Quote, Text, When
from cards.text import clean, clip, one_line
from cards.views import EscalationView, NoticeView, RequestView
from cards.words import Words


@dataclass(frozen=True, slots=True)
class Mail:
    """`subject` is one line; `text` ends with a newline."""

    subject: str
    text: str


def _mail(subject: str, *paragraphs: str) -> Mail:
    return Mail(one_line(subject, 150), "\n\n".join(part for part in paragraphs if part) + "\n")


def _quoted(text: str, limit: int = 300) -> str:
    """Somebody's own words, marked on every line, so that they cannot pass for ours."""
    return "\n".join(f"> {line}" for line in clip(clean(text).strip(), limit).splitlines())


def _signed(words: Words) -> str:
    return words.gettext("Password Reset\nThis mail was sent automatically. It never asks for a password or a code.")


def reset_notice(view: NoticeView, words: Words) -> Mail:
    """To the account's own address, whenever something was done to the account."""
    done = {
        "reset": words.gettext("A password reset was started for your account."),
        "unlock": words.gettext("Your account was unlocked."),
        "resend": words.gettext("A new password reset link was sent for your account."),
    }[view.effect]
    subject = {
        "reset": words.gettext("Your password reset ({reference})", reference=view.reference),
        "unlock": words.gettext("Your account was unlocked ({reference})", reference=view.reference),
        "resend": words.gettext("Your new reset link ({reference})", reference=view.reference),
    }[view.effect]
    facts = [
        words.gettext("When: {time}", time=words.moment(view.at)),
        words.gettext("For: {target}", target=one_line(words.said(view.target))),
        words.gettext("Asked in: {place}", place=view.where),
    ]
    if view.on_behalf_by:
        facts.append(words.gettext("Asked by: {name}", name=one_line(view.on_behalf_by)))
    if view.by:
        facts.append(words.gettext("Approved by: {name}", name=one_line(view.by)))
    facts.append(words.gettext("Reference: {reference}", reference=view.reference))
    link = "" if view.effect == "unlock" else words.gettext("The link comes in a mail of its own, from Okta. It works once.")
    return _mail(
        subject,
        words.gettext("Hello {name},", name=one_line(view.name)) if view.name else words.gettext("Hello,"),
        done,
        "\n".join(facts),
        link,
        words.gettext(
            "Was this not you? Don't use the link. Select “This wasn't me” in the chat, or tell your service desk at once "
            "and give the reference."
        ),
        _signed(words),
    )


def _written(node: Text, words: Words) -> str:
    """A text of a card on one line; moments in the reader's zone."""
    parts = (words.moment(part.at) if isinstance(part, When) else part if isinstance(part, str) else part.text for part in node.parts)
    return one_line("".join(parts), 1000)


def _paragraphs(nodes: tuple[Node, ...], words: Words) -> list[str]:
    """The texts and quotes of a card as mail paragraphs; buttons have no place in a mail."""
    made: list[str] = []
    for node in nodes:
        if isinstance(node, Text):
            made.append(_written(node, words))
        elif isinstance(node, Quote):
            made.append(f"{node.who}:\n{_quoted(node.text, node.limit)}")
    return made


def closure(view: RequestView, words: Words) -> Mail:
    """To a requester whom chat cannot reach: how it ended. For a neutral ending, the one sentence and no more."""
    subject = words.gettext("Your request {reference}", reference=view.reference)
    reference = words.gettext("Reference: {reference}", reference=view.reference)
    return _mail(subject, *_paragraphs(ending.body(view, words), words), reference, _signed(words))


def review_request(view: EscalationView, words: Words) -> Mail:
    """To an owner whom chat cannot reach."""
    level = escalation.priority(view.priority, words)
    facts = (
        words.gettext("Priority: {priority}", priority=level),
        words.gettext("Why you: {reason}", reason=one_line(words.said(view.why_you))) if view.why_you else "",
        words.gettext("Reason: {reason}", reason=one_line(view.rationale)) if view.rationale else "",
        words.gettext("Ticket: {ticket}", ticket=one_line(view.ticket)) if view.ticket else "",
        words.gettext("Due: {time}", time=words.moment(view.due_at)) if view.due_at is not None else "",
        words.gettext("Reference: {reference}", reference=view.reference),
    )
    asked = words.gettext("In their own words:") + "\n" + _quoted(view.asked) if view.asked.strip() else ""
    why = words.gettext("Why it is needed:") + "\n" + _quoted(view.justification) if view.justification.strip() else ""
    how = words.gettext(
        "A mail can't decide. Open the Password Reset app in your chat and type “queue”, or look at its Home: "
        "the request waits for you there. Without the app, ask one of its administrators, and give the reference."
    )
    return _mail(
        words.gettext("Review needed: {reference} ({priority})", reference=view.reference, priority=level),
        one_line(escalation.asks(view, words), 600),
        "\n".join(fact for fact in facts if fact),
        asked,
        why,
        *_paragraphs(tuple(one for one in escalation.earlier(view, words) if one.text.strip()), words),
        "\n".join(f"- {one_line(step.text)}" for step in escalation.checks(view, words)),
        how,
        _signed(words),
    )
