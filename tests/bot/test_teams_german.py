"""A person whose Teams speaks German reads German: also what answers a word or a press at once."""

from __future__ import annotations

from pathlib import Path

from sandbox import world
from sandbox.botframework_records import CARD, Message
from tests.bot.teams_house import TeamsHouse, opened

OTHER = "Etwas anderes"


def german(house: TeamsHouse, key: str) -> str:
    """A new person in Teams and Okta whose client is German."""
    email = f"{key}@example.com"
    house.teams.tenant.add_person(key, f"{key.title()} Test", email)
    house.teams.tenant.find(key).locale = "de-DE"
    okta = f"00u{key}".ljust(19, "0") + "7"
    house.okta.add_person(world.Person(key, f"{key.title()} Test", email, "", okta, apps=world.PEOPLE["ravi"].apps))
    return key


async def test_words_and_presses_are_answered_in_german(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        teams, who, other = house.teams, german(house, "erika"), german(house, "otto")
        await teams.say(who, "cancel IT-999999")
        await teams.wait_for("Ich finde keine Anfrage IT-999999 von Ihnen", who)
        await teams.say(who, "queue")
        await teams.wait_for("Auf Sie wartet nichts", who)
        await teams.say(who, "admin")
        await teams.wait_for("Das können nur die Administratoren von Keyturn", who)

        asked = await teams.say(who, "I forgot my password for the thing")
        card = await teams.wait_for(OTHER, who, since=asked.id)
        assert (await teams.press(who, OTHER, card)).ok
        await teams.wait_for("Bitte schreiben Sie den Namen hierher", who)

        await teams.say(other, "help")
        await teams.wait_for("Wie ich helfen kann|helfen", other)
        theirs = teams.tenant.personal(teams.tenant.find(other))
        assert theirs is not None
        copied = Message(teams.tenant.new_id(), theirs.id, "bot", {"attachments": [{"contentType": CARD, "content": card.card}]})
        teams.tenant.messages.append(copied)
        refused = await teams.press(other, OTHER, copied.id)
        assert "Diese Schaltfläche kann nur benutzen, wer die Anfrage gestellt hat." in refused.said
        await house.idle()
