"""The database's address: `sqlite://relative.db`, `sqlite:///absolute.db`, `sqlite://:memory:`, `postgres://user:password@host:5432/name`."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from tortoise.backends.base.config_generator import expand_db_url
from tortoise.exceptions import ConfigurationError

MIGRATIONS = "storage.migrations"

_POSTGRES = ("postgres", "postgresql", "asyncpg")
_SQLITE_PRAGMAS = {
    "busy_timeout": 30000,  # milliseconds; first, so that the pragmas after it wait too
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "journal_size_limit": 67108864,  # bytes; Tortoise's 16384 has the log cut and grown again at every checkpoint
}
_POSTGRES_OPTIONS = {"timeout": 10, "command_timeout": 60, "application_name": "keyturn"}


def connection(url: str) -> dict[str, Any]:
    """Tortoise's connection entry for `url`: which engine, with which credentials and options.

    ValueError in plain words when it is no such address; the password is never part of it.
    """
    scheme = urlsplit(url).scheme if "://" in url else ""
    if scheme == "sqlite":
        # Other tools write an absolute path with four slashes; here three are enough, and any number means the same.
        url = re.sub(r"^sqlite:/{3,}", "sqlite:///", url)
    try:
        if scheme == "sqlite":
            given = expand_db_url(url)["credentials"]
            asked = {name: value for name, value in given.items() if f"{name}=" in url}
            return {"engine": "storage.engine_sqlite", "credentials": {**_SQLITE_PRAGMAS, **asked, "file_path": given["file_path"]}}
        if scheme in _POSTGRES:
            credentials = {**_POSTGRES_OPTIONS, **expand_db_url(url)["credentials"]}
            if credentials.get("user"):
                credentials["user"] = unquote(credentials["user"])
            if "sslmode" in credentials:
                credentials["ssl"] = credentials.pop("sslmode")
            return {"engine": "storage.engine_postgres", "credentials": credentials}
    except (ConfigurationError, ValueError) as error:
        raise ValueError(f"The database address cannot be read: {error}") from error
    raise ValueError("The database address must start with sqlite:// or postgres://")


def config(url: str) -> dict[str, Any]:
    """Tortoise's whole configuration for `url`. ValueError as in `connection`."""
    return {
        "connections": {"default": connection(url)},
        "apps": {"storage": {"models": ["storage.models"], "default_connection": "default", "migrations": MIGRATIONS}},
    }


def file_of(url: str) -> str:
    """The path of an SQLite database; "" for a server's or one in memory."""
    if not url.startswith("sqlite://"):
        return ""
    path = str(connection(url)["credentials"]["file_path"])
    return "" if path.startswith(":") else path


def shown(url: str) -> str:
    """The address without user and password, for messages."""
    if path := file_of(url):
        return path
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}" if parts.scheme in _POSTGRES else url


def __getattr__(name: str) -> Any:
    """`TORTOISE_ORM`, what Tortoise's own command line asks for: `tortoise -c storage.address.TORTOISE_ORM makemigrations`."""
    if name == "TORTOISE_ORM":
        return config(os.environ.get("KEYTURN_DATABASE_URL", "sqlite://keyturn.db"))
    raise AttributeError(name)
