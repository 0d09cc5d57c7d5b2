"""The same thing again: one delivery twice, one wish twice, and second thoughts."""

from __future__ import annotations

from dataclasses import replace

from sandbox.scene import Scene, closed, completed
from sandbox.stage import Stage


async def same_delivery(stage: Stage) -> None:
    written = await stage.says("sam", "I forgot my Payroll password")
    sent = next(d for d in reversed(stage.slack.courier.sent) if d.payload.get("event", {}).get("ts") == written.ts)
    answers = [await stage.slack.courier.again(sent), await stage.slack.courier.again(sent, attempt=1)]
    stage.told.add("note", "Slack", "delivers the same message twice more, once as a retry")
    stage.found("repeats are acknowledged", all(answer.ok for answer in answers))
    await stage.confirms("sam")
    await stage.sees("sam", "check your e-mail")


async def same_target(stage: Stage) -> None:
    await stage.asks_by_form("sam", "Payroll", What_went_wrong="I forgot it")
    await stage.number("sam")
    await stage.asks_by_form("sam", "Payroll", Tell_us_a_bit_more="Any news? I need it before noon")
    await stage.sees("sam", "already have")
    await stage.confirms("sam")
    await stage.sees("sam", "check your e-mail")
    shown = await stage.record.show((await stage.row(status="Completed"))["request_id"])
    notes = [event["details"].get("text", "") for event in shown["audit"] if event["event_type"] == "Message"]
    stage.found("the note was added", any("before noon" in note for note in notes))


async def cancel(stage: Stage) -> None:
    await stage.admin("set_status", "sune", status="ACTIVE")
    await stage.asks_by_form("sune", "Payroll", What_went_wrong="I forgot it")
    await stage.number("sune")
    await stage.presses("sune", "Cancel request")
    await stage.sees("sune", "is cancelled")
    await stage.says("sune", "I can't log in any more, please reset my password")
    reference = (await stage.sees("sune", "which app is this for")).reading.rpartition("IT-")[2].split()[0]
    await stage.command("sune", f"cancel IT-{reference}")
    await stage.sees("sune", f"IT-{reference} is cancelled")


SCENES = (
    Scene("same-delivery", "Slack delivers one message three times", ("sam",),
          completed().and_also("repeats are acknowledged"), same_delivery),
    Scene("same-target", "Asking again for what is open adds a note", ("sam",), completed().and_also("the note was added"), same_target),
    Scene("cancel", "Second thoughts: withdrawn by button and by command", ("sune",),
          replace(closed(), rows=("Closed / Cancelled",) * 2, tickets=("resolved",) * 2), cancel),
)  # fmt: skip
