"""The schema's revision: what the program knows, what the database has, and the way from one to the other.

Tortoise's migration executor does the steps. Around it, all steps and their records are one transaction under a lock:
two processes that upgrade at once do it once, and a crash leaves either the old schema or the new one. (Left alone,
the executor records a step after the step is committed, and takes an unreadable record for an empty one.)
"""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from tortoise.transactions import in_transaction

from storage.address import MIGRATIONS
from storage.problems import DatabaseProblem

if TYPE_CHECKING:
    from tortoise.backends.base.client import BaseDBAsyncClient

RECORD = "tortoise_migrations"
_LOCK = 0x6B657974  # "keyt": PostgreSQL's advisory lock of an upgrade


def known() -> list[str]:
    """The names of the steps that this version of the program has, oldest first."""
    package = import_module(MIGRATIONS)
    return sorted(name for _, name, is_package in pkgutil.iter_modules(package.__path__) if not is_package and name[0] not in "_~")


async def applied(client: BaseDBAsyncClient) -> list[str]:
    """The names of the steps that the database has, oldest first; [] for an empty database. Raises what the driver raises."""
    if client.capabilities.dialect == "sqlite":
        there = await client.execute_query_dict("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [RECORD])
    else:
        there = await client.execute_query_dict("SELECT 1 WHERE to_regclass($1) IS NOT NULL", [RECORD])
    if not there:
        return []
    rows = await client.execute_query_dict(f"SELECT name FROM {RECORD} WHERE app = 'storage'")
    return sorted(row["name"] for row in rows)


def check(have: list[str]) -> list[str]:
    """The steps that are due on a database that has `have`. DatabaseProblem("newer") when it has steps unknown here."""
    ours = known()
    if unknown := [name for name in have if name not in ours]:
        raise DatabaseProblem(
            "newer",
            f"The database was changed by a newer version of Keyturn ({unknown[-1]}); this version knows {ours[-1]}. "
            "Run the newer version, or restore a backup from before the upgrade.",
        )
    return [name for name in ours if name not in have]


async def apply(client: BaseDBAsyncClient) -> list[str]:
    """Bring the database of the open connection to this version. Gives the names of the steps done, [] when none was due.

    DatabaseProblem("newer") as in `check`.
    """
    from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

    async with in_transaction(client.connection_name) as inside:
        if client.capabilities.dialect == "postgres":
            await inside.execute_query("SELECT pg_advisory_xact_lock($1)", [_LOCK])
        due = check(await applied(inside))
        if due:
            executor = MigrationExecutor(
                inside, {"storage": {"models": ["storage.models"], "migrations": MIGRATIONS, "default_connection": client.connection_name}}
            )
            # Before the executor looks: its look at a table that is not there would abort PostgreSQL's transaction, unseen.
            await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
            await executor.migrate([MigrationTarget(app_label="storage", name=due[-1])], direction="forward")
    return due
