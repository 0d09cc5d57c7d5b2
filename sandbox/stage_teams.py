"""What people of a scene do in Microsoft Teams, and what they see there, written down as it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sandbox.botframework import BotFrameworkStandIn
from sandbox.botframework_delivery import Answer
from sandbox.botframework_records import Account, Message
from sandbox.botframework_seeing import Seen
from sandbox.transcript import Transcript
from sandbox.watching import FOREVER, REFERENCE, first
from sandbox.world import PEOPLE

PATIENCE = 15.0


class InTeams:
    """`since` is a moment of Slack's workspace: seconds of the same clock. Messages before it are somebody else's scene."""

    def __init__(self, teams: BotFrameworkStandIn, cast: Sequence[str], since: str, told: Transcript) -> None:
        self.teams = teams
        self.told = told
        self.since = int(float(since) * 1000)
        self.references: set[str] = set()
        """Of requests that somebody of the cast was shown here."""
        self._readers = [teams.tenant.find(key) for key in cast]
        self._drawn: dict[tuple[str, str], tuple[str, ...]] = {}
        self._task: asyncio.Task[object] | None = None

    # ------------------------------------------------------------ people

    async def installs(self, who: str) -> None:
        """The app is installed for them, and greets them once."""
        self._does(who, "has the app installed in Teams")
        await self.teams.install(who)
        await self.sees(who, "I can help you reset", ever=True)

    async def says(self, who: str, text: str) -> Answer:
        self._does(who, f"writes in Teams: {text}")
        return await self.teams.say(who, text)

    async def presses(self, who: str, label: str, message: Seen | None = None) -> Answer:
        answer = await self.teams.press(who, label, message, within=PATIENCE)
        asked = ", and confirms" if answer.confirm else ""
        self._does(who, f"presses [{label}] in Teams{asked}")
        dialog = self.teams.dialog_of(who)
        if dialog is not None:
            self.told.add("sees", f"to {self._name(who)}", f"a dialog “{dialog.title}”: {_line(dialog.reading)}")
        return answer

    async def fills(self, who: str, **fields: str) -> Answer:
        """The open dialog, or the form in the chat; by the beginning of its labels, with _ for a space."""
        values = {name.replace("_", " "): value for name, value in fields.items()}
        answer = await self.teams.fill(who, values, within=PATIENCE)
        self._does(who, f"fills in: {'; '.join(f'{name}: {value}' for name, value in values.items())}")
        for label, error in answer.errors.items():
            self.told.add("sees", f"to {self._name(who)}", f"{label}: {error}")
        if answer.said:
            self.told.add("sees", f"to {self._name(who)}", answer.said)
        return answer

    async def sees(self, who: str, pattern: str, *, ever: bool = False) -> Seen:
        """Waits for a message of this scene (`ever`: of any) with these words. TimeoutError says what they see instead."""
        return await self.teams.wait_for(pattern, who, since="" if ever else str(self.since), timeout=PATIENCE)

    async def number(self, who: str) -> str:
        """The number that they are to tap."""
        found = await self.sees(who, r"Tap \d+")
        return found.reading.partition("Tap ")[2].partition(".")[0]

    # ------------------------------------------------------------ the transcript

    def start(self) -> None:
        self._task = asyncio.create_task(self.teams.tenant.until(self.look, FOREVER))

    async def stop(self) -> None:
        """Looks a last time and ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.look()

    def look(self) -> None:
        for reader in self._readers:
            for message in self._of(reader):
                self._shown(message, reader)

    def _of(self, reader: Account) -> list[Message]:
        return [m for m in self.teams.tenant.visible(reader) if m.author == "bot" and int(m.id) > self.since]

    def _shown(self, message: Message, reader: Account) -> None:
        seen = self.teams.seen(message, reader)
        lines = tuple(line.strip() for line in seen.reading.splitlines() if line.strip())
        before = self._drawn.get((message.id, reader.id), ())
        self._drawn[message.id, reader.id] = lines
        self.references.update(REFERENCE.findall(f"{seen.text} {seen.reading}"))
        fresh = [line for line in lines if line not in before]
        if fresh:
            self.told.add("sees", f"to {first(reader.name)}", f"(Teams{', edited' if before else ''}) {' / '.join(fresh)}")

    def told_others(self, reference: str, requester: str) -> bool:
        """Somebody other than `requester` (a key) got a message about this request here."""
        others = {account.id for account in self.teams.tenant.accounts.values() if account.key != requester}
        for message in self.teams.tenant.messages:
            if message.author == "bot" and int(message.id) > self.since and others & set(self.teams.tenant.talks[message.talk].members):
                named = REFERENCE.search(str(message.activity.get("summary") or message.activity.get("text") or ""))
                if named is not None and named.group() == reference:
                    return True
        return False

    def _name(self, who: str) -> str:
        return first(PEOPLE[who].name)

    def _does(self, who: str, what: str) -> None:
        self.told.add("act", self._name(who), what)


def _line(text: str) -> str:
    return " / ".join(line.strip() for line in text.splitlines() if line.strip())
