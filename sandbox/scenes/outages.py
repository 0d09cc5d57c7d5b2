"""Systems that are slow, down, or lose an answer: nothing is reset twice, and nobody waits for a ticket."""

from __future__ import annotations

from sandbox.scene import Scene, completed, escalated
from sandbox.scenes.accounts import PERSON
from sandbox.stage import Stage


async def okta_down(stage: Stage) -> None:
    stage.breaks(stage.okta, "500")
    await stage.says("emma", "I forgot my Payroll password")
    await stage.sees("emma", PERSON, within=30)
    stage.found("nothing asked of Okta", not stage.ledger.writes())


async def okta_slow(stage: Stage) -> None:
    await stage.admin("set_status", "sune", status="ACTIVE")
    stage.breaks(stage.okta, "slow", path=stage.okta.people["sune"].id, seconds=0.8)
    await stage.asks_by_form("sune", "Payroll", What_went_wrong="I forgot it")
    await stage.confirms("sune")
    await stage.sees("sune", "check your e-mail", within=30)
    stage.found("one push", len(stage.ledger.writes(path="/verify")) == 1)


async def lost_answer(stage: Stage) -> None:
    await stage.admin("set_status", "lucy", status="ACTIVE")
    await stage.admin("set_factors", "lucy", factors=["push"])
    stage.breaks(stage.okta, "500", path=f"{stage.okta.people['lucy'].id}/lifecycle/reset_password", method="POST", times=1, after=True)
    await stage.says("lucy", "I forgot my Payroll password")
    await stage.confirms("lucy")
    await stage.sees("lucy", "check your e-mail", within=30)
    stage.found("Okta asked once, the result found afterwards", len(stage.ledger.writes(path="reset_password")) == 1)


async def desk_down(stage: Stage) -> None:
    await stage.admin("set_status", "rex", status="ACTIVE")
    stage.breaks(stage.company.servicenow, "503")
    await stage.asks_by_form("rex", "Payroll", What_went_wrong="I forgot it")
    await stage.confirms("rex")
    await stage.sees("rex", "check your e-mail")
    row = await stage.row(status="Completed")
    stage.found("completed without a ticket", not row["ticket"])
    stage.mends()
    await stage.until(lambda: stage.ledger.incidents(row["request_id"]), "an incident", within=30)


SCENES = (
    Scene("okta-slow", "Okta is slow, and all goes well", ("sune",), completed().and_also("one push"), okta_slow),
    Scene("lost-answer", "Okta's answer is lost after the reset: found, not repeated", ("lucy",),
          completed().and_also("Okta asked once, the result found afterwards"), lost_answer),
    Scene("servicenow-down", "ServiceNow is down: the reset does not wait, the incident comes later", ("rex",),
          completed().and_also("completed without a ticket"), desk_down, alone=True),
    Scene("okta-down", "Okta is down: a person has it, and nothing was reset", ("emma",),
          escalated("4").and_also("nothing asked of Okta"), okta_down, alone=True),
)  # fmt: skip
