"""Time as the operation's tables write it: UTC, milliseconds, `2026-05-18T09:15:00.000Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from tortoise.fields.base import Field

VALUE = TypeVar("VALUE", datetime, "datetime | None")

_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def now() -> datetime:
    """The present, cut to the milliseconds that rows keep."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def write(moment: datetime) -> str:
    """The text of a row. ValueError when `moment` has no time zone: nothing may guess one."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {moment.isoformat()}")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def read(text: str) -> datetime:
    """The moment of a row's text. ValueError when it is not exactly in the tables' form."""
    if not _FORM.fullmatch(text):
        raise ValueError(f"not a moment like 2026-05-18T09:15:00.000Z: {text!r}")
    return datetime.fromisoformat(text)


class Moment(Field[VALUE]):
    """A column of such texts: equal on SQLite and PostgreSQL, sorted by time as by letter."""

    field_type = datetime
    SQL_TYPE = "VARCHAR(24)"

    if TYPE_CHECKING:

        @overload
        def __init__(self: Moment[datetime], *, null: Literal[False] = False, **options: Any) -> None: ...

        @overload
        def __init__(self: Moment[datetime | None], *, null: Literal[True], **options: Any) -> None: ...

        def __init__(self, *, null: bool = False, **options: Any) -> None: ...

    def to_db_value(self, value: Any, instance: Any) -> Any:
        """A datetime becomes text; a text must already be in form (comparisons pass either)."""
        if isinstance(value, datetime):
            return write(value)
        if value is not None:
            read(value)
        return value

    def to_python_value(self, value: Any) -> Any:
        return read(value) if isinstance(value, str) else value
