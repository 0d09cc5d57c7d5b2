"""Reviewers at work: an application of their own, the card in their messages, what they press, and what must hold afterwards."""

from __future__ import annotations

from typing import Any

from dialogs import operator
from dialogs.chat import Identity
from dialogs.decisions import Decision, Said
from sandbox.world import ADMIN, Person
from storage import pictures, votes
from storage.models import Picture, Request, Vote
from tests.stories.world import World, policy

APP = "Treasury"
"""The application that `owned` puts on the policy page."""
DECIDES = {"Approve", "Reject", "Return"}
REASON = "The owner is on leave."
NEUTRAL = "can't finish this one here"


async def owned(
    world: World, owner: str, *, tier: str = "Sensitive", path: str = "Okta link", rules: dict[str, str] | None = None, more: str = ""
) -> None:
    """Puts a policy in force in which Treasury belongs to `owner` (an e-mail or group:NAME)."""
    await world.accept(policy(rules, f"| {APP} | {APP} | {tier} | {owner} | {path} |{more}"))


def requester(world: World, **traits: Any) -> Person:
    """Somebody who may use Treasury and plain Payroll."""
    return world.person(**{"apps": (APP, "Payroll", "VPN"), **traits})


async def held(world: World, who: Person, app: str = APP, *, rule: str = "", **fields: Any) -> str:
    """Asks, and gives the reference once the request waits for its reviewer and everything is drawn."""
    ref = await world.form(who, app, **fields)
    row = await world.status(ref, "Escalated", "Completed", "Rejected", "Closed")
    assert row.status == "Escalated", (row.status, row.rule, row.rationale)
    assert not rule or row.rule == rule, (row.rule, row.rationale)
    await world.quiet(ref)
    return ref


async def card(world: World, reviewer: Person, ref: str, round: int = 1) -> Any:
    """The reviewer's copy of this round, found where the row says that it is."""
    found = [copy for copy in await copies(ref, reviewer, round) if Identity.parse(copy.audience).platform == world.platform]
    assert found, f"{reviewer.name} has no review card of {ref}, round {round}"
    shown = seen(world, found[0])
    assert shown is not None, f"{reviewer.name} sees no review card of {ref}, round {round}"
    return shown


async def copies(ref: str, reviewer: Person | None = None, round: int = 0) -> list[Picture]:
    """The rows of the reviewers' copies."""
    return [
        p
        for p in await pictures.of_request(ref)
        if p.surface == "review" and round in (0, p.round) and (reviewer is None or p.audience.endswith((f":{reviewer.slack}", f":{reviewer.entra}")))
    ]


async def approve(world: World, reviewer: Person, ref: str, round: int = 1) -> Any:
    answer = await world.chat.press(reviewer, "Approve", await card(world, reviewer, ref, round))
    assert answer.ok, answer
    return answer


async def attest(world: World, reviewer: Person, ref: str, how: str = "Met in person", round: int = 1, note: str = "") -> Any:
    """Approve where the form asks how the person was verified."""
    await approve(world, reviewer, ref, round)
    return await _filled(world, reviewer, {"how": how, **({"note": note} if note else {})})


async def reject(
    world: World, reviewer: Person, ref: str, why: str = "Not needed", reason: str = "Nobody asked for this reset.", round: int = 1
) -> Any:
    await world.chat.press(reviewer, "Reject", await card(world, reviewer, ref, round))
    return await _filled(world, reviewer, {"why not": why, "^reason": reason})


async def give_back(world: World, reviewer: Person, ref: str, question: str = "Which country are you in today?", round: int = 1) -> Any:
    await world.chat.press(reviewer, "Return", await card(world, reviewer, ref, round))
    return await _filled(world, reviewer, {"what do you need": question})


async def _filled(world: World, reviewer: Person, values: dict[str, str]) -> Any:
    answer = await world.chat.fill(reviewer, values)
    assert answer.ok and not answer.errors, answer
    return answer


async def verb(
    world: World, said: Said, ref: str, *, by: str = ADMIN.email, reason: str = REASON, how: str = "", tell: list[str] | None = None
) -> Request:
    """What `keyturn approve / reject / return` does once it has opened what it needs."""
    running = world.keyturn
    heard: list[str] = [] if tell is None else tell
    return await operator.decide(running.services, running.worker.review, ref, by, Decision(said, reason=reason, how=how), heard.append)


async def told(world: World, reviewer: Person, pattern: str) -> str:
    """The plain answer that somebody gets who pressed."""
    shown = await world.reads(reviewer, pattern)
    return str(shown.reading)


async def ended(world: World, ref: str, status: str, rule: str = "") -> Request:
    """Over, everything done, and no copy that could decide."""
    row = await world.status(ref, status)
    assert not rule or row.rule == rule, (row.rule, row.rationale)
    return await settled(world, ref)


async def again(world: World, ref: str, round: int) -> Request:
    """Escalated in this round, and everything drawn."""

    async def look() -> bool:
        row = await world.row(ref)
        return (row.status, row.round) == ("Escalated", round)

    await world.until(look, f"round {round} of {ref}")
    await world.quiet(ref)
    return await world.row(ref)


async def settled(world: World, ref: str) -> Request:
    """Nothing is due any more, and no copy in any chat can decide."""
    await world.quiet(ref)
    for copy in await copies(ref):
        shown = seen(world, copy)
        assert shown is None or not DECIDES & set(shown.buttons), f"{copy.audience} can still decide:\n{shown.reading}"
    return await world.row(ref)


def seen(world: World, copy: Picture) -> Any:
    """What stands in the chat at a copy's place; None when the message is gone."""
    reader = Identity.parse(copy.audience)
    return next((m for m in world.voices[reader.platform].messages(reader.user) if (m.channel, m.id) == (copy.channel, copy.message)), None)


async def decisions(world: World, ref: str, round: int = 1) -> list[str]:
    """What was decided in this round, from the audit log."""
    found = ["Approved" for said in await world.events(ref, "Approval") if said.get("round") == round and said.get("effect")]
    found += ["Rejected" for said in await world.events(ref, "Rejection") if said.get("round") == round]
    found += ["Returned" for said in await world.events(ref, "Message") if said.get("round") == round and said.get("kind") == "returned"]
    return found


async def counted(ref: str, round: int = 1) -> list[Vote]:
    return [v for v in await votes.of_round(ref, round) if v.state == votes.COUNTED]


def untouched(world: World, *people: Person) -> bool:
    """Okta was asked for no reset, unlock or push of these people."""
    return all(world.writes(who) == [] and world.pushes(who) == 0 for who in people)


def members(world: World, group: str, number: int, **traits: Any) -> tuple[Person, ...]:
    """Fresh people who are in this group, and nobody else is."""
    return tuple(world.person(groups=(group,), **traits) for _ in range(number))
