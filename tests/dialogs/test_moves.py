"""Whatever is tried on a request in whatever order: only the table's moves happen, and each leaves the row and the record sound."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.errors import Declined
from dialogs.lifecycle import DECISIONS, TERMINAL, Status, Verb, after
from dialogs.record import event, move
from storage import audit, requests
from storage.audit import Intact
from storage.database import open_database, transaction
from storage.models import Request
from storage.requests import Conflict

KEY = b"an audit key of the tests, long enough"
stale = st.booleans()
"""Whether the mover works on the row as it was before the last move: somebody else was faster."""


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(list(Verb)), stale), max_size=14))
def test_only_the_moves_of_the_table_happen(steps: list[tuple[Verb, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_tried(Path(folder), steps))


async def _tried(folder: Path, steps: list[tuple[Verb, bool]]) -> None:
    async with await open_database(f"sqlite://{folder / 'keyturn.db'}", KEY):
        async with transaction():
            row = await requests.create(requester="emma.clarke@example.com", platform="slack", open_key="emma")
        before: Request | None = None
        for verb, late in steps:
            given_row = before if late and before is not None else row
            expected = after(verb, given_row.status)
            try:
                async with transaction():
                    moved = await move(given_row, verb, events=[event(given_row, audit.MESSAGE, kind="tried", verb=verb.value)])
            except Declined:
                assert expected is None
            except Conflict:
                assert given_row is not row
            else:
                assert expected == moved.status and given_row is row
                before, row = row, moved
        await _sound(row)


async def _sound(row: Request) -> None:
    kept = await requests.get(row.request_id)
    assert kept is not None and (kept.status, kept.version) == (row.status, row.version)
    over = Status(kept.status) in TERMINAL
    events = await audit.of_request(kept.request_id)
    assert (kept.closed_at is not None) is over and (kept.open_key is None) is over
    assert kept.decision == DECISIONS[Status(kept.status)].value
    assert len([e for e in events if e.event_type == audit.CLOSURE]) == over
    assert len([e for e in events if e.event_type == audit.MESSAGE]) == kept.version - 1
    assert isinstance(await audit.verify(KEY), Intact)
