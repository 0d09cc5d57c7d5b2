"""The agent's output, one JSON object with the request (contract, section 6): what was decided, and what was really done.

`actions_taken` is read from the record (what the tool calls' results say), never from what a model says it did.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agent.output import output
from agent.verdict import Outcome, Verdict
from dialogs.lifecycle import DECISIONS, Verb, after
from storage import audit
from storage.audit import NewEvent
from storage.models import Request

READS = frozenset({"get_row", "okta_get_user_by_email", "okta_list_user_applications", "search_policy", "service_desk_context"})
CHECKED = frozenset({"sent", "passed", "rejected", "timed_out", "failed"})
DONE = frozenset({"link sent", "unlocked", "incident ready", "mailed"})
MOVES = {
    Outcome.CLOSE: Verb.CLOSE,
    Outcome.REJECT: Verb.REJECT,
    Outcome.ESCALATE: Verb.ESCALATE,
    Outcome.ASK: Verb.ASK,
    Outcome.CHECK: Verb.CHECK,
    Outcome.WAIT: Verb.CHECK,
    Outcome.EFFECT: Verb.COMPLETE,
}


async def settled(request: Request) -> dict[str, Any]:
    """As it stands, with every action that the record shows."""
    rows = await audit.of_request(request.request_id)
    done = _actions(json.loads(row.details) for row in rows if row.event_type == audit.TOOL_CALL)
    if any(row.event_type == audit.ESCALATION for row in rows):
        done.append("escalate")
    return _output(request, request.status, request.decision, request.rationale, request.owner, done)


def at_verdict(request: Request, verdict: Verdict, told: Sequence[NewEvent], owner: str) -> dict[str, Any]:
    """As it will stand once `verdict` is followed; `told` are the events that come with it."""
    status = after(MOVES[verdict.outcome], request.status)
    before: list[str] = (request.agent_output or {}).get("actions_taken", [])
    done = [*before, *(a for a in _actions(e.details for e in told if e.event_type == audit.TOOL_CALL) if a not in before)]
    if verdict.outcome is Outcome.ESCALATE:
        done += [action for action in ("escalate",) if action not in done]
    decision = DECISIONS[status].value if status is not None else request.decision
    return _output(request, status.value if status else request.status, decision, verdict.rationale, owner, done)


def _output(request: Request, status: str, decision: str, rationale: str, owner: str, done: list[str]) -> dict[str, Any]:
    row = {"request_id": request.request_id, "status": status, "decision": decision, "rationale": rationale, "owner": owner}
    return output(row, done)


def _actions(told: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of the tools whose effect or answer is on the record, each once, in order."""
    done: list[str] = []
    for details in told:
        name = str(details.get("tool", ""))
        if name and name not in done and _was_done(name, details):
            done.append(name)
    return done


def _was_done(name: str, details: Mapping[str, Any]) -> bool:
    result = details.get("result")
    if name == "check_identity":
        return result in CHECKED
    if name in READS:
        return details.get("ok", True) is True
    return result in DONE
