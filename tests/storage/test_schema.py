"""New, old, newer and broken databases."""

from __future__ import annotations

import ast
import asyncio
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from storage import audit, jobs, moments, requests, schema, sql
from storage.address import config, shown
from storage.database import DatabaseProblem, open_database, pending, transaction, upgrade

ROOT = Path(__file__).parents[2]
FIRST, *LATER = schema.known()


async def old_database(url: str) -> None:
    """What the first version of the program made, with a request and a job in it."""
    if url.startswith("sqlite://"):
        sqlite3.connect(url.removeprefix("sqlite://")).close()
    settings = config(url)
    async with TortoiseContext() as context:
        await context.init(settings)
        client = context.db()
        await client.create_connection(with_db=True)
        executor = MigrationExecutor(client, settings["apps"])
        await executor.migrate([MigrationTarget("storage", FIRST)])
        moment = "2026-05-18T09:15:00.000Z"
        await client.execute_query(
            "INSERT INTO password_reset_requests (request_id, requester, summary, target_record, status, priority, decision, rationale, created_at, number,"
            " version, round, platform, tenant, platform_user, channel, intake, okta_id, requester_name, target_okta_id, on_behalf, app_kind, app_id,"
            " app_label, symptom, justification, attachments, owner, rule, policy_revision, asked, ticket, ticket_id, ticket_seq)"
            f" VALUES ('IT-7', 'emma.clarke@example.com', '', '', 'New', 'Medium', '', '', '{moment}', 7,"
            " 1, 1, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '[]', '', '', '', 0, '', '', 0)"
        )
        await client.execute_query(
            f"INSERT INTO keyturn_jobs (kind, request_id, payload, run_at, attempts, last_error) VALUES ('triage', 'IT-7', '{{\"a\":1}}', '{moment}', 0, '')"
        )


async def test_an_empty_database_gets_its_tables(url: str, key: bytes) -> None:
    assert await pending(url) == schema.known()
    async with await open_database(url, key) as database:
        assert database.schema == schema.known()[-1]
        assert database.sealed
        assert await requests.listing() == []
    assert await pending(url) == []
    assert await upgrade(url) == []


async def test_a_database_of_an_older_version_is_refused_then_upgraded_with_its_rows(url: str, key: bytes) -> None:
    await old_database(url)
    with pytest.raises(DatabaseProblem, match="keyturn db upgrade") as refused:
        await open_database(url, key)
    assert refused.value.reason == "outdated"
    assert await pending(url) == LATER
    assert await upgrade(url) == LATER
    assert await upgrade(url) == []
    async with await open_database(url, key):
        request = await requests.get("IT-7")
        assert request is not None
        assert request.requester == "emma.clarke@example.com"
        (job,) = await jobs.claim(5, timedelta(minutes=1), moments.now())
        assert (job.kind, job.payload, job.again_at) == ("triage", {"a": 1}, None)
        async with transaction():
            await jobs.put("triage", "IT-7", key="k")


@pytest.mark.parametrize("old", [True, False])
def test_two_processes_upgrade_or_make_a_database_at_once(tmp_path: Path, old: bool) -> None:
    url = f"sqlite://{tmp_path / 'keyturn.db'}"
    if old:
        asyncio.run(old_database(url))
    program = f"import asyncio\nfrom storage.database import upgrade\nprint(','.join(asyncio.run(upgrade({url!r}))))"
    both = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    results = [process.communicate(timeout=30) for process in both]
    assert [process.returncode for process in both] == [0, 0], results
    assert sorted(out.strip() for out, _ in results) == sorted(["", ",".join(LATER if old else schema.known())])


async def test_two_connections_make_a_new_database_at_once(url: str) -> None:
    done = await asyncio.gather(*(asyncio.create_task(upgrade(url)) for _ in range(3)))
    assert sorted(map(len, done)) == [0, 0, len(schema.known())]


async def test_an_upgrade_that_fails_changes_nothing(url: str, key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left alone, the executor commits a step before it records it."""
    await old_database(url)

    async def fail(self: Any, app: str, name: str) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("tortoise.migrations.recorder.MigrationRecorder.record_applied", fail)
        with pytest.raises(ZeroDivisionError):
            await upgrade(url)
    assert await pending(url) == LATER
    assert await upgrade(url) == LATER


async def test_a_newer_database_is_left_alone(url: str, key: bytes) -> None:
    async with await open_database(url, key):
        await sql.run("INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('storage', '9999_future', '2026-05-18 09:15:00')")
    for attempt in (open_database(url, key), upgrade(url), pending(url)):
        with pytest.raises(DatabaseProblem, match="9999_future") as problem:
            await attempt
        assert problem.value.reason == "newer"


async def test_a_missing_file_is_made_only_when_asked(tmp_path: Path, key: bytes) -> None:
    path = tmp_path / "keyturn.db"
    file_url = f"sqlite://{path}"
    with pytest.raises(DatabaseProblem, match="keyturn db upgrade") as problem:
        await open_database(file_url, key, create=False)
    assert problem.value.reason == "unreachable"
    assert await pending(file_url) == schema.known()
    assert [*tmp_path.iterdir()] == []  # noqa: ASYNC240  # a test may look
    await upgrade(file_url)
    async with await open_database(file_url, key, create=False):
        pass


@pytest.mark.parametrize("spoil", ["folder", "text", "directory", "url"])
async def test_what_is_no_database_is_one_plain_sentence(tmp_path: Path, key: bytes, spoil: str) -> None:
    path = tmp_path / "keyturn.db"
    url = f"sqlite://{path}"
    if spoil == "folder":
        url = f"sqlite://{tmp_path}/missing/keyturn.db"
    elif spoil == "text":
        path.write_text("this is a diary, not a database\n" * 100)
    elif spoil == "directory":
        path.mkdir()
    else:
        url = "oracle://somewhere"
    for attempt in (open_database(url, key), upgrade(url)):
        with pytest.raises(DatabaseProblem) as problem:
            await attempt
        assert problem.value.reason == "unreachable"
        assert "\n" not in str(problem.value)
    async with await open_database("sqlite://:memory:", key):  # nothing is left open
        pass


async def test_an_unreachable_server_is_named_without_its_password(key: bytes) -> None:
    with pytest.raises(DatabaseProblem) as problem:
        await open_database("postgres://keyturn:hunter2hunter2@127.0.0.1:9/keyturn", key)
    assert problem.value.reason == "unreachable"
    assert "127.0.0.1:9/keyturn" in str(problem.value)
    assert "hunter2" not in str(problem.value)


def test_addresses() -> None:
    assert config("sqlite://keyturn.db")["connections"]["default"]["credentials"]["file_path"] == "keyturn.db"
    assert config("sqlite:///var/lib/keyturn.db")["connections"]["default"]["credentials"]["file_path"] == "/var/lib/keyturn.db"
    assert config("sqlite://k.db?busy_timeout=5")["connections"]["default"]["credentials"]["busy_timeout"] == "5"
    server = config("postgresql://a%40b:p%2Fw@db.example.com/keyturn?sslmode=verify-full")["connections"]["default"]["credentials"]
    assert (server["user"], server["password"], server["ssl"], server["port"]) == ("a@b", "p/w", "verify-full", 5432)
    assert shown("postgres://a:b@db.example.com/keyturn") == "db.example.com:5432/keyturn"
    for bad in ("keyturn.db", "mysql://x/y", "sqlite://", "postgres://host:port/x"):
        with pytest.raises(ValueError, match="address"):
            config(bad)


async def test_models_and_migrations_agree(file_url: str, key: bytes) -> None:
    async with await open_database(file_url, key) as database:
        apps = database._context.apps
        assert apps is not None
        changes = await MigrationAutodetector(apps, config(file_url)["apps"]).changes()
    # The options differ in the docstrings of models, which Tortoise takes for table comments.
    left = [operation for writer in changes for operation in writer.operations if type(operation).__name__ != "AlterModelOptions"]
    assert left == []


def test_added_columns_are_null_or_have_a_default_of_the_database() -> None:
    """SQLite refuses any other: "Cannot add a NOT NULL column with default value NULL"."""
    for path in (ROOT / "storage" / "migrations").glob("0*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in {"AddField", "AlterField", "RemoveField"}:
                assert call.func.attr == "AddField", f"{path.name}: SQLite makes the table anew, without its indexes"
                field = next(keyword.value for keyword in call.keywords if keyword.arg == "field")
                assert isinstance(field, ast.Call)
                assert {keyword.arg for keyword in field.keywords} & {"null", "db_default"}, path.name


async def test_the_keys_of_the_chain_are_counted_by_us(url: str, key: bytes) -> None:
    """The tool's writer leaves `generated=False` out; the column would count by itself."""
    async with await open_database(url, key):
        with pytest.raises(Exception, match=r"(?i)null"):
            await sql.run(
                "INSERT INTO password_reset_audit_log (event_id, request_id, actor, event_type, details, created_at, previous, hash)"
                " VALUES ('EVT-1', 'IT-1', 'a', 'Message', '{}', '2026-05-18T09:15:00.000Z', '', '')"
            )


async def test_a_memory_database_works(key: bytes) -> None:
    async with await open_database("sqlite://:memory:", key), transaction():
        await audit.append([audit.NewEvent("IT-1", audit.AGENT, audit.MESSAGE, {})])


async def test_relative_paths_are_relative_to_the_working_directory(tmp_path: Path, key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with await open_database("sqlite://keyturn.db", key):
        assert tmp_path / "keyturn.db" in [*tmp_path.iterdir()]  # noqa: ASYNC240  # a test may look
