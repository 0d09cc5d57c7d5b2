"""What cannot be known never resets and never rejects: each call of Okta failing, at triage and at the second look.

And the others: a model that fails, a service desk, a mail server and a chat that are down.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agent.triage import Triage
from integrations.okta import Okta
from sandbox.world import FALLBACK_OWNER, Person
from storage import effects
from tests.stories.voices import EVERYWHERE, Call
from tests.stories.world import World, policy

PLATFORMS = EVERYWHERE

READS = {"roles": "/roles", "groups": "/groups", "applications": "/appLinks", "factors": "/factors"}
KINDS = ["500", "hang", "malformed", "429", "429-bare", "403", "drop", "wrong", "empty", "html"]


def kinds(world: World) -> list[str]:
    """How a call of Okta fails lies below the chat: the second platform goes through three of the ways."""
    return KINDS if world.platform == EVERYWHERE[0] else KINDS[:3]


@pytest.fixture(autouse=True)
def short_deadlines(world: World) -> None:
    """The client's own bounds, small: what hangs is given up soon."""
    okta = world.keyturn.systems.directory
    assert isinstance(okta, Okta)
    okta._deadline, okta._pause = 1.2, 0.01


async def _ended(world: World, who: Person, ref: str) -> Any:
    """Escalated, nothing done, the requester and the owner told."""
    row = await world.status(ref, "Escalated", "Rejected", "Completed")
    assert (row.status, row.decision) == ("Escalated", "Escalated"), row.rationale
    await world.quiet(ref)
    assert world.writes(who) == []
    await world.incident(ref)
    return row


@pytest.mark.parametrize("read", READS)
async def test_a_read_that_fails_at_triage(world: World, read: str) -> None:
    """In every way that a call can fail, each for a person of its own."""
    asked = []
    for kind in kinds(world):
        who = world.person()
        world.okta.fail(kind, path=f"{who.okta}{READS[read]}$", method="GET")
        # The form could not offer what cannot be read: whoever gets none writes.
        ref = await (world.say(who, "I forgot my Payroll password") if read == "applications" else world.form(who))
        asked.append((kind, who, ref))
    for _, who, ref in asked:
        row = await _ended(world, who, ref)
        assert "could not be checked" in row.rationale
        assert world.pushes(who) == 0


async def test_the_account_itself_needs_no_application_list(world: World) -> None:
    who = world.person()
    world.okta.fail("500", path=f"{who.okta}/appLinks$")
    ref = await world.form(who, "My Okta account")
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


@pytest.mark.parametrize("read", [*READS, "account"])
async def test_a_read_that_fails_at_the_second_look(world: World, read: str) -> None:
    world.keyturn.services.next_look = timedelta(milliseconds=150)  # ten people wait at once
    asked = []
    for kind in kinds(world):
        who = world.person()
        ref = await world.form(who)
        await world.pushed(who)
        world.okta.fail(kind, path=f"{who.okta}{READS.get(read, '')}$", method="GET")
        asked.append((kind, who, ref))
    for _, who, _ in asked:
        world.okta.push_approve(who.key)
    for kind, who, ref in asked:
        if read == "factors":
            # They guard the identity check, which is passed by now: the facts differ, and are judged anew.
            row = await world.status(ref, "Completed", "Escalated")
            assert len(world.writes(who)) == (1 if row.status == "Completed" else 0), kind
            continue
        await _ended(world, who, ref)
        assert {e.outcome for e in await effects.of_request(ref)} == {"refused"}


async def test_who_asks_cannot_be_found_out(world: World) -> None:
    """Row 4 unknown: neither rejected nor reset."""
    for kind in kinds(world):
        who = world.person()
        await world.chat.open_form(who)
        world.okta.fail(kind, path="/api/v1/users$")
        assert (await world.chat.fill(who, {"which account": "Payroll"})).ok
        row = await world.ends(await world.newest(who), "Escalated", "Escalated", "4")
        world.okta.heal()
        assert world.writes(who) == []
        await world.reads(who, "I've asked them")
        assert row.owner == FALLBACK_OWNER.email


async def test_the_platform_cannot_say_who_asks(world: World) -> None:
    who = world.person()
    await world.chat.open_form(who)
    world.chat.fail("500", "person")
    assert (await world.chat.fill(who, {"which account": "Payroll"})).ok
    row = await world.ends(await world.newest(who), "Escalated", "Escalated", "4")
    assert row.requester == world.chat.identity(who).user and world.writes(who) == []


@pytest.mark.parametrize("kind", ["500", "malformed", "429", "hang", "403"])
async def test_the_push_cannot_be_sent(world: World, kind: str) -> None:
    who = world.person()
    world.okta.fail(kind, path="/verify", method="POST")
    ref = await world.form(who)
    row = await world.ends(ref, "Escalated", "Escalated", "14")
    assert world.writes(who) == []
    world.move_clock(timedelta(seconds=4))
    await world.reads(who, "can't finish this one here")
    assert row.owner == FALLBACK_OWNER.email


@pytest.mark.parametrize("kind", ["500", "malformed", "429", "drop", "wrong"])
async def test_the_answer_of_the_push_cannot_be_read_for_a_while(world: World, kind: str) -> None:
    who = world.person()
    world.okta.fail(kind, path="/transactions/", times=7)
    ref = await world.form(who)
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    assert len(world.writes(who)) == 1 and world.pushes(who) == 1


async def test_the_answer_of_the_push_is_never_read(world: World) -> None:
    who = world.person()
    world.okta.fail("500", path="/transactions/")
    ref = await world.form(who)
    await world.pushed(who)
    world.okta.push_approve(who.key)
    await world.waits(ref)
    world.move_clock(timedelta(minutes=6))
    await world.ends(ref, "Escalated", "Escalated", "14")
    assert world.writes(who) == []


# ---------------------------------------------------------------- what changed between the two looks


@pytest.mark.parametrize(("change", "rule"), [("role", "8"), ("group", "8"), ("suspended", "7b"), ("locked", "7c"), ("gone", "7"), ("app", "9b"),
                                         ("directory", "7e"), ("policy", "11"), ("revision", "16"), ("harmless group", "16")])
async def test_what_changes_between_check_and_reset(world: World, change: str, rule: str) -> None:
    who = world.person()
    ref = await world.form(who)
    await world.pushed(who)
    match change:
        case "role":
            world.okta.add_role(who.key)
        case "group":
            world.okta.add_group(who.key, "Domain Admins")
        case "suspended":
            world.okta.set_status(who.key, "SUSPENDED")
        case "locked":
            world.okta.set_status(who.key, "LOCKED_OUT")
        case "gone":
            world.okta.set_status(who.key, "DEPROVISIONED")
        case "app":
            world.okta.set_apps(who.key, ["VPN"])
        case "directory":
            world.okta.person(who.key).provider = "ACTIVE_DIRECTORY"
        case "policy":
            await world.accept(policy().replace("| Payroll | Payroll | Standard |", "| Payroll | Payroll | Sensitive |"))
        case "revision":
            await world.accept(policy({"Resets per person per day": "5"}))
        case "harmless group":
            world.okta.add_group(who.key, "Running club")
    world.okta.push_approve(who.key)
    if change == "app":
        await world.reads(who, "Which one did you mean")
        assert world.writes(who) == []
        await world.chat.command(who, f"cancel {ref}")
        await world.status(ref, "Closed")
        return
    row = await world.status(ref, "Completed", "Escalated", "Rejected")
    assert row.rule == rule
    assert row.status == {"16": "Completed", "7": "Rejected"}.get(rule, "Escalated")
    await world.quiet(ref)
    assert len(world.writes(who)) == (1 if rule == "16" else 0)


# ---------------------------------------------------------------- the reset itself


@pytest.mark.parametrize("kind", ["500", "503", "hang", "drop", "malformed"])
async def test_the_answer_of_the_reset_is_lost_but_it_was_made(world: World, kind: str) -> None:
    who = world.person()
    world.okta.fail(kind, path="/lifecycle/reset_password", method="POST", after=True)
    ref = await world.form(who)
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")
    assert len(world.writes(who)) == 1
    assert [e.outcome for e in await effects.of_request(ref)] == ["done"]


@pytest.mark.parametrize("kind", ["500", "hang", "drop"])
async def test_the_answer_of_the_reset_is_lost_and_nothing_was_made(world: World, kind: str) -> None:
    who = world.person()
    world.okta.fail(kind, path="/lifecycle/reset_password", method="POST")
    ref = await world.form(who)
    await world.confirm(who)
    await world.until(lambda: _asked(world, who), "the call of the reset")
    await asyncio.sleep(1.3 if kind == "hang" else 0.05)
    for _ in range(4):
        world.move_clock(timedelta(seconds=15))
        await asyncio.sleep(0.05)
    row = await world.ends(ref, "Escalated", "Escalated", "16", "High")
    assert len(world.writes(who)) == 1
    assert [e.outcome for e in await effects.of_request(ref)] == ["unknown"]
    await world.reads(FALLBACK_OWNER, ref)
    assert row.owner == FALLBACK_OWNER.email


async def _asked(world: World, who: Person) -> bool:
    return bool(world.writes(who))


@pytest.mark.parametrize("kind", ["403", "429", "429-bare", "401"])
async def test_okta_refuses_the_reset(world: World, kind: str) -> None:
    who = world.person()
    world.okta.fail(kind, path="/lifecycle/reset_password", method="POST")
    ref = await world.form(who)
    await world.confirm(who)
    await world.ends(ref, "Escalated", "Escalated", "16")
    assert len(world.writes(who)) == 1
    assert [e.outcome for e in await effects.of_request(ref)] == ["refused"]
    await world.reads(who, "I've asked them")


# ---------------------------------------------------------------- the others


def _model(world: World, answer: Any) -> None:
    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if isinstance(answer, Exception):
            raise answer
        return ModelResponse(parts=[TextPart(answer)])

    world.keyturn.services.triage = Triage("test", model=FunctionModel(model), timeout=1.0)


@pytest.mark.parametrize("answer", [RuntimeError("no model"), "I would reset it.", TimeoutError()])
async def test_the_model_fails(world: World, answer: Any) -> None:
    """A form is judged by the rules alone; free text that nobody could read goes to a person, and its author is told."""
    _model(world, answer)
    who = world.person()
    await world.reset(who)
    other = world.person()
    row = await world.ends(await world.say(other, "I forgot my Payroll password"), "Escalated", "Escalated", "5")
    assert world.writes(other) == []
    await world.reads(other, "I've asked them")
    assert row.owner == FALLBACK_OWNER.email


async def test_the_service_desk_is_down(world: World) -> None:
    desk = world.company.servicenow
    desk.fail("500")
    who = world.person()
    ref = await world.form(who)
    await world.confirm(who)
    await world.status(ref, "Completed")
    await world.reads(who, "asked Okta to e-mail a reset link")
    assert world.incidents(ref) == []
    desk.heal()
    await world.pass_time(timedelta(minutes=3))
    await world.quiet(ref)
    incident = await world.incident(ref)
    assert incident["state"] == "6"


async def test_the_mail_server_is_down(world: World) -> None:
    world.company.mail.fail("451", path="RCPT")
    who = world.person()
    await world.status(await _reset_only(world, who), "Completed")
    world.company.mail.heal()
    ref = await world.newest(who)
    for _ in range(3):
        await world.pass_time(timedelta(minutes=1))
        await asyncio.sleep(0.05)
    await world.quiet(ref)
    assert len(world.mails(who)) == 1


async def _reset_only(world: World, who: Person) -> str:
    ref = await world.form(who)
    await world.confirm(who)
    return ref


@pytest.mark.parametrize("call", ["post", "edit"])
async def test_the_chat_cannot_be_written_to_for_a_while(world: World, call: Call) -> None:
    who = world.person()
    await world.arrive()
    await world.chat.open_form(who)
    world.chat.fail("503", call)
    assert (await world.chat.fill(who, {"which account": "Payroll"})).ok
    ref = await world.newest(who)
    await world.confirm(who)
    await world.status(ref, "Completed")
    world.chat.heal()
    for _ in range(4):
        await world.pass_time(timedelta(seconds=40))
        await asyncio.sleep(0.05)
    await world.quiet(ref)
    done = [m for m in world.words(who) if "asked Okta to e-mail" in m]
    assert 1 <= len(done) <= 2 and len(world.writes(who)) == 1
