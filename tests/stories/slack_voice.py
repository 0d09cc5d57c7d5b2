"""tests.stories.voices.Voice in Slack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialogs.chat import Identity
from sandbox import slack_reading
from sandbox.slack import SlackStandIn
from sandbox.world import TENANT, Person
from tests.stories.voices import Call


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
        await self.open_form(who)
        return await self.slack.fill(who, values, files={"attach": files} if files else None)

    async def open_form(self, who: Person) -> None:
        assert (await self.slack.command(who)).status == 200
        assert await self.slack.wait_until(lambda: self.slack.modal_of(who)) is not None

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

    async def after(self, who: Person, answer: Any) -> str:
        return await self.form_of(who)

    async def page_of(self, who: Person, *words: str) -> str:
        def look() -> str:
            page = self.slack.modal_of(who)
            said = f"{page.title}\n{page.reading}" if page else ""
            return said if all(word.casefold() in said.casefold() for word in words) else ""

        return await self.slack.wait_until(look)

    async def details(self, who: Person, ref: str) -> None:
        ws, user = self.slack.ws, self.slack.ws.find(who)
        ws.stacks.pop(user.id, None)
        await self.slack.open_home(who)
        await self.slack.choose(who, "All")
        await self.slack.wait_until(lambda: (page := self.slack.home_of(who)) and ref in page.reading)
        home = ws.homes[user.id]
        block = next(block for block in home.blocks if ref in slack_reading.text_of(block.get("text")))
        (button,) = slack_reading.elements(block)
        assert (await self.slack._act(user, home, block, button, {})).ok
        await self.page_of(who, ref)

    async def leave(self, who: Person) -> None:
        await self.slack.press(who, "Cancel")

    async def home(self, who: Person) -> str:
        await self.slack.open_home(who)
        return (await self.slack.wait_until(lambda: self.slack.home_of(who))).reading

    def messages(self, who: Person | str) -> list[Any]:
        return self.slack.messages(who)

    async def wait_for(self, pattern: str, who: Person | str, within: float) -> Any:
        return await self.slack.wait_for(pattern, who, timeout=within)

    def lives_in(self, who: Person, zone: str) -> None:
        self.slack.ws.find(who).tz = zone

    def place(self, who: Person) -> str:
        return self.slack.ws.dm(who.slack).id

    def leaves(self, who: Person, *, back: bool = False) -> None:
        self.slack.ws.find(who).flags = frozenset() if back else frozenset({"deleted"})

    def lose(self, message: Any) -> None:
        self.slack.ws.remove(next(p for p in self.slack.ws.posts if (p.channel, p.ts) == (message.channel, message.id)))

    def edits(self) -> int:
        return len(self.slack.called("POST", "chat.update"))

    def reminders(self, who: Person, ref: str) -> list[str]:
        return [m.reading for m in self.slack.messages(who) if m.thread and m.thread != m.ts and ref in m.reading]

    def fail(self, kind: str, call: Call, *, times: int | None = None, after: bool = False) -> None:
        path = {"post": "chat.postMessage", "edit": "chat.update", "person": "users.info", "reach": "users.lookupByEmail"}[call]
        self.slack.fail(kind, path=path, times=times, after=after)

    async def repeat(self, who: Person) -> Any:
        sent = [d for d in self.slack.courier.sent if d.payload.get("type") == "view_submission" and d.payload["user"]["id"] == who.slack]
        return await self.slack.courier.again(sent[-1], attempt=1)

    async def forge(self, who: Person, text: str) -> None:
        for how in ("unsigned", "wrong secret", "changed body"):
            answer = await self.slack.courier.forged("slash_commands", {"command": "/password-reset", "text": text, "user_id": who.slack}, how=how)
            assert answer.status == 401

    def calls(self) -> list[Any]:
        return self.slack.calls

    def secrets(self) -> list[str]:
        return [self.slack.ws.bot_token, self.slack.ws.signing_secret]

    def failing(self) -> bool:
        return bool(self.slack.failures)

    def heal(self) -> None:
        self.slack.heal()

    async def settle(self) -> None:
        await self.slack.courier.settle(5)

    def faults(self) -> list[str]:
        return self.slack.ws.faults
