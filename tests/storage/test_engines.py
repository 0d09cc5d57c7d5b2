"""What the stock engines of tortoise-orm 1.1.9 get wrong under cancellation, tasks and company, and ours do not."""

# ruff: noqa: PT012 - a transaction that fails inside is more than one statement

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import OperationalError
from tortoise.transactions import in_transaction

from storage import deliveries, flags, jobs, moments, requests, sql
from storage.audit import NewEvent, append
from storage.database import Database, open_database, transaction, upgrade


async def _ticks(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_cancelled_entry_leaves_no_lock_and_no_connection_behind(db: Database) -> None:
    async def enter() -> None:
        async with transaction():
            await flags.write("entered", {})

    for attempt in range(60):  # at every step of it, and while the server's answer is on its way
        task = asyncio.create_task(enter())
        await (_ticks(attempt) if attempt < 20 else asyncio.sleep(attempt % 20 * 0.0002))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(5), transaction():
        await flags.write("after", {"works": True})
    assert await flags.read("after") == {"works": True}


async def test_waiting_for_the_lock_can_be_cancelled_many_times_over(db: Database) -> None:
    async def enter() -> None:
        async with transaction():
            pass

    async with transaction():
        waiting = [asyncio.create_task(enter()) for _ in range(20)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(5):
        await enter()


async def test_a_task_started_inside_a_transaction_is_outside_of_it(db: Database) -> None:
    tasks = []

    async def note(name: str) -> None:
        await flags.write(name, {"kept": True})

    class Undo(Exception):
        pass

    with pytest.raises(Undo):
        async with transaction():
            await flags.write("inside", {})
            tasks.append(asyncio.create_task(note("meanwhile")))
            await asyncio.sleep(0.05)
            raise Undo
    tasks.append(asyncio.create_task(note("afterwards")))
    await asyncio.gather(*tasks)
    assert await flags.read("inside") is None
    assert await flags.read("meanwhile") == {"kept": True}
    assert await flags.read("afterwards") == {"kept": True}


async def test_a_task_started_inside_can_begin_its_own_transaction(db: Database) -> None:
    async def later() -> None:
        async with transaction():
            await flags.write("later", {})

    async with transaction():
        await flags.write("first", {})
        task = asyncio.create_task(later())
        await asyncio.sleep(0)
    await task
    assert await flags.read("first") == await flags.read("later") == {}


async def test_awaiting_such_a_task_inside_ends_by_the_limit_and_not_never(file_url: str, key: bytes) -> None:
    async with await open_database(file_url, key) as database:
        with pytest.raises(TimeoutError):
            async with database.transaction(limit=0.2):
                await asyncio.create_task(flags.write("stuck", {}))
        await flags.write("free", {})


async def test_transactions_do_not_nest(db: Database) -> None:
    with pytest.raises(RuntimeError, match="nest"):
        async with transaction(), transaction():
            pass
    async with transaction():
        pass


async def test_reading_and_then_writing_waits_for_another_writer(file_url: str, key: bytes) -> None:
    """With a deferred BEGIN the write fails at once: the snapshot that was read is old by then."""
    async with await open_database(file_url, key):
        path = file_url.removeprefix("sqlite://")
        held, released = threading.Event(), threading.Event()

        def other() -> None:
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO keyturn_flags VALUES ('other', '{}', '2026-05-18T09:15:00.000Z')")
            held.set()
            released.wait(5)
            connection.commit()
            connection.close()

        thread = threading.Thread(target=other)
        thread.start()
        await asyncio.to_thread(held.wait, 5)
        asyncio.get_running_loop().call_later(0.2, released.set)
        async with transaction():
            assert await flags.read("other") == {}  # read only after the other one committed
            await flags.write("ours", {})
        thread.join()
        assert await flags.read("ours") == {}


async def test_the_loop_goes_on_while_another_process_holds_the_lock(file_url: str, key: bytes) -> None:
    async with await open_database(file_url, key):
        other = sqlite3.connect(file_url.removeprefix("sqlite://"), isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        ours = asyncio.create_task(_enter())
        for _ in range(10):
            await asyncio.sleep(0.01)
        assert not ours.done()
        other.rollback()
        other.close()
        await asyncio.wait_for(ours, 5)


async def _enter() -> None:
    async with transaction():
        pass


async def test_a_script_stays_inside_its_transaction(db: Database) -> None:
    """sqlite3's executescript commits what is open; a migration would be half done after an error."""
    with pytest.raises(ZeroDivisionError):
        async with in_transaction() as client:
            await client.execute_script("CREATE TABLE one (a TEXT); CREATE TABLE two (a TEXT);")
            raise ZeroDivisionError
    with pytest.raises(OperationalError):
        await sql.rows("SELECT * FROM one")


async def test_a_commit_that_fails_leaves_nothing_and_the_connection_usable(db: Database) -> None:
    with pytest.raises(OperationalError):
        async with transaction() as tx:
            await flags.write("lost", {})
            tx.client.closing = [("INSERT INTO no_such_table VALUES (1)", ())]
    assert await flags.read("lost") is None
    async with transaction():
        await flags.write("next", {})
    assert await flags.read("next") == {}


@pytest.mark.parametrize("pragma", ["query_only = ON", "max_page_count = 1"])
async def test_a_full_or_readonly_disk_fails_the_whole_transaction(file_url: str, key: bytes, pragma: str) -> None:
    """No audit, no action: what could not be recorded did not happen."""
    big = "x" * 200_000
    async with await open_database(file_url, key):
        await sql.rows(f"PRAGMA {pragma}")
        with pytest.raises(OperationalError):
            async with transaction():
                request = await requests.create(requester="emma.clarke@example.com")
                await append([NewEvent(request.request_id, "emma.clarke@example.com", "Message", {"text": big})])
                await jobs.put("triage", request.request_id)
        await sql.rows("PRAGMA query_only = OFF")
        await sql.rows("PRAGMA max_page_count = 1073741823")
        assert await requests.listing() == []
        assert await jobs.count() == 0
        async with transaction():
            assert (await requests.create(requester="emma.clarke@example.com")).request_id == "IT-1"


async def test_many_rows_go_in_together_or_not_at_all(db: Database) -> None:
    """The stock SQLite engine began this outside of its try."""
    client = get_connection("default")
    await client.execute_script("CREATE TABLE many (a INTEGER PRIMARY KEY)")
    query = sql.text(client, "INSERT INTO many VALUES (?)")
    with pytest.raises(Exception, match=r"(?i)unique"):
        await client.execute_many(query, [[1], [2], [1]])
    assert await sql.rows("SELECT * FROM many") == []
    for ticks in range(12):
        task = asyncio.create_task(client.execute_many(query, [[ticks * 10], [ticks * 10 + 1]]))
        await _ticks(ticks)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(5), transaction():
        assert len(await sql.rows("SELECT * FROM many")) % 2 == 0


async def test_rows_of_a_change_come_back_on_both(db: Database) -> None:
    """asyncpg's execute_query gives none for UPDATE ... RETURNING: a claimed job was invisible until its lease ended."""
    async with transaction():
        await jobs.put("triage", "IT-1")
    assert [job.kind for job in await jobs.claim(5, timedelta(minutes=1), moments.now())] == ["triage"]


async def test_an_insert_is_counted_on_both(db: Database) -> None:
    """Tortoise reads 0 rows from asyncpg's answer to an INSERT: every first delivery would look like a second one."""
    async with transaction():
        await deliveries.record("first")


async def test_no_two_runners_get_the_same_job(db: Database) -> None:
    """SQLite ignores select_for_update without a word."""
    async with transaction():
        for number in range(20):
            await jobs.put("triage", f"IT-{number}")
    claims = await asyncio.gather(*(jobs.claim(4, timedelta(minutes=1), moments.now()) for _ in range(8)))
    ids = [job.id for claim in claims for job in claim]
    assert len(ids) == len(set(ids)) == 20


async def test_tasks_of_any_context_reach_the_database(db: Database) -> None:
    task = asyncio.get_running_loop().create_task(flags.write("elsewhere", {}), context=contextvars.Context())
    await task
    assert await flags.read("elsewhere") == {}


async def test_the_file_is_durable_and_shared(file_url: str, key: bytes) -> None:
    async with await open_database(file_url, key):
        for pragma, value in [("journal_mode", "wal"), ("synchronous", 2), ("busy_timeout", 30000), ("foreign_keys", 1)]:
            assert list((await sql.rows(f"PRAGMA {pragma}"))[0].values()) == [value]


def test_a_new_file_is_private(tmp_path: Path) -> None:
    asyncio.run(upgrade(f"sqlite://{tmp_path / 'keyturn.db'}"))
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_a_process_that_dies_of_an_error_ends(file_url: str) -> None:
    program = (
        "import asyncio\nfrom storage.database import open_database\n"
        f"async def main():\n    await open_database({file_url!r}, b'k' * 32)\n    raise SystemError('oops')\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 1
    assert "oops" in done.stderr


async def test_the_database_can_be_closed_twice_and_opened_again(file_url: str, key: bytes) -> None:
    first = await open_database(file_url, key)
    with pytest.raises(RuntimeError, match="open already"):
        await open_database(file_url, key)
    assert await first.alive()
    await first.close()
    await first.close()
    assert not await first.alive()
    async with await open_database(file_url, key) as second:
        assert second.sealed
        assert await second.alive()


async def test_a_query_outside_a_transaction_waits_for_none(file_url: str, key: bytes) -> None:
    """It sees what was committed last, while a transaction of this process is still open."""
    async with await open_database(file_url, key):
        await flags.write("seen", {"is": "old"})
        async with transaction():
            await flags.write("seen", {"is": "new"})
            outside = asyncio.create_task(flags.read("seen"))
            async with asyncio.timeout(5):
                assert await outside == {"is": "old"}
            assert await flags.read("seen") == {"is": "new"}
        assert await flags.read("seen") == {"is": "new"}


async def test_a_transaction_waits_for_the_thread_that_a_cancelled_caller_left_behind(file_url: str, key: bytes) -> None:
    async with await open_database(file_url, key):
        line = get_connection("default")._connection
        for ticks in range(20):
            task = asyncio.create_task(sql.run("UPDATE keyturn_flags SET value = '{}' WHERE name = 'nobody'"))
            await _ticks(ticks)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            async with asyncio.timeout(5), transaction():
                assert line.idle
                await flags.write("after", {"turn": ticks})
        assert await flags.read("after") == {"turn": 19}


@pytest.mark.parametrize("name", ["plain.db", "what? 50% #1.db"])
async def test_an_address_of_three_slashes_and_odd_names_are_read_too(tmp_path: Path, key: bytes, name: str) -> None:
    """The reading connection is opened by a file: address, in which such letters mean something else."""
    async with await open_database(f"sqlite:///{quote(str(tmp_path / name))}", key):
        await flags.write("there", {})
        client: Any = get_connection("default")
        assert client._reader.rows("SELECT name FROM keyturn_flags", None)
