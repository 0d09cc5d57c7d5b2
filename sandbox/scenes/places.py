"""The other ways in: a mention in a channel, a message shortcut, the Home tab."""

from __future__ import annotations

from sandbox.scene import Scene, completed
from sandbox.stage import Stage


async def mention(stage: Stage) -> None:
    await stage.says("ravi", "<@bot> my VPN password has expired, I can't get in", channel="general")
    await stage.confirms("ravi")
    await stage.sees("ravi", "check your e-mail")
    ws = stage.slack.ws
    place = ws.place("general").id
    stage.found("nothing said in the channel", not [p for p in ws.posts if p.channel == place and p.author == ws.bot_user and not p.only])


async def shortcut(stage: Stage) -> None:
    written = await stage.slack.say("priya", "Payroll doesn't take my password any more, who can help?", "general")
    stage.told.add("act", "Priya", "writes in #general, to nobody: Payroll doesn't take my password any more, who can help?")
    await stage.slack.shortcut("priya", written.ts, "reset_from_message")
    stage.told.add("act", "Priya", "picks “Reset from this message” in the message's menu")
    page = await stage.slack.wait_until(lambda: stage.slack.modal_of("priya"), 5, "the form")
    stage.found("her words stand in the form", any("any more" in value for value in page.values.values()))
    await stage.fills("priya", Which_account_or_app="Payroll")
    await stage.confirms("priya")
    await stage.sees("priya", "check your e-mail")


async def home(stage: Stage) -> None:
    await stage.slack.open_home("emma")
    await stage.slack.wait_until(lambda: stage.slack.home_of("emma"), 5, "the Home tab")
    stage.told.add("act", "Emma", "opens the Home tab")
    await stage.presses("emma", "Reset a password")
    await stage.fills("emma", Which_account_or_app="VPN", What_went_wrong="It expired")
    reference = await stage.reference("emma")
    await stage.confirms("emma")
    await stage.sees("emma", "check your e-mail")
    await stage.slack.open_home("emma")

    def listed() -> bool:
        page = stage.slack.home_of("emma")
        return page is not None and reference in page.reading

    await stage.until(listed, "the request on the Home tab")
    stage.told.add("sees", "to Emma", f"Home tab: My requests / {reference} · VPN")
    await stage.slack.open_messages("emma")
    stage.found("listed on her Home tab", listed())


SCENES = (
    Scene("mention", "A mention in a channel is answered in private", ("ravi",),
          completed().and_also("nothing said in the channel"), mention),
    Scene("shortcut", "A shortcut on somebody's message opens the form with it", ("priya",),
          completed().and_also("her words stand in the form"), shortcut),
    Scene("home", "The button on the Home tab", ("emma",), completed().and_also("listed on her Home tab"), home),
)  # fmt: skip
