"""The admin's part of the Home tab: is everything well, which policy is in force, what happened today, and the brakes."""

from __future__ import annotations

from typing import Final

from cards.card import Action, Actions, Button, Confirm, Divider, Inline, Node, Quote, Row, Step, Steps, Strong, Text, Theirs, When
from cards.spans import counted, short, took
from cards.text import one_line
from cards.views_review import AdminView, Frozen, PolicyLine, SystemHealth, Today
from cards.words import Words

_SYSTEMS: Final = 20
_FROZEN: Final = 5


def _system(system: SystemHealth, words: Words) -> Step:
    """Mark and word: a colour alone says nothing."""
    state = {
        "ok": words.gettext("ok"),
        "slow": words.gettext("SLOW"),
        "down": words.gettext("DOWN"),
        "off": words.gettext("not set up"),
        "unknown": words.gettext("not asked yet"),
    }[system.state]
    time = took(system.milliseconds, words) if system.milliseconds is not None else ""
    said = " · ".join(part for part in (f"{one_line(system.name, 40)}: {state}", time, one_line(system.note, 200)) if part)
    if system.state in {"slow", "down"}:
        return Step("warn", said)
    return Step("done" if system.state == "ok" else "next", said)


def _health(view: AdminView, words: Words) -> tuple[Node, ...]:
    bad = sum(1 for system in view.systems if system.state in {"slow", "down"})
    if bad:
        said = words.ngettext("{n} system needs a look", "{n} systems need a look", bad)
    elif any(system.state == "ok" for system in view.systems):
        said = words.gettext("all good")
    else:
        said = words.gettext("not asked yet")
    jobs = words.gettext("No jobs are waiting.")
    if view.jobs_waiting:
        jobs = words.ngettext("{n} job is waiting.", "{n} jobs are waiting.", view.jobs_waiting)
        if view.oldest_job is not None:
            oldest = words.gettext("The oldest for {time}.", time=short(view.oldest_job, words))
            jobs = f"{jobs} {oldest}"
    return (
        Text((Strong(words.gettext("Health")), f" · {said}")),
        *((Steps(tuple(_system(system, words) for system in view.systems[:_SYSTEMS])),) if view.systems else ()),
        Text((jobs,), tone="quiet"),
    )


def _policy(policy: PolicyLine, nonce: str, words: Words) -> tuple[Node, ...]:
    nodes: list[Node] = [Text((Strong(words.gettext("Policy")),))]
    if not policy.label:
        nodes.append(Text((words.gettext("No policy has been accepted: every request goes to a person."),)))
    else:
        rules = words.ngettext("{n} rule", "{n} rules", policy.rules)
        nodes.append(Text((" · ".join(part for part in (one_line(policy.label, 120), rules, one_line(policy.source, 80)) if part),)))
        told: list[Inline] = []
        if policy.fetched_at is not None:
            told += words.line("Fetched {time}", time=When(policy.fetched_at, "date_time"))
        if policy.accepted_by and policy.accepted_at is not None:
            name, accepted = Theirs(one_line(policy.accepted_by, 80)), When(policy.accepted_at, "date_time")
            told += [" · "] if told else []
            told += words.line("Accepted by {name}, {time}", name=name, time=accepted)
        nodes += [Text(tuple(told), tone="quiet")] if told else []
    if policy.stale:
        nodes.append(Text((words.gettext("It is older than its maximum age: every request goes to a person."),)))
    if policy.problem:
        problem = words.gettext("The newest version can't be used: {problem}", problem=one_line(policy.problem, 300))
        nodes.append(Text((problem,)))
    if policy.pending:
        nodes.append(Text((words.gettext("{revision} waits to be accepted.", revision=one_line(policy.pending, 120)),)))
        show = Button(words.gettext("Show the difference"), "policy_difference", nonce, policy.pending_value)
        nodes.append(Actions((show, accept(policy.pending_value, nonce, words))))
    return tuple(nodes)


def accept(value: str, nonce: str, words: Words) -> Button:
    """Puts a revision in force; `value` says which one was shown."""
    return Button(
        words.gettext("Accept"),
        "policy_accept",
        nonce,
        value,
        style="primary",
        confirm=Confirm(
            words.gettext("Put this policy in force?"),
            words.gettext("From now on requests are decided by it. This is recorded with your name."),
            words.gettext("Accept"),
            words.gettext("Go back"),
        ),
    )


def _service(view: AdminView, words: Words) -> tuple[Node, ...]:
    """On or paused, said in words, and the one button that changes it."""
    case = Button(words.gettext("Try a case"), "try_case", view.nonce)
    head = Strong(words.gettext("Self-service"))
    nodes: list[Node] = []
    actions: tuple[Action, ...]
    if view.paused is not None:
        name, since = Theirs(one_line(view.paused.by, 80)), When(view.paused.at, "date_time")
        nodes.append(Text((head, " · ", *words.line("PAUSED by {name}, {time}", name=name, time=since))))
        nodes.append(Quote(words.gettext("Reason"), view.paused.reason))
        resume = Confirm(
            words.gettext("Resume resets?"),
            words.gettext("Requests are decided by the policy again. What went to people stays with them."),
            words.gettext("Resume"),
            words.gettext("Go back"),
        )
        actions = (Button(words.gettext("Resume"), "resume", view.nonce, style="primary", confirm=resume), case)
    else:
        observing = words.gettext("ON, observing: I suggest and people decide")
        nodes.append(Text((head, " · ", observing if view.mode == "observe" else words.gettext("ON"))))
        actions = (Button(words.gettext("Pause all resets"), "pause", view.nonce, style="danger"), case)
    if view.breaker:
        nodes.append(Text((words.gettext("The limit of resets in an hour is reached: for now every request goes to a person."),)))
    return (*nodes, Actions(actions))


def _today(today: Today, words: Words) -> tuple[Node, ...]:
    parts = [
        words.gettext("{n} requests", n=counted(today.requests, words)),
        words.gettext("{n} done by the bot", n=counted(today.by_bot, words)),
        words.gettext("{n} to people", n=counted(today.to_people, words)),
        words.gettext("{n} rejected", n=counted(today.rejected, words)),
    ]
    if today.median is not None:
        parts.append(words.gettext("median {time}", time=short(today.median, words)))
    return (Text((Strong(words.gettext("Today")), f" · {' · '.join(parts)}")),)


def _frozen(frozen: tuple[Frozen, ...], nonce: str, words: Words) -> tuple[Node, ...]:
    if not frozen:
        return ()
    nodes: list[Node] = [Text((Strong(words.gettext("Resets frozen, because somebody said “This wasn't me”")),))]
    for one in frozen[:_FROZEN]:
        named = one_line(one.person, 80)
        detail: tuple[Inline, ...] = (*words.line("since {time}", time=When(one.since, "date_time")),)
        if one.reference:
            detail = (*detail, " · ", one.reference)
        lift = words.gettext("Lift the freeze of {name}", name=named)
        nodes.append(Row((named,), detail, Button(words.gettext("Lift"), "unfreeze", nonce, one.value, hint=lift)))
    more = len(frozen) - _FROZEN
    if more > 0:
        nodes.append(Text((words.ngettext("And {n} more account.", "And {n} more accounts.", more),), tone="quiet"))
    return tuple(nodes)


def admin(view: AdminView, words: Words) -> tuple[Node, ...]:
    """What needs a look comes first; at most 33 blocks in Slack."""
    return (
        *_service(view, words),
        *_today(view.today, words),
        *_frozen(view.frozen, view.nonce, words),
        Divider(),
        *_health(view, words),
        *_policy(view.policy, view.nonce, words),
    )
