"""How a request ended, in words for its requester: what happened, what comes next, how to reach a person."""

from __future__ import annotations

from typing import assert_never

from cards import neutral
from cards.card import Action, Actions, Button, LinkButton, Node, Quote, Text, When
from cards.identity import not_me
from cards.views import Ending, RequestView
from cards.words import Words


def start_reset(words: Words, label: str = "") -> Button:
    return Button(label or words.gettext("Reset a password"), verb="start_reset", style="primary")


def _sent(view: RequestView, words: Words) -> str:
    if view.for_other:
        return words.gettext("Done. I've asked Okta to e-mail a reset link to the address on that account.")
    if view.ending is Ending.RESEND:
        return words.gettext("Done. I've asked Okta to e-mail a new reset link to the address on your account. Use the newest e-mail.")
    return words.gettext("Done. I've asked Okta to e-mail a reset link to the address on your account.")


def _texts(view: RequestView, words: Words) -> tuple[Node, ...]:
    match view.ending:
        case Ending.RESET | Ending.RESEND:
            later = words.gettext("Use it soon: it works once. Open the e-mail, choose a new password, and sign in again.")
            if view.for_other:
                later = words.gettext("It works once. Only they can use it.")
            return Text((_sent(view, words),)), Text((later,))
        case Ending.UNLOCK:
            return (Text((words.gettext("Done. I've asked Okta to unlock the account. Sign in with the password you know."),)),)
        case Ending.POINT:
            says = words.gettext("{target} keeps its own password. Set a new one on its page:", target=words.said(view.target))
            return Text((says,)), Text((view.url,))
        case Ending.MANUAL:
            return (Text((words.gettext("Done. A person in IT has taken care of it."),)),)
        case Ending.ESCALATED:
            return (Text((_with_whom(view, words),)), *_by_when(view, words))
        case Ending.REJECTED:
            reason = (Quote(words.gettext("Reason"), view.note),) if view.note else ()
            wrong = words.gettext("If you think that's wrong, select “Talk to IT”.")
            return Text((words.gettext("This request wasn't approved."),)), *reason, Text((wrong,))
        case Ending.NOT_ASSIGNED:
            says = words.gettext("{target} isn't in your list of apps, so I can't reset it for you.", target=words.said(view.target))
            pointer = words.gettext("If you need it, please ask for access first. IT can tell you how.")
            return Text((says,)), Text((pointer,))
        case Ending.DENIED:
            stopped = words.gettext("Thank you for telling me. I've stopped this and told IT security.")
            return Text((stopped,)), Text((words.gettext("Resets of this account are paused until a person has looked at it."),))
        case Ending.NOT_RESET:
            closed = words.gettext("This doesn't look like a password reset, so I've closed it.")
            pointer = words.gettext("For anything else, select “Talk to IT” or contact your service desk.")
            return Text((closed,)), Text((pointer,))
        case Ending.CANCELLED:
            return (Text((words.gettext("You withdrew this request. Nothing was changed."),)),)
        case Ending.MERGED:
            return (Text((_merged(view, words),)),)
        case Ending.TIMED_OUT:
            closed = words.gettext("I didn't hear back, so I've closed this one. Nothing was changed.")
            return Text((closed,)), Text((words.gettext("You can start again at any time."),))
        case Ending.NEUTRAL:
            return (Text((neutral.sentence(view.reference, words),)),)
        case Ending.NONE:
            return ()
    assert_never(view.ending)


def _merged(view: RequestView, words: Words) -> str:
    return words.gettext("You already have a request open for this: {reference}. I've added what you wrote to it.", reference=view.note)


def _with_whom(view: RequestView, words: Words) -> str:
    if view.owner_review:
        return words.gettext("This app needs its owner's OK. I've asked them.")
    return words.gettext("A person needs to look at this one. I've asked them.")


def _by_when(view: RequestView, words: Words) -> tuple[Node, ...]:
    if view.due_at is None:
        return (Text((words.gettext("I'll write to you here as soon as there is news."),)),)
    return (Text(words.line("You should hear by {time}.", time=When(view.due_at, "date_time"))),)


def _actions(view: RequestView, words: Words) -> tuple[Action, ...]:
    talk = neutral.talk_to_it(words, view.nonce)
    match view.ending:
        case Ending.RESET | Ending.RESEND:
            missing = Button(words.gettext("I didn't get it"), verb="didnt_get_it", nonce=view.nonce)
            return (talk,) if view.for_other else (missing, not_me(words, view.nonce))
        case Ending.UNLOCK:
            return talk, not_me(words, view.nonce)
        case Ending.POINT:
            return LinkButton(words.gettext("Open the page"), view.url), talk
        case Ending.NOT_RESET:
            return start_reset(words), talk
        case Ending.CANCELLED | Ending.TIMED_OUT:
            return (start_reset(words),)
        case Ending.MERGED:
            return (talk,)
        case Ending.MANUAL | Ending.REJECTED | Ending.NOT_ASSIGNED | Ending.DENIED | Ending.NEUTRAL | Ending.ESCALATED:
            return (talk,)
        case Ending.NONE:
            return ()
    assert_never(view.ending)


def body(view: RequestView, words: Words) -> tuple[Node, ...]:
    """What happened, then what the requester can do about it."""
    actions = _actions(view, words)
    return (*_texts(view, words), Actions(actions)) if actions else _texts(view, words)


def beside(view: RequestView, words: Words) -> tuple[Node, ...]:
    """What the short reply cannot do without: by when to expect news, the page to open."""
    if view.ending is Ending.ESCALATED:
        return _by_when(view, words)
    if view.ending is Ending.POINT:
        return (Actions((LinkButton(words.gettext("Open the page"), view.url),)),)
    return ()


def headline(ending: Ending, words: Words) -> str:
    """The state in two or three words, for titles and lists."""
    match ending:
        case Ending.RESET | Ending.RESEND | Ending.UNLOCK | Ending.POINT | Ending.MANUAL:
            return words.gettext("Done")
        case Ending.ESCALATED:
            return words.gettext("With a person")
        case Ending.REJECTED | Ending.NOT_ASSIGNED:
            return words.gettext("Not approved")
        case Ending.DENIED:
            return words.gettext("Stopped")
        case Ending.NEUTRAL:
            return words.gettext("To be finished with a person")
        case Ending.NOT_RESET | Ending.TIMED_OUT | Ending.MERGED:
            return words.gettext("Closed")
        case Ending.CANCELLED:
            return words.gettext("Withdrawn")
        case Ending.NONE:
            return words.gettext("In progress")
    assert_never(ending)


def sentence(view: RequestView, words: Words) -> str:
    """The ending in one sentence with the reference: for notifications, screen readers and the short reply."""
    said = {"reference": view.reference}
    match view.ending:
        case Ending.RESET | Ending.RESEND:
            return words.gettext("All set: check your e-mail. ({reference})", **said) if not view.for_other else _sent(view, words)
        case Ending.UNLOCK:
            return words.gettext("All set: the account is unlocked. ({reference})", **said)
        case Ending.POINT:
            return words.gettext("Set a new password here: {url} ({reference})", url=view.url, **said)
        case Ending.MANUAL:
            return words.gettext("Done. A person in IT has taken care of it. ({reference})", **said)
        case Ending.ESCALATED:
            return f"{_with_whom(view, words)} ({view.reference})"
        case Ending.REJECTED:
            return words.gettext("This request wasn't approved. ({reference})", **said)
        case Ending.NOT_ASSIGNED:
            return words.gettext("That one isn't in your list of apps: please ask for access first. ({reference})", **said)
        case Ending.DENIED:
            return words.gettext("I've stopped this and told IT security. ({reference})", **said)
        case Ending.NOT_RESET:
            return words.gettext("This doesn't look like a password reset, so I've closed it. ({reference})", **said)
        case Ending.CANCELLED:
            return words.gettext("You withdrew this request. Nothing was changed. ({reference})", **said)
        case Ending.MERGED:
            return _merged(view, words)
        case Ending.TIMED_OUT:
            return words.gettext("I didn't hear back, so I've closed this one. ({reference})", **said)
        case Ending.NEUTRAL:
            return neutral.sentence(view.reference, words)
        case Ending.NONE:
            return words.gettext("Got it. Your reference is {reference}. I'm checking a few things now.", **said)
    assert_never(view.ending)
