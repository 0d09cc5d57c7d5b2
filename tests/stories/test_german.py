"""A person whose chat speaks German reads German: also what answers a press or a word at once, and what comes twice."""

from __future__ import annotations

from typing import Any

from cards.words import Words
from dialogs.desk import Desk
from sandbox.world import FALLBACK_OWNER, Person
from storage.models import Delivery
from tests.stories import reviewing
from tests.stories.world import World

DE = Words("de")
CANCEL, OTHER, TALK = DE.gettext("Cancel request"), DE.gettext("Something else"), DE.gettext("Talk to IT")


def speaks_german(world: World, who: Person) -> Person:
    user = world.slack.ws.find(who)
    user.locale, user.tz = "de-DE", "Europe/Berlin"
    return who


def german(world: World, **traits: Any) -> Person:
    return speaks_german(world, world.person(**traits))


def button(world: World, who: Person, label: str) -> tuple[Any, Any, Any]:
    """A button as it stands there now, to be pressed when it does not any more."""
    found = world.slack._button(world.slack.ws.find(who), label, None)
    assert found is not None, label
    return found  # type: ignore[no-any-return]  # the stand-in is seen through Any here


async def press_old(world: World, who: Person, old: tuple[Any, Any, Any]) -> None:
    place, block, element = old
    assert (await world.slack._act(world.slack.ws.find(who), place, block, element, {})).ok


async def test_somebody_else_s_reference(world: World) -> None:
    who, other = german(world), world.person()
    ref = await world.form(other)
    await world.waits(ref)
    answer = await world.slack.command(who, f"cancel {ref}")
    assert answer.status == 200
    said = f"Ich finde keine Anfrage {ref} von Ihnen"
    await world.reads(who, said)
    count = len([m for m in world.words(who) if said in m])
    await world.slack.say(who, f"cancel {ref}")
    await world.until(lambda: _more(world, who, said, count), "the same in the direct message")
    await world.slack.command(who, "cancel IT-999999")
    await world.reads(who, "Ich finde keine Anfrage IT-999999 von Ihnen")
    assert (await world.row(ref)).status == "Waiting"
    await world.confirm(other)


async def _more(world: World, who: Person, said: str, count: int) -> bool:
    return len([m for m in world.words(who) if said in m]) > count


async def test_a_button_that_is_out_of_date(world: World) -> None:
    who = german(world)
    ref = await world.say(who, "I forgot my Payroll password")
    await world.waits(ref)
    await world.reads(who, "Tippen Sie auf")
    old = button(world, who, CANCEL)
    await world.slack.press(who, CANCEL)
    await world.ends(ref, "Closed", "Cancelled", "14")
    await world.reads(who, f"{ref} ist zurückgezogen. Es wurde nichts geändert.")
    await press_old(world, who, old)
    await world.reads(who, f"{ref} ist schon abgeschlossen. Es gibt nichts zurückzuziehen.")


async def test_a_button_that_is_not_theirs(world: World) -> None:
    who, other = german(world), world.person()
    ref = await world.form(other)
    await world.waits(ref)
    await world.reads(other, "Tap")
    place, block, element = button(world, other, "Cancel request")
    await press_old(world, who, (place, block, element))
    # Slack lets nobody press there; what claims to be pressed there is answered there, in the language of whoever it was.
    await world.reads(other, "Diese Schaltfläche kann nur benutzen, wer die Anfrage gestellt hat.")
    assert (await world.row(ref)).status == "Waiting"
    await world.confirm(other)


async def test_to_reach_a_person(world: World) -> None:
    who = german(world, factors=())
    ref = await world.say(who, "I forgot my Payroll password")
    await world.ends(ref, "Escalated", "Escalated", "13")
    await world.slack.press(who, TALK)
    shown = await world.reads(who, "Um einen Menschen zu erreichen")
    assert FALLBACK_OWNER.email in shown.reading and ref in shown.reading


async def test_something_else_than_what_is_offered(world: World) -> None:
    who = german(world)
    ref = await world.say(who, "I forgot my password for the thing")
    await world.status(ref, "Waiting")
    await world.reads(who, "elche haben Sie gemeint|elche App")
    await world.slack.press(who, OTHER)
    await world.reads(who, "Bitte schreiben Sie den Namen hierher.")
    await world.slack.say(who, "Payroll")
    await world.confirm(who)
    await world.ends(ref, "Completed", "Approved", "16")


async def test_a_request_that_is_open_already(world: World) -> None:
    who = german(world)
    for _ in range(2):
        await world.slack.command(who)
        assert (await world.slack.fill(who, {"Welches Konto oder welche App": "Payroll"})).ok
    ref = await world.newest(who)
    await world.reads(who, f"Dazu gibt es schon eine offene Anfrage von Ihnen: {ref}")
    kept = [row.answer for row in await Delivery.filter(request_id=ref) if row.answer and row.answer["text"]]
    assert [answer["text"] for answer in kept] == [f"You already have a request open for this: {ref}. I've added what you wrote to it."]
    assert kept[0]["said"]["values"] == {"reference": ref}
    await world.confirm(who)


async def test_the_same_press_again_is_answered_in_the_language_of_then(world: World) -> None:
    who = german(world)
    ref = await world.say(who, "I forgot my Payroll password")
    await world.waits(ref)
    await world.reads(who, "Tippen Sie auf")
    desk = Desk(world.keyturn.services)
    said = [await desk.cancel(world.chat.identity(who), ref, f"again:{ref}") for _ in range(2)]
    assert [str(reply.text) for reply in said] == [f"{ref} is cancelled. Nothing was changed."] * 2
    assert [DE.said(reply.text) for reply in said] == [f"{ref} ist zurückgezogen. Es wurde nichts geändert."] * 2
    await world.ends(ref, "Closed", "Cancelled", "14")


async def test_a_reviewer_reads_german_and_the_record_stays_english(world: World) -> None:
    owner = german(world)
    await reviewing.owned(world, owner.email)
    who = reviewing.requester(world)
    ref = await reviewing.held(world, who, rule="11")
    shown = await reviewing.card(world, owner, ref)
    for said in (f"Verantwortlich für {reviewing.APP}", "Die Anfrage kam aus dem eigenen Konto der Person", "Zeile 11"):
        assert said in shown.reading
    old = button(world, owner, DE.gettext("Approve"))
    place, block, element = old
    await world.slack.press(owner, DE.gettext("Approve"), shown)
    await world.waits(ref)
    await world.slack._act(world.slack.ws.find(owner), place, block, element, {})
    await world.reads(owner, f"{ref} wurde schon von {owner.name} genehmigt, um \\d\\d:\\d\\d CES?T")
    await world.confirm(who)
    row = await world.ends(ref, "Completed", "Approved", "16")
    assert row.rationale.startswith("Okta mailed a reset link")
