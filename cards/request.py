"""A request as its requester follows it: one progress message, edited in place, and one short reply at the end."""

from __future__ import annotations

from cards import ending, identity, neutral
from cards.card import Actions, Button, Card, Confirm, Node, Step, Steps, Text
from cards.identity import not_me
from cards.text import one_line
from cards.views import Ending, RequestView, Stage
from cards.words import Words

_ORDER = (Stage.RECEIVED, Stage.CHECKING, Stage.IDENTITY, Stage.EFFECT)


def cancel(words: Words, nonce: str) -> Button:
    return Button(
        words.gettext("Cancel request"),
        verb="cancel",
        nonce=nonce,
        confirm=Confirm(
            title=words.gettext("Withdraw this request?"),
            text=words.gettext("Nothing will be changed. You can start again at any time."),
            yes=words.gettext("Withdraw"),
            no=words.gettext("Keep it"),
        ),
    )


def title(view: RequestView, words: Words) -> str:
    return f"{view.reference} · {words.said(view.target)}" if view.target else view.reference


def _steps(view: RequestView, words: Words) -> tuple[Step, ...]:
    """Done, now, next: each step is worded for its state, so that marks are not the only sign."""
    effect = {
        "unlock": (words.gettext("Unlocked the account"), words.gettext("Unlocking the account"), words.gettext("Unlock the account")),
        "point": (words.gettext("Found its page"), words.gettext("Finding its page"), words.gettext("Find its page")),
    }.get(view.effect, (words.gettext("Sent the reset"), words.gettext("Sending the reset"), words.gettext("Send the reset")))
    checking = words.gettext("Waiting for your answer") if view.stage is Stage.QUESTION else words.gettext("Checking your request")
    worded = {
        Stage.RECEIVED: (words.gettext("Got your request"), words.gettext("Got your request"), words.gettext("Got your request")),
        Stage.CHECKING: (words.gettext("Checked your request"), checking, words.gettext("Check your request")),
        Stage.IDENTITY: (words.gettext("Confirmed it's you"), words.gettext("Confirming it's you"), words.gettext("Confirm it's you")),
        Stage.EFFECT: effect,
    }
    reached = _ORDER.index(Stage.CHECKING if view.stage is Stage.QUESTION else view.stage)
    made: list[Step] = []
    for place, stage in enumerate(_ORDER):
        if stage is Stage.IDENTITY and not view.identity_needed:
            continue
        done, now, later = worded[stage]
        if place < reached or stage is Stage.RECEIVED:
            made.append(Step("done", done))
        elif place == reached:
            made.append(Step("now", now))
        else:
            made.append(Step("next", later))
    return tuple(made)


def _their_turn(view: RequestView, words: Words) -> str:
    """Somebody else's check: the number and the ways out are shown to them alone."""
    return words.gettext("Waiting for {name} to confirm on their phone; then I'll go on.", name=one_line(view.other, 80))


def _summary(view: RequestView, steps: tuple[Step, ...], words: Words) -> str:
    if view.stage is Stage.IDENTITY:
        return f"{view.reference}: {_their_turn(view, words)}" if view.for_other else identity.summary(view, words)
    current = next((place for place, step in enumerate(steps) if step.state == "now"), 0)
    return words.gettext(
        "{reference}: step {step} of {steps}. {doing}.",
        reference=view.reference,
        step=current + 1,
        steps=len(steps),
        doing=steps[current].text,
    )


def progress(view: RequestView, words: Words) -> Card:
    """The one message of a request. Under way: steps, the identity check, a way to withdraw. Ended: what came of it."""
    if view.ending is Ending.NEUTRAL:
        return neutral.card(view.reference, view.nonce, words)
    if view.ending is not Ending.NONE:
        return _ended(view, words)
    steps = _steps(view, words)
    nodes: list[Node] = [Steps(steps)]
    if view.delayed:
        nodes.append(Text((words.gettext("One of our systems doesn't answer right now. Nothing is lost: I keep trying."),)))
    if view.stage is Stage.IDENTITY:
        nodes += (Text((_their_turn(view, words),)),) if view.for_other else identity.part(view, words)
    if view.can_cancel:
        nodes.append(Actions((cancel(words, view.nonce),)))
    return Card(summary=_summary(view, steps, words), title=title(view, words), body=tuple(nodes))


def _ended(view: RequestView, words: Words) -> Card:
    nodes = [*ending.body(view, words)]
    if view.can_cancel and view.ending is Ending.ESCALATED:
        nodes.append(Actions((cancel(words, view.nonce),)))
    foot = [view.reference]
    if view.ticket:
        foot.append(words.gettext("Ticket {ticket}", ticket=view.ticket))
    if view.policy_label and view.ending in {Ending.RESET, Ending.RESEND, Ending.UNLOCK, Ending.POINT, Ending.MANUAL}:
        foot.append(words.gettext("Policy: {policy}", policy=view.policy_label))
    nodes.append(Text((" · ".join(foot),), tone="quiet"))
    heading = words.gettext("{state} · {title}", state=ending.headline(view.ending, words), title=title(view, words))
    return Card(summary=ending.sentence(view, words), title=heading, body=tuple(nodes))


def outcome(view: RequestView, words: Words) -> Card:
    """The short new reply at the end: an edit notifies nobody (surfaces: one edited message and one reply).

    The neutral ending is the same card as in the progress message. A short reply has no heading.
    """
    if view.ending is Ending.NEUTRAL:
        return neutral.card(view.reference, view.nonce, words)
    said = ending.sentence(view, words)
    return Card(summary=said, title="", body=(Text((said,)), *ending.beside(view, words)))


def received(view: RequestView, words: Words) -> Card:
    """The first word after a form or a message, where the progress message is not in sight (a channel, a command)."""
    said = words.gettext("Got it. Your reference is {reference}. I'm checking a few things now.", reference=view.reference)
    return Card(summary=said, title="", body=(Text((said,)),))


def already_open(view: RequestView, words: Words) -> Card:
    """Row 3: the open request is shown; the new words were added to it."""
    said = words.gettext(
        "You already have an open request for this: {reference}. I've added what you wrote to it.", reference=view.reference
    )
    shown = progress(view, words)
    return Card(summary=said, title=shown.title, body=(Text((said,)), *shown.body))


def link_unused(view: RequestView, words: Words) -> Card:
    """The one nudge when the link was not used (rulings, Completed)."""
    said = words.gettext("The reset link of {reference} hasn't been used yet. Please look in your e-mail.", reference=view.reference)
    missing = Button(words.gettext("I didn't get it"), verb="didnt_get_it", nonce=view.nonce)
    return Card(summary=said, title="", body=(Text((said,)), Actions((missing, not_me(words, view.nonce)))))
