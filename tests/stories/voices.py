"""How people of a story speak to the bot, and what they read: in Slack, or in Teams. A story asks in words and knows neither."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dialogs.chat import Identity
from sandbox.botframework import BotFrameworkStandIn
from sandbox.botframework_records import CARD, Message
from sandbox.slack import SlackStandIn
from sandbox.world import PEOPLE, TEAMS_TENANT, TENANT, Person

EVERYWHERE = ("slack", "teams")
REVIEWERS = ("priya", "sam", "lena")
"""Of the world's own people: for them the app is installed before the first story."""


class Voice(Protocol):
    """Messages have id, channel, author, text, reading, buttons and edited; answers ok, errors and confirm."""

    @property
    def platform(self) -> str: ...
    @property
    def bot_name(self) -> str: ...

    def add(self, person: Person) -> None:
        """Somebody new who uses this platform."""

    def identity(self, who: Person) -> Identity: ...
    async def arrive(self) -> None:
        """Whoever is new can be spoken to from now on."""

    async def form(self, who: Person, values: Mapping[str, Any], files: tuple[str, ...] = ()) -> Any:
        """Asks for the form, fills it in and sends it."""

    async def command(self, who: Person, text: str) -> Any:
        """`help`, `status`, `cancel IT-1`."""

    async def say(self, who: Person, text: str) -> Any: ...
    async def press(self, who: Person, label: str, message: Any = None, *, confirm: bool = True) -> Any: ...
    async def borrow(self, who: Person, owner: Person, label: str, message: Any) -> Any:
        """Presses a button of a message that is not theirs: it was forwarded, or its delivery is made up."""

    async def fill(self, who: Person, values: Mapping[str, Any]) -> Any:
        """The form that is open for them."""

    async def form_of(self, who: Person) -> str:
        """What the form that is open for them says, title and all, once it is there."""

    async def leave(self, who: Person) -> None:
        """Closes it without sending."""

    async def home(self, who: Person) -> str:
        """What they read on the bot's Home page, "" where there is none."""

    def messages(self, who: Person | str) -> list[Any]: ...
    async def wait_for(self, pattern: str, who: Person | str, within: float) -> Any:
        """The newest message of the bot's like this."""

    async def settle(self) -> None:
        """Whatever the platform still had to do is done."""

    def faults(self) -> list[str]:
        """What the platform would not have taken."""


@dataclass
class InSlack:
    slack: SlackStandIn
    platform: str = "slack"

    @property
    def bot_name(self) -> str:
        return self.slack.ws.bot_name

    def add(self, person: Person) -> None:
        self.slack.ws.add_person(person.key, person.name, person.email, slack_id=person.slack, flags=person.slack_flags)

    def identity(self, who: Person) -> Identity:
        return Identity("slack", TENANT, who.slack)

    async def arrive(self) -> None:
        """A workspace's members can be found by their address."""

    async def form(self, who: Person, values: Mapping[str, Any], files: tuple[str, ...] = ()) -> Any:
        opened = await self.slack.command(who)
        assert opened.status == 200
        return await self.slack.fill(who, values, files={"attach": files} if files else None)

    async def command(self, who: Person, text: str) -> Any:
        return await self.slack.command(who, text)

    async def say(self, who: Person, text: str) -> Any:
        return await self.slack.say(who, text)

    async def press(self, who: Person, label: str, message: Any = None, *, confirm: bool = True) -> Any:
        return await self.slack.press(who, label, message, confirm=confirm)

    async def borrow(self, who: Person, owner: Person, label: str, message: Any) -> Any:
        found = self.slack._button(self.slack.ws.find(owner), label, message.ts)
        assert found is not None
        place, block, element = found
        return await self.slack._act(self.slack.ws.find(who), place, block, element, {})

    async def fill(self, who: Person, values: Mapping[str, Any]) -> Any:
        return await self.slack.fill(who, values)

    async def form_of(self, who: Person) -> str:
        page = await self.slack.wait_until(lambda: self.slack.modal_of(who))
        return f"{page.title}\n{page.reading}"

    async def leave(self, who: Person) -> None:
        await self.slack.press(who, "Cancel")

    async def home(self, who: Person) -> str:
        await self.slack.open_home(who)
        return (await self.slack.wait_until(lambda: self.slack.home_of(who))).reading

    def messages(self, who: Person | str) -> list[Any]:
        return self.slack.messages(who)

    async def wait_for(self, pattern: str, who: Person | str, within: float) -> Any:
        return await self.slack.wait_for(pattern, who, timeout=within)

    async def settle(self) -> None:
        await self.slack.courier.settle(5)

    def faults(self) -> list[str]:
        return self.slack.ws.faults


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
        asked = await self.teams.say(who, "reset")
        assert asked.ok
        await self.teams.wait_for("Which account or app", who, since=asked.id)
        return await self.teams.fill(who, values)

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

    async def leave(self, who: Person) -> None:
        """Closes the dialog; in a card the inputs stand there unanswered."""
        await self.teams.close(who)

    async def home(self, who: Person) -> str:
        return ""

    def messages(self, who: Person | str) -> list[Any]:
        return self.teams.messages(who)

    async def wait_for(self, pattern: str, who: Person | str, within: float) -> Any:
        return await self.teams.wait_for(pattern, who, timeout=within)

    async def settle(self) -> None:
        """An activity is answered before its sender goes on."""

    def faults(self) -> list[str]:
        return self.teams.tenant.faults
