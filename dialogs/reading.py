"""One triage run for one request: the case, the tools it may use, and what of its reading is taken over.

The model sees the requester's own account and list, and prose. What it reads may name the application; it names
no person, no address and no recipient.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from agent.case import Case, Run
from agent.verdict import Advice, Reading
from dialogs import identity
from dialogs.findings import Findings
from dialogs.policy_in_force import InForce
from dialogs.record import event
from dialogs.services import Services
from integrations.base import Account, Unavailable
from storage import audit
from storage.audit import NewEvent
from storage.models import Request

DESK_PATIENCE = 3.0
"""Seconds that the service desk's context is waited for: an outage there never delays the requester."""


@dataclass
class Lent:
    """agent.case.Tools for one run."""

    services: Services
    request: Request
    account_now: Account
    findings: Findings
    in_force: InForce
    notes: list[str]

    async def get_row(self) -> dict[str, Any]:
        r = self.request
        return {
            "request_id": r.request_id,
            "summary": r.summary,
            "target_record": r.target_record,
            "status": r.status,
            "priority": r.priority,
            "decision": r.decision,
            "justification": r.justification,
        }

    async def account(self) -> dict[str, Any]:
        a = self.account_now
        return {"status": a.status.value if a.status else "unknown", "name": a.name, "provider": a.provider}

    async def applications(self) -> list[str]:
        found = await self.findings.applications()
        if found is None:
            raise Unavailable("Okta", self.findings.faults.get("applications", "no answer"))
        return [a.label for a in found]

    async def search_policy(self, words: str) -> list[dict[str, Any]]:
        found = [asdict(p) for p in self.in_force.library.search(words)] if self.in_force.library else []
        source = self.services.policy_source
        if source is not None and len(found) < 3:
            found += [asdict(p) for p in await source.search(words)]
        return found

    async def service_desk(self) -> list[dict[str, Any]]:
        if self.services.desk is None:
            return []
        try:
            async with asyncio.timeout(DESK_PATIENCE):
                found = await self.services.desk.open_of(self.account_now.email)
        except TimeoutError:
            raise Unavailable("ServiceNow", "no answer in time") from None
        return [{"number": i.number, "state": i.state, "summary": i.summary} for i in found]

    async def check_identity(self) -> str:
        return identity.standing(self.request, self.services.now()).value

    async def record(self, note: str) -> None:
        self.notes.append(note)


async def read(services: Services, request: Request, account: Account, findings: Findings, in_force: InForce) -> tuple[Run, list[NewEvent]]:
    """Runs the agent once. Its tool calls become events of the record; a run without a reading says why."""
    notes: list[str] = []
    lent = Lent(services, request, account, findings, in_force, notes)
    own = await findings.applications()
    answers = list((request.question or {}).get("answers", []))
    case = Case(
        request_id=request.request_id,
        summary="\n".join([request.summary, *answers]).strip(),
        justification=request.justification,
        form=request.intake in ("form", "shortcut"),
        symptom=request.symptom,
        on_behalf=bool(request.on_behalf),
        app_kind=request.app_kind,
        app_label=request.app_label,
        own_applications=tuple(a.label for a in own or ()),
    )
    run = await services.triage.run(case, lent)
    events = [event(request, audit.TOOL_CALL, tool=use.name, arguments=use.arguments, result=use.result, ok=use.ok) for use in run.tools]
    if run.failure:
        events.append(event(request, audit.TOOL_CALL, tool="model", model=run.model, result=run.failure, why=run.detail, ok=False))
    if notes:
        events.append(event(request, audit.MESSAGE, kind="note", notes=notes))
    return run, events


def adopted(request: Request, reading: Reading, labels: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """The application that a reading names, for a request that names none: out of the requester's own list, the
    account itself, or the words used. `labels` are (id, label)."""
    if request.app_kind:
        return {}
    if reading.app == "account":
        return {"app_kind": "account", "app_label": "Okta account", "target_record": "Okta account"}
    for id_, label in labels:
        if reading.app and label == reading.app:
            return {"app_kind": "app", "app_id": id_, "app_label": label, "target_record": label}
    words = reading.app_words[:120]
    return {"app_kind": "other", "app_label": words, "target_record": words} if words else {}


def stored(reading: Reading) -> dict[str, Any]:
    return {**asdict(reading), "advice": reading.advice.value}


def restored(row: dict[str, Any] | None) -> Reading | None:
    return Reading(**{**row, "advice": Advice(row["advice"])}) if row else None
