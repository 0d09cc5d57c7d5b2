"""The review queue with 1,000 to 1,000,000 requests in the database, one in twenty open: the time to put a page together.

What is measured is our own time in this process: the first page with its counters, from the rows to the view that is
drawn. The network to the chat platform and to Okta is left out; the reader's groups are known.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, percentile
from cards.views_review import QueueFilter
from dialogs.answering import Reader
from dialogs.queue import look
from integrations.base import Account, AccountStatus
from storage import moments
from storage.database import open_database, upgrade

KEY = b"the audit key of a benchmark, and of nothing else"
OWNERS = ("priya.nair@example.com", "group:IT Service Desk")
PRIYA = Account("00upriya000000001h7", AccountStatus.ACTIVE, "priya.nair@example.com", "priya.nair@example.com", "Priya Nair", "OKTA")
SAM = Account("00usam00000000001h7", AccountStatus.ACTIVE, "sam.ortiz@example.com", "sam.ortiz@example.com", "Sam Ortiz", "OKTA")
READER = Reader(PRIYA, OWNERS, is_admin=False)
ADMIN = Reader(SAM, (SAM.email, OWNERS[1]), is_admin=True)
TARGET = 20.0
"""Milliseconds, at every size."""


@dataclass(frozen=True)
class Size:
    """Requests in the database, and how often each page is asked for."""

    requests: tuple[int, ...] = (1_000, 100_000, 1_000_000)
    times: int = 200
    open_every: int = 20


FULL = Size()
QUICK = Size((1_000, 20_000), 30)

PAGES: tuple[tuple[str, Reader, QueueFilter], ...] = (
    ("admin, all open", ADMIN, QueueFilter("all")),
    ("reviewer, waiting for me", READER, QueueFilter()),
    ("reviewer, all of mine, low priority", READER, QueueFilter("all", priority="Low")),
    ("admin, a filter that finds none", ADMIN, QueueFilter("all", status="Waiting", priority="High")),
    ("admin, overdue", ADMIN, QueueFilter("all", overdue=True)),
    ("admin, page in the middle", ADMIN, QueueFilter("all", cursor="n.{middle}.501")),
)


def measure(size: Size) -> list[Figure]:
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="keyturn-bench-queue-") as name:
        for count in size.requests:
            path = Path(name) / f"{count}.db"
            filled(path, count, size.open_every)
            found += asyncio.run(_pages(path, count, size.times))
            path.unlink()
    return found


def filled(path: Path, count: int, open_every: int = 20) -> None:
    """A database of `count` requests, one in `open_every` open and with a reviewer."""
    asyncio.run(upgrade(f"sqlite://{path}"))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; PRAGMA cache_size=-200000;")
        connection.execute(_REQUESTS, {"count": count, "every": open_every, "desk": OWNERS[1], "owner": OWNERS[0]})
        connection.execute(_REVIEWERS)
        connection.commit()
        connection.executescript("PRAGMA journal_mode=WAL;")


async def _pages(path: Path, count: int, times: int) -> list[Figure]:
    figures = []
    async with await open_database(f"sqlite://{path}", KEY):
        for name, reader, chosen in PAGES:
            wanted = QueueFilter(
                chosen.whose, chosen.status, chosen.priority, chosen.overdue, chosen.cursor.format(middle=count // 2)
            )
            took = await _timed(lambda reader=reader, wanted=wanted: look(reader, wanted, moments.now(), "UTC"), times)  # type: ignore[misc]  # its defaults bind the turn of the loop
            said, clock = f"queue of {count:,}: {name}", [one for one, _ in took]
            note = f"CPU {median(cpu for _, cpu in took):.1f} ms, which a busy machine does not blur"
            figures.append(Figure(f"{said}, p50", "ms", (percentile(clock, 0.5),), TARGET, note))
            figures.append(Figure(f"{said}, p95", "ms", (percentile(clock, 0.95),), note=note))
    return figures


async def _timed(work: Callable[[], Awaitable[object]], times: int) -> list[tuple[float, float]]:
    """Milliseconds of each turn: by the clock, and of CPU in this process, the database's thread included."""
    took = []
    for number in range(times + 5):
        begun, cpu = time.perf_counter(), time.process_time()
        await work()
        if number >= 5:  # the first ones read the file into memory
            took.append(((time.perf_counter() - begun) * 1000, (time.process_time() - cpu) * 1000))
    return took


_DUE = "strftime('%Y-%m-%dT%H:%M:%S.000Z', 'now', (n % 600 - 200) || ' minutes')"
_CREATED = "strftime('%Y-%m-%dT%H:%M:%S.000Z', 'now', (-(:count - n) / 20 - 30) || ' minutes')"
_SAID = "'I came back from leave and cannot sign in any more; the page says that my password is wrong. Number ' || n"

_REQUESTS = f"""
WITH RECURSIVE
 numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count),
 rows AS (SELECT n, n % :every = 0 AS is_open, n / :every AS k FROM numbers),
 told AS (SELECT *, CASE WHEN NOT is_open THEN CASE n % 10 WHEN 0 THEN 'Rejected' WHEN 1 THEN 'Closed' ELSE 'Completed' END
   WHEN k % 10 = 0 THEN 'Triaging' WHEN k % 10 = 1 THEN 'Waiting' ELSE 'Escalated' END AS status FROM rows)
INSERT INTO password_reset_requests (request_id, number, requester, requester_name, summary, target_record, status, priority,
 decision, rationale, created_at, closed_at, version, round, platform, tenant, platform_user, channel, intake, okta_id,
 target_okta_id, on_behalf, app_kind, app_id, app_label, symptom, justification, attachments, owner, rule, policy_revision,
 due_at, asked, ticket, ticket_id, ticket_seq)
SELECT 'IT-' || n, n, 'person.' || (n % 5000) || '@example.com', 'Person ' || (n % 5000), {_SAID}, 'Finance ERP', status,
 CASE WHEN status = 'Waiting' THEN 'Low' ELSE CASE n % 3 WHEN 0 THEN 'Low' WHEN 1 THEN 'Medium' ELSE 'High' END END,
 CASE status WHEN 'Escalated' THEN 'Escalated' WHEN 'Completed' THEN 'Approved' WHEN 'Rejected' THEN 'Rejected'
  WHEN 'Closed' THEN 'Cancelled' ELSE '' END,
 'Finance ERP is Sensitive: its owner decides.', {_CREATED}, CASE WHEN is_open THEN NULL ELSE {_CREATED} END, 3, 1, 'slack', 'T0KEYTURN1',
 'U' || (n % 5000), '', 'form', '00u' || (n % 5000), '00u' || (n % 5000), '', 'app', '', 'Finance ERP', 'forgot', '', '[]',
 CASE status WHEN 'Escalated' THEN CASE k % 2 WHEN 0 THEN :desk ELSE :owner END ELSE '' END, '11', 'v12-3fa94c01',
 CASE status WHEN 'Escalated' THEN {_DUE} END, 0, '', '', 0
FROM told"""

_REVIEWERS = """
INSERT INTO keyturn_reviewers (number, owner, asked, also, status, priority, due_at, closed_at)
SELECT number, owner, 1, 0, status, priority, due_at, closed_at FROM password_reset_requests WHERE owner <> ''"""
