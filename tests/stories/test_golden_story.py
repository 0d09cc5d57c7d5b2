"""One story, told in Slack and in Teams: the same words in the same order, the same rows, the same record.

What is read is taken without what the platforms draw differently (rules, tables, moments). `--update-golden` writes it anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.world import Person
from storage.models import AuditEvent
from tests.stories.reviewing import approve, card, ended, give_back, held, owned, requester, settled
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

PLATFORMS = EVERYWHERE
GOLDEN = Path(__file__).parents[1] / "golden/story.json"
OURS = ("request_id", "requester", "target_record", "status", "priority", "decision", "rule", "round", "owner", "intake", "app_kind", "app_label")
KEPT = ("kind", "rule", "tool", "phase", "effect", "round")


def plain(text: str, people: dict[str, str]) -> str:
    """Without moments, numbers, names, and the marks of drawing."""
    for said, name in people.items():
        text = text.replace(said, name)
    text = re.sub(r"INC\d+", "INC", re.sub(r"IT-\d+", "IT-0", re.sub(r"v[0-9a-f]{12}-[0-9a-f]{8}", "REVISION", text)))
    text = re.sub(r"Tap \d+|ends at \d\d:\d\d", lambda found: found[0].split(" ")[0], text)
    text = re.sub(r"(?:\w{3}, )?\w{3} \d{1,2}, \d{4},? \d\d:\d\d", "", text)
    text = re.sub(r"[─✓►▸○!>·—\s]+", " ", text)
    return text.strip()


def words(world: World, who: Person, people: dict[str, str], *, since: int = 0) -> list[str]:
    """What stands in the bot's messages to them, as one text each; greetings and the place of a sent form aside."""
    said = [plain(text, people) for text in world.words(who)[since:]]
    return [text for text in said if text and not text.startswith(("Hi ", "Got it. Your reference"))]


async def record(ref: str, people: dict[str, str]) -> list[list[Any]]:
    """The audit log of the request: type and what it says, without moments and ids. What the ticket hears comes when it comes: last."""
    rows = await AuditEvent.filter(request_id=ref).order_by("seq")
    told: list[list[Any]] = []
    ticket: list[list[Any]] = []
    for row in rows:
        details = {name: value for name, value in json.loads(row.details).items() if name in KEPT}
        aside = str(details.get("tool", "")).startswith(("servicenow", "notify"))
        (ticket if aside else told).append([row.event_type, plain(json.dumps(details, sort_keys=True), people)])
    return [*told, *sorted(ticket)]


async def test_the_same_story_in_both(world: World, request: pytest.FixtureRequest) -> None:
    owner, who = world.person(), requester(world)
    people = {owner.name: "OWNER", owner.email: "owner@", who.name: "REQUESTER", who.email: "requester@", who.name.split(" ")[0]: "REQUESTER"}
    await owned(world, owner.email)
    ref = await held(world, who, rule="11", details="It expired", why="Quarter end is today")
    story: dict[str, Any] = {"asked": {"requester": words(world, who, people), "owner": words(world, owner, people)}}
    await give_back(world, owner, ref, "Which country are you in today?")
    await world.reads(who, "Which country are you in today")
    await settled(world, ref)
    story["returned"] = {"requester": words(world, who, people), "owner": words(world, owner, people)}
    await world.chat.say(who, "Still in Lisbon")
    await world.until(lambda: _again(world, ref), "round 2")
    await world.quiet(ref)
    assert "Still in Lisbon" in (await card(world, owner, ref, 2)).reading
    await approve(world, owner, ref, 2)
    await world.confirm(who)
    row = await ended(world, ref, "Completed", "16")
    story["completed"] = {"requester": words(world, who, people), "owner": words(world, owner, people)}
    story["row"] = {name: plain(str(getattr(row, name)), people) for name in OURS}
    story["record"] = await record(ref, people)
    story["mails"] = [plain(str(mail.message["Subject"]), people) for mail in world.mails(who)]
    text = json.dumps(story, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if request.config.getoption("--update-golden", default=False) and world.platform == EVERYWHERE[0]:
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


async def _again(world: World, ref: str) -> bool:
    row = await world.row(ref)
    return (row.status, row.round) == ("Escalated", 2)
