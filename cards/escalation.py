"""A request for the person who decides it: facts from code first, the agent's suggestion last and marked.

Which buttons a reader gets is said by `view.verbs`; without any, the message informs and points to the ticket.
"""

from __future__ import annotations

from typing import Final

from cards import decision
from cards.card import Actions, Button, Card, Confirm, Facts, Line, Node, Quote, Step, Steps, Strong, Text, When
from cards.text import one_line
from cards.views import Check, EscalationView, ReviewVerb
from cards.words import Words

_NAMES: Final = 5
_ROUNDS: Final = 2


def priority(level: str, words: Words) -> str:
    known = {"Low": words.gettext("Low"), "Medium": words.gettext("Medium"), "High": words.gettext("High")}
    return known.get(level, level)


def asks(view: EscalationView, words: Words) -> str:
    if view.on_behalf_of:
        return words.gettext(
            "{requester} asks to reset {target} for {person}.",
            requester=view.requester,
            target=words.said(view.target),
            person=view.on_behalf_of,
        )
    return words.gettext("{requester} asks to reset {target}.", requester=view.requester, target=words.said(view.target))


def _names(names: tuple[str, ...], words: Words) -> str:
    shown = ", ".join(one_line(name, 60) for name in names[:_NAMES])
    more = len(names) - _NAMES
    return words.ngettext("{names} and {n} more", "{names} and {n} more", more, names=shown) if more > 0 else shown


def _facts(view: EscalationView, words: Words) -> Facts:
    rows: list[tuple[str, Line]] = [(words.gettext("Priority"), (priority(view.priority, words),))]
    for label, value in (
        (words.gettext("Why you"), words.said(view.why_you)),
        (words.gettext("Reason"), view.rationale),
        (words.gettext("Ticket"), view.ticket),
        (words.gettext("Policy"), " · ".join(part for part in (view.policy_label, view.section) if part)),
        (words.gettext("Files"), ", ".join(view.attachments)),
        (words.gettext("Also asked"), _names(view.also_asked, words)),
    ):
        if value:
            rows.append((label, (value,)))
    for label, at in ((words.gettext("Waiting since"), view.waiting_since), (words.gettext("Due"), view.due_at)):
        if at is not None and not view.decision:
            rows.append((label, (When(at, "date_time"),)))
    return Facts(tuple(rows))


def step(check: Check, words: Words) -> Step:
    if check.state == "unknown":
        return Step("warn", words.gettext("Not known: {check}", check=words.said(check.text)))
    return Step("done" if check.state == "ok" else "warn", words.said(check.text))


def checks(view: EscalationView, words: Words) -> tuple[Step, ...]:
    """What was looked at, in order; what is not known says so in words."""
    return tuple(step(check, words) for check in view.checks)


def button(verb: ReviewVerb, view: EscalationView, words: Words) -> Button:
    """One of the four. Approve asks once more where `view.confirm` says so; an attest form asks in its own way."""
    if verb == "approve":
        confirm = _confirm(view, words) if view.confirm and not view.attest else None
        return Button(words.gettext("Approve"), verb, view.nonce, style="primary", confirm=confirm, opens=view.attest)
    if verb == "reject":
        return Button(words.gettext("Reject"), verb, view.nonce, style="danger")
    label = words.gettext("Return") if verb == "return" else words.gettext("Details")
    return Button(label, verb, view.nonce)


def _confirm(view: EscalationView, words: Words) -> Confirm:
    name = one_line(view.on_behalf_of or view.requester, 80)
    text = words.gettext("Approve the reset for {name}? Okta will e-mail them a link.", name=name)
    if view.manual:
        text = words.gettext("Approve? The work goes to a person; nothing is reset by me.")
    if view.step_up:
        text = " ".join((text, words.gettext("You will be asked to confirm on your phone.")))
    return Confirm(words.gettext("Are you sure?"), text, words.gettext("Approve"), words.gettext("Go back"))


def _before(view: EscalationView, words: Words) -> tuple[Node, ...]:
    """What an approval will ask for and lead to, said before it is pressed."""
    said: list[str] = []
    if view.on_behalf_of and not view.manual:
        said.append(words.gettext("If you approve, the link goes only to the address on their own account, after they confirm it's them."))
    if view.attest:
        said.append(words.gettext("If you approve, I'll ask how you verified the person."))
    if view.step_up:
        said.append(words.gettext("If you approve, you will be asked to confirm on your phone."))
    return tuple(Text((one,), tone="quiet") for one in said)


def _waiting(view: EscalationView, words: Words) -> tuple[Node, ...]:
    """For a reader who may not decide: why, and who does."""
    nodes: list[Node] = []
    if view.own:
        why = words.gettext("You asked for this, or it is about your account, so somebody else has to decide.")
        nodes.append(Text((why,)))
    if view.waits_for:
        nodes.append(Text((words.gettext("Waiting for {name}.", name=view.waits_for),)))
    return tuple(nodes)


def _end(view: EscalationView, words: Words) -> tuple[Node, ...]:
    if view.decision:
        return decision.decided(view, words)
    if view.own or (view.waits_for and not view.verbs):
        return _waiting(view, words)
    if view.verbs:
        return (*_before(view, words), Actions(tuple(button(verb, view, words) for verb in view.verbs)))
    if view.ticket:
        return (Text((words.gettext("Please take it from here in {ticket}.", ticket=view.ticket),)),)
    return (Text((words.gettext("Please take it from here."),)),)


def earlier(view: EscalationView, words: Words) -> tuple[Quote, ...]:
    """The last questions to the requester and their answers; all of them are in the detail."""
    quotes: list[Quote] = []
    for one in view.earlier[-_ROUNDS:]:
        asked = words.gettext("Asked before")
        if one.asked_by:
            asked = words.gettext("Asked before, by {name}", name=one_line(one.asked_by, 80))
        quotes += [Quote(asked, one.question), Quote(words.gettext("Their answer"), one.answer)]
    return tuple(quotes)


def escalation(view: EscalationView, words: Words) -> Card:
    """The reviewer's message. What people wrote is quoted; nothing of it is in a line of ours."""
    nodes: list[Node] = [Text((asks(view, words),)), _facts(view, words)]
    nodes.append(Quote(words.gettext("In their own words"), view.asked))
    nodes.append(Quote(words.gettext("Why it is needed"), view.justification))
    nodes += earlier(view, words)
    if view.checks:
        nodes.append(Text((Strong(words.gettext("What I checked")),)))
        nodes.append(Steps(checks(view, words)))
    nodes.append(Quote(words.gettext("Suggestion, written by the agent: check before you act"), view.suggestion))
    nodes += decision.votes(view, words)
    if not view.decision:
        nodes += decision.reminders(view, words)
    nodes += _end(view, words)
    heading = words.gettext("Review needed · {reference}", reference=view.reference)
    told = f"{heading} · {priority(view.priority, words)}. {asks(view, words)}"
    if view.decision:
        heading = words.gettext("Reviewed · {reference}", reference=view.reference)
        told = f"{heading} · {decision.by_whom(view.decision, one_line(view.decided_by, 80), words)}. {asks(view, words)}"
    return Card(summary=told, title=heading, body=tuple(node for node in nodes if not isinstance(node, Quote) or node.text))


def channel_copy(view: EscalationView, words: Words) -> Card:
    """For a review channel: no personal data, no words of the requester, no buttons."""
    said = words.gettext("{reference} waits for a review.", reference=view.reference)
    body: tuple[Node, ...] = (Facts(((words.gettext("Priority"), (priority(view.priority, words),)),)),)
    if view.decision:
        said = words.gettext("{reference} was reviewed.", reference=view.reference)
    elif view.due_at is not None:
        body = (*body, Facts(((words.gettext("Due"), (When(view.due_at, "date_time"),)),)))
    return Card(summary=said, title="", body=(Text((said,)), *body))
