"""What verbs open: settings, the database and the systems, each only when a verb needs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.settings import Settings
    from storage.database import Database

KEY_NEEDED = "KEYTURN_AUDIT_KEY is not set: the audit log is sealed with it, so this verb needs the key that `serve` uses."


def settings_with_key() -> Settings:
    """The settings, with the audit key; SettingsProblem without it."""
    from bot import settings

    loaded = settings.load()
    if not loaded.audit_key:
        raise settings.SettingsProblem([settings.Problem("KEYTURN_AUDIT_KEY", KEY_NEEDED)])
    return loaded


@asynccontextmanager
async def database(settings: Settings, *, create: bool = False) -> AsyncIterator[Database]:
    """The database, closed afterwards. It may be in use by `serve` at the same time.

    `create` makes an empty one when there is none. Raises DatabaseProblem.
    """
    from storage.database import open_database

    opened = await open_database(settings.database_url, settings.audit_key.get_secret_value().encode(), create=create)
    try:
        yield opened
    finally:
        await opened.close()
