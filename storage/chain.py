"""The arithmetic of the audit chain: what is authenticated, and how. No database here.

Each event carries an HMAC-SHA256 under the audit key over its own columns and the hash of the event before it. The
head carries one over where the chain ends. Whoever can write the database but has not the key can change nothing
unnoticed; whoever puts back an older copy of events and head together is found by a head noted elsewhere (`known` of
`storage.audit.verify`: an exported audit log ends with it).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from json import JSONEncoder

GENESIS = "0" * 64
"""What the first event calls the hash before it."""

_encode = JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode


class ChainBroken(Exception):
    """The head is missing or was not sealed with this audit key. Nothing may be done that could not be recorded."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends, and the greatest numbers given out."""

    seq: int
    hash: str
    event_number: int
    request_number: int

    def counted_to(self, request_number: int) -> Head:
        """The same end of the chain, after that request number was given out."""
        return replace(self, request_number=request_number)


EMPTY = Head(0, GENESIS, 0, 0)


def link(
    key: bytes, seq: int, event_id: str, request_id: str, actor: str, event_type: str, details: str, created_at: str, previous: str
) -> str:
    """The hash of one event. The parts are the elements of a JSON array, so that no two events have the same text."""
    parts = ["keyturn audit event 1", seq, event_id, request_id, actor, event_type, details, created_at, previous]
    return hmac.digest(key, _encode(parts).encode("ascii"), "sha256").hex()


def seal(key: bytes, head: Head) -> str:
    """The seal of a head. Its text cannot be taken for an event's: the first element differs."""
    parts = ["keyturn audit head 1", head.seq, head.hash, head.event_number, head.request_number]
    return hmac.digest(key, _encode(parts).encode("ascii"), "sha256").hex()


def same(one: str, other: str) -> bool:
    """Whether two hashes are equal, in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def fits(key: bytes, head: Head, given: str) -> bool:
    """Whether `given` is the head's seal under `key`."""
    return bool(key) and same(seal(key, head), given)
