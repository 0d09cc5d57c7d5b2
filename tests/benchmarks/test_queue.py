"""The benchmark of the queue runs, and what it builds is what a queue is read from. How fast is not tested."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks import queue


def test_it_measures_every_page_at_every_size() -> None:
    figures = queue.measure(queue.Size((60, 300), times=2))
    assert len(figures) == 2 * 2 * len(queue.PAGES)
    assert all(figure.value > 0 for figure in figures)


def test_what_it_builds_has_open_overdue_and_owned_requests(tmp_path: Path) -> None:
    path = tmp_path / "built.db"
    queue.filled(path, 2000)
    with closing(sqlite3.connect(path)) as connection:
        (open_ones,) = connection.execute("SELECT COUNT(*) FROM password_reset_requests WHERE closed_at IS NULL").fetchone()
        owned = dict(connection.execute("SELECT owner, COUNT(*) FROM keyturn_reviewers GROUP BY owner"))
    assert open_ones == 100
    assert set(owned) == set(queue.OWNERS)
    assert sum(owned.values()) == 80
