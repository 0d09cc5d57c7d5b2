"""The identity check on the phone: refused, not answered, no phone, and "This wasn't me"."""

from __future__ import annotations

from dataclasses import replace

from sandbox.scene import Outcome, Scene, completed, escalated, row
from sandbox.scenes.accounts import NEUTRAL, PERSON
from sandbox.stage import Stage


async def active(stage: Stage, who: str, *apps: str) -> None:
    """An ordinary account: active, with a phone that has been there for long."""
    await stage.admin("set_status", who, status="ACTIVE")
    await stage.admin("set_apps", who, apps=list(apps or ("Payroll",)))
    await stage.admin("set_factors", who, factors=["push"])


async def refused(stage: Stage) -> None:
    await active(stage, "lucy")
    await stage.asks_by_form("lucy", "Payroll", What_went_wrong="I forgot it")
    await stage.refuses("lucy")
    await stage.sees("lucy", NEUTRAL)


async def second_try(stage: Stage) -> None:
    await active(stage, "stan")
    await stage.says("stan", "I forgot my Payroll password")
    await stage.lets_it_run_out("stan")
    again = await stage.sees("stan", "sent a new prompt")
    stage.found("one more try", again.edited)
    await stage.confirms("stan")
    await stage.sees("stan", "check your e-mail")


async def twice_silent(stage: Stage) -> None:
    await active(stage, "stan")
    await stage.says("stan", "I forgot my Payroll password")
    await stage.lets_it_run_out("stan")
    await stage.sees("stan", "sent a new prompt")
    await stage.lets_it_run_out("stan")
    await stage.sees("stan", NEUTRAL)
    stage.found("two pushes", len(stage.ledger.writes(path="/verify")) == 2)


async def no_phone(stage: Stage) -> None:
    await active(stage, "nora")
    await stage.says("nora", "I forgot my Payroll password")
    await stage.number("nora")
    await stage.presses("nora", "I don't have my phone")
    await stage.sees("nora", NEUTRAL)


async def not_me(stage: Stage) -> None:
    await active(stage, "dora", "Payroll", "VPN")
    await stage.asks_by_form("dora", "Payroll", What_went_wrong="I forgot it")
    await stage.number("dora")
    await stage.presses("dora", "This wasn't me")
    await stage.sees("dora", "told IT security")
    told = stage.slack.ws.ts()
    await stage.says("dora", "I forgot my VPN password")
    await stage.sees("dora", PERSON, after=told)
    stage.found("a second request is not carried out", not stage.ledger.resets())


async def not_me_afterwards(stage: Stage) -> None:
    await stage.admin("remove_roles", "omar")
    await stage.says("omar", "I forgot my Payroll password")
    await stage.confirms("omar")
    await stage.sees("omar", "check your e-mail")
    await stage.presses("omar", "This wasn't me")
    await stage.sees("omar", "stopped this and told IT")
    rows = await stage.ledger.look()
    stage.found("a new request refers to the finished one", len(rows) == 2 and rows[0]["request_id"] in rows[1]["summary"])


DENIED = row("Escalated", "Escalated", "High", "14")
FROZEN = Outcome(rows=(DENIED, row("Escalated", "Escalated", "High", "12")), tickets=("open", "open"), told=2)
DENIED_LATER = replace(completed(), rows=(*completed().rows, DENIED), tickets=("resolved", "open"), told=1)

SCENES = (
    Scene("push-refused", "Refused on the phone: High, the neutral words, no second try", ("lucy",),
          escalated("14", priority="High"), refused),
    Scene("second-try", "The prompt ran out once: one more, which is answered", ("stan",),
          completed().and_also("one more try"), second_try),
    Scene("push-timeout", "The prompt ran out twice: the neutral words", ("stan",), escalated("14").and_also("two pushes"), twice_silent),
    Scene("no-phone", "“I don't have my phone”", ("nora",), escalated("14"), no_phone),
    Scene("not-me", "“This wasn't me”: frozen, and the next request goes to a person", ("dora",),
          FROZEN.and_also("a second request is not carried out"), not_me),
    Scene("not-me-later", "“This wasn't me” after the link was mailed: a new request, frozen", ("omar",),
          DENIED_LATER.and_also("a new request refers to the finished one"), not_me_afterwards),
)  # fmt: skip
