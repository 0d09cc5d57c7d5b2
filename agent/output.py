"""The agent's output: one JSON object a run (contract, section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_TERMINAL = frozenset({"Completed", "Rejected", "Closed"})


def output(row: Mapping[str, Any], actions_taken: Iterable[str]) -> dict[str, Any]:
    """What was decided and done, from the request's row and the audit log, never from what a model says.

    `row` holds request_id, status, decision, rationale and owner (or next_owner). `actions_taken` are the
    names of what the audit log shows as done, oldest first. `next_owner` is "" once nobody has to act.
    """
    status = str(row["status"])
    owner = "" if status in _TERMINAL else str(row.get("next_owner") or row.get("owner") or "")
    return {
        "request_id": str(row["request_id"]),
        "status": status,
        "decision": str(row.get("decision") or ""),
        "rationale": str(row.get("rationale") or ""),
        "next_owner": owner,
        "actions_taken": [str(action) for action in actions_taken],
    }
