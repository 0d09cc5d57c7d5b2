"""Microsoft Teams: the same life of a request, a request that starts in one place and is decided in the other, and forged tokens."""

from __future__ import annotations

from dataclasses import replace

from sandbox.scene import Outcome, Scene, completed
from sandbox.scenes.identity import active
from sandbox.scenes.review import APP, asked
from sandbox.stage import Stage


async def reset(stage: Stage) -> None:
    await stage.teams.installs("lena")
    await stage.teams.presses("lena", "Reset a password")
    await stage.teams.fills("lena", Which_account_or_app="VPN", What_went_wrong="It expired")
    await stage.confirms("lena", teams=True)
    await stage.teams.sees("lena", "check your e-mail")
    reference = (await stage.row())["request_id"]
    stage.found("nothing said in Slack", not stage.saw("lena", rf"{reference}\b"))


async def from_slack(stage: Stage) -> None:
    await stage.teams.installs("priya")
    await asked(stage, "nora", "priya")
    card = await stage.teams.sees("priya", f"Review needed(?:.*\n)*.*asks to reset {APP}")
    await stage.teams.presses("priya", "Approve", card)
    await stage.confirms("nora")
    await stage.sees("nora", "check your e-mail")
    await stage.teams.sees("priya", "Approved by Priya Nair(?:.*\n)*.*carried it out")
    both = await stage.sees("priya", "Approved by Priya Nair(?:.*\n)*.*carried it out")
    stage.found("both copies of the card are edited", both.edited)


async def from_teams(stage: Stage) -> None:
    await stage.teams.installs("priya")
    await active(stage, "lucy", "Payroll", APP)
    await stage.teams.says("lucy", f"Please reset my {APP} password, month-end closing starts in an hour")
    card = await stage.sees("priya", f"Review needed(?:.*\n)*.*asks to reset {APP}")
    await stage.presses("priya", "Approve", card)
    await stage.confirms("lucy", teams=True)
    await stage.teams.sees("lucy", "check your e-mail")
    await stage.teams.sees("priya", "Approved by Priya Nair(?:.*\n)*.*carried it out")
    reference = (await stage.row())["request_id"]
    stage.found("the requester hears it in Teams alone", not stage.saw("lucy", rf"{reference}\b"))


async def forged(stage: Stage) -> None:
    teams = stage.company.botframework
    account = teams.tenant.find("mallory")
    talk = teams.tenant.open_personal(account)
    said = teams.courier.activity("message", account, talk, text="I forgot my Payroll password")
    foreign = said | {"conversation": said["conversation"] | {"tenantId": "00000000-0000-4000-8000-00000000beef"}}
    good, now = teams.courier.token(), int(teams.signer.clock())
    tries = {
        "without a token": (said, ""),
        "with words as token": (said, "let-me-in"),
        "signed by somebody else": (said, teams.signer.sign(teams.signer.claims(teams.tenant.app_id, teams.service_url), number=99)),
        "with a token of another app": (said, teams.courier.token(aud="00000000-0000-4000-8000-000000000000")),
        "with a token of another issuer": (said, teams.courier.token(iss="https://issuer.example.com")),
        "with a token of yesterday": (said, teams.courier.token(exp=now - 86_400)),
        "with a token without an end": (said, teams.courier.token(exp=None)),
        "well signed, from another tenant": (foreign, good),
        "well signed, to be answered elsewhere": (said | {"serviceUrl": "https://elsewhere.example.com/"}, good),
    }
    answers = {}
    for how, (activity, token) in tries.items():
        answers[how] = (await teams.courier.deliver(activity, token=token)).status
        stage.told.add("act", "somebody", f"sends an activity to the bot's address, {how}: answered {answers[how]}")
    stage.found("all refused", all(status in (400, 401, 403) for status in answers.values()))


DONE = replace(completed(priority="High"), told=1)

SCENES = (
    Scene("teams-reset", "Microsoft Teams: the form as a dialog, the number, the outcome", ("lena",),
          completed().and_also("nothing said in Slack"), reset),
    Scene("slack-to-teams", "Started in Slack, approved in Teams", ("nora", "priya"),
          DONE.and_also("both copies of the card are edited"), from_slack),
    Scene("teams-to-slack", "Started in Teams, approved in Slack", ("lucy", "priya"),
          DONE.and_also("the requester hears it in Teams alone"), from_teams),
    Scene("teams-forged", "Activities that the Bot Framework never sent", ("mallory",), Outcome(also=("all refused",)), forged),
)  # fmt: skip
