"""What really happened: the rows that `keyturn` shows of itself, and what reached Okta, ServiceNow, mail and other readers.

The only judge of a scene. It reads the command line like any operator would, and the ledgers of the stand-ins.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.company import Company
from sandbox.okta_people import OktaPerson
from sandbox.scene import Outcome, row
from sandbox.slack_records import Post
from sandbox.stand_in import Call
from sandbox.transcript import Transcript
from sandbox.watching import REFERENCE, first, lines_of
from sandbox.world import PEOPLE

Row = dict[str, Any]
RESET_EVENT = "user.account.reset_password"
RESOLVED = "6"
SETTLED = 10.0
"""Seconds that what follows a decision (ticket, mails, messages) is waited for."""
READ_AGAIN = 0.3
"""Seconds between two readings of the rows."""
TOGETHER = 0.5
"""Seconds before a reading of the rows, so that several scenes share one: each is a process of its own."""
GLANCE = 0.05
"""Seconds between two looks at a ledger."""


class NotReadable(Exception):
    """`keyturn requests` did not answer; the message carries what it said."""


@dataclass
class Record:
    """The rows as `keyturn requests list` shows them. Whoever asks while one is being read shares the next reading."""

    company: Company
    claimed: set[str] = field(default_factory=set)
    """References of scenes that are over."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _next: asyncio.Task[list[Row]] | None = None

    async def rows(self) -> list[Row]:
        """All of them, oldest first, as they are after this call began. Raises NotReadable."""
        if self._next is None:
            self._next = asyncio.create_task(self._read())
        return await asyncio.shield(self._next)

    async def _read(self) -> list[Row]:
        async with self._lock:
            await asyncio.sleep(TOGETHER)
            self._next = None  # whoever comes from here on wants a newer reading
            code, out, err = await self.company.keyturn("requests", "list", "--json", "--limit", "10000")
        if code:
            raise NotReadable(f"keyturn requests list ended with {code}: {err.strip()}")
        return sorted(json.loads(out), key=lambda r: int(r["request_id"].partition("-")[2]))

    async def show(self, reference: str) -> Row:
        """One request with its audit events, as `keyturn requests show --json` has it. Raises NotReadable."""
        code, out, err = await self.company.keyturn("requests", "show", reference, "--json")
        if code:
            raise NotReadable(f"keyturn requests show ended with {code}: {err.strip()}")
        return dict(json.loads(out))


class Ledger:
    """Of one scene: from its making on, for the people of its cast."""

    def __init__(self, company: Company, record: Record, cast: Sequence[str]) -> None:
        self.company = company
        self.record = record
        self.people = [PEOPLE[key] for key in cast]
        self.since = company.slack.ws.ts()
        self.rows: list[Row] = []
        self.elsewhere: Callable[[str, str], bool] = lambda reference, requester: False
        """Whether somebody other than the requester (a key) was told of a request on another platform than Slack."""
        self._calls = len(company.okta.calls)
        self._desk = len(company.servicenow.calls)
        self._log = len(company.okta.log_entries)
        self._outbox = len(company.okta.outbox)
        self._mails = len(company.mail.messages)

    # ------------------------------------------------------------ rows

    async def look(self) -> list[Row]:
        """The requests that the cast made in this scene, oldest first."""
        ours = {word.casefold() for person in self.people for word in (person.email, person.slack, person.entra)}
        known = await self.record.rows()
        self.rows = [r for r in known if r["requester"].casefold() in ours and r["request_id"] not in self.record.claimed]
        return self.rows

    @property
    def references(self) -> set[str]:
        return {r["request_id"] for r in self.rows}

    async def settle(self, expected: Outcome) -> Outcome:
        """What came of the scene: as soon as it is all that was expected, else whatever is there when patience ends."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + SETTLED
        while True:
            await self.look()
            got = await self._arrived(expected, ends)
            if got == expected or loop.time() >= ends:
                break
            await asyncio.sleep(READ_AGAIN)
        self.record.claimed |= self.references
        return got

    async def _arrived(self, expected: Outcome, ends: float) -> Outcome:
        """With the rows as they were read last: tickets and mails may still arrive, other rows show in another reading."""
        while True:
            got = self.outcome()
            if got == expected or got.rows != expected.rows or asyncio.get_running_loop().time() >= ends:
                return got
            await asyncio.sleep(GLANCE)

    def outcome(self) -> Outcome:
        return Outcome(
            rows=tuple(row(r["status"], r["decision"], r["priority"], r["rule"]) for r in self.rows),
            resets=len(self.resets()),
            links=len([m for m in self.company.okta.outbox[self._outbox:] if m.person in {p.key for p in self.people}]),
            notices=len(self.notices()),
            tickets=tuple(self._ticket(r["request_id"]) for r in self.rows),
            told=len({ref for ref in self.references if self._told(ref)}),
        )  # fmt: skip

    # ------------------------------------------------------------ Okta

    def calls(self) -> list[Call]:
        """What Okta was asked about the cast, oldest first."""
        ids = {p.okta for p in self.people if p.okta}
        return [c for c in self.company.okta.calls[self._calls:] if any(f"/users/{id}" in c.path for id in ids)]

    def resets(self) -> list[Row]:
        """Entries of Okta's own log about resets that were carried out."""
        ids = {p.okta for p in self.people if p.okta}
        new = self.company.okta.log_entries[self._log:]
        return [e for e in new if e["eventType"] == RESET_EVENT and e["target"][0]["id"] in ids]

    def writes(self, *, path: str = "") -> list[Call]:
        """Calls that may have changed something in Okta."""
        return [c for c in self.calls() if c.method != "GET" and path in c.path]

    # ------------------------------------------------------------ the others

    def notices(self) -> list[Any]:
        addresses = {p.email for p in self.people}
        return [m for m in self.company.mail.messages[self._mails:] if m.recipient in addresses]

    def incidents(self, reference: str) -> list[Row]:
        return [i for i in self.company.servicenow.incidents if i["correlation_id"] == reference]

    def _ticket(self, reference: str) -> str:
        found = self.incidents(reference)
        if len(found) != 1:
            return f"missing for {reference}" if not found else f"{len(found)} times for {reference}"
        return "resolved" if found[0]["state"] == RESOLVED else "open"

    def _told(self, reference: str) -> bool:
        """Somebody else's direct messages hold a message of ours about this request (the first reference that it names)."""
        ws = self.company.slack.ws
        requester = next(r["requester"].casefold() for r in self.rows if r["request_id"] == reference)
        person = next(p for p in self.people if requester in (p.email.casefold(), p.slack.casefold(), p.entra))
        if self.elsewhere(reference, person.key):
            return True
        own = ws.dm(person.slack).id
        posts = [p for p in ws.posts if p.author == ws.bot_user and p.ts > self.since and p.channel != own]
        return any((named := REFERENCE.search(p.text)) and named.group() == reference for p in posts)

    # ------------------------------------------------------------ for the transcript

    def write_down(self, told: Transcript, references: set[str]) -> None:
        """Everything that reached the systems because of this scene, each as one line with its moment."""
        refs = references | self.references
        by_id = {p.okta: p.key for p in self.people if p.okta}
        for call in self.writes():
            told.add("system", "Okta", _okta_line(call, by_id, self.company.okta.people), call.at)
        reads = [c for c in self.calls() if c.method == "GET"]
        if reads:
            told.add("note", "Okta", f"was read {len(reads)} times")
        for mail in self.company.okta.outbox[self._outbox:]:
            if mail.person in by_id.values():
                told.add("system", "Okta", f"mails “{mail.subject}” with a one-time link to {mail.to}", mail.at)
        for call in self.company.servicenow.calls[self._desk:]:
            if call.method != "GET" and self._about(call) in refs:
                told.add("system", "ServiceNow", self._desk_line(call), call.at)
        for sent in self.company.mail.messages[self._mails:]:
            subject = str(sent.message["Subject"])
            if refs & set(REFERENCE.findall(subject)):
                told.add("system", "mail", f"to {sent.recipient}: {subject}", sent.at)

        for post, reader in self._others(refs):
            lines = lines_of(self.company.slack.message(post, self.company.slack.ws.find(reader)))
            moment = datetime.fromtimestamp(float(post.ts), UTC)
            told.add("sees", f"to {first(PEOPLE[reader].name)}", clipped(" / ".join(lines)), moment)

    def _others(self, references: set[str]) -> list[tuple[Post, str]]:
        """Messages about these requests in the direct messages of people outside of the cast."""
        ws, cast = self.company.slack.ws, {p.key for p in self.people}
        rooms = {ws.dm(person.slack).id: person.key for person in PEOPLE.values() if person.key not in cast}
        posts = [p for p in ws.posts if p.author == ws.bot_user and p.ts > self.since and p.channel in rooms]
        return [(p, rooms[p.channel]) for p in posts if references & set(REFERENCE.findall(f"{p.text} {json.dumps(p.blocks)}"))]

    def _about(self, call: Call) -> str:
        """The request that a write to ServiceNow belongs to, "" when it names none."""
        if isinstance(call.body, dict) and call.body.get("correlation_id"):
            return str(call.body["correlation_id"])
        row = self.company.servicenow.tables["incident"].get(call.path.rpartition("/")[2])
        return row["correlation_id"] if row else ""

    def _desk_line(self, call: Call) -> str:
        body = call.body if isinstance(call.body, dict) else {}
        about = self._about(call)
        numbers = ", ".join(i["number"] for i in self.incidents(about)) or about
        failed = f": answered {call.status}" if call.status >= 400 else ""
        if call.method == "POST":
            return f"incident {numbers} for {about}, urgency {body.get('urgency', '?')}{failed}"
        if body.get("state") == RESOLVED:
            return f"{numbers} resolved{failed}"
        note = " ".join(str(body.get("work_notes", "")).split())
        return f"{numbers} noted: {note[:100]}{failed}" if note else f"{numbers} changed: {', '.join(sorted(body))}{failed}"


def clipped(text: str, most: int = 420) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _okta_line(call: Call, by_id: dict[str, str], people: dict[str, OktaPerson]) -> str:
    key = next((key for id, key in by_id.items() if f"/users/{id}" in call.path), "")
    name = first(people[key].name) if key in people else "somebody"
    last = call.path.rpartition("/")[2]
    said = {
        "verify": f"sends a push to {name}'s phone",
        "reset_password": f"is asked to reset {name}'s password and to mail the link (sendEmail={call.query.get('sendEmail', 'missing')})",
        "forgot_password": f"is asked to mail {name} a link (sendEmail={call.query.get('sendEmail', 'missing')})",
        "unlock": f"is asked to unlock {name}",
        "sessions": f"is asked to end {name}'s sessions",
    }.get(last, f"{call.method} {last} for {name}")
    return f"{said}: {call.status or 'no answer'}"
