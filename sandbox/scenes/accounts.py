"""What the account decides: its status in Okta, where its password is kept, its rights, its phone, and whether there is one."""

from __future__ import annotations

from sandbox.scene import Outcome, Scene, completed, escalated, rejected
from sandbox.stage import Stage

NEUTRAL = "I can't finish this one here"
PERSON = "A person needs to look at this"


async def locked_out(stage: Stage) -> None:
    await stage.admin("set_status", "lucy", status="LOCKED_OUT")
    await stage.says("lucy", "I'm locked out of Payroll")
    await stage.sees("lucy", PERSON)


async def suspended(stage: Stage) -> None:
    await stage.admin("set_status", "sune", status="SUSPENDED")
    await stage.asks_by_form("sune", "Payroll", What_went_wrong="I forgot it")
    await stage.sees("sune", PERSON)


async def deactivated(stage: Stage) -> None:
    await stage.admin("set_status", "dora", status="DEPROVISIONED")
    await stage.says("dora", "I forgot my Payroll password")
    await stage.sees("dora", NEUTRAL)


async def staged(stage: Stage) -> None:
    await stage.admin("set_status", "stan", status="STAGED")
    await stage.says("stan", "I forgot my Payroll password")
    await stage.sees("stan", PERSON)


async def link_is_out(stage: Stage) -> None:
    await stage.admin("set_status", "rex", status="RECOVERY")
    await stage.says("rex", "I never got the mail for my Payroll password, please send it again")
    await stage.confirms("rex")
    await stage.sees("rex", "new reset link")
    await stage.sees("rex", "check your e-mail")


async def expired(stage: Stage) -> None:
    await stage.admin("set_status", "lucy", status="PASSWORD_EXPIRED")
    await stage.asks_by_form("lucy", "Payroll", What_went_wrong="It expired")
    await stage.confirms("lucy")
    await stage.sees("lucy", "check your e-mail")


async def other_directory(stage: Stage) -> None:
    await stage.says("adam", "I forgot my Payroll password")
    await stage.sees("adam", PERSON)


async def no_factor(stage: Stage) -> None:
    await stage.admin("set_factors", "nora", factors=["sms", "question"])
    await stage.says("nora", "I forgot my Payroll password")
    await stage.sees("nora", PERSON)


async def new_phone(stage: Stage) -> None:
    await stage.admin("set_factors", "nora", factors=["push"], hours_old=2)
    await stage.says("nora", "I forgot my Payroll password")
    await stage.sees("nora", PERSON)


async def admin_role(stage: Stage) -> None:
    await stage.admin("add_role", "omar", role="HELP_DESK_ADMIN")
    await stage.says("omar", "I forgot my Payroll password")
    await stage.sees("omar", PERSON)
    stage.found("the phone is not asked", not stage.ledger.writes())


async def unbound(stage: Stage) -> None:
    await stage.says("nobody", "I forgot my Payroll password")
    await stage.sees("nobody", NEUTRAL)


async def guest(stage: Stage) -> None:
    await stage.says("guest", "I forgot my Payroll password")
    await stage.command("guest", "I forgot my Payroll password")
    # A colleague who writes afterwards and is answered shows that the guest's message had its turn.
    await stage.says("mallory", "status")
    await stage.sees("mallory", "IT-|no requests yet")
    stage.found("no direct answer", not any(m.author == "Password Reset" and not m.ephemeral for m in stage.slack.messages("guest")))


SCENES = (
    Scene("locked-out", "A locked account goes to a person", ("lucy",), escalated("7c"), locked_out),
    Scene("suspended", "A suspended account goes to a person, High", ("sune",), escalated("7b", priority="High"), suspended),
    Scene("deactivated", "A deactivated account: the neutral words", ("dora",), rejected("7"), deactivated),
    Scene("never-activated", "An account that was never activated", ("stan",), escalated("7b"), staged),
    Scene("link-is-out", "A link is out already: sent again, once", ("rex",), completed(), link_is_out),
    Scene("expired", "An expired password", ("lucy",), completed(), expired),
    Scene("other-directory", "A password that Active Directory keeps", ("adam",), escalated("7e"), other_directory),
    Scene("no-factor", "No phone to confirm with", ("nora",), escalated("13"), no_factor),
    Scene("new-phone", "A phone that was enrolled two hours ago proves nothing yet", ("nora",), escalated("12"), new_phone),
    Scene("privileged", "An admin's account is never reset by the bot", ("omar",),
          escalated("8", priority="High").and_also("the phone is not asked"), admin_role),
    Scene("unbound", "A chat account without an Okta account: the neutral words", ("nobody",), rejected("4"), unbound),
    Scene("guest", "A guest is not served and leaves no row", ("guest", "mallory"), Outcome(also=("no direct answer",)), guest),
)  # fmt: skip
