"""One company, one Keyturn in this process, and what every story looks at afterwards.

The oracle is what reached the outside (the ledgers of the stand-ins), the rows, and the log; never what the bot says
it did. What its requester reads is asserted beside that, as words.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from bot import logs
from bot.app import Keyturn, run
from bot.settings import load
from bot.teams_chat import TeamsChat
from sandbox import world
from sandbox.company import AUDIT_KEY, Company
from sandbox.stand_in import Call
from sandbox.world import Person
from storage import audit, database, moments, sql
from storage.audit import Intact
from storage.models import AuditEvent, Effect, Job, Request
from tests.stories.slack_voice import InSlack
from tests.stories.teams_voice import InTeams
from tests.stories.voices import Voice

SOON = timedelta(milliseconds=15)
PATIENCE = 20.0
"""Seconds until a story gives up what it waits for. A fault that is repeated takes some, and the machine may be busy."""
WRITES = re.compile(r"/(?:lifecycle/(?:reset_password|unlock)|credentials/forgot_password)$")
TERMINAL = {"Completed", "Rejected", "Closed"}
TOOLS = {"okta_send_password_reset_link", "okta_unlock"}


def policy(rules: dict[str, str] | None = None, applications: str = "") -> str:
    """The world's policy page with other settings of some rules, and further rows of the application table."""
    text = world.POLICY
    for name, setting in (rules or {}).items():
        row = f"| {name} | {setting} |"
        text, found = re.subn(rf"^\| {re.escape(name)} \|.*$", row, text, flags=re.MULTILINE)
        if not found:
            text = text.replace("| Self-service resets |", f"{row}\n| Self-service resets |", 1)
    return text.replace("| Travel Desk |", f"{applications}\n| Travel Desk |".lstrip("\n"), 1)


@dataclass(repr=False)
class World:
    """A company and the process under test. `clock` is how far the process's time runs ahead of the machine's.

    Without a repr: asyncio asks tasks for theirs, and the ledgers are long.
    """

    company: Company
    keyturn: Keyturn
    said: io.StringIO
    clock: timedelta = timedelta(0)
    accepted: str = ""
    people: int = 0
    platform: str = "slack"
    """Where people speak to the bot, when a story does not say."""
    voices: dict[str, Voice] = field(default_factory=dict)
    expected_errors: tuple[str, ...] = ()
    """What a story may find in the log as an error; everything else fails it."""
    _house: Any = None
    _triage: Any = None
    _read: int = 0
    _first: int = 0

    def __post_init__(self) -> None:
        if self.company.slack_on:
            self.voices["slack"] = InSlack(self.company.slack)
        if self.company.teams:
            self.voices["teams"] = InTeams(self.company.botframework)
        self.platform = next(iter(self.voices))

    @property
    def chat(self) -> Voice:
        """The platform of this story."""
        return self.voices[self.platform]

    @property
    def slack(self) -> Any:
        return self.company.slack

    @property
    def teams(self) -> Any:
        return self.company.botframework

    @property
    def okta(self) -> Any:
        return self.company.okta

    # ------------------------------------------------------------ before and after a story

    async def begin(self) -> None:
        """Everything that an earlier story may have turned is turned back."""
        services = self.keyturn.services
        self._house = self._house or services.house
        self._triage = self._triage or services.triage
        for stand_in in self.company.stand_ins:
            stand_in.heal()
        self.okta.leaks_links, self.okta.later_pages, self.okta.log_delay, self.okta.number_matching = False, "", 0.0, True
        for voice in self.voices.values():
            voice.faults().clear()
        for platform in self.keyturn.platforms:
            if isinstance(platform.chat, TeamsChat):
                platform.chat.connector.pause = 0.01
        services.house, services.triage = self._house, self._triage
        services.first_look = services.next_look = SOON
        self.platform = next(iter(self.voices))
        self.clock = timedelta(0)
        services.now = lambda: moments.now() + self.clock
        self.expected_errors = ()
        self._read = len(self.said.getvalue())
        self._first = await Request.all().count()
        async with database.transaction():
            await Job.all().delete()  # reminders and follow-ups of earlier stories, when the clock moves
        await self.accept(world.POLICY)
        await self.arrive()

    async def check(self) -> None:
        """What holds after every story."""
        for voice in self.voices.values():
            await voice.settle()
            assert voice.faults() == []
        assert isinstance(await audit.verify(AUDIT_KEY.encode()), Intact)
        await self._effects_match_the_ledger()
        for request in await Request.filter(number__gt=self._first):
            await self._row_is_sound(request)
        wrong = [line for line in self.log_lines() if line.get("level") in ("error", "critical")]
        wrong = [line for line in wrong if not any(re.search(p, json.dumps(line)) for p in self.expected_errors)]
        assert wrong == []

    async def _effects_match_the_ledger(self) -> None:
        """Each write that Okta saw has a spent grant of that account, and each spent grant one write at the most."""
        seen = Counter(call.path.split("/")[4] for call in self.okta.calls if call.method == "POST" and WRITES.search(call.path))
        spent = Counter(effect.okta_id for effect in await Effect.all() if effect.consumed_at is not None)
        assert not seen - spent, "Okta saw a write without a spent grant"
        assert all(call.query.get("sendEmail") == "true" for call in self.okta.calls if call.method == "POST" and "password" in call.path)
        new = [r.request_id for r in await Request.filter(number__gt=self._first)]
        for effect in await Effect.filter(request_id__in=new):
            told = await self.events(effect.request_id, "Tool Call")
            phases = [d.get("phase") for d in told if d.get("tool") in TOOLS]
            assert phases.count("intent") >= effect.attempt, "an effect without its intent on the record"
            if effect.finished_at is not None:
                assert phases.count("result") >= effect.attempt, "an effect without its result on the record"

    async def _row_is_sound(self, request: Request) -> None:
        over = request.status in TERMINAL
        assert (request.closed_at is not None) == over
        assert (request.open_key is None) == over
        assert len(await self.events(request.request_id, "Closure")) == (1 if over else 0)
        if request.status == "Completed":
            made = await Effect.filter(request_id=request.request_id, outcome="done").count()
            by_hand = (request.verdict or {}).get("released") and made == 0
            assert made == 1 or request.rule == "15" or by_hand

    # ------------------------------------------------------------ the policy

    async def accept(self, text: str) -> str:
        """Puts this page in force, as an admin would; gives its revision."""
        if text == self.accepted:
            return ""
        (self.company.folder / "policy.md").write_text(text, encoding="utf-8")
        fetched = await self.keyturn.shelf.fetch()
        assert fetched.policy is not None, fetched
        await self.keyturn.shelf.accept(fetched.policy.revision, world.ADMIN.email, self.keyturn.services.house.admins)
        self.accepted = text
        return fetched.policy.revision

    def house(self, **changes: Any) -> None:
        self.keyturn.services.house = replace(self.keyturn.services.house, **changes)

    def move_clock(self, by: timedelta) -> None:
        """The process's time jumps ahead; whoever sleeps is woken."""
        self.clock += by
        database.current().wake()

    async def pass_time(self, by: timedelta) -> None:
        """As `move_clock`, once nobody is at work: a jump past a lease would let a second worker take the same job."""

        async def look() -> bool:
            return not await sql.rows("SELECT id FROM keyturn_jobs WHERE leased_until IS NOT NULL")

        await self.until(look, "a moment without work")
        self.move_clock(by)

    # ------------------------------------------------------------ people

    def person(self, *, okta: bool = True, slack_flags: Iterable[str] = (), email: str = "", user_type: str = "", **traits: Any) -> Person:
        """Somebody whom no other story knows, in chat, Okta and ServiceNow. `traits` as of world.Person."""
        self.people += 1
        key = f"p{self.people}"
        made = Person(
            key, f"Person{self.people} Test", email or f"{key}@example.com", f"U0TEST{self.people:04d}", f"00utest{self.people:011d}h7",
            slack_flags=frozenset(slack_flags), **{"apps": ("Payroll", "VPN", "Finance ERP", "Travel Desk", "Build Server"), **traits},
        )  # fmt: skip
        for voice in self.voices.values():
            voice.add(made)
        if okta:
            account = self.okta.add_person(made)
            account.user_type = user_type or account.user_type
        return made

    # ------------------------------------------------------------ what people do

    async def arrive(self) -> None:
        """Everybody who is new can be spoken to, wherever they are."""
        for voice in self.voices.values():
            await voice.arrive()

    async def form(self, who: Person, app: str = "Payroll", *, symptom: str = "", details: str = "", why: str = "", for_whom: str = "",
                   name: str = "", files: tuple[str, ...] = ()) -> str:
        """Fills the form as a person does; gives the reference of the request."""
        await self.arrive()
        before = await self.newest(who)
        values: dict[str, Any] = {"which account": app}
        more = {"its name": name, "what went wrong": symptom, "bit more": details, "why is it": why, "who is it for": for_whom}
        values |= {label: value for label, value in more.items() if value}
        answer = await self.chat.form(who, values, files)
        assert answer.ok and not answer.errors, answer
        after = await self.newest(who)
        assert after and after != before, "no new request"
        return after

    async def say(self, who: Person, text: str) -> str:
        """Writes to the bot; gives the reference of the request that comes of it."""
        await self.arrive()
        before = await self.newest(who)
        assert (await self.chat.say(who, text)).status == 200
        ref: str = await self.until(lambda: self._newer(who, before), f"a request of “{text}”")
        return ref

    async def _newer(self, who: Person, before: str) -> str:
        now = await self.newest(who)
        return now if now != before else ""

    async def newest(self, who: Person) -> str:
        found = await Request.filter(platform_user__in=[who.slack, who.entra]).order_by("-number").first()
        return found.request_id if found else ""

    async def confirm(self, who: Person, number: str = "") -> None:
        """Taps the right number on the phone, once the push is there."""
        await self.pushed(who)
        self.okta.push_approve(who.key, number or None)

    async def pushed(self, who: Person, times: int = 1) -> None:
        """Waits until that many pushes were sent to them and the last one waits for its answer."""

        async def look() -> bool:
            sent = [p for p in self.okta.pushes if p.person == who.key]
            return len(sent) >= times and sent[-1].state == "WAITING"

        await self.until(look, f"push {times} to {who.key}")

    async def reset(self, who: Person, app: str = "Payroll", **fields: Any) -> str:
        """A standard reset from the form to the end."""
        ref = await self.form(who, app, **fields)
        await self.confirm(who)
        await self.ends(ref, "Completed", "Approved", "16")
        return ref

    # ------------------------------------------------------------ what is there

    async def until(self, look: Callable[[], Any], what: str, within: float = PATIENCE) -> Any:
        """What `look` (a coroutine function) gives once it gives something."""
        end = asyncio.get_running_loop().time() + within
        while True:
            found = await look()
            if found:
                return found
            if asyncio.get_running_loop().time() > end:
                waiting = await sql.rows("SELECT kind, request_id, run_at, leased_until, attempts, last_error FROM keyturn_jobs LIMIT 40")
                open_ones = [(r.request_id, r.status, r.rule, r.identity) for r in await Request.filter(number__gt=self._first)]
                said = self.said.getvalue()[self._read :][-3000:]
                raise AssertionError(f"{what} did not happen within {within:g} s; {open_ones} {[tuple(j.values()) for j in waiting]} {said}")
            await asyncio.sleep(0.008)

    async def row(self, ref: str) -> Request:
        return await Request.get(request_id=ref)

    async def status(self, ref: str, *wanted: str, within: float = PATIENCE) -> Request:
        """The row once it has one of these statuses."""

        async def look() -> Request | None:
            row = await self.row(ref)
            return row if row.status in wanted else None

        try:
            found: Request = await self.until(look, f"{ref} being {' or '.join(wanted)}", within)
        except AssertionError as error:
            row = await self.row(ref)
            raise AssertionError(f"{ref} is {row.status}/{row.decision} by {row.rule}: {row.rationale}; {error}") from None
        return found

    async def ends(self, ref: str, status: str, decision: str, rule: str, priority: str = "", *, within: float = PATIENCE) -> Request:
        """The row where it came to rest, and its work done."""
        row = await self.status(ref, status, "Escalated", *TERMINAL, within=within)
        assert (row.status, row.decision, row.rule) == (status, decision, rule), row.rationale
        if priority:
            assert row.priority == priority
        await self.quiet(ref)
        return await self.row(ref)

    async def quiet(self, ref: str) -> None:
        """Nothing of this request is due now, or being done."""

        async def look() -> bool:
            soon = moments.write(self.keyturn.services.now() + timedelta(milliseconds=400))
            due = await sql.rows("SELECT id FROM keyturn_jobs WHERE request_id = ? AND (leased_until IS NOT NULL OR run_at <= ?)", [ref, soon])
            return not due

        await self.until(look, f"{ref} being quiet")

    async def waits(self, ref: str, state: str = "pending") -> Request:
        """The row once its identity check stands so."""

        async def look() -> Request | None:
            row = await self.row(ref)
            return row if (row.identity or {}).get("state") == state else None

        found: Request = await self.until(look, f"{ref} having an identity check that is {state}")
        return found

    async def events(self, ref: str, kind: str = "") -> list[dict[str, Any]]:
        """The details of a request's events, in order."""
        rows = await AuditEvent.filter(request_id=ref).order_by("seq")
        return [json.loads(row.details) for row in rows if kind in ("", row.event_type)]

    def writes(self, who: Person) -> list[Call]:
        """Resets, unlocks and resends of this account that Okta saw."""
        return [c for c in self.okta.calls if c.method == "POST" and who.okta in c.path and WRITES.search(c.path)]

    def pushes(self, who: Person) -> int:
        return len([c for c in self.okta.calls if c.method == "POST" and who.okta in c.path and c.path.endswith("/verify")])

    def looked_up(self, email: str, since: int = 0) -> bool:
        """Whether Okta was asked for this address."""
        return any(email in json.dumps([c.path, c.query]) for c in self.okta.calls[since:])

    def words(self, who: Person) -> list[str]:
        """What this person reads from the bot, oldest first."""
        return [m.reading for m in self.chat.messages(who) if m.author == self.chat.bot_name]

    async def reads(self, who: Person | str, pattern: str, within: float = PATIENCE) -> Any:
        """The newest message of the bot's like this."""
        return await self.chat.wait_for(pattern, who, within)

    def incidents(self, ref: str) -> list[dict[str, str]]:
        return [row for row in self.company.servicenow.incidents if row["correlation_id"] == ref]

    async def incident(self, ref: str) -> dict[str, str]:
        """The one incident of a request."""

        async def look() -> bool:
            return bool(self.incidents(ref))

        await self.until(look, f"the incident of {ref}")
        (found,) = self.incidents(ref)
        return found

    def mails(self, who: Person) -> list[Any]:
        """Our own mails to this person (Okta's are in `okta.outbox`)."""
        return [m for m in self.company.mail.messages if m.recipient == who.email]

    def log_lines(self) -> list[dict[str, Any]]:
        """What was logged since the story began."""
        return [json.loads(line) for line in self.said.getvalue()[self._read :].splitlines() if line.startswith("{")]


@asynccontextmanager
async def opened(folder: Path, *, mode: str = "enforce", libraries: int = logging.INFO, prepare: Callable[[Company], None] | None = None,
                 **options: Any) -> AsyncIterator[World]:
    """A company with Keyturn in this process, its policy accepted."""
    company = Company(folder, mode=mode, **options)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    said = io.StringIO()
    if prepare is not None:
        prepare(company)
    await company.open()
    try:
        settings = load({"KEYTURN_BREAKER": "100000", **company.environment()})
        logs.configure("json", redactor=logs.redactor_for(settings), level=logging.DEBUG, libraries=libraries, stream=said)
        stop = asyncio.Event()
        started: asyncio.Future[Keyturn] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(run(settings, stop, started=started))
        waited: set[asyncio.Future[Any]] = {serving, started}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            serving.result()
        try:
            yield World(company, started.result(), said)
        finally:
            stop.set()
            await serving
    finally:
        await company.close()
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
