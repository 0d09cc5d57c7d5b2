"""What can be wrong with a database as a whole."""

from __future__ import annotations

from typing import Literal

Reason = Literal["unreachable", "outdated", "newer"]


class DatabaseProblem(Exception):
    """Why the database cannot be used. The message is one plain sentence or two that say what to do.

    `reason`: unreachable (no server, no file, no permission, not a database), outdated (migrations are due),
    newer (a later version of the program has changed it).
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason
