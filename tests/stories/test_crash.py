"""kill -9 of the real process at marked moments, then a start: no request is lost, nothing is reset twice, nobody is told twice.

Many people are at different moments when the one kill comes. What runs out with time (leases, looks) is moved in the
rows while the process is down.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sandbox.company import Company
from sandbox.stand_in import StandIn
from sandbox.world import Person
from tests.stories.conftest import ALONE
from tests.stories.slack_voice import InSlack
from tests.stories.teams_voice import InTeams
from tests.stories.voices import EVERYWHERE, Voice

PLATFORMS = EVERYWHERE
pytestmark = pytest.mark.timeout(150)


@dataclass(repr=False)
class Running:
    company: Company
    chat: Voice
    people: int = 0

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with sqlite3.connect(f"file:{self.company.folder / 'keyturn.db'}?mode=ro", uri=True, timeout=10) as file:
            file.row_factory = sqlite3.Row
            return file.execute(query, values).fetchall()

    def person(self) -> Person:
        self.people += 1
        key = f"c{self.people}"
        made = Person(key, f"Crash{self.people} Test", f"{key}@example.com", f"U0CRSH{self.people:04d}", f"00ucrash{self.people:010d}h7",
                      apps=("Payroll", "VPN"))
        self.chat.add(made)
        self.company.okta.add_person(made)
        return made

    async def form(self, who: Person) -> str:
        await self.chat.arrive()
        await self.chat.open_form(who)
        return await self.filled(who)

    async def filled(self, who: Person) -> str:
        """The form that is open, sent."""
        assert (await self.chat.fill(who, {"which account": "Payroll"})).status == 200
        (row,) = self.requests(who)
        return str(row["request_id"])

    def requests(self, who: Person) -> list[sqlite3.Row]:
        return self.rows("SELECT request_id FROM password_reset_requests WHERE platform_user = ?", self.chat.identity(who).user)

    async def until(self, look: Any, what: str, within: float = 20.0) -> Any:
        end = asyncio.get_running_loop().time() + within
        while not (found := look()):
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"{what} did not happen within {within:g} s; {self.company.tail()}")
            await asyncio.sleep(0.03)
        return found

    async def ended(self, ref: str) -> str:
        """The status in which it came to rest."""

        def look() -> str:
            (row,) = self.rows("SELECT status FROM password_reset_requests WHERE request_id = ?", ref)
            return str(row["status"]) if row["status"] in ("Completed", "Escalated", "Rejected", "Closed") else ""

        return str(await self.until(look, f"{ref} being over"))

    async def quiet(self, ref: str) -> None:
        soon = (datetime.now(UTC) + timedelta(seconds=20)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        await self.until(lambda: not self.rows("SELECT id FROM keyturn_jobs WHERE request_id = ? AND run_at < ?", ref, soon), f"{ref} being quiet")

    async def kill_and_start(self, heal: tuple[StandIn, ...]) -> None:
        """kill -9; while it is down two minutes pass; everything works again; start."""
        await self.company.kill()
        for stand_in in heal:
            stand_in.heal()
        with sqlite3.connect(self.company.folder / "keyturn.db", timeout=10) as file:
            file.execute("UPDATE keyturn_jobs SET leased_until = '2020-01-01T00:00:00.000Z' WHERE leased_until IS NOT NULL")
            ago = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            file.execute("UPDATE keyturn_effects SET consumed_at = ? WHERE consumed_at IS NOT NULL AND finished_at IS NULL", [ago])
        await self.company.start()

    def writes(self, who: Person) -> int:
        return len([c for c in self.company.okta.calls if c.method == "POST" and who.okta in c.path and c.path.endswith("reset_password")])

    def incidents(self, ref: str) -> int:
        return len([row for row in self.company.servicenow.incidents if row["correlation_id"] == ref])

    def told(self, who: Person, words: str) -> int:
        return len([m for m in self.chat.messages(who) if words in m.reading])

    async def check(self, refs: list[str]) -> None:
        """The chain holds; every ending has one Closure event; effects and ledger fit together."""
        code, out, err = await self.company.keyturn("audit", "verify")
        assert code == 0, out + err
        assert self.chat.faults() == []
        for ref in refs:
            (row,) = self.rows("SELECT status, closed_at FROM password_reset_requests WHERE request_id = ?", ref)
            closures = self.rows("SELECT seq FROM password_reset_audit_log WHERE request_id = ? AND event_type = 'Closure'", ref)
            assert len(closures) == (1 if row["closed_at"] else 0), ref
            for effect in self.rows("SELECT * FROM keyturn_effects WHERE request_id = ?", ref):
                assert effect["finished_at"] and effect["outcome"], ref
        said = self.company.said.read_text(encoding="utf-8", errors="replace")
        assert "Traceback" not in said, said[-3000:]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, platform: str) -> AsyncIterator[Running]:
    folder: Path = tmp_path_factory.mktemp("crash")
    company = Company(folder, **ALONE[platform])
    await company.open()
    try:
        await company.accept_policy()
        await company.start()
        yield Running(company, InSlack(company.slack) if platform == "slack" else InTeams(company.botframework))
    finally:
        await company.close()


@dataclass(frozen=True)
class Moment:
    """Where the process is when it is killed: the call that hangs (`{}` is the person's Okta id, `{factor}` the factor's).
    `after`: it had its effect already."""

    path: str
    method: str
    after: bool = False
    ends: str = "Completed"


OKTA = {
    "the push": Moment("{factor}/verify", "POST"),
    "the push was sent": Moment("{factor}/verify", "POST", after=True),
    "the poll": Moment("{factor}/transactions/", "GET"),
    "the poll, answered": Moment("{factor}/transactions/", "GET", after=True),
    "the reset was not made": Moment("{}/lifecycle/reset_password", "POST", ends="Escalated"),
    "the reset was made": Moment("{}/lifecycle/reset_password", "POST", after=True),
}


async def test_killed_in_the_middle_of_okta_s_calls(running: Running) -> None:
    okta = running.company.okta
    people: dict[str, Person] = {}
    refs: dict[str, str] = {}
    for name, moment in OKTA.items():
        who = people[name] = running.person()
        path = moment.path.format(who.okta, factor=okta.person(who.key).factors[0].id)
        okta.fail("hang", path=path, method=moment.method, after=moment.after)
        refs[name] = await running.form(who)
    second = running.person()
    refs["the second look"] = await running.form(second)
    people["the second look"] = second
    await running.until(lambda: any(p.person == second.key for p in okta.pushes), "the push")
    okta.fail("hang", path=f"{second.okta}/groups$", method="GET")
    _approve(running, second)

    def there() -> bool:
        for name, moment in OKTA.items():
            _approve(running, people[name])
            path = moment.path.format(people[name].okta, factor=okta.person(people[name].key).factors[0].id).removesuffix("$")
            if not [c for c in okta.calls if c.method == moment.method and path in c.path]:
                return False
        return len([c for c in okta.calls if c.path.endswith(f"{second.okta}/groups")]) >= 2

    await running.until(there, "everybody at their moment")
    looked = people["the look-ups"] = running.person()  # last: what cannot be read is given up after six seconds
    okta.fail("hang", path=f"{looked.okta}/roles$", method="GET")
    refs["the look-ups"] = await running.form(looked)
    await running.until(lambda: [c for c in okta.calls if c.path.endswith(f"{looked.okta}/roles")], "the look-up")
    await running.kill_and_start((okta,))
    for name, ref in refs.items():

        def over(ref: str = ref, who: Person = people[name]) -> bool:
            _approve(running, who)
            (row,) = running.rows("SELECT status FROM password_reset_requests WHERE request_id = ?", ref)
            return row["status"] in ("Completed", "Escalated")

        await running.until(over, f"{name}: {ref} over")
        (row,) = running.rows("SELECT status, rationale FROM password_reset_requests WHERE request_id = ?", ref)
        assert row["status"] == (OKTA[name].ends if name in OKTA else "Completed"), (name, row["rationale"])
        await running.quiet(ref)
        assert running.writes(people[name]) == 1, name
        assert running.incidents(ref) == 1, name
        assert running.told(people[name], "All set: check your e-mail") == (1 if row["status"] == "Completed" else 0), name
    await running.check(list(refs.values()))


def _approve(running: Running, who: Person) -> None:
    if any(p.person == who.key and p.state == "WAITING" for p in running.company.okta.pushes):
        running.company.okta.push_approve(who.key)


async def test_killed_while_others_are_told(running: Running) -> None:
    """During the first message, the last one, the incident and the mail, each of which had its effect already."""
    company, chat = running.company, running.chat
    first, last, ticket, mail = (running.person() for _ in range(4))
    await chat.arrive()
    await chat.open_form(first)
    chat.fail("hang", "post", times=1, after=True)
    refs = {first: await running.filled(first)}
    await running.until(lambda: running.told(first, "Got your request"), "the first message")
    for who in (last, ticket, mail):
        refs[who] = await running.form(who)
        await running.until(lambda who=who: any(p.person == who.key for p in company.okta.pushes), "the push")
        await running.until(lambda who=who: running.told(who, "Tap"), "the number")
        await running.until(lambda who=who: running.incidents(refs[who]), "the incident")
    chat.fail("hang", "post", times=1, after=True)
    _approve(running, last)
    await running.until(lambda: running.told(last, "All set: check your e-mail"), "the last message")
    company.servicenow.fail("hang", method="PATCH", after=True)
    company.mail.fail("hang", path="DATA", after=True)
    for who in (ticket, mail):
        _approve(running, who)
        await running.ended(refs[who])
    await running.until(lambda: [m for m in company.mail.messages if m.recipient == mail.email], "the mail")
    await running.until(lambda: [c for c in company.servicenow.calls if c.method == "PATCH"], "the note")
    await running.kill_and_start((*company.stand_ins,))
    for _ in range(2):
        assert (await chat.repeat(last)).status == 200
    for who, ref in refs.items():

        def over(ref: str = ref, who: Person = who) -> bool:
            _approve(running, who)
            (row,) = running.rows("SELECT status FROM password_reset_requests WHERE request_id = ?", ref)
            return bool(row["status"] == "Completed")

        await running.until(over, f"{ref} over")
        await running.quiet(ref)
        assert running.writes(who) == 1
        assert running.incidents(ref) == 1
        (incident,) = (row for row in company.servicenow.incidents if row["correlation_id"] == ref)
        assert incident["state"] == "6"
        # What was being posted when the process died can be found again in Slack. Teams cannot be asked: it stands there twice.
        twice = chat.platform == "teams"
        steps = [m for m in chat.messages(who) if ref in m.reading and "Payroll" in m.reading]
        assert len(steps) == (2 if twice and who is first else 1), [m.reading for m in steps]
        assert running.told(who, "All set: check your e-mail") == (2 if twice and who is last else 1)
        assert len({m.message["Message-ID"] for m in company.mail.messages if m.recipient == who.email}) == 1
        assert len(running.requests(who)) == 1
    await running.check(list(refs.values()))


async def test_killed_before_a_message_was_read(running: Running) -> None:
    """What was acknowledged is there after the start: a message whose author could not be looked up yet, and a form."""
    company, chat = running.company, running.chat
    who, other = running.person(), running.person()
    chat.fail("hang", "person")
    assert (await chat.say(who, "I forgot my Payroll password")).status == 200
    assert (await chat.say(other, "locked out of VPN")).status == 200
    await running.kill_and_start((*company.stand_ins,))
    for person in (who, other):
        found = await running.until(lambda person=person: running.requests(person), "the request")
        ref = str(found[0]["request_id"])
        await running.until(lambda person=person: any(p.person == person.key for p in company.okta.pushes), "the push")
        _approve(running, person)
        assert await running.ended(ref) == "Completed"
        await running.quiet(ref)
        assert running.writes(person) == 1 and len(found) == 1
        code, out, _ = await company.keyturn("requests", "show", ref, "--json")
        assert code == 0 and json.loads(out)["agent_output"]["status"] == "Completed"
    assert await company.stop() == 0
    await company.start()
    await running.check([])
