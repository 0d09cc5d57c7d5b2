"""The chain: every way to tamper with the rows is found, and the first bad row is named."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import audit, chain, requests, sql
from storage.audit import Broken, ChainBroken, Intact, NewEvent
from storage.database import Database, open_database, transaction
from storage.transaction import head_of

EVENTS = 9
OTHER = b"another key, just as long as the one"


async def _write(count: int = EVENTS) -> None:
    for number in range(count):
        async with transaction():
            request = await requests.create(requester="emma.clarke@example.com")
            await audit.append([NewEvent(request.request_id, audit.AGENT, audit.MESSAGE, {"number": number})])


async def test_events_are_numbered_linked_and_verified(db: Database, key: bytes) -> None:
    async with transaction():
        one, two = await audit.append(
            [NewEvent("IT-1", "emma.clarke@example.com", audit.MESSAGE, {"text": "Grüße\x00"}), NewEvent("IT-1", audit.AGENT, audit.DECISION, {})]
        )
    assert (one.seq, one.event_id, two.event_id, two.previous) == (1, "EVT-1", "EVT-2", one.hash)
    assert [event.details for event in await audit.of_request("IT-1")] == ['{"text":"Grüße\ufffd"}', "{}"]
    assert await audit.verify(key) == Intact(2, 2, two.hash)
    assert await audit.verify(OTHER) == Broken(1, "EVT-1", "it was changed, or was not written with this audit key")


async def test_an_event_is_written_only_inside_a_transaction_and_by_its_task(db: Database) -> None:
    event = NewEvent("IT-1", audit.AGENT, audit.MESSAGE, {})
    with pytest.raises(RuntimeError, match="inside"):
        await audit.append([event])
    async with transaction():
        stray = asyncio.create_task(audit.append([event]))
        await asyncio.gather(stray, return_exceptions=True)
    assert isinstance(stray.exception(), RuntimeError)


async def test_unknown_types_and_no_json_are_refused(db: Database, key: bytes) -> None:
    for bad in (NewEvent("IT-1", "a", "Gossip", {}), NewEvent("IT-1", "a", "Message", {"x": float("nan")}), NewEvent("IT-1", "a", "Message", {"x": object()})):
        with pytest.raises((ValueError, TypeError)):
            async with transaction():
                await audit.append([NewEvent("IT-1", "a", "Message", {}), bad])
    assert await audit.verify(key) == Intact(0, 0, chain.GENESIS)


async def test_nothing_is_recorded_under_another_key(file_url: str, key: bytes) -> None:
    async with await open_database(file_url, key):
        await _write(1)
    for wrong in (OTHER, b""):
        async with await open_database(file_url, wrong) as database:
            assert not database.sealed
            with pytest.raises(ChainBroken):
                await _write(1)
            assert len(await requests.listing()) == 1
    async with await open_database(file_url, key):
        assert isinstance(await audit.verify(key), Intact)


async def test_many_events_at_once_and_in_pages(db: Database, key: bytes) -> None:
    async with transaction():
        await audit.append([NewEvent("IT-1", audit.AGENT, audit.TOOL_CALL, {"n": number}) for number in range(4500)])
    verdict = await audit.verify(key)
    assert isinstance(verdict, Intact)
    assert verdict.count == 4500
    await sql.run("UPDATE password_reset_audit_log SET details = '{}' WHERE seq IN (3001, 4000)")
    verdict = await audit.verify(key)
    assert isinstance(verdict, Broken)
    assert (verdict.seq, verdict.event_id) == (3001, "EVT-3001")


async def test_the_log_can_be_verified_while_it_grows(db: Database, key: bytes) -> None:
    async def grow() -> None:
        for _ in range(30):
            await _write(1)

    growing = asyncio.create_task(grow())
    while not growing.done():
        assert isinstance(await audit.verify(key), Intact)
        await asyncio.sleep(0)
    await growing


async def test_an_older_copy_put_back_is_found_by_what_was_noted(file_url: str, key: bytes, tmp_path: Path) -> None:
    path = Path(file_url.removeprefix("sqlite://"))
    async with await open_database(file_url, key):
        await _write(3)
    shutil.copy(path, tmp_path / "older.db")
    async with await open_database(file_url, key):
        await _write(2)
        noted = await audit.verify(key)
        assert isinstance(noted, Intact)
    shutil.copy(tmp_path / "older.db", path)
    async with await open_database(file_url, key):
        assert isinstance(await audit.verify(key), Intact)
        assert await audit.verify(key, (noted.last_seq, noted.last_hash)) == Broken(4, "", "it is missing: row 5 was noted")
        await _write(2)
        assert await audit.verify(key, (noted.last_seq, noted.last_hash)) == Broken(5, "EVT-5", "it is not the row that was noted")


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed database with some events."""
    path = tmp_path_factory.mktemp("intact") / "keyturn.db"

    async def write() -> None:
        async with await open_database(f"sqlite://{path}", b"an audit key of the tests, long enough"):
            await _write()

    asyncio.run(write())
    return path


_COPIES = itertools.count()


def _verdict(path: Path, key: bytes, tamper: Callable[[sqlite3.Connection], Any]) -> Intact | Broken:
    copy = path.with_name(f"tampered-{next(_COPIES)}.db")
    shutil.copy(path, copy)
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.row_factory = sqlite3.Row
    tamper(connection)
    connection.close()

    async def verify() -> Intact | Broken:
        async with await open_database(f"sqlite://{copy}", key, create=False):
            return await audit.verify(key)

    return asyncio.run(verify())


LOG = "password_reset_audit_log"
COLUMNS = ("event_id", "request_id", "actor", "event_type", "details", "created_at", "previous", "hash")


def _edit(seq: int, column: str, value: Any) -> Callable[[sqlite3.Connection], Any]:
    return lambda connection: connection.execute(f"UPDATE {LOG} SET {column} = ? WHERE seq = ?", (value, seq))


def _swap(one: int, two: int) -> Callable[[sqlite3.Connection], Any]:
    """Two whole rows change places."""

    def tamper(connection: sqlite3.Connection) -> None:
        connection.execute(f"UPDATE {LOG} SET seq = -1 WHERE seq = ?", (one,))
        connection.execute(f"UPDATE {LOG} SET seq = ? WHERE seq = ?", (one, two))
        connection.execute(f"UPDATE {LOG} SET seq = ? WHERE seq = -1", (two,))

    return tamper


def _swap_requests(one: int, two: int) -> Callable[[sqlite3.Connection], Any]:
    """Two events are said to belong to each other's requests."""

    def tamper(connection: sqlite3.Connection) -> None:
        ids = [connection.execute(f"SELECT request_id FROM {LOG} WHERE seq = ?", (seq,)).fetchone()[0] for seq in (one, two)]
        for seq, request_id in zip((two, one), ids, strict=True):
            connection.execute(f"UPDATE {LOG} SET request_id = ? WHERE seq = ?", (request_id, seq))

    return tamper


def _insert(seq: int) -> Callable[[sqlite3.Connection], Any]:
    """A made-up row at `seq`; those behind it are moved, so that the count goes on."""

    def tamper(connection: sqlite3.Connection) -> None:
        for moved in range(EVENTS, seq - 1, -1):
            connection.execute(f"UPDATE {LOG} SET seq = ? WHERE seq = ?", (moved + 1, moved))
        before = connection.execute(f"SELECT hash FROM {LOG} WHERE seq = ?", (seq - 1,)).fetchone()
        row = (seq, "EVT-999", "IT-1", audit.AGENT, "Approval", "{}", "2026-05-18T09:15:00.000Z", before[0] if before else chain.GENESIS, "ab" * 32)
        connection.execute(f"INSERT INTO {LOG} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    return tamper


def _cut(last: int, head_too: bool) -> Callable[[sqlite3.Connection], Any]:
    def tamper(connection: sqlite3.Connection) -> None:
        connection.execute(f"DELETE FROM {LOG} WHERE seq > ?", (last,))
        if head_too:
            hashed = connection.execute(f"SELECT hash FROM {LOG} WHERE seq = ?", (last,)).fetchone()
            connection.execute("UPDATE keyturn_chain_head SET seq = ?, hash = ?", (last, hashed[0] if hashed else chain.GENESIS))

    return tamper


def _forge(seq: int, key: bytes) -> Callable[[sqlite3.Connection], Any]:
    """An edit, and everything behind it made anew, head included, with a key of one's own."""

    def tamper(connection: sqlite3.Connection) -> None:
        connection.execute(f"UPDATE {LOG} SET actor = 'nobody' WHERE seq = ?", (seq,))
        found = connection.execute(f"SELECT hash FROM {LOG} WHERE seq = ?", (seq - 1,)).fetchone()
        previous = found[0] if found else chain.GENESIS
        for row in connection.execute(f"SELECT * FROM {LOG} WHERE seq >= ? ORDER BY seq", (seq,)).fetchall():
            parts = {**{name: row[name] for name in ("seq", *COLUMNS[:-2])}, "previous": previous}
            previous = chain.link(key, **parts)
            connection.execute(f"UPDATE {LOG} SET previous = ?, hash = ? WHERE seq = ?", (parts["previous"], previous, row["seq"]))
        head = replace(head_of(connection.execute("SELECT * FROM keyturn_chain_head").fetchone()), hash=previous)
        connection.execute("UPDATE keyturn_chain_head SET hash = ?, seal = ?", (previous, chain.seal(key, head)))

    return tamper


seqs = st.integers(1, EVENTS)
pairs = st.lists(seqs, min_size=2, max_size=2, unique=True)
tampering = st.one_of(
    st.tuples(seqs, st.sampled_from(COLUMNS), st.text(max_size=40) | st.binary(max_size=9) | st.integers(-(2**63), 2**63 - 1)).map(lambda t: (t[0], f"edit {t}", _edit(*t))),
    seqs.map(lambda seq: (seq, f"delete {seq}", lambda connection: connection.execute(f"DELETE FROM {LOG} WHERE seq = ?", (seq,)))),
    pairs.map(lambda pair: (min(pair), f"swap {pair}", _swap(*pair))),
    pairs.map(lambda pair: (min(pair), f"swap requests of {pair}", _swap_requests(*pair))),
    seqs.map(lambda seq: (seq, f"insert {seq}", _insert(seq))),
    st.tuples(st.integers(0, EVENTS - 1), st.booleans()).map(lambda t: (t[0] if t[1] else t[0] + 1, f"cut {t}", _cut(*t))),
    seqs.map(lambda seq: (seq, f"forge {seq}", _forge(seq, OTHER))),
)


@given(tampering)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_to_the_rows_is_found_and_the_first_is_named(intact: Path, key: bytes, case: tuple[int, str, Any]) -> None:
    seq, _, tamper = case
    verdict = _verdict(intact, key, tamper)
    assert isinstance(verdict, Broken), verdict
    assert verdict.seq == max(seq, 1)


@pytest.mark.parametrize(
    ("statement", "seq", "why"),
    [
        ("DELETE FROM keyturn_chain_head", EVENTS, "head of the chain is missing"),
        (f"DELETE FROM keyturn_chain_head; DELETE FROM {LOG}", 1, "head of the chain is missing"),
        ("UPDATE keyturn_chain_head SET seq = seq + 1", EVENTS, "head of the chain was changed"),
        ("UPDATE keyturn_chain_head SET request_number = 1", EVENTS, "head of the chain was changed"),
        (f"UPDATE {LOG} SET details = CAST(x'ff' AS TEXT) WHERE seq = 4", 4, "cannot be read"),
        (f"UPDATE {LOG} SET seq = 0 WHERE seq = 4", 0, "before the first"),
        (f"DELETE FROM {LOG} WHERE seq IN (3, 4, 5)", 3, "up to 5 are missing"),
    ],
)
def test_the_head_and_odd_rows(intact: Path, key: bytes, statement: str, seq: int, why: str) -> None:
    verdict = _verdict(intact, key, lambda connection: connection.executescript(statement))
    assert isinstance(verdict, Broken)
    assert verdict.seq == seq
    assert why in verdict.why


def test_an_old_head_under_newer_rows_is_found(intact: Path, key: bytes) -> None:
    """Whoever kept an earlier head, properly sealed, and cut the tail to fit is found by the requests that came later."""

    def tamper(connection: sqlite3.Connection) -> None:
        connection.execute(f"DELETE FROM {LOG} WHERE seq > 5")
        hashed = connection.execute(f"SELECT hash FROM {LOG} WHERE seq = 5").fetchone()[0]
        connection.execute("UPDATE keyturn_chain_head SET seq = 5, hash = ?, event_number = 5, request_number = 5, seal = ?", (hashed, chain.seal(key, chain.Head(5, hashed, 5, 5))))

    verdict = _verdict(intact, key, tamper)
    assert verdict == Broken(5, "", f"the head of the chain is older than request IT-{EVENTS}")


def test_nothing_is_wrong_with_the_copy_itself(intact: Path, key: bytes) -> None:
    assert isinstance(_verdict(intact, key, lambda connection: None), Intact)


@given(st.lists(st.text(max_size=5), min_size=7, max_size=7), st.lists(st.text(max_size=5), min_size=7, max_size=7))
def test_no_two_events_have_the_same_authenticated_text(one: list[str], two: list[str]) -> None:
    if one != two:
        assert chain.link(b"k", 1, *one) != chain.link(b"k", 1, *two)


def test_hashes_can_be_made_again_from_an_export_without_this_program(intact: Path, key: bytes) -> None:
    connection = sqlite3.connect(intact)
    for row in connection.execute(f"SELECT seq, event_id, request_id, actor, event_type, details, created_at, previous, hash FROM {LOG} ORDER BY seq"):
        text = json.dumps(["keyturn audit event 1", *row[:8]], separators=(",", ":"))
        assert hmac.new(key, text.encode(), "sha256").hexdigest() == row[8]
    connection.close()
