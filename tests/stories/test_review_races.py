"""Exactly one decision a round: double clicks, people who race, replays, and a process that ends in between."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from cards.card import Card
from dialogs import deciding, review, rounds
from dialogs.chat import Bound, Identity, Press, Shown
from dialogs.decisions import RELEASED
from dialogs.judging import Judge
from dialogs.record import ADVANCE, ASSIGN, CLOSURE, PAINT, REMIND, TICKET
from dialogs.services import Services
from sandbox.world import Person
from storage import moments, requests, sql
from storage.database import transaction
from storage.models import Request
from tests.stories.reviewing import approve, card, copies, counted, decisions, ended, held, members, owned, requester
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

PLATFORMS = EVERYWHERE

CLICKERS = 8
SAME = (
    "requester", "summary", "target_record", "status", "priority", "decision", "rationale", "platform", "tenant", "platform_user",
    "channel", "intake", "okta_id", "requester_name", "target_okta_id", "app_kind", "app_id", "app_label", "owner", "rule",
    "policy_revision", "due_at", "verdict",
)  # fmt: skip


async def test_a_double_click(world: World) -> None:
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    shown = await card(world, owner, ref)
    await asyncio.gather(*(world.chat.press(owner, "Approve", shown) for _ in range(2)))
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert await decisions(world, ref) == ["Approved"] and len(world.writes(who)) == 1
    await world.reads(owner, "already approved by|already said")


async def test_approve_against_reject(world: World) -> None:
    """Whoever is second is told, also inside an open form, and what they wrote was not sent."""
    who = requester(world)
    group = f"Keepers of {who.key}"
    first, second = members(world, group, 2)
    await owned(world, f"group:{group}")
    ref = await held(world, who)
    await world.chat.press(second, "Reject", await card(world, second, ref))
    assert await world.chat.form_of(second)
    await approve(world, first, ref)
    await world.until(lambda: decisions(world, ref), "a decision")
    answer = await world.chat.fill(second, {"why not": "Other", "^reason": "I would rather not."})
    assert answer.ok and not answer.errors
    read = await world.chat.after(second, answer)
    assert first.name in read and "already approved" in read and "was not sent" in read
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert await decisions(world, ref) == ["Approved"]


async def test_both_at_once(world: World) -> None:
    """Both words are on their way before either is looked at: one counts."""
    who = requester(world)
    group = f"Keepers of {who.key}"
    first, second = members(world, group, 2)
    await owned(world, f"group:{group}")
    ref = await held(world, who)
    one, two = (await copies(ref))[:2]
    desk = world.keyturn.worker.desk
    await asyncio.gather(
        desk.press(Press("both:1", world.chat.identity(first), "approve", one.nonce)),
        desk.press(Press("both:2", world.chat.identity(second), "reject", two.nonce, said={"reason": "No, thank you."})),
    )
    await world.until(lambda: decisions(world, ref), "a decision")
    row = await world.row(ref)
    if row.status != "Rejected":
        await world.confirm(who)
    row = await world.status(ref, "Rejected", "Completed")
    await world.quiet(ref)
    assert len(await decisions(world, ref)) == 1 and len(await counted(ref)) == 1
    assert len(world.writes(who)) == (1 if row.status == "Completed" else 0)
    told = [said for p in (first, second) for said in world.words(p) if "was already" in said]
    assert len(told) == 1


async def test_the_same_delivery_again(world: World) -> None:
    """Slack repeats, byte for byte; also after the decision."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    (copy,) = await copies(ref)
    desk = world.keyturn.worker.desk
    press = Press(f"again:{ref}", world.chat.identity(owner), "reject", copy.nonce, said={"reason": "Not today, please."})
    for _ in range(3):
        await desk.press(press)
    await ended(world, ref, "Rejected", "reviewed")
    assert (await desk.press(press)).text == ""
    await world.quiet(ref)
    assert await decisions(world, ref) == ["Rejected"]
    assert not any("already" in said for said in world.words(owner)), "one click is answered once"


async def test_the_process_ends_between_the_click_and_the_decision(world: World) -> None:
    """The click is a row: whoever starts next takes it up."""
    owner, who = world.person(), requester(world)
    await owned(world, owner.email)
    ref = await held(world, who)
    handlers = world.keyturn.worker.handlers
    kept = handlers[review.DECIDE]
    died = asyncio.Event()

    async def dies(job: Any) -> None:
        died.set()
        raise asyncio.CancelledError

    handlers[review.DECIDE] = dies
    await approve(world, owner, ref)
    await asyncio.wait_for(died.wait(), 20)
    assert (await world.row(ref)).status == "Escalated"
    handlers[review.DECIDE] = kept
    await sql.run("UPDATE keyturn_jobs SET leased_until = '2020-01-01T00:00:00.000Z' WHERE kind = ?", [review.DECIDE])
    await world.confirm(who)
    await ended(world, ref, "Completed", "16")
    assert await decisions(world, ref) == ["Approved"]


@asynccontextmanager
async def still(world: World) -> AsyncIterator[None]:
    """The worker leaves what follows a decision alone: here only the decision is looked at."""
    handlers = world.keyturn.worker.handlers
    kept = dict(handlers)

    async def nothing(_: Any) -> None:
        return None

    handlers.update(dict.fromkeys((ADVANCE, PAINT, TICKET, CLOSURE, ASSIGN, REMIND, RELEASED), nothing))
    try:
        yield
        await world.until(_idle, "the jobs being gone")
    finally:
        handlers.update(kept)


async def _idle() -> bool:
    return not await sql.rows("SELECT id FROM keyturn_jobs WHERE leased_until IS NOT NULL OR run_at <= ?", [moments.write(moments.now())])


@pytest.mark.only("slack")  # below the platforms: nobody presses anything
@pytest.mark.parametrize(("needed", "rounds"), [(1, 200), (2, 40)])
async def test_rounds_of_8_clickers(world: World, needed: int, rounds: int) -> None:
    """One decision each, no error, and every loser is told (security brief, I14)."""
    who = requester(world)
    group = f"Crowd {who.key}"
    crowd = members(world, group, CLICKERS)
    rules = {"Approver step-up": "none", "Approvals needed for Privileged": str(needed)}
    await owned(world, f"group:{group}", tier="Privileged", rules=rules)
    first = await held(world, who)
    chance = random.Random(needed)
    ends: Counter[str] = Counter()
    services = _racing(world)
    async with still(world):
        for number in range(rounds):
            ref = await _another(first, number)
            verbs = chance.choices(("approve", "reject", "return"), (8, 1, 1) if needed == 2 else (2, 1, 1), k=CLICKERS)
            told = await _race(world, services, ref, tuple(chance.sample(crowd, CLICKERS)), verbs)
            ends[await _one_decision(world, ref, needed, crowd, told)] += 1
    assert sum(ends.values()) == rounds and len(ends) == 3, ends
    assert world.writes(who) == [] and world.pushes(who) == 0


async def _one_decision(world: World, ref: str, needed: int, crowd: tuple[Person, ...], told: dict[str, list[str]]) -> str:
    (decision,) = await decisions(world, ref)
    cast = await counted(ref)
    approvals = [v for v in cast if v.verb == "approve"]
    assert len(approvals) == needed if decision == "Approved" else len(approvals) < needed
    assert len(cast) - len(approvals) == (decision != "Approved")
    for loser in crowd:
        if loser.okta not in {v.voter for v in cast}:
            assert [said for said in told[loser.key] if "already" in said or "moved on" in said], (ref, loser.key, told)
    return decision


async def _another(ref: str, number: int) -> str:
    """One more request that stands as this one does."""
    row = await Request.get(request_id=ref)
    same = {n: getattr(row, n) for n in SAME}
    async with transaction():
        made = await requests.create(**same, open_key=f"{row.open_key}:{number}")
    return made.request_id


class Remembered:
    """What a system answered once, answered again: nothing changes in a race, and 200 of them look up the same people."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._kept: dict[Any, asyncio.Future[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        async def ask(*given: Any) -> Any:
            key = (name, *given)
            if key not in self._kept:
                self._kept[key] = asyncio.ensure_future(getattr(self._real, name)(*given))
            return await self._kept[key]

        return ask


class Told:
    """Answers are kept here instead of in 1,600 messages."""

    def __init__(self) -> None:
        self.said: dict[str, list[str]] = {}

    async def post(self, to: Identity, card: Card, **_: str) -> Shown:
        self.said.setdefault(to.user, []).append(card.summary)
        return Shown("", "")


class Together(Remembered):
    """Whoever clicked is looked up truly, and known to all at the same moment."""

    def meet(self, people: Iterable[Identity]) -> None:
        self._waiting = {who.user for who in people}
        self._barrier = asyncio.Barrier(len(self._waiting))

    async def verified(self, who: Identity) -> Bound:
        bound: Bound = await Remembered.__getattr__(self, "verified")(who)
        if who.user in self._waiting:
            self._waiting.discard(who.user)
            await self._barrier.wait()
        return bound


def _racing(world: World) -> Services:
    services = world.keyturn.services
    people: Any = Together(services.people)
    directory: Any = Remembered(services.directory)
    chat: Any = Told()
    return replace(services, chat=chat, people=people, directory=directory)


async def _race(world: World, services: Any, ref: str, crowd: tuple[Person, ...], verbs: list[str]) -> dict[str, list[str]]:
    """Everybody has clicked before anybody is looked up; then all are decided side by side. What each was told."""
    row = await Request.get(request_id=ref)
    reviews = review.Review(services, Judge(services, world.keyturn.shelf))
    services.chat.said.clear()
    services.people.meet([world.chat.identity(person) for person in crowd])

    async def one(person: Person, verb: str) -> None:
        said = {} if verb == "approve" else {"reason": "One of many words."}
        payload = {"who": str(world.chat.identity(person)), "verb": verb, "round": row.round, "seen": rounds.shown(row), "said": said}
        while True:
            try:
                return await deciding.decide(services, reviews, payload, ref)
            except requests.Conflict:  # the worker puts such a job back, for a moment
                await asyncio.sleep(0)

    await asyncio.gather(*(one(p, verb) for p, verb in zip(crowd, verbs, strict=True)))
    return {p.key: services.chat.said.get(world.chat.identity(p).user, []) for p in crowd}
