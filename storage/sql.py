"""Statements written once, with `?`, for both databases; rows in and out of models."""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from tortoise.connection import get_connection
from tortoise.fields import CharField
from tortoise.models import Model

MODEL = TypeVar("MODEL", bound=Model)

_PARAMETERS = 30000
"""Of one statement; both databases take at least 32766."""


def client() -> Any:
    """What statements run on: the running task's transaction, else the connection."""
    return get_connection("default")


@lru_cache(maxsize=256)
def _numbered(statement: str) -> str:
    parts = statement.split("?")
    return parts[0] + "".join(f"${number}{part}" for number, part in enumerate(parts[1:], 1))


def text(on: Any, statement: str) -> str:
    """`statement` as `on` wants it. A `?` is always a parameter."""
    return _numbered(statement) if on.capabilities.dialect == "postgres" else statement


async def rows(statement: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query, or of a change that ends in RETURNING (which asyncpg gives by this way only)."""
    on = client()
    found: list[dict[str, Any]] = await on.execute_query_dict(text(on, statement), list(values))
    return found


async def run(statement: str, values: Sequence[Any] = ()) -> int:
    """How many rows a change has changed."""
    on = client()
    changed, _ = await on.execute_query(text(on, statement), list(values))
    return int(changed)


def made(model: type[MODEL], row: Mapping[str, Any]) -> MODEL:
    """The object of a whole row."""
    return model._init_from_db(**row)


def storable(value: Any) -> Any:
    """`value` with what no database takes in a text (NUL, half of a surrogate pair) replaced by U+FFFD, however deep."""
    if isinstance(value, str):
        if "\x00" in value:
            value = value.replace("\x00", "\ufffd")
        return value if value.isascii() else value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(item) for item in value]
    return value


@lru_cache(maxsize=512)
def _kept(model: type[Model], name: str) -> Callable[[Any], Any]:
    field = model._meta.fields_map[name]
    longest = getattr(field, "max_length", None) if isinstance(field, CharField) else None

    def kept(value: Any) -> Any:
        # What nearly every value is, at a tenth of the way through Tortoise's validators.
        if type(value) is str and value.isascii() and "\x00" not in value and longest is not None and len(value) <= longest:
            return value
        return field.to_db_value(storable(value), model)

    return kept


def column(model: type[Model], name: str, value: Any) -> Any:
    """`value` as the column keeps it. Tortoise's ValidationError when it is too long or of no use; KeyError for no column."""
    return _kept(model, name)(value)


@lru_cache(maxsize=64)
def _unfilled(model: type[Model]) -> dict[str, Any]:
    """A row of defaults as the columns keep them, without the key that the database counts; None where there is none."""
    meta, row = model._meta, {}
    for name in meta.fields_db_projection:
        field = meta.fields_map[name]
        if not (field.pk and field.generated):
            default = field.default() if callable(field.default) else field.default
            row[name] = None if default is None else field.to_db_value(default, model)
    return row


def whole(model: type[Model], given: Mapping[str, Any]) -> dict[str, Any]:
    """A new row: what is given, as the columns keep it, over the defaults. ValidationError as in `column`; KeyError for no column."""
    row = _unfilled(model).copy()
    for name, value in given.items():
        row[name] = column(model, name, value)
    return row


@lru_cache(maxsize=128)
def _insert(model: type[Model], count: int, end: str) -> str:
    names = _unfilled(model)
    listed = ", ".join(f'"{name}"' for name in names)
    row = f"({', '.join('?' * len(names))})"
    return f"INSERT INTO {model._meta.db_table} ({listed}) VALUES {', '.join([row] * count)} {end}"


async def insert(model: type[Model], new: Sequence[Mapping[str, Any]], conflict: str = "") -> int:
    """Insert rows that `whole` made, in as few statements as possible. IntegrityError (Tortoise's) when one may not be.

    Gives how many were written: with `conflict` (ON CONFLICT ...) perhaps fewer than given. They are counted by
    RETURNING, because Tortoise reads "0" from asyncpg's answer to an INSERT.
    """
    step = max(1, _PARAMETERS // len(_unfilled(model)))
    done = 0
    for start in range(0, len(new), step):
        part = new[start : start + step]
        values = [value for row in part for value in row.values()]
        if conflict:
            done += len(await rows(_insert(model, len(part), f"{conflict} RETURNING 1"), values))
        else:
            await run(_insert(model, len(part), ""), values)
            done += len(part)
    return done
