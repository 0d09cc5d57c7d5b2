"""ServiceNow as the service desk: one incident a request, found by its correlation_id before it is made.

The API offers no idempotency key (rulings, Tickets): the request id in `correlation_id` is what tells a repeat from a
new incident, so every create looks first, and looks again when its own outcome is unknown.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

import structlog

from integrations.addresses import base_url
from integrations.base import Health, Incident, Missing, NewIncident, Refused, Unavailable
from integrations.checkup import examined
from integrations.threads import Threads

if TYPE_CHECKING:
    from integrations.servicenow_table import Record, Table

log = structlog.get_logger(__name__)
T = TypeVar("T")

SYSTEM = "ServiceNow"
RESOLVED = "6"
ENDED = frozenset({"6", "7", "8"})
"""Resolved, closed, cancelled: the states that an incident of ours is left in."""

HEALTH_DEADLINE = 6.0
"""Seconds: a person waits for the answer."""

CALLS = 8
"""Most calls at one time."""

LOOKED_THROUGH = 100
"""Rows that a look-up by correlation_id takes at most. A condition that was dropped brings all rows, so fewer are all there are."""

KNOWN_FOR = 300.0
"""Seconds for which a person's sys_id is remembered: the triage asks for their incidents, and then makes one."""

IMPACT = "2"
"""One person is affected, and cannot work. With it urgency 1, 2, 3 becomes ServiceNow's priority 2, 3, 4 (it computes
priority itself; impact 1 with urgency 1 would page people as for an outage)."""

_FIELDS = ("sys_id", "number", "state", "short_description", "correlation_id", "active", "caller_id", "sys_created_on")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?_`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)


def condition(column: str, value: str) -> str:
    """`column=value` for sysparm_query. `column` is ours, `value` may come from anywhere.

    Raises Refused for a value that would be more than one condition (`^`, a line break) or that ServiceNow would run
    (`javascript:`): neither can be escaped.
    """
    if not value or re.search(r"[\^\x00-\x1f\x7f\u2028\u2029]", value) or "javascript:" in value.casefold():
        raise Refused(SYSTEM, f"{column} has a value that cannot be looked up safely")
    return f"{column}={value}"


class ServiceNow:
    """ServiceDesk over the Table API of the newest version (`/api/now/table`), with Basic authentication.

    `url` may have a port and a path; http is for loopback only. `assignment_group` is the group's name, "" for none.
    `close_code` must be one of the instance's own choices: ServiceNow takes an unknown one without an error.
    `deadline` in seconds bounds one call with its wait for a thread, and is longer than the sockets' own time-outs
    (2 s to connect, `read_timeout` between reads, 4 s for a body). Raises ValueError for settings that cannot be right.
    """

    def __init__(
        self, url: str, user: str, password: str, *, assignment_group: str = "",
        close_code: str = "Solved (Permanently)", read_timeout: float = 8.0, deadline: float = 15.0,
    ) -> None:
        self._url = base_url(url, "SERVICENOW_URL")
        if not user or not password:
            raise ValueError("SERVICENOW_USER and SERVICENOW_PASSWORD are both needed")
        if "^" in assignment_group or "\n" in assignment_group:
            raise ValueError("SERVICENOW_ASSIGNMENT_GROUP must not contain ^ or a line break")
        self._user, self._password = user, password
        self._group_name, self._close_code = assignment_group, close_code
        self._read_timeout, self._deadline = read_timeout, deadline
        self._threads = Threads(SYSTEM, CALLS)
        self._table: Table | None = None
        self._group_id = ""
        self._known: dict[str, tuple[tuple[str, ...], float]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def close(self) -> None:
        """Drops what has not begun and gives up idle connections; does not wait for calls that are on their way."""
        self._threads.close()
        if self._table is not None:
            self._table.close()

    # ------------------------------------------------------------ the service desk

    async def find(self, correlation_id: str) -> Incident | None:
        """The incident of a request, the oldest if there are several.

        Raises Refused when "none" would be a guess, and the next step a second incident: when ServiceNow dropped the
        condition and there are more rows than came back, or rows came back without the column to compare.
        """
        query = condition("correlation_id", correlation_id)
        rows = await self._read(lambda table: table.rows("incident", query, _FIELDS, limit=LOOKED_THROUGH))
        ours = [row for row in rows if row.get("correlation_id") == correlation_id]
        if ours:
            return _incident(min(ours, key=lambda row: row.get("sys_created_on", "")))
        if len(rows) >= LOOKED_THROUGH or any("correlation_id" not in row for row in rows):
            raise Refused(SYSTEM, "ignored a look-up by correlation_id: our account may not be allowed to read that column")
        return None

    async def create(self, new: NewIncident) -> Incident:
        """Looks first. A create whose outcome is unknown is looked for once more before its fault is raised, so
        Unavailable with `sent=True` means that it was not there a moment later; the next try looks again."""
        async with self._turn(new.correlation_id):
            known = await self.find(new.correlation_id)
            if known is not None:
                return known
            group, caller = await asyncio.gather(self._group_or_none(), self._caller_or_none(new.caller_email))
            values = {
                "short_description": new.summary[:160],
                "description": new.description[:4000],
                "correlation_id": new.correlation_id,
                "correlation_display": "Keyturn",
                "urgency": new.urgency,
                "impact": IMPACT,
                "assignment_group": group,
                "caller_id": caller,
                "work_notes": new.note[:4000],
            }
            try:
                row = await self._write(lambda table: table.insert("incident", {k: v for k, v in values.items() if v}))
            except Unavailable as fault:
                made = await self._looked_after(fault, new.correlation_id)
                if made is None:
                    raise
                return made
        if row.get("correlation_id") != new.correlation_id:
            log.error("servicenow_correlation_id_not_kept", number=row.get("number", ""), correlation_id=new.correlation_id)
        return _incident(row, sent=True)

    async def note(self, incident_id: str, text: str) -> Incident:
        """Adds a work note (internal; 4,000 characters at most). A repeat adds it again: journals have no key."""
        return _incident(await self._write(lambda table: table.change("incident", incident_id, {"work_notes": text[:4000]})), sent=True)

    async def resolve(self, incident_id: str, notes: str) -> Incident:
        """State 6. Raises Refused when ServiceNow's rules keep the incident in another state."""
        async with self._turn(incident_id):
            row = await self._read(lambda table: table.row("incident", incident_id, _FIELDS))
            if row.get("state") in ENDED:
                return _incident(row)
            values = {"state": RESOLVED, "close_code": self._close_code, "close_notes": (notes or "Resolved.")[:4000]}
            row = await self._write(lambda table: table.change("incident", incident_id, values))
        if row.get("state") not in ENDED:
            number, state = row.get("number") or "the incident", row.get("state")
            raise Refused(SYSTEM, f"did not resolve {number}: a rule of its own left it in state {state}")
        return _incident(row, sent=True)

    async def open_of(self, email: str) -> tuple[Incident, ...]:
        people = await self._people(email)
        found: dict[str, Record] = {}
        for person in people[:3]:
            rows = await self._active_of(person)
            # A resolved incident is active until it closes by itself.
            found |= {r["sys_id"]: r for r in rows if r.get("caller_id") == person and r.get("state") not in ENDED and r.get("sys_id")}
        newest = sorted(found.values(), key=lambda r: r.get("sys_created_on", ""), reverse=True)
        return tuple(_incident(row) for row in newest[:10])

    # ------------------------------------------------------------ people and groups

    async def _active_of(self, person: str) -> list[Record]:
        query = condition("caller_id", person) + "^active=true^ORDERBYDESCsys_created_on"
        return await self._read(lambda table: table.rows("incident", query, _FIELDS, limit=30))

    async def _people(self, email: str) -> tuple[str, ...]:
        """The sys_ids of the active people with this address; () for one that is no plain address."""
        if not _ADDRESS.fullmatch(email):
            return ()
        now = asyncio.get_running_loop().time()
        found, until = self._known.get(email.casefold(), ((), 0.0))
        if now < until:
            return found
        query = condition("email", email) + "^active=true"
        rows = await self._read(lambda table: table.rows("sys_user", query, ("sys_id", "email", "active"), limit=10))
        theirs = [r for r in rows if r.get("email", "").casefold() == email.casefold() and r.get("active") != "false"]
        found = tuple(r["sys_id"] for r in theirs if r.get("sys_id"))
        if len(self._known) >= 1000:
            self._known.clear()
        if found:
            self._known[email.casefold()] = (found, now + KNOWN_FOR)
        return found

    async def _caller_or_none(self, email: str) -> str:
        """An incident without its caller is better than none."""
        try:
            people = await self._people(email) if email else ()
        except (Refused, Missing) as fault:
            log.warning("servicenow_caller_unknown", reason=fault.reason)
            return ""
        return people[0] if len(people) == 1 else ""

    async def _group(self) -> str:
        """The sys_id of the assignment group. Missing when none has exactly this name, Refused when several."""
        query = condition("name", self._group_name)
        rows = await self._read(lambda table: table.rows("sys_user_group", query, ("sys_id", "name"), limit=10))
        ids = [r["sys_id"] for r in rows if r.get("name") == self._group_name and r.get("sys_id")]
        if not ids:
            raise Missing(SYSTEM, f"it has no assignment group with the name {self._group_name!r} that our account can see")
        if len(ids) > 1:
            raise Refused(SYSTEM, f"it has {len(ids)} groups with the name {self._group_name!r}")
        return ids[0]

    async def _group_or_none(self) -> str:
        """An incident in ServiceNow's default group is better than none; `doctor` reports the group."""
        if self._group_name and not self._group_id:
            try:
                self._group_id = await self._group()
            except (Refused, Missing) as fault:
                log.warning("servicenow_group_unknown", group=self._group_name, reason=fault.reason)
        return self._group_id

    # ------------------------------------------------------------ health

    async def health(self) -> Health:
        async def incidents() -> str:
            await self._read(lambda table: table.rows("incident", "active=true", ("sys_id",), limit=1), deadline=HEALTH_DEADLINE)
            return "incidents can be read"

        async def group() -> str:
            self._group_id = await self._group()
            return f"assignment group {self._group_name!r} is there"

        return await examined(
            SYSTEM, incidents, *([group] if self._group_name else []),
            down="check SERVICENOW_URL and that the instance is awake; requests go on, their notes follow",
            settings="check SERVICENOW_USER and SERVICENOW_PASSWORD, that the account has the role itil or sn_incident_write, "
            "and SERVICENOW_ASSIGNMENT_GROUP",
        )

    # ------------------------------------------------------------ calls

    def _turn(self, key: str) -> asyncio.Lock:
        """Calls for the same incident go one after the other, or two looks would both find nothing."""
        lock = self._turns.get(key)
        if lock is None:
            lock = self._turns[key] = asyncio.Lock()
        return lock

    async def _looked_after(self, fault: Unavailable, correlation_id: str) -> Incident | None:
        if not fault.sent:
            return None
        try:
            return await self.find(correlation_id)
        except (Unavailable, Refused, Missing) as second:
            log.warning("servicenow_create_outcome_unknown", correlation_id=correlation_id, reason=second.reason)
            return None

    async def _read(self, work: Callable[[Table], T], deadline: float | None = None) -> T:
        return await self._threads.read(lambda: work(self._opened()), deadline=deadline or self._deadline)

    async def _write(self, work: Callable[[Table], T]) -> T:
        return await self._threads.run(lambda: work(self._opened()), deadline=self._deadline, write=True)

    def _opened(self) -> Table:
        """In a thread. Two first calls may both open one; either does."""
        if self._table is None:
            from integrations.servicenow_table import Table  # late: see there

            self._table = Table(self._url, self._user, self._password, read_timeout=self._read_timeout, connections=CALLS)
        return self._table


def _incident(row: Record, *, sent: bool = False) -> Incident:
    try:
        return Incident(row["sys_id"], row["number"], row["state"], row.get("short_description", ""), row.get("correlation_id", ""))
    except KeyError as error:
        raise Unavailable(SYSTEM, f"its answer cannot be read (without {error.args[0]})", sent=sent) from None
