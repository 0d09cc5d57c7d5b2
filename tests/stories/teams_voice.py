"""tests.stories.voices.Voice in Teams."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.teams_connector import ATTEMPTS
from cards import adaptive_payloads
from dialogs.chat import Identity
from sandbox import botframework_reading
from sandbox.botframework import BotFrameworkStandIn
from sandbox.botframework_records import CARD, Message
from sandbox.world import PEOPLE, TEAMS_TENANT, Person
from tests.stories.voices import Call

REVIEWERS = ("priya", "sam", "lena")
"""Of the world's own people: for them the app is installed before the first story."""
REMINDS = re.compile("waits for you|waiting for you|overdue", re.IGNORECASE)


@dataclass
class InTeams:
    teams: BotFrameworkStandIn
    platform: str = "teams"
    new: list[str] = field(default_factory=lambda: [PEOPLE[key].key for key in REVIEWERS])

    @property
    def bot_name(self) -> str:
        return self.teams.tenant.bot_name

    def add(self, person: Person) -> None:
        guest = bool(person.slack_flags & {"is_restricted", "is_ultra_restricted"})
        account = self.teams.tenant.add_person(
            person.key, person.name, person.email, entra=person.entra, upn=person.upn, role="guest" if guest else "user"
        )
        account.gone = "deleted" in person.slack_flags
        self.new.append(person.key)

    def identity(self, who: Person) -> Identity:
        return Identity("teams", TEAMS_TENANT, who.entra)

    async def arrive(self) -> None:
        """The app is installed for them: from then on the bot may write first."""
        new, self.new = self.new, []
        await asyncio.gather(*(self._welcomed(key) for key in new))

    async def _welcomed(self, key: str) -> None:
        account = self.teams.tenant.find(key)
        assert (await self.teams.install(key)).ok
        if account.role == "user" and not account.gone:
            await self.teams.wait_for("I can help you reset a password", key)

    async def form(self, who: Person, values: Mapping[str, Any], files: tuple[str, ...] = ()) -> Any:
        assert not files, "Teams takes files in a message, and in no form"
        await self.open_form(who)
        return await self.teams.fill(who, values)

    async def open_form(self, who: Person) -> None:
        await self.arrive()
        asked = await self.teams.say(who, "reset")
        assert asked.ok
        await self.teams.wait_for("Which account or app", who, since=asked.id)

    async def command(self, who: Person, text: str) -> Any:
        return await self.teams.say(who, text)

    async def say(self, who: Person, text: str) -> Any:
        return await self.teams.say(who, text)

    async def press(self, who: Person, label: str, message: Any = None, *, confirm: bool = True) -> Any:
        return await self.teams.press(who, label, message, confirm=confirm)

    async def borrow(self, who: Person, owner: Person, label: str, message: Any) -> Any:
        theirs = self.teams.tenant.open_personal(self.teams.tenant.find(who))
        copied = Message(self.teams.tenant.new_id(), theirs.id, "bot", {"attachments": [{"contentType": CARD, "content": message.card}]})
        self.teams.tenant.messages.append(copied)
        answer = await self.teams.press(who, label, copied.id)
        self.teams.tenant.messages.remove(copied)
        return answer

    async def fill(self, who: Person, values: Mapping[str, Any]) -> Any:
        return await self.teams.fill(who, values)

    async def form_of(self, who: Person) -> str:
        """A dialog, or inputs in the newest card."""

        def look() -> str:
            dialog = self.teams.dialog_of(who)
            if dialog is not None:
                return f"{dialog.title}\n{dialog.reading}"
            return next((m.reading for m in reversed(self.teams.messages(who)) if "Input." in str(m.card)), "")

        return await self.teams.wait_until(look)

    async def after(self, who: Person, answer: Any) -> str:
        return str(answer.said) or await self.form_of(who)

    async def page_of(self, who: Person, *words: str) -> str:
        def look() -> str:
            page = self.teams.dialog_of(who)
            said = f"{page.title}\n{page.reading}" if page else ""
            return said if all(word.casefold() in said.casefold() for word in words) else ""

        return await self.teams.wait_until(look)

    async def details(self, who: Person, ref: str) -> None:
        await self.teams.close(who)
        asked = await self.teams.say(who, "queue")
        shown = await self.teams.wait_for("Review queue", who, since=asked.id)
        if ref not in shown.reading:
            assert (await self.teams.choose(who, "All", "whose")).ok
            shown = await self.teams.wait_for(ref, who, since=asked.id)
        account, kept = self.teams.tenant.find(who), self.teams.tenant.message(shown.talk, shown.id)
        assert kept is not None
        body = (kept.card(account.id) or {})["body"]
        row = next(one for one in body if one["type"] == "ColumnSet" and ref in botframework_reading.reading({"body": [one]}))
        (button,) = botframework_reading.buttons({"body": [row]})
        assert (await self.teams._act(account, kept, button)).ok
        await self.page_of(who, ref)

    async def leave(self, who: Person) -> None:
        """Closes the dialog; in a card the inputs stand there unanswered."""
        await self.teams.close(who)

    async def home(self, who: Person) -> str:
        return ""

    def messages(self, who: Person | str) -> list[Any]:
        return self.teams.messages(who)

    async def wait_for(self, pattern: str, who: Person | str, within: float) -> Any:
        return await self.teams.wait_for(pattern, who, timeout=within)

    def lives_in(self, who: Person, zone: str) -> None:
        assert who.key in self.new, "their client has told their zone already"
        self.teams.tenant.find(who).zone = zone

    def place(self, who: Person) -> str:
        return self.teams.tenant.open_personal(self.teams.tenant.find(who)).id

    def leaves(self, who: Person, *, back: bool = False) -> None:
        account = self.teams.tenant.find(who)
        account.gone = not back
        self.teams.tenant.open_personal(account).installed = back

    def lose(self, message: Any) -> None:
        found = self.teams.tenant.message(message.talk, message.id)
        assert found is not None
        self.teams.tenant.messages.remove(found)

    def edits(self) -> int:
        return len([call for call in self.teams.called("PUT", "/activities/") if call.status == 200])

    def reminders(self, who: Person, ref: str) -> list[str]:
        return [m.reading for m in self.teams.messages(who) if ref in m.reading and not m.buttons and REMINDS.search(m.reading)]

    def fail(self, kind: str, call: Call, *, times: int | None = None, after: bool = False) -> None:
        method, path = {
            "post": ("POST", "/activities"), "edit": ("PUT", "/activities/"), "person": ("GET", "/members"), "reach": ("POST", "/v3/conversations$"),
        }[call]  # fmt: skip
        if times is not None and kind in {"500", "503"} and method != "POST":
            times *= ATTEMPTS  # the connector's client asks again by itself
        self.teams.fail(kind, path=path, method=method, times=times, after=after)

    async def repeat(self, who: Person) -> Any:
        account, courier = self.teams.tenant.find(who), self.teams.courier
        sent = [n for n, (one, _, _) in enumerate(courier.sent) if one["from"]["id"] == account.id and adaptive_payloads.filled(one.get("value") or {})]
        return await courier.again(sent[-1])

    async def forge(self, who: Person, text: str) -> None:
        courier, account = self.teams.courier, self.teams.tenant.find(who)
        activity = courier.activity("message", account, self.teams.tenant.open_personal(account), text=text)
        for token in ("", courier.token()[:-8] + "AAAAAAAA", courier.token(exp=1)):
            assert (await courier.deliver(activity, token=token)).status == 401

    def calls(self) -> list[Any]:
        return self.teams.calls

    def secrets(self) -> list[str]:
        """The password, and every token that was good for once."""
        tokens = [headers["Authorization"].removeprefix("Bearer ") for _, headers, _ in self.teams.courier.sent if headers]
        return [self.teams.tenant.password, *self.teams.connector.tokens, *tokens]

    def failing(self) -> bool:
        return bool(self.teams.failures)

    def heal(self) -> None:
        self.teams.heal()

    async def settle(self) -> None:
        """An activity is answered before its sender goes on."""

    def faults(self) -> list[str]:
        return self.teams.tenant.faults
