"""The main job: somebody forgot a password and gets Okta's mail, by the form or in plain words."""

from __future__ import annotations

from sandbox.scene import Scene, closed, completed
from sandbox.stage import Stage


async def form(stage: Stage) -> None:
    await stage.asks_by_form("emma", "Payroll", What_went_wrong="I forgot it", Why_is_it_needed="Payslips are due today")
    await stage.confirms("emma")
    await stage.sees("emma", "check your e-mail")
    await stage.until(lambda: any(m.person == "emma" and not m.used for m in stage.okta.outbox), "Okta's mail")
    stage.okta.use_link("emma")
    stage.told.add("act", "Emma", "opens the link of Okta's mail and chooses a new password")
    stage.found("account active again", stage.okta.people["emma"].status == "ACTIVE")


async def free_text(stage: Stage) -> None:
    await stage.says("ravi", "Hi, I forgot my VPN password after the holidays. Can you help?")
    await stage.confirms("ravi")
    await stage.sees("ravi", "check your e-mail")
    asked = stage.saw("ravi", "One question so I can help")
    stage.found("nothing was asked", not asked)


async def missing_detail(stage: Stage) -> None:
    await stage.says("priya", "I can't log in any more, please reset my password")
    await stage.sees("priya", "which app is this for")
    await stage.presses("priya", "Payroll")
    await stage.confirms("priya")
    await stage.sees("priya", "check your e-mail")
    stage.found("one question, answered by a button", stage.saw("priya", "You chose Payroll"))


async def typed_answer(stage: Stage) -> None:
    await stage.says("ravi", "I can't log in any more, please reset my password")
    await stage.sees("ravi", "which app is this for")
    await stage.says("ravi", "the vpn one")
    await stage.confirms("ravi")
    await stage.sees("ravi", "check your e-mail")
    stage.found("VPN understood", (await stage.row())["target_record"] == "VPN")


async def company_account(stage: Stage) -> None:
    await stage.says("mallory", "I forgot my Okta password")
    await stage.confirms("mallory")
    await stage.sees("mallory", "check your e-mail")
    stage.found("the account itself, no application asked for", not stage.saw("mallory", "which app is this for"))


async def not_a_reset(stage: Stage) -> None:
    await stage.says("ravi", "The printer on the second floor is out of toner")
    await stage.sees("ravi", "doesn't look like a password reset")


SCENES = (
    Scene("form", "Forgot a password: the form", ("emma",), completed().and_also("account active again"), form),
    Scene("free-text", "Forgot a password: plain words in a direct message", ("ravi",),
          completed().and_also("nothing was asked"), free_text),
    Scene("missing-detail", "No application named: one question, answered by a button", ("priya",),
          completed().and_also("one question, answered by a button"), missing_detail),
    Scene("typed-answer", "No application named: the question answered in words", ("ravi",),
          completed().and_also("VPN understood"), typed_answer),
    Scene("company-account", "“My Okta password” names the account itself", ("mallory",),
          completed().and_also("the account itself, no application asked for"), company_account),
    Scene("not-a-reset", "Something else altogether is closed and pointed to the right place", ("ravi",), closed(), not_a_reset),
)  # fmt: skip
