"""What a reviewer says in Slack, and what comes of it: approved, rejected, returned, released to a person, and who may not decide."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from sandbox.scene import Outcome, Scene, completed, row
from sandbox.scenes.identity import active
from sandbox.slack_seeing import Message
from sandbox.stage import Stage

APP = "Finance ERP"


async def asked(stage: Stage, who: str, reviewer: str, app: str = APP) -> Message:
    """A request for an application that needs its owner; the reviewer's card."""
    await active(stage, who, "Payroll", app)
    await stage.says(who, f"Please reset my {app} password, month-end closing starts in an hour")
    return await stage.sees(reviewer, f"Review needed[^\n]*\n(?:.*\n)*.*asks to reset {app}")


async def approved(stage: Stage) -> None:
    card = await asked(stage, "sune", "priya")
    stage.found("nothing done before", not stage.ledger.writes())
    await stage.presses("priya", "Approve", card)
    await stage.confirms("sune")
    await stage.sees("sune", "check your e-mail")
    await stage.sees("priya", "Approved by Priya Nair")


async def rejected(stage: Stage) -> None:
    card = await asked(stage, "nora", "priya")
    await stage.presses("priya", "Reject", card)
    await stage.fills("priya", why_not="Not needed", reason="You left the finance team in May.")
    seen = await stage.sees("nora", "left the finance team")
    stage.found("the reason is told", "wasn't approved" in seen.reading)


async def returned(stage: Stage) -> None:
    card = await asked(stage, "nora", "priya")
    await stage.presses("priya", "Return", card)
    await stage.fills("priya", What_do_you_need="Which country are you in today?")
    await stage.sees("nora", "Which country are you in today")
    await stage.says("nora", "Still in Lisbon until Friday")
    again = await stage.sees("priya", "Review needed(?:.*\n)*.*Still in Lisbon", after=card.ts)
    old = next(m for m in stage.slack.messages("priya") if m.ts == card.ts)
    stage.found("the old card is dead", "Approve" not in old.buttons)
    await stage.presses("priya", "Approve", again)
    await stage.confirms("nora")
    await stage.sees("nora", "check your e-mail")


async def privileged(stage: Stage) -> None:
    card = await asked(stage, "rex", "sam", "Build Server")
    await stage.presses("sam", "Approve", card)
    await stage.confirms("sam")
    await stage.sees("sam", "Approved by Sam Ortiz(?:.*\n)*.*Released for manual handling")
    stage.found("not reset by the bot", not stage.ledger.resets())
    (found,) = stage.ledger.incidents(await stage.reference("rex"))
    found.update(state="6", close_code="Solved (Permanently)", close_notes="Reset at the desk.")
    stage.told.add("note", "ServiceNow", f"{found['number']} is resolved by a person at the service desk")
    await stage.row(status="Completed", within=60)
    await stage.sees("rex", "taken care of it")


async def own(stage: Stage) -> None:
    await stage.says("priya", f"Please reset my {APP} password")
    card = await stage.sees("lena", f"Review needed(?:.*\n)*.*asks to reset {APP}")
    seen = [m for m in stage.slack.messages("priya") if m.ts > stage.ledger.since and "Priya Nair asks" in m.reading]
    stage.found("the owner has no card for it", not any("Approve" in m.buttons for m in seen))
    await stage.presses("lena", "Reject", card)
    await stage.fills("lena", why_not="Not needed", reason="Please ask again in the morning.")
    await stage.sees("priya", "ask again in the morning")


async def twice(stage: Stage) -> None:
    card = await asked(stage, "stan", "priya")
    await asyncio.gather(stage.presses("priya", "Approve", card), stage.presses("priya", "Approve", card))
    await stage.confirms("stan")
    await stage.sees("stan", "check your e-mail")
    pushes = len(stage.ledger.writes(path="/verify"))
    stage.found("one decision, one push", pushes == 1)


@asynccontextmanager
async def under(stage: Stage, *rules: str) -> AsyncIterator[None]:
    """The policy page with further rules, accepted as an administrator accepts any; put back afterwards."""
    page = stage.company.folder / "policy.md"
    before = page.read_text(encoding="utf-8")
    last = "| Resets per person per day | 3 |"
    page.write_text(before.replace(last, "\n".join([last, *rules])), encoding="utf-8")
    await stage.company.accept_policy()
    try:
        yield
    finally:
        page.write_text(before, encoding="utf-8")
        await stage.company.accept_policy()


async def quorum(stage: Stage) -> None:
    async with under(stage, "| Approvals needed for Privileged | 2 |", "| Approver step-up | none |"):
        first = await asked(stage, "rex", "sam", "Build Server")
        second = await stage.sees("lena", "Review needed(?:.*\n)*.*asks to reset Build Server")
        await stage.presses("sam", "Approve", first)
        await stage.sees("lena", "Sam Ortiz")
        row_now = await stage.row(status="Escalated")
        stage.found("one approval is not enough", not row_now["closed_at"])
        await stage.presses("lena", "Approve", second)
        await stage.sees("sam", "Released for manual handling")
        (found,) = stage.ledger.incidents(await stage.reference("rex"))
        found.update(state="6", close_code="Solved (Permanently)", close_notes="Reset at the desk.")
        stage.told.add("note", "ServiceNow", f"{found['number']} is resolved by a person at the service desk")
        await stage.row(status="Completed", within=60)


async def asleep(stage: Stage) -> None:
    async with under(stage, "| Review window High | 3 s |", "| Reminders before backup | 1 |", "| Backup owner | lena.vogt@example.com |"):
        await asked(stage, "sam", "priya")
        await stage.sees("priya", "has waited|overdue|waits for you", within=20)
        card = await stage.sees("lena", f"Review needed(?:.*\n)*.*asks to reset {APP}", within=20)
        stage.found("nothing done by time passing", not stage.ledger.resets())
        await stage.presses("lena", "Approve", card)
        await stage.confirms("sam")
        await stage.sees("sam", "check your e-mail")


DONE = replace(completed(priority="High"), told=1)
NO = Outcome(rows=(row("Rejected", "Rejected", "High", "reviewed"),), tickets=("resolved",), told=1)
BY_HAND = Outcome(rows=(row("Completed", "Approved", "High", "8"),), tickets=("resolved",), told=1)

SCENES = (
    Scene("review-approved", "Sensitive: the owner approves, the phone confirms, then the reset", ("sune", "priya"),
          DONE.and_also("nothing done before"), approved),
    Scene("review-privileged", "Privileged: approved on the reviewer's phone, released to a person, resolved in ServiceNow", ("rex", "sam"),
          BY_HAND.and_also("not reset by the bot"), privileged),
    Scene("review-rejected", "Sensitive: rejected with a reason", ("nora", "priya"), NO.and_also("the reason is told"), rejected),
    Scene("review-returned", "Sensitive: returned with a question, answered, approved", ("nora", "priya"),
          DONE.and_also("the old card is dead"), returned),
    Scene("review-own", "An owner who asks for their own application is decided by somebody else", ("priya", "lena"),
          NO.and_also("the owner has no card for it"), own),
    Scene("review-quorum", "Privileged, two approvals needed: the second one releases it", ("rex", "sam", "lena"),
          BY_HAND.and_also("one approval is not enough"), quorum, alone=True),
    Scene("review-asleep", "The approver is asleep: reminded, then the backup owner decides", ("sam", "priya", "lena"),
          DONE.and_also("nothing done by time passing"), asleep, alone=True),
    Scene("review-twice", "Approve pressed twice at once", ("stan", "priya"), DONE.and_also("one decision, one push"), twice),
)  # fmt: skip
