"""What a scene has in hand: people who act by words, phones, Okta's admins, broken systems, and what can be looked at.

Whatever is done here is written into the transcript; what people see is written there by `Watch`. The people of the
cast are put back as they were when the scene is over, and what it broke is mended.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.company import Company
from sandbox.ledger import GLANCE, Ledger, Record, Row
from sandbox.scene import Scene
from sandbox.slack_delivery import Answer
from sandbox.slack_seeing import Message
from sandbox.stage_teams import InTeams
from sandbox.stand_in import Failure, StandIn
from sandbox.transcript import Transcript
from sandbox.watching import REFERENCE, Watch, first, lines_of
from sandbox.world import PEOPLE

PATIENCE = 15.0
"""Seconds in which what somebody waits for has to appear."""
NUMBER = r"Tap (\d+)"
OVER = ("Completed", "Rejected", "Closed")


class Stage:
    def __init__(self, company: Company, record: Record, scene: Scene) -> None:
        self.company = company
        self.scene = scene
        self.slack = company.slack
        self.okta = company.okta
        self.told = Transcript()
        self.record = record
        self.ledger = Ledger(company, record, scene.cast)
        self.watch = Watch(company.slack, scene.cast, self.ledger.since, self.told)
        self.teams = InTeams(company.botframework, scene.cast, self.ledger.since, self.told)
        self.ledger.elsewhere = self.teams.told_others
        self.also: list[str] = []
        """What the scene found besides (`found`)."""
        self.alone = scene.alone
        """Nothing else may run beside this scene now."""
        self._cast = scene.cast
        self._before = {key: copy.deepcopy(self.okta.people[key]) for key in scene.cast if key in self.okta.people}
        self._broken: list[tuple[StandIn, Failure]] = []

    def begins(self) -> None:
        """From now on what people see is written down."""
        self.watch.start()
        self.teams.start()

    # ------------------------------------------------------------ people in Slack; in Teams they act by `teams`

    async def command(self, who: str, text: str = "") -> Answer:
        """Types the slash command in the conversation with the bot."""
        self._does(who, f"types {self.slack.ws.command} {text}".rstrip())
        return await self.slack.command(who, text)

    async def says(self, who: str, text: str, *, channel: str = "") -> Answer:
        """Writes to the bot, or in a channel; `<@bot>` mentions it. `Answer.ts` is the message."""
        self._does(who, f"{f'in #{channel}' if channel else 'writes'}: {text.replace('<@bot>', '@Password Reset')}")
        return await self.slack.say(who, text, channel)

    async def fills(self, who: str, **fields: str) -> Answer:
        """Fills the open form by the beginning of its labels, with _ for a space, and sends it."""
        values = {name.replace("_", " "): value for name, value in fields.items()}
        page = await self.slack.wait_until(lambda: self.slack.modal_of(who), PATIENCE, "a form")
        self._does(who, f"fills in “{page.title}”: {'; '.join(f'{name}: {value}' for name, value in values.items())}")
        answer = await self.slack.fill(who, values)
        for label, error in answer.errors.items():
            self.told.add("sees", f"to {self._name(who)}", f"{label}: {error}")
        return answer

    async def asks_by_form(self, who: str, application: str, **more: str) -> Answer:
        """The slash command, the form, and sending it."""
        await self.command(who)
        return await self.fills(who, Which_account_or_app=application, **more)

    async def presses(self, who: str, label: str, message: Message | None = None) -> Answer:
        """Presses the newest button with these words (or that of `message`), and says yes when it asks again."""
        answer = await self.slack.press(who, label, message, within=PATIENCE)
        asked = f", and confirms “{answer.confirm.partition(':')[0]}”" if answer.confirm else ""
        self._does(who, f"presses [{label}]{asked}")
        return answer

    async def sees(self, who: str, pattern: str, *, within: float = PATIENCE, after: str = "") -> Message:
        """Waits until they see a message of this scene with these words (a pattern, any case). `after` is the ts of a message.

        TimeoutError says what they saw last instead.
        """
        since, user = after or self.ledger.since, self.slack.ws.find(who)

        def look() -> Message | None:
            posts = [p for p in reversed(self.slack.ws.visible(user.id)) if p.ts > since and p.author != user.id]
            return next((m for p in posts if (m := self.slack.message(p, user)).says(pattern)), None)

        found = await self.slack.ws.until(look, within)
        if found is None:
            shown = [" / ".join(lines_of(m)) for m in self.slack.messages(who) if m.ts > since and m.author != user.name]
            raise TimeoutError(f"{self._name(who)} saw no “{pattern}” within {within:g} s, but last: {shown[-1] if shown else 'nothing'}")
        return found

    async def reference(self, who: str) -> str:
        """The reference of the request that they were shown first in this scene."""
        found = REFERENCE.search((await self.sees(who, REFERENCE.pattern)).reading)
        if found is None:
            raise LookupError(f"{self._name(who)} was shown no reference")
        return found.group()

    def saw(self, who: str, pattern: str) -> bool:
        """Whether they have seen such a message in this scene so far."""
        own = self.slack.ws.find(who).name
        return any(m.ts > self.ledger.since and m.author != own and m.says(pattern) for m in self.slack.messages(who))

    # ------------------------------------------------------------ phones

    async def number(self, who: str, *, within: float = PATIENCE) -> str:
        """The number that the chat shows them."""
        found = await self.sees(who, NUMBER, within=within)
        return found.reading.partition("Tap ")[2].partition(".")[0]

    async def confirms(self, who: str, *, teams: bool = False) -> None:
        """Waits for the number, in Slack or in Teams, and taps it on the phone."""
        number = await (self.teams.number(who) if teams else self.number(who))
        self.okta.push_approve(who, number)
        self._phone(who, f"taps {number}")

    async def refuses(self, who: str) -> None:
        await self.number(who)
        self.okta.push_reject(who)
        self._phone(who, "taps “No, it's not me”")

    async def lets_it_run_out(self, who: str) -> None:
        """Waits until a push is on the phone, then lets its time be over."""
        await self.until(lambda: any(p.person == who and p.state == "WAITING" for p in self.okta.pushes), "a push")
        self.okta.push_timeout(who)
        self._phone(who, "stays in the pocket until the prompt has run out")

    # ------------------------------------------------------------ admins, and systems that break

    async def admin(self, action: str, person: str, **body: Any) -> None:
        """A control action of Okta (set_status, set_apps, add_role, set_factors, ...)."""
        await self.okta.act(action, {"person": person, **body})
        self.told.add("note", "Okta admin", f"{action.replace('_', ' ')}: {', '.join([self._name(person), *map(_plain, body.values())])}")

    def breaks(self, system: StandIn, kind: str, **how: Any) -> None:
        """A failure switch; it is taken back at the end of the scene, or by `mends`."""
        failure = Failure(kind, **how)
        system.failures.append(failure)
        self._broken.append((system, failure))
        what = {"500": "answers everything with 500", "503": "is down (503)", "slow": f"takes {failure.seconds:g} s for each answer"}
        said = what.get(kind, f"fails: {kind}")
        if failure.after:
            said = "carries the next reset out, but its answer is lost (500)"
        self.told.add("note", _system(system), said)

    def mends(self) -> None:
        """Everything that this scene broke works again."""
        for system, failure in self._broken:
            if failure in system.failures:
                system.failures.remove(failure)
            self.told.add("note", _system(system), "works again")
        self._broken.clear()
        self.alone = False

    # ------------------------------------------------------------ looking

    async def until(self, look: Callable[[], object], what: str, *, within: float = PATIENCE) -> None:
        """Waits for something outside of Slack. TimeoutError names it."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + within
        while not look():
            if loop.time() > ends:
                raise TimeoutError(f"{what} did not happen within {within:g} s")
            await asyncio.sleep(GLANCE)

    async def row(self, *, status: str = "", within: float = PATIENCE) -> Row:
        """The newest request of the cast in this scene, once it has this status. TimeoutError otherwise."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + within
        while True:
            rows = await self.ledger.look()
            if rows and status in ("", rows[-1]["status"]):
                return rows[-1]
            if loop.time() > ends:
                raise TimeoutError(f"no request became {status or 'visible'} within {within:g} s: {[r['status'] for r in rows] or 'none'}")

    def found(self, words: str, truth: object) -> None:
        """Something that this scene is about, in its own words; when it is not so, it is said as such and differs from what is expected."""
        self.also.append(words if truth else f"NOT: {words}")

    # ------------------------------------------------------------ the end

    async def withdraws(self) -> None:
        """What is still open is withdrawn by those who asked for it, so that a later scene of theirs starts clean (row 3)."""
        for row in self.ledger.rows:
            asked = row["requester"].casefold()
            who = next((p.key for p in self.ledger.people if asked in (p.email.casefold(), p.slack.casefold(), p.entra)), "")
            if who and row["status"] not in OVER:
                await self.slack.command(who, f"cancel {row['request_id']}")
                if self.company.botframework.tenant.personal(self.company.botframework.tenant.find(who)):
                    await self.company.botframework.say(who, f"cancel {row['request_id']}")

    async def close(self) -> None:
        """Puts the people back, mends what was broken, closes forms. The transcript is complete afterwards."""
        if self._broken:
            self.mends()
        for who in self._cast:
            with contextlib.suppress(LookupError):  # no form is open, as it should be
                await self.slack.close(who, all_=True)
            await self.company.botframework.close(who)
        await self.watch.stop()
        await self.teams.stop()
        self.ledger.write_down(self.told, self.watch.references | self.teams.references)
        self.okta.people.update(self._before)

    # ------------------------------------------------------------ how

    def _name(self, who: str) -> str:
        return first(PEOPLE[who].name)

    def _does(self, who: str, what: str) -> None:
        self.told.add("act", self._name(who), what)

    def _phone(self, who: str, what: str) -> None:
        self.told.add("act", f"{self._name(who)}'s phone", what)


def _system(system: StandIn) -> str:
    return {"servicenow": "ServiceNow", "slack": "Slack", "confluence": "Confluence"}.get(system.name, system.name)


def _plain(value: object) -> str:
    if isinstance(value, list):
        return " + ".join(map(str, value)) or "none"
    return ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, Mapping) else str(value)
