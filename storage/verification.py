"""Whether the audit log is as it was written."""
# ruff: noqa: S608 - tables and columns in statements are the code's own names; values are always parameters

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage import chain, sql
from storage.transaction import HEAD, head_of

COLUMNS = "seq, event_id, request_id, actor, event_type, details, created_at, previous, hash"

_PAGE = 1000
_TEXTS = ("event_id", "request_id", "actor", "event_type", "details", "created_at", "previous", "hash")


@dataclass(frozen=True, slots=True)
class Intact:
    """Every event is as it was written, and none is missing. `last_seq` and `last_hash` are worth noting elsewhere."""

    count: int
    last_seq: int
    last_hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the log is not as it was written. `event_id` is "" where the row is missing or unreadable."""

    seq: int
    event_id: str
    why: str


async def verify(key: bytes, known: tuple[int, str] | None = None) -> Intact | Broken:
    """Check the whole log against the audit key, a page at a time, also while others append to it.

    Finds a row that was edited, deleted, inserted, moved or made with another key, a tail that was cut off, and a head
    that was changed. `known`, a seq and its hash noted elsewhere (the last line of an export), also finds that an older
    copy of the whole database was put back.
    """
    last, previous, after = 0, chain.GENESIS, ""
    while True:
        # The numbers before the head, the head before the rows: what is committed meanwhile is then never missed.
        greatest = await sql.rows("SELECT MAX(number) AS number FROM password_reset_requests")
        heads = await sql.rows(HEAD)
        try:
            page = await sql.rows(f"SELECT {COLUMNS} FROM password_reset_audit_log {after} ORDER BY seq LIMIT {_PAGE}")
        except Exception as error:  # noqa: BLE001  # text that is no text: the drivers' errors differ, the row is named below
            return await _unreadable(after, error)
        if not page:
            return _end(key, last, previous, heads, greatest[0]["number"] or 0, known)
        for row in page:
            if why := _wrong(key, row, last + 1, previous, known):
                missing = isinstance(row["seq"], int) and row["seq"] > last + 1
                seq = row["seq"] if isinstance(row["seq"], int) and not missing else last + 1
                return Broken(seq, "" if missing else str(row["event_id"]), why)
            last, previous = row["seq"], row["hash"]
        after = f"WHERE seq > {last:d}"


def _wrong(key: bytes, row: Mapping[str, Any], seq: int, previous: str, known: tuple[int, str] | None) -> str:
    """What is wrong with `row`, which should be number `seq` after `previous`; "" when nothing is."""
    if type(row["seq"]) is not int or any(type(row[name]) is not str for name in _TEXTS):
        return "it holds what was never written there"
    if row["seq"] > seq:
        return "it is missing" if row["seq"] == seq + 1 else f"it and the rows up to {row['seq'] - 1} are missing"
    if row["seq"] < seq:
        return "it was put before the first one"
    if row["previous"] != previous:
        return "it does not follow the row before it"
    made = chain.link(key, *(row[name] for name in ("seq", *_TEXTS[:-1])))
    if not chain.same(made, row["hash"]):
        return "it was changed, or was not written with this audit key"
    if known is not None and known[0] == seq and not chain.same(known[1], row["hash"]):
        return "it is not the row that was noted"
    return ""


def _end(
    key: bytes, last: int, previous: str, heads: list[dict[str, Any]], greatest: int, known: tuple[int, str] | None
) -> Intact | Broken:
    """The verdict after the last row: does the chain end where its head and `known` say?"""
    if not heads:
        if last == 0 and greatest == 0 and known is None:
            return Intact(0, 0, chain.GENESIS)
        return Broken(max(last, 1), "", "the head of the chain is missing")
    head = head_of(heads[0])
    if not chain.fits(key, head, heads[0]["seal"]):
        return Broken(max(last, 1), "", "the head of the chain was changed, or was not sealed with this audit key")
    if head.seq > last:
        return Broken(last + 1, "", f"it is missing: the log goes on to {head.seq}")
    if head.seq < last or head.hash != previous:
        return Broken(head.seq + 1, "", f"the head of the chain is an older one, of row {head.seq}")
    if greatest > head.request_number:
        return Broken(max(last, 1), "", f"the head of the chain is older than request IT-{greatest}")
    if known is not None and known[0] > last:
        return Broken(last + 1, "", f"it is missing: row {known[0]} was noted")
    return Intact(last, last, previous)


async def _unreadable(after: str, error: Exception) -> Broken:
    """Find the row that the driver cannot read."""
    for row in await sql.rows(f"SELECT seq FROM password_reset_audit_log {after} ORDER BY seq LIMIT {_PAGE}"):
        try:
            await sql.rows(f"SELECT {COLUMNS} FROM password_reset_audit_log WHERE seq = ?", [row["seq"]])
        except Exception:  # noqa: BLE001  # as above
            return Broken(row["seq"], "", "it cannot be read as text")
    raise error
