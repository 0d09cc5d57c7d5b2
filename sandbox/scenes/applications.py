"""What the application decides: its own page, by hand, its owner's agreement, or that it is not theirs."""

from __future__ import annotations

from sandbox.scene import Outcome, Scene, escalated, rejected, row
from sandbox.stage import Stage

PAGE = "https://travel.example.com/reset"


async def own_page(stage: Stage) -> None:
    await stage.says("emma", "I forgot my Travel Desk password")
    await stage.confirms("emma")
    await stage.sees("emma", "keeps its own password")
    stage.found("its page is given", stage.saw("emma", PAGE))
    stage.found("no reset asked of Okta", not stage.ledger.writes(path="/lifecycle/"))


async def manual(stage: Stage) -> None:
    await stage.asks_by_form("emma", "Build Server", What_went_wrong="I'm locked out")
    await stage.sees("emma", "A person needs to look at this")


async def sensitive(stage: Stage) -> None:
    await stage.says("emma", "Please reset my Finance ERP password, month-end closing starts in an hour")
    await stage.sees("emma", "owner's OK")


async def not_assigned(stage: Stage) -> None:
    await stage.says("mallory", "I forgot my password for Finance ERP")
    await stage.sees("mallory", "isn't in your list of apps")
    await stage.says("mallory", "Finance ERP")
    await stage.sees("mallory", "ask for access first")


POINTED = Outcome(rows=(row("Completed", "Approved", "Medium", "15"),), tickets=("resolved",))

SCENES = (
    Scene("own-page", "An application that keeps its own password: its page, and no reset", ("emma",),
          POINTED.and_also("its page is given", "no reset asked of Okta"), own_page),
    Scene("manual-app", "An application that is reset by hand", ("emma",), escalated("8", priority="High"), manual),
    Scene("sensitive-app", "A sensitive application needs its owner", ("emma",), escalated("11", priority="High"), sensitive),
    Scene("not-assigned", "An application that is not theirs: asked once, then a pointer", ("mallory",),
          rejected("9b", priority="Low"), not_assigned),
)  # fmt: skip
