"""The open transaction, as the functions of this package see it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from storage import chain, sql
from storage.chain import ChainBroken, Head

HEAD = "SELECT seq, hash, event_number, request_number, seal FROM keyturn_chain_head WHERE id = 1"
"""Read at the start of every transaction, under its lock."""

_UPDATE = "UPDATE keyturn_chain_head SET seq = ?, hash = ?, event_number = ?, request_number = ?, seal = ? WHERE id = 1"


def head_of(row: Mapping[str, Any]) -> Head:
    """The head that a row of HEAD holds."""
    return Head(row["seq"], row["hash"], row["event_number"], row["request_number"])


class Tx:
    """One transaction of one task."""

    def __init__(self, client: Any, key: bytes) -> None:
        self.client = client
        self.key = key
        self.open = True
        self.wakes = False
        """Whether a job was put that is due: the worker is woken after the commit."""
        self._task = asyncio.current_task()
        self._head: Head | None = None
        self._moved = False

    @property
    def mine(self) -> bool:
        """Whether it is open, and the running task began it."""
        return self.open and asyncio.current_task() is self._task

    @property
    def head(self) -> Head:
        """The chain's head. ChainBroken when it is missing, was sealed with another key, or there is no key."""
        if self._head is None:
            if not self.client.opened:
                raise ChainBroken("The head of the audit chain is missing; `keyturn audit verify` says more.")
            row = self.client.opened[0]
            head = head_of(row)
            if not chain.fits(self.key, head, row["seal"]):
                raise ChainBroken(
                    "The head of the audit chain was not sealed with this KEYTURN_AUDIT_KEY; `keyturn audit verify` says more."
                )
            self._head = head
        return self._head

    @head.setter
    def head(self, head: Head) -> None:
        self._head = head
        self._moved = True

    def seal(self) -> None:
        """Before the commit: have the head written with it, sealed, if it moved."""
        if self._moved:
            head = self.head
            values = [head.seq, head.hash, head.event_number, head.request_number, chain.seal(self.key, head)]
            self.client.closing.append((sql.text(self.client, _UPDATE), values))


_current: ContextVar[Tx | None] = ContextVar("keyturn_transaction", default=None)


def set_current(tx: Tx | None) -> Any:
    """Make `tx` the running task's; gives the token for `reset_current`."""
    return _current.set(tx)


def reset_current(token: Any) -> None:
    """Undo `set_current`."""
    _current.reset(token)


def inside() -> Tx | None:
    """The running task's open transaction; None in any other task, also one that was started inside."""
    tx = _current.get()
    return tx if tx is not None and tx.mine else None


def current() -> Tx:
    """As `inside`. RuntimeError when there is none."""
    tx = inside()
    if tx is None:
        raise RuntimeError("this is written only inside database.transaction()")
    return tx
