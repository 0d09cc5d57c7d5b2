"""One request in full for reviewers and admins, as a modal with a row of section buttons.

What its requester may see is `cards.own_detail`, drawn from a view that cannot hold the rest.
"""

from __future__ import annotations

from typing import Final

from cards import decision, escalation
from cards.card import Actions, Divider, Facts, Inline, Node, Quote, Step, Steps, Strong, Text, Theirs, When
from cards.detail_parts import SECTIONS, attachments, conversation, fact, head, moments, paged, place, sheet, tabs, turn
from cards.form import Page
from cards.queue import status
from cards.spans import took
from cards.text import one_line
from cards.views import EscalationView
from cards.views_review import DetailView, Event, Section, ToolOutcome
from cards.words import Words

__all__ = ["KIND", "detail", "event_type", "place"]

KIND: Final = "detail"
"""The kind of the page: a press in it names it, so that the right one is drawn again."""


def _summary(view: DetailView, words: Words) -> tuple[Node, ...]:
    who = f"{view.requester} ({view.email})" if view.email and view.email != view.requester else view.requester
    owner = f"{view.owner} ({words.said(view.why_owner)})" if view.owner and view.why_owner else view.owner
    times = (
        (words.gettext("Created"), view.created_at),
        (words.gettext("Due"), None if view.closed_at else view.due_at),
        (words.gettext("Closed"), view.closed_at),
    )
    rows = (
        *fact(words.gettext("Requester"), who),
        *fact(words.gettext("For"), view.on_behalf_of),
        *fact(words.gettext("Target"), words.said(view.target)),
        *fact(words.gettext("Priority"), escalation.priority(view.priority, words)),
        *fact(words.gettext("Status"), status(view.status, words)),
        *fact(words.gettext("With"), owner),
        *fact(words.gettext("Round"), str(view.round) if view.round > 1 else ""),
        *moments(*times),
        *fact(words.gettext("Ticket"), view.ticket),
        *fact(words.gettext("Policy"), " · ".join(part for part in (view.policy_label, view.section_label) if part)),
        *fact(words.gettext("Reason"), view.rationale),
    )
    return (
        Facts(rows),
        Quote(words.gettext("In their own words"), view.asked, 1000),
        Quote(words.gettext("Why it is needed"), view.justification, 1000),
        Quote(words.gettext("Suggestion, written by the agent: check before you act"), view.suggestion, 1000),
        *attachments(view.attachments, words),
    )


def event_type(name: str, words: Words) -> str:
    return {
        "Message": words.gettext("Message"),
        "Tool Call": words.gettext("Tool call"),
        "Decision": words.gettext("Decision"),
        "Escalation": words.gettext("Escalation"),
        "Approval": words.gettext("Approval"),
        "Rejection": words.gettext("Rejection"),
        "Closure": words.gettext("Closure"),
    }.get(name, name)


def _audit(events: tuple[Event, ...], page: int, nonce: str, words: Words) -> tuple[Node, ...]:
    if not events:
        return (Text((words.gettext("Nothing is recorded yet."),)),)
    shown, page, pages = paged(events, page)
    nodes: list[Node] = []
    for event in shown:
        actor = f"{one_line(words.said(event.actor), 80)}: " if event.actor else ""
        what = Theirs(f"{actor}{one_line(words.said(event.text), 400)}")
        nodes.append(Text((When(event.at, "date_time"), " ", Strong(event_type(event.type, words)), " ", what)))
        nodes.append(Quote(words.gettext("Note"), event.note, 500))
    return (*nodes, *turn("audit", page, pages, nonce, words))


def _tool(tool: ToolOutcome, words: Words) -> Step:
    state = {"ok": words.gettext("ok"), "failed": words.gettext("failed"), "unknown": words.gettext("no answer")}[tool.state]
    time = took(tool.milliseconds, words) if tool.milliseconds is not None else ""
    said = " · ".join(part for part in (one_line(tool.name, 60), state, time, one_line(words.said(tool.text), 200)) if part)
    return Step("done" if tool.state == "ok" else "warn", said)


def _checks(view: DetailView, page: int, words: Words) -> tuple[Node, ...]:
    nodes: list[Node] = []
    if view.checks:
        nodes += [Text((Strong(words.gettext("What I checked")),)), Steps(tuple(escalation.step(one, words) for one in view.checks))]
    shown, page, pages = paged(view.tools, page)
    if shown:
        nodes += [Text((Strong(words.gettext("Systems asked")),)), Steps(tuple(_tool(tool, words) for tool in shown))]
        nodes += turn("checks", page, pages, view.nonce, words)
    return tuple(nodes) or (Text((words.gettext("Nothing was checked yet."),)),)


def _outcome(view: DetailView, words: Words) -> tuple[Node, ...]:
    nodes: list[Node] = []
    if view.decision:
        when: tuple[Inline, ...] = () if view.decided_at is None else (" · ", When(view.decided_at, "date_time"))
        nodes.append(Text((Theirs(decision.by_whom(view.decision, view.decided_by, words)), *when)))
    nodes += [Text((one_line(words.said(sentence), 1000),)) for sentence in view.outcome[:20]]
    return tuple(nodes) or (Text((words.gettext("Not decided yet."),)),)


def _buttons(view: DetailView, words: Words) -> tuple[Node, ...]:
    shaped = EscalationView(
        view.reference, view.requester, view.target, on_behalf_of=view.on_behalf_of, confirm=view.confirm, manual=view.manual,
        step_up=view.step_up, attest=view.attest, nonce=view.nonce,
    )  # fmt: skip
    buttons = tuple(escalation.button(verb, shaped, words) for verb in view.verbs if verb != "details")
    return (Divider(), Actions(buttons)) if buttons else ()


def detail(view: DetailView, words: Words, section: Section = "summary", page: int = 1) -> Page:
    """For reviewers and admins; the caller has checked that this reader may see this request."""
    when: tuple[Inline, ...] = ()
    if view.due_at is not None and view.closed_at is None:
        when = (" · ", *words.line("due {time}", time=When(view.due_at, "date_time")))
    top = head(words.said(view.target), (escalation.priority(view.priority, words), status(view.status, words)), *when)
    shown: tuple[Node, ...] = {
        "summary": lambda: _summary(view, words),
        "chat": lambda: conversation(view.chat, page, view.nonce, words),
        "audit": lambda: _audit(view.audit, page, view.nonce, words),
        "checks": lambda: _checks(view, page, words),
        "outcome": lambda: _outcome(view, words),
    }[section]()
    nodes = (top, tabs(SECTIONS, section, view.nonce, words), Divider(), *shown, *_buttons(view, words))
    return sheet(KIND, view.reference, view.nonce, nodes, words)
