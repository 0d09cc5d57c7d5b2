"""Rows 7c to 7d, 14 to 16: what is done in Okta, once, and what its requester reads."""

from __future__ import annotations

from tests.stories.voices import EVERYWHERE
from tests.stories.world import World

PLATFORMS = EVERYWHERE


async def test_a_standard_reset_from_the_form_to_the_mail(world: World) -> None:
    emma = world.person()
    ref = await world.form(emma, "Payroll", symptom="forgot", why="Month end")
    row = await world.waits(ref)
    assert (row.status, row.requester, row.target_record) == ("Waiting", emma.email, "Payroll")
    shown = await world.reads(emma, rf"Tap {row.identity['number'] if row.identity else ''}")
    assert "This wasn't me" in shown.buttons
    await world.confirm(emma)
    row = await world.ends(ref, "Completed", "Approved", "16")
    assert row.policy_revision
    assert [c.path.rsplit("/", 1)[1] for c in world.writes(emma)] == ["reset_password"]
    await world.reads(emma, "asked Okta to e-mail a reset link")
    assert [mail.to for mail in world.okta.outbox if mail.person == emma.key] == [emma.email]
    assert len(world.mails(emma)) == 1
    incident = await world.incident(ref)
    assert incident["state"] == "6"
