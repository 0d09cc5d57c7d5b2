"""What must be nowhere of ours: Okta's link (I10) and every secret (I17), with all loggers at DEBUG."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from sandbox.company import AUDIT_KEY
from sandbox.okta import TOKEN
from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

PLATFORMS = EVERYWHERE

WORLD = {"libraries": logging.DEBUG}


def _stored(folder: Path) -> str:
    """Every byte of the database and its log, as text."""
    return "".join(path.read_bytes().decode("latin-1") for path in folder.glob("keyturn.db*"))


async def test_the_link_is_nowhere_of_ours(world: World) -> None:
    """Okta answers with the link although it was told to mail it."""
    world.okta.leaks_links = True
    for method in ("reset_password", "forgot_password"):
        world.house(reset_method=method)
        who = world.person()
        ref = await world.reset(who)
        link = next(mail.link for mail in world.okta.outbox if mail.person == who.key)
        secret = link.rsplit("/", 1)[-1]
        assert len(secret) > 10
        await world.chat.home(who)
        await world.chat.say(who, "status")
        await world.reads(who, f"Payroll.*{ref}|{ref}.*Payroll")
        places = {
            "the log": world.said.getvalue(),
            "the database": _stored(world.company.folder),
            "the chat": json.dumps([call.body for call in world.chat.calls()], default=str),
            "ServiceNow": json.dumps([call.body for call in world.company.servicenow.calls], default=str),
            "mail": "".join(mail.raw.decode("utf-8", "replace") for mail in world.company.mail.messages),
        }
        assert not [name for name, text in places.items() if secret in text or link in text]
        assert "resetPasswordUrl" not in places["the database"] + places["the log"]


async def test_no_secret_is_logged(world: World) -> None:
    who = world.person()
    await world.reset(who)
    await world.chat.forge(who, "forged-text-canary")
    world.okta.fail("500", path="/roles", times=2)
    world.company.servicenow.fail("500", times=2)
    other = world.person()
    await world.arrive()
    await world.chat.open_form(other)
    world.chat.fail("500", "post", times=2)
    assert (await world.chat.fill(other, {"which account": "Payroll"})).ok
    ref = await world.newest(other)
    await world.status(ref, "Escalated", "Waiting", within=15)
    secrets = [AUDIT_KEY, TOKEN, *world.chat.secrets(), world.company.servicenow.password,
               world.company.confluence.token, world.company.mail.password]
    said, stored = world.said.getvalue(), _stored(world.company.folder)
    assert [s for s in secrets if s in said] == []
    assert [s for s in secrets if s in stored] == []
    assert "forged-text-canary" not in said
    world.expected_errors = (".*",)


async def test_what_a_model_is_told(world: World) -> None:
    """I25: no phone number, second address, factor or manager is in the row that the model's tools read."""
    who = world.person()
    account = world.okta.person(who.key)
    ref = await world.reset(who)
    kept = json.dumps([await world.events(ref), (await world.row(ref)).verdict], default=str)
    assert f"{who.key}.private@example.com" not in kept and "+1-555" not in kept
    assert all(factor.id not in kept for factor in account.factors)
