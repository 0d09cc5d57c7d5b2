"""What became of a review: the approvals so far, who decided and when, and what happened after an approval."""

from __future__ import annotations

from cards import review_forms
from cards.card import Inline, Node, Quote, Text, Theirs, When
from cards.views import EscalationView
from cards.words import Words


def worded(decision: str, words: Words) -> str:
    """A decision, or how it ended without one."""
    return {
        "Approved": words.gettext("Approved"),
        "Rejected": words.gettext("Rejected"),
        "Returned": words.gettext("Returned with a question"),
        "Cancelled": words.gettext("Withdrawn by the requester"),
        "Completed": words.gettext("Completed"),
        "Closed": words.gettext("Closed"),
    }.get(decision, decision)


def by_whom(decision: str, name: str, words: Words) -> str:
    if decision == "Cancelled" and name:
        return words.gettext("Withdrawn by {name}", name=name)
    what = worded(decision, words)
    return words.gettext("{decision} by {name}", decision=what, name=name) if name else what


def votes(view: EscalationView, words: Words) -> tuple[Node, ...]:
    """"1 of 2 approvals: Priya Nair 09:32"; nothing where one approval is enough."""
    if view.votes_needed < 2:
        return ()
    parts: list[Inline] = [words.gettext("{given} of {needed} approvals", given=len(view.votes), needed=view.votes_needed)]
    for place, vote in enumerate(view.votes):
        parts += [": " if place == 0 else ", ", Theirs(vote.name), " ", When(vote.at)]
    return (Text(tuple(parts)),)


def reminders(view: EscalationView, words: Words) -> tuple[Node, ...]:
    parts: list[Inline] = []
    for place, reminded in enumerate(view.reminders):
        parts += [" · "] if place else []
        parts += words.line("Reminded {time}", time=When(reminded.at, "date_time"))
        if reminded.also:
            parts += [" · ", *words.line("Now also with {name}", name=Theirs(reminded.also))]
    return (Text(tuple(parts), tone="quiet"),) if parts else ()


def decided(view: EscalationView, words: Words) -> tuple[Node, ...]:
    """"Approved by Priya Nair · 09:32 · confirmed with Okta Verify", the reasons, and what followed."""
    parts: list[Inline] = [Theirs(by_whom(view.decision, view.decided_by, words))]
    if view.decided_at is not None:
        parts += [" · ", When(view.decided_at, "date_time")]
    if view.confirmed_with:
        parts += [" · ", words.gettext("confirmed with {factor}", factor=view.confirmed_with)]
    nodes: list[Node] = [Text(tuple(parts))]
    if view.attested:
        how = review_forms.attested(view.attested, words)
        nodes.append(Text((words.gettext("How the person was verified: {how}", how=how),)))
    question = view.decision == "Returned"
    nodes.append(Quote(words.gettext("Question") if question else words.gettext("Reason"), view.reason))
    return (*nodes, *followed(view, words))


def followed(view: EscalationView, words: Words) -> tuple[Node, ...]:
    """What came of an approval; the reader sees at once whether something is left to do."""
    person = view.on_behalf_of or view.requester
    said = {
        "": "",
        "working": words.gettext("I'm carrying it out now."),
        "identity": words.gettext("Waiting for {name} to confirm on their phone; then I'll go on.", name=person),
        "manual": _released(view, words),
        "manual_done": words.gettext("A person has done it and recorded that."),
        "carried_out": words.gettext("I've carried it out."),
        "facts_changed": words.gettext("Not carried out: something it was based on has changed. It needs a new look."),
        "identity_failed": words.gettext("Not carried out: {name} was not confirmed.", name=person),
    }[view.after]
    if not said:
        return ()
    when: tuple[Inline, ...] = () if view.after_at is None else (" · ", When(view.after_at, "date_time"))
    return (Text((Theirs(said), *when)),)


def _released(view: EscalationView, words: Words) -> str:
    if view.next_owner and view.ticket:
        return words.gettext(
            "Released for manual handling: {name} has it now, in {ticket}.", name=view.next_owner, ticket=view.ticket
        )
    if view.ticket:
        return words.gettext("Released for manual handling in {ticket}.", ticket=view.ticket)
    if view.next_owner:
        return words.gettext("Released for manual handling: {name} has it now.", name=view.next_owner)
    return words.gettext("Released for manual handling.")
